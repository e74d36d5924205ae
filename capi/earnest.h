/*
 * earnest: listens for a wake word and a spoken command, and acts only when it was really asked to.
 *
 * Generated from capi/src/api by capi/tests/header.rs; don't edit.
 *
 *     earnest_config config;
 *     earnest_config_default(&config, sizeof config);
 *     config.model = model;
 *     config.model_bytes = sizeof model;
 *     earnest_listener *listener;
 *     if (earnest_init(memory, sizeof memory, &config, &listener, NULL) != EARNEST_OK) ...
 *     earnest_push(listener, pcm, samples, &taken, &event);   (in a loop: see there)
 *
 * Memory. The library allocates none. A listener lives in memory that earnest_init() is given and in no other; models
 * stay where they are. Nothing is global, so any number of listeners may exist.
 *
 * Pointers. Every function checks those it is given: null, alignment, length, overlap with a listener's memory, and
 * whether a listener is one. What it can't check is the caller's promise: that the memory is there for as many bytes
 * as the function is told or the type has, and that nobody else uses it during the call.
 *
 * Errors. Functions give a status; nothing is thrown, nothing unwinds, nothing aborts. Those that take an
 * earnest_error also tell which field was wrong, what was expected and what there was.
 *
 * Threads. Calls on one listener must not run at the same time, nor one interrupt another; from which thread they come
 * doesn't matter. Calls on different listeners are independent.
 *
 * Time is the number of samples pushed. No clock is ever read.
 *
 * Versions. Functions, fields at the end of earnest_config, enumerators and meanings of reserved fields are added;
 * what is there keeps its meaning as long as the soname is the same.
 */

#ifndef EARNEST_H
#define EARNEST_H

#include <stddef.h>
#include <stdint.h>

#define EARNEST_VERSION_MAJOR 0
#define EARNEST_VERSION_MINOR 1
#define EARNEST_VERSION_PATCH 0
/** Version of this header; earnest_version() is that of the library. */
#define EARNEST_VERSION \
    (EARNEST_VERSION_MAJOR * 65536u + EARNEST_VERSION_MINOR * 256u + EARNEST_VERSION_PATCH)

/**
 * Alignment of the memory given to earnest_init(), bytes.
 */
#define EARNEST_ALIGNMENT 8

/**
 * Samples per second of all audio. Whoever has another rate resamples before.
 */
#define EARNEST_SAMPLE_RATE_HZ 16000

/**
 * Elements of earnest_event.numbers.
 */
#define EARNEST_EVENT_NUMBERS 8

/**
 * Elements of earnest_error.field, the terminating zero included.
 */
#define EARNEST_FIELD_CHARS 40

/**
 * Elements of earnest_model_facts.phrase, the terminating zero included.
 */
#define EARNEST_PHRASE_CHARS 68

/**
 * What a call came to. Every call that gives anything but EARNEST_OK has changed nothing, unless it says otherwise.
 * Later versions may add values.
 */
enum earnest_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done.
     */
    EARNEST_OK = 0,
    /**
     * A pointer is null that must not be.
     */
    EARNEST_NULL_POINTER = 1,
    /**
     * A pointer is not aligned for what it points to; `actual` bytes too far.
     */
    EARNEST_MISALIGNED = 2,
    /**
     * Two pieces of memory overlap that must not.
     */
    EARNEST_OVERLAP = 3,
    /**
     * Memory or a buffer is too small: `min` bytes or elements are needed, `actual` were given.
     */
    EARNEST_TOO_SMALL = 4,
    /**
     * A number lies outside its range: `min` to `max`.
     */
    EARNEST_OUT_OF_RANGE = 5,
    /**
     * The `size` of a struct is not one that any version of earnest.h gives it.
     */
    EARNEST_BAD_SIZE = 6,
    /**
     * A newer earnest.h has a field that this library doesn't know, and it isn't zero. `actual` is its offset.
     */
    EARNEST_UNKNOWN_FIELD = 7,
    /**
     * The bytes are no model of a kind that this library knows, or were damaged.
     */
    EARNEST_BAD_MODEL = 8,
    /**
     * Not a listener: never initialised, released, moved in memory, or overwritten.
     */
    EARNEST_BAD_LISTENER = 9,
    /**
     * No frame has been judged yet: less than 25 ms were heard since the start, the last reset or the last mute.
     */
    EARNEST_NOTHING_HEARD = 10,
    /**
     * The samples asked for are not (all) remembered.
     */
    EARNEST_NOT_REMEMBERED = 11,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_status earnest_status;
#else
typedef int32_t earnest_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What kind of event it is. Later versions may add kinds: skip those that you don't know.
 */
enum earnest_event_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing happened; all samples were taken in.
     */
    EARNEST_EVENT_NONE = 0,
    /**
     * Somebody began to speak, at `start`.
     */
    EARNEST_EVENT_SPEECH_START = 1,
    /**
     * The speech ended, at `start`; noticed one hangover later.
     */
    EARNEST_EVENT_SPEECH_END = 2,
    /**
     * A wake phrase was said, from `start` to `end`.
     */
    EARNEST_EVENT_WAKE = 3,
    /**
     * Something came near a wake phrase but not near enough. Nothing should follow from it; it is told so that "why
     * didn't you hear me" has an answer.
     */
    EARNEST_EVENT_NEAR_MISS = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_event_kind earnest_event_kind;
#else
typedef uint32_t earnest_event_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the `numbers` of an event mean.
 */
enum earnest_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There are none.
     */
    EARNEST_REASON_NONE = 0,
    /**
     * The template engine's. [0] how far the audio lay from the recordings, about 1 for other speech; [1] how far
     * the recordings lie apart; [2] how near other speech comes; [3] the recording it was most like, from 0.
     */
    EARNEST_REASON_TEMPLATE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_reason earnest_reason;
#else
typedef uint32_t earnest_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a library may be able to do; see earnest_has().
 */
enum earnest_feature
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Wake phrases enrolled from recordings.
     */
    EARNEST_FEATURE_ENGINE_TEMPLATE = 1,
    /**
     * The widest vector instructions are found when the program runs, not only those it was compiled for.
     */
    EARNEST_FEATURE_RUNTIME_SIMD = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_feature earnest_feature;
#else
typedef uint32_t earnest_feature;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A listener. What is in it is the library's own.
 */
typedef struct earnest_listener earnest_listener;

/**
 * How a listener is made. Fill it with earnest_config_default(), then change what you need. Later versions add fields
 * at the end; `size` says which of them there are, so a program and a library of different versions agree.
 */
typedef struct earnest_config {
    /**
     * sizeof(earnest_config) of the program. Set by earnest_config_default().
     */
    uint32_t size;
    /**
     * Samples that are remembered: 1 to 4,800,000 (300 s). Two bytes each. Default 16,000.
     */
    uint32_t pre_roll_samples;
    /**
     * The wake phrase: an image made by `earnest enroll`, in flash or RAM, any alignment. It is used in place: it must
     * stay there, unchanged, until earnest_release(). Null for none: speech is still detected. Default null.
     */
    const void *model;
    /**
     * Bytes of the image. Default 0.
     */
    size_t model_bytes;
    /**
     * 0: the model's own threshold counts. 1: `threshold` does. Default 0.
     */
    uint32_t own_threshold;
    /**
     * Score that wakes, 0 to 1. It counts if `own_threshold` is 1, and must be in range in any case. Default 0.5.
     */
    float threshold;
    /**
     * Scores that miss the threshold by no more than this are told as near misses, 0 to 1. Default 0.15.
     */
    float near_miss;
    /**
     * After a wake, nothing that begins before its end plus this long counts, 0 to 10,000 ms. Default 300.
     */
    uint32_t refractory_ms;
    /**
     * A frame is likely speech from this probability, 0.01 to 0.99. Default 0.5.
     */
    float vad_threshold;
    /**
     * So many likely frames in a row begin speech, 1 to 100 frames of 10 ms. Default 3.
     */
    uint32_t vad_onset_frames;
    /**
     * Speech goes on for so many unlikely frames, 1 to 500 frames of 10 ms. Default 30.
     */
    uint32_t vad_hangover_frames;
    /**
     * Talk time is summed over so long, s: 1 to 60, and not below the hangover. Default 10.
     */
    uint32_t vad_talk_window_s;
} earnest_config;

/**
 * What a model says of itself.
 */
typedef struct earnest_model_facts {
    /**
     * The earnest_feature that it needs: its engine.
     */
    uint32_t engine;
    /**
     * Its own threshold, 0 to 1.
     */
    float threshold;
    /**
     * Recordings it was enrolled from.
     */
    uint32_t recordings;
    /**
     * The phrase, UTF-8, ends with a zero.
     */
    char phrase[EARNEST_PHRASE_CHARS];
} earnest_model_facts;

/**
 * What was wrong, in numbers. Written whenever a call that takes one gives anything but EARNEST_OK.
 */
typedef struct earnest_error {
    /**
     * What the call gave.
     */
    int32_t status;
    /**
     * The argument or the field, as earnest.h spells it, or a part of the model. Ends with a zero.
     */
    char field[EARNEST_FIELD_CHARS];
    /**
     * The least that was expected.
     */
    double min;
    /**
     * The most that was expected.
     */
    double max;
    /**
     * What there was.
     */
    double actual;
} earnest_error;

/**
 * Something that was noticed. All times are sample numbers: sample 0 is the first since the start or the last reset.
 */
typedef struct earnest_event {
    /**
     * earnest_event_kind.
     */
    uint32_t kind;
    /**
     * Which phrase, from 0, as the model numbers them.
     */
    uint32_t phrase;
    /**
     * First sample of what it is about.
     */
    uint64_t start;
    /**
     * One past the last sample; equal to `start` for speech that starts or ends.
     */
    uint64_t end;
    /**
     * One past the last sample that was needed to decide. Events come in this order.
     */
    uint64_t decided;
    /**
     * How sure, 0 to 1.
     */
    float score;
    /**
     * What the score had to reach.
     */
    float threshold;
    /**
     * earnest_reason: what `numbers` mean.
     */
    uint32_t reason;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * The numbers that the score was made of; 0 where there is none.
     */
    float numbers[EARNEST_EVENT_NUMBERS];
} earnest_event;

/**
 * What was heard in the latest frame of 10 ms.
 */
typedef struct earnest_vad_facts {
    /**
     * 1 if the frame belongs to speech, hangover included, else 0.
     */
    uint32_t speech;
    /**
     * Probability of speech in this very frame, 0 to 1.
     */
    float probability;
    /**
     * Level, dB below a full-scale square wave: 0 at most.
     */
    float level_db;
    /**
     * Level of the background, same scale.
     */
    float noise_db;
    /**
     * While nobody speaks: samples since the last speech ended. While somebody does: samples of quiet before that.
     */
    uint64_t quiet_samples;
    /**
     * Samples of speech within the last `vad_talk_window_s` seconds.
     */
    uint32_t talk_samples;
    /**
     * Score of the wake phrase as of now, 0 to 1, worth an event or not. 0 without a model.
     */
    float score;
} earnest_vad_facts;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Version of the library: major · 65536 + minor · 256 + patch. Compare it with EARNEST_VERSION, that of the header.
 *
 * Threads: any. Interrupts: yes. Time: constant.
 */
uint32_t earnest_version(void);

/**
 * 1 if this library has the feature (earnest_feature), 0 if it hasn't or has never heard of it.
 *
 * Threads: any. Interrupts: yes. Time: constant.
 */
uint32_t earnest_has(uint32_t feature);

/**
 * The status in a few English words; never null. The text is the library's and stays.
 *
 * Threads: any. Interrupts: yes. Time: constant.
 */
const char *earnest_status_text(int32_t status);

/**
 * Writes the defaults into `config`, so that only what shall differ has to be set.
 *
 * config: `size` bytes, aligned as an earnest_config. size: sizeof(earnest_config), always.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE.
 * Threads: any, on a `config` that nobody else uses. Interrupts: yes. Time: constant.
 */
earnest_status earnest_config_default(struct earnest_config *config, size_t size);

/**
 * Checks a model, whole, and tells what it says of itself.
 *
 * model: `model_bytes` bytes of any alignment, read during the call only. facts: written if it is a good model.
 * error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: grows with `model_bytes`.
 */
earnest_status earnest_model_check(const void *model,
                                   size_t model_bytes,
                                   struct earnest_model_facts *facts,
                                   struct earnest_error *error);

/**
 * How much memory a listener needs.
 *
 * config: filled by earnest_config_default(), then changed; its model is checked. bytes: gets the number of bytes to
 * give to earnest_init(). It depends on the model, on `pre_roll_samples` and on the library's version, and on nothing
 * else, so it can be asked for once and written into a program. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE,
 * EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: grows with the model's bytes.
 */
earnest_status earnest_required_bytes(const struct earnest_config *config,
                                      size_t *bytes,
                                      struct earnest_error *error);

/**
 * Makes a listener in the caller's memory. It needs nothing beyond that: no heap, no file, no thread, no clock.
 *
 * memory: at least as many bytes as earnest_required_bytes() says, aligned to EARNEST_ALIGNMENT. They are the
 * listener's until earnest_release(); who writes to them or moves them ends it (EARNEST_BAD_LISTENER, where it can be
 * told). config: read during the call only, but the model it points to is used in place until earnest_release().
 * listener: gets the handle, null if anything is wrong. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP (the memory with the model or with `listener`),
 * EARNEST_TOO_SMALL, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: all tables are computed here; see firmware/COST.md for it and for the stack.
 */
earnest_status earnest_init(void *memory,
                            size_t memory_bytes,
                            const struct earnest_config *config,
                            struct earnest_listener **listener,
                            struct earnest_error *error);

/**
 * Takes in audio up to the next event. Call it until all samples are taken and `event->kind` is EARNEST_EVENT_NONE:
 *
 *     do {
 *         size_t taken;
 *         if (earnest_push(listener, pcm, samples, &taken, &event) != EARNEST_OK) ...
 *         pcm += taken;
 *         samples -= taken;
 *         if (event.kind != EARNEST_EVENT_NONE) handle(&event);
 *     } while (event.kind != EARNEST_EVENT_NONE);
 *
 * No event is ever lost, however much audio is pushed at once: there is no queue that could be full. Nothing calls
 * back, so an event may be answered with any function, earnest_mute() and earnest_release() among them. And while it is
 * handled the pre-roll still ends at the very sample that decided it. The same audio gives the same events, bit for
 * bit, however it is cut into calls.
 *
 * pcm: `samples` samples of 16 kHz mono, 16 bit, native byte order, any number; read during the call only. May be null
 * if `samples` is 0: then an event that is waiting is told. taken: gets the number of samples taken in, `samples` if
 * there was no event. event: written by every call that gives EARNEST_OK.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP (an argument with the listener), EARNEST_OUT_OF_RANGE
 * (`samples` is more than memory can hold), EARNEST_BAD_LISTENER. Then no sample was taken in.
 * Threads: one at a time on a listener; different listeners are independent. Interrupts: no, it takes too long. Let the
 * interrupt fill a ring and push from the main loop: examples/c/listen.c. Uses the floating-point unit.
 * Time: one frame's work for every 160 samples; the most that a frame takes is in firmware/COST.md. For a bound on one
 * call, push 160 samples at a time.
 */
earnest_status earnest_push(struct earnest_listener *listener,
                            const int16_t *pcm,
                            size_t samples,
                            size_t *taken,
                            struct earnest_event *event);

/**
 * Hears nothing from the next sample on, and forgets everything at once: the pre-roll, half a frame, what engine and
 * VAD had gathered, an event not told yet. Their memory is overwritten. Samples may be pushed or not while it is muted;
 * those that are count for the clock alone. To mute at a sample in the middle of a buffer, push what comes before it,
 * mute, push the rest. Speech under way gets no EARNEST_EVENT_SPEECH_END. Muting what is muted does nothing.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a listener. Interrupts: no; let a switch's interrupt set a flag that the main loop looks at
 * before it pushes. Time: about one frame's, and that of overwriting the listener's memory.
 */
earnest_status earnest_mute(struct earnest_listener *listener);

/**
 * Listens again from the next sample on, as one that was just switched on, but that the clock went on.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a listener. Interrupts: no. Time: about one frame's.
 */
earnest_status earnest_unmute(struct earnest_listener *listener);

/**
 * Whether it is muted: 1 or 0 in `muted`.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a listener. Interrupts: yes, if it didn't interrupt a call on the same listener. Time:
 * constant.
 */
earnest_status earnest_is_muted(const struct earnest_listener *listener,
                                uint32_t *muted);

/**
 * As new: the next sample is sample 0, nothing that was heard counts or is remembered. What is muted stays muted.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a listener. Interrupts: no. Time: as earnest_mute().
 */
earnest_status earnest_reset(struct earnest_listener *listener);

/**
 * Ends the listener. All of its memory is overwritten with zeros and is the caller's again, the model too. The handle
 * is no longer one: as long as the memory stays zero, calls with it give EARNEST_BAD_LISTENER.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a listener. Interrupts: no. Time: that of overwriting the listener's memory.
 */
earnest_status earnest_release(struct earnest_listener *listener);

/**
 * The clock: samples pushed since the start or the last reset, in `sample`. It doesn't wrap in a device's life.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a listener. Interrupts: yes, if it didn't interrupt a call on the same listener. Time:
 * constant.
 */
earnest_status earnest_now(const struct earnest_listener *listener,
                           uint64_t *sample);

/**
 * What was heard in the latest frame, in `vad`.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_NOTHING_HEARD.
 * Threads: one at a time on a listener. Interrupts: yes, if it didn't interrupt a call on the same listener. Time:
 * constant.
 */
earnest_status earnest_vad(const struct earnest_listener *listener,
                           struct earnest_vad_facts *vad);

/**
 * What the pre-roll remembers: the samples from `start` up to `end`, `end` not included. Equal if there are none.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a listener. Interrupts: yes, if it didn't interrupt a call on the same listener. Time:
 * constant.
 */
earnest_status earnest_pre_roll_span(const struct earnest_listener *listener,
                                     uint64_t *start,
                                     uint64_t *end);

/**
 * Copies remembered samples. Whoever copies them answers for them: the listener's own wipe themselves.
 *
 * start, end: the first sample and one past the last, within what earnest_pre_roll_span() tells. pcm: room for
 * `capacity` samples, outside the listener's memory; `end` - `start` of them are written. May be null if that is 0.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_TOO_SMALL (`capacity` is less than `end` -
 * `start`), EARNEST_BAD_LISTENER, EARNEST_NOT_REMEMBERED.
 * Threads: one at a time on a listener. Interrupts: no. Time: that of copying.
 */
earnest_status earnest_pre_roll_copy(const struct earnest_listener *listener,
                                     uint64_t start,
                                     uint64_t end,
                                     int16_t *pcm,
                                     size_t capacity);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* EARNEST_H */
