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
 * What the device itself plays needn't wake it: earnest_push_with_reference().
 *
 * A guard decides what is done about it: earnest_guard_init(), earnest_guard_input(), earnest_guard_redeem(). Commands are
 * listened for by earnest_commands_init(). Wake phrase, commands, answers and guard in one: earnest_chain_init().
 *
 * Memory. The library allocates none. A listener lives in memory that earnest_init() is given and in no other; models
 * stay where they are. So do a guard, who listens for commands, and a chain, in that of their init. Nothing is global, so
 * any number of them may exist.
 *
 * Pointers. Every function checks those it is given: null, alignment, length, overlap with a listener's memory, and
 * whether a listener is one. What it can't check is the caller's promise: that the memory is there for as many bytes
 * as the function is told or the type has, and that nobody else uses it during the call.
 *
 * Errors. Functions give a status; nothing is thrown, nothing unwinds, nothing aborts. Those that take an
 * earnest_error also tell which field was wrong, what was expected and what there was.
 *
 * Threads. Calls on one handle must not run at the same time, nor one interrupt another; from which thread they come
 * doesn't matter. Calls on different handles are independent.
 *
 * Time is the number of samples pushed. No clock is ever read.
 *
 * Versions. Functions, fields at the end of structs that begin with their `size`, enumerators and meanings of reserved fields are added;
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
 * For earnest_config.refractory_ms: what the engine takes if nothing is said.
 */
#define EARNEST_ENGINES_OWN UINT32_MAX

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
 * Elements of earnest_surroundings.voice_bands_db.
 */
#define EARNEST_VOICE_BANDS 8

/**
 * Most slots of an action.
 */
#define EARNEST_SLOTS 8

/**
 * In earnest_told, where there is no such thing.
 */
#define EARNEST_NO_NUMBER UINT32_MAX

/**
 * Elements of earnest_told.numbers.
 */
#define EARNEST_TOLD_NUMBERS 8

/**
 * Most that one input makes a guard tell: with less room for entries in its journal the input is not taken.
 */
#define EARNEST_TOLD_MOST 16

/**
 * Elements of earnest_command.slots.
 */
#define EARNEST_COMMAND_SLOTS 12

/**
 * Elements of earnest_said_slot.values.
 */
#define EARNEST_COMMAND_VALUES 8

/**
 * Numbers of earnest_commands_config.confidence.
 */
#define EARNEST_CONFIDENCE_NUMBERS 333

/**
 * Most that a guard is made to tell by 10 ms of audio: with less room for entries in its journal no more is taken in.
 */
#define EARNEST_CHAIN_TOLD_MOST (EARNEST_TOLD_MOST + 2)

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
     * Not a handle of the kind that the function takes: never initialised, released, moved in memory, or overwritten.
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
    /**
     * The guard refused. What was told with it says why.
     */
    EARNEST_REFUSED = 12,
    /**
     * The journal has no room for what could have to be told: earnest_guard_rotate(), after its content was kept.
     */
    EARNEST_JOURNAL_FULL = 13,
    /**
     * The guard was made without a journal.
     */
    EARNEST_NO_JOURNAL = 14,
    /**
     * An entry of the journal is wrong: number `actual`.
     */
    EARNEST_BAD_JOURNAL = 15,
    /**
     * It is at work: its own callback called it. Or a request is open, and what was asked for must wait.
     */
    EARNEST_BUSY = 16,
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
     * Something came near a wake phrase but not near enough, or came out of the device itself
     * (EARNEST_REASON_PLAYBACK). Nothing should follow from it; it is told so that "why didn't you hear me" has an answer.
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
    /**
     * The net engine's. [0] log-odds for the phrase, of which the score is the logistic function; [1] highest
     * probability of any single step; [2] for how long the score had been half of the threshold, ms.
     */
    EARNEST_REASON_NET = 2,
    /**
     * The device itself was playing it, so it doesn't count, whatever the score. [0] highest score of the phrase in the
     * reference, 0 to 1; [1] how long before the decision that was, ms; [2] highest correlation of what was heard with
     * what was played, -1 to 1.
     */
    EARNEST_REASON_PLAYBACK = 3,
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
    /**
     * Wake phrases that a small network was trained for.
     */
    EARNEST_FEATURE_ENGINE_NET = 3,
    /**
     * Commands: earnest_commands_init().
     */
    EARNEST_FEATURE_COMMANDS = 4,
    /**
     * The whole chain: earnest_chain_init().
     */
    EARNEST_FEATURE_CHAIN = 5,
    /**
     * What the device itself plays: earnest_push_with_reference(), earnest_chain_push_with_reference().
     */
    EARNEST_FEATURE_REFERENCE = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_feature earnest_feature;
#else
typedef uint32_t earnest_feature;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What goes wrong if an action is done although nobody asked.
 */
enum earnest_tier_number
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing that matters: the time, a timer, a light.
     */
    EARNEST_TIER_ROUTINE = 0,
    /**
     * A nuisance that can be undone: music, a thermostat.
     */
    EARNEST_TIER_REVERSIBLE = 1,
    /**
     * Something leaves the house: a message, a call, a recording, a purchase.
     */
    EARNEST_TIER_DISCLOSING = 2,
    /**
     * Something moves or opens: a lock, a garage, an alarm.
     */
    EARNEST_TIER_PHYSICAL = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_tier_number earnest_tier_number;
#else
typedef uint32_t earnest_tier_number;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a guard is told.
 */
enum earnest_input_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing, but time has passed: deadlines are looked at. Once a frame while a request is open.
     */
    EARNEST_INPUT_TICK = 0,
    /**
     * A wake phrase was accepted: `phrase`, `owner`, `nats`, `start`, `end`, `around`.
     */
    EARNEST_INPUT_WAKE = 1,
    /**
     * A command was understood: `action`, `probability`, `nobody`, `slots`, `start`, `end`, `around`.
     */
    EARNEST_INPUT_UNDERSTOOD = 2,
    /**
     * What was said was no command: `nobody`.
     */
    EARNEST_INPUT_NOT_UNDERSTOOD = 3,
    /**
     * The prompt `prompt` has begun to play.
     */
    EARNEST_INPUT_PROMPT_STARTED = 4,
    /**
     * It has ended; `yes`: its last sample was played. Cut short, it announced nothing.
     */
    EARNEST_INPUT_PROMPT_ENDED = 5,
    /**
     * An answer was heard: `yes`, `probability`, `phones`, `names_act`, `start`, `end`, `around`.
     */
    EARNEST_INPUT_ANSWER = 6,
    /**
     * The second factor was checked; `yes`: it was right.
     */
    EARNEST_INPUT_SECOND_FACTOR = 7,
    /**
     * The microphone is muted, from this very sample. Always obeyed, whatever its time and however full the journal.
     */
    EARNEST_INPUT_MUTE = 8,
    /**
     * It hears again.
     */
    EARNEST_INPUT_UNMUTE = 9,
    /**
     * Somebody pressed a button to stop, or the device gives up.
     */
    EARNEST_INPUT_CANCEL = 10,
    /**
     * The class `action_class` is switched off until the guard is made anew.
     */
    EARNEST_INPUT_DEPROVISION = 11,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_input_kind earnest_input_kind;
#else
typedef uint32_t earnest_input_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a guard tells, and what an entry of a journal is. Values and meanings are those of journals.
 */
enum earnest_told_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A gate was passed. numbers: value, needed, nats, continuity, dependence, counted, total.
     */
    EARNEST_TOLD_PASSED = 3,
    /**
     * The microphone is listened to, until `end`: show it. Nothing said later counts.
     */
    EARNEST_TOLD_LISTEN = 4,
    /**
     * Play prompt `prompt`, begin until `end`, and report. detail: 0 announces the act, 1 asks for slot detail / 256,
     * 2 says again what is to be confirmed and how, 3 asks for the command once more.
     */
    EARNEST_TOLD_SAY = 5,
    /**
     * Get the second factor, until `end`.
     */
    EARNEST_TOLD_ASK_SECOND_FACTOR = 6,
    /**
     * A condition that didn't hold; a refusal or another prompt follows. numbers: expected, actual.
     */
    EARNEST_TOLD_SHORT = 7,
    /**
     * Do it: earnest_guard_redeem() `authorization`, until `end`. numbers: total, required.
     */
    EARNEST_TOLD_AUTHORIZED = 8,
    /**
     * The authorisation was used.
     */
    EARNEST_TOLD_REDEEMED = 9,
    /**
     * It is not done. Stop any prompt; the recording is wiped. numbers: expected, actual, total, prior, then what wake,
     * intent, slots and confirmation added.
     */
    EARNEST_TOLD_REFUSED = 10,
    /**
     * Something heard or reported counted nothing. numbers: expected, actual.
     */
    EARNEST_TOLD_UNCOUNTED = 11,
    /**
     * Muted: empty every buffer. The guard's own is wiped.
     */
    EARNEST_TOLD_MUTED = 12,
    /**
     * It hears again.
     */
    EARNEST_TOLD_UNMUTED = 13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_told_kind earnest_told_kind;
#else
typedef uint32_t earnest_told_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What came of listening for a command.
 */
enum earnest_command_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing yet; all samples were taken in.
     */
    EARNEST_COMMAND_NONE = 0,
    /**
     * The grammar has a sentence for it: how likely it is that this was said, and to the device, tells `probability`.
     */
    EARNEST_COMMAND_UNDERSTOOD = 1,
    /**
     * Somebody spoke, and the grammar has no sentence for it.
     */
    EARNEST_COMMAND_UNKNOWN = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_command_kind earnest_command_kind;
#else
typedef uint32_t earnest_command_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What earnest_grammar_name() gives the name of.
 */
enum earnest_name_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The intent of a meaning.
     */
    EARNEST_NAME_INTENT = 0,
    /**
     * A list of the grammar.
     */
    EARNEST_NAME_LIST = 1,
    /**
     * A slot.
     */
    EARNEST_NAME_SLOT = 2,
    /**
     * A word.
     */
    EARNEST_NAME_WORD = 3,
    /**
     * A value of a list; the image is that of the list.
     */
    EARNEST_NAME_VALUE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_name_kind earnest_name_kind;
#else
typedef uint32_t earnest_name_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What an answer means.
 */
enum earnest_answer_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It is none.
     */
    EARNEST_ANSWER_NONE = 0,
    /**
     * Yes.
     */
    EARNEST_ANSWER_YES = 1,
    /**
     * No.
     */
    EARNEST_ANSWER_NO = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_answer_kind earnest_answer_kind;
#else
typedef uint32_t earnest_answer_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a chain tells.
 */
enum earnest_chain_told_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * What was noticed: speech, the wake phrase. `event`.
     */
    EARNEST_CHAIN_EVENT = 0,
    /**
     * What was said while a request was open. What the guard makes of it follows. `gate`, `command`.
     */
    EARNEST_CHAIN_HEARD = 1,
    /**
     * What the guard says. `told`.
     */
    EARNEST_CHAIN_GUARD = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum earnest_chain_told_kind earnest_chain_told_kind;
#else
typedef uint32_t earnest_chain_told_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The whole chain. What is in it is the library's own.
 */
typedef struct earnest_chain earnest_chain;

/**
 * Listens for commands. What is in it is the library's own.
 */
typedef struct earnest_commands earnest_commands;

/**
 * A guard. What is in it is the library's own.
 */
typedef struct earnest_guard earnest_guard;

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
     * The wake phrase: a network's image (models/wake-*.ear), at a multiple of 4 bytes, or one that `earnest enroll`
     * made, of any alignment; earnest_model_check() tells which it is. In flash or RAM, used in place: it must stay
     * there, unchanged, until earnest_release(). Null for none: speech is still detected. Default null.
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
     * Scores that miss the threshold by no more than this are told as near misses, 0 to 1. Default -1: the engine's
     * own, 0.2 for a network, 0.15 for recordings.
     */
    float near_miss;
    /**
     * After a wake, nothing counts for this long, 0 to 10,000 ms. Default EARNEST_ENGINES_OWN: 1000 for a network, 300
     * for recordings.
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
    /**
     * 1: what the device plays is heard too, by earnest_push_with_reference(), so that the wake phrase in it doesn't wake.
     * It takes memory: that of front end, VAD and spotter once more, and 11 KiB. 0: it isn't. Default 0.
     */
    uint32_t reference;
    /**
     * Longest time from a sample of the reference to its echo in the microphone's signal, buffers of both included, 0 to
     * 1000 ms. Longer than it is costs little: what is said within it after the phrase was played is taken for the echo.
     * Default 500.
     */
    uint32_t reference_max_delay_ms;
    /**
     * Score that the phrase must have in the reference to count as played, as a share of the score that wakes, 0 to 1.
     * Default 0.5.
     */
    float reference_share;
    /**
     * Correlation of what was heard with what was played from which it is nothing but an echo, 0 to 1. Default 0.6. These
     * three must be in range in any case.
     */
    float reference_similarity;
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
     * Recordings it was enrolled from; 0 for a network.
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

/**
 * An action that can be asked for.
 */
typedef struct earnest_action {
    /**
     * The device's number for it, 0 to 65,535.
     */
    uint32_t id;
    /**
     * Its class, 0 to 63; classes are switched on and off as a whole.
     */
    uint32_t action_class;
    /**
     * earnest_tier_number.
     */
    uint32_t tier;
    /**
     * Slots that must be filled, 0 to EARNEST_SLOTS.
     */
    uint32_t slots;
    /**
     * 1 if it is heard, seen or felt in the room when it is done, else 0.
     */
    uint32_t loud;
    /**
     * Phones of the shortest command that asks for it, 0 to 65,535.
     */
    uint32_t phrase_phones;
} earnest_action;

/**
 * How long every gate stays open. All deadlines count in samples, and none can be extended.
 */
typedef struct earnest_timing {
    /**
     * The command must have been understood so long after the wake phrase was. 1000 to 20000 ms.
     */
    uint32_t command_ms;
    /**
     * A wake phrase that ended longer ago than this opens nothing any more. 0 to 5000 ms.
     */
    uint32_t max_wake_age_ms;
    /**
     * The host must report that a prompt has started so long after it was asked to say it. 100 to 10000 ms.
     */
    uint32_t prompt_start_ms;
    /**
     * A prompt must have ended so long after it started. 1000 to 60000 ms.
     */
    uint32_t prompt_max_ms;
    /**
     * A prompt shorter than this said nothing: it counts as empty, and the request is refused. 200 to 5000 ms.
     */
    uint32_t prompt_min_ms;
    /**
     * An answer that begins sooner after the end of the prompt is its echo or other talk, and counts nothing. 0 to
     * 1000 ms.
     */
    uint32_t answer_earliest_ms;
    /**
     * The answer must have been understood so long after the prompt ended. 500 to 10000 ms.
     */
    uint32_t answer_ms;
    /**
     * The second factor must have been reported so long after it was asked for. 1000 to 120000 ms.
     */
    uint32_t second_factor_ms;
    /**
     * An authorisation is void so long after it was given. 100 to 30000 ms.
     */
    uint32_t authorization_ms;
    /**
     * From the wake phrase to the authorisation, whatever happens between. 5000 to 180000 ms.
     */
    uint32_t session_ms;
    /**
     * By how much the command may seem to begin before the wake phrase ended: spans are estimates. 0 to 500 ms.
     */
    uint32_t span_tolerance_ms;
} earnest_timing;

/**
 * How evidence is weighed.
 */
typedef struct earnest_evidence_policy {
    /**
     * Log-odds that somebody is asking, before anything is heard: how rare requests are among stretches of speech.
     * -20 to 0 nats.
     */
    float prior_log_odds;
    /**
     * Share of real requests among the examples on which the probabilities were calibrated. 0.01 to 0.99
     * probability.
     */
    float confidence_prior;
    /**
     * What one gate can say at most. No error in n trials shows a rate below 3/n, so that ln(n/3) is honest. 0.5 to
     * 15 nats.
     */
    float max_gate_nats;
    /**
     * That a gate passes wrongly for the same cause as the gates before it, where nothing hints at talk. 0.001 to 1
     * probability.
     */
    float same_talk_min;
    /**
     * The same where talk just goes on. Not below same_talk_min. 0.001 to 1 probability.
     */
    float same_talk_max;
    /**
     * The same for the slots, at least: they are part of the words that the intent was heard in. 0.001 to 1
     * probability.
     */
    float same_words;
    /**
     * What uninterrupted talk takes from every gate. 0 to 10 nats.
     */
    float talk_nats;
    /**
     * How far other talk in the last seconds hints at a conversation. 0 to 1 share.
     */
    float talk_weight;
    /**
     * How far the lack of a pause before the words does. 0 to 1 share.
     */
    float pause_weight;
    /**
     * A pause this long is a whole pause. 50 to 5000 ms.
     */
    uint32_t full_pause_ms;
    /**
     * How far talk that runs on after the words does. 0 to 1 share.
     */
    float run_on_weight;
    /**
     * Talk running on this long counts whole. 100 to 10000 ms.
     */
    uint32_t full_run_on_ms;
    /**
     * How far speech that began before the prompt ended does, where an answer is expected. 0 to 1 share.
     */
    float over_prompt_weight;
    /**
     * How far another level or spectrum than that of the wake phrase does. 0 to 1 share.
     */
    float voice_weight;
    /**
     * A change of level that counts whole. 1 to 60 dB.
     */
    float level_change_db;
    /**
     * A change of the mean spectrum that counts whole. 1 to 60 dB.
     */
    float spectrum_change_db;
    /**
     * How far several other voices do. 0 to 1 share.
     */
    float others_weight;
    /**
     * How far it does that the device itself is playing something. 0 to 1 share.
     */
    float playing_weight;
    /**
     * Words that are more probably than this in what the device plays count nothing. 0 to 1 probability.
     */
    float max_in_playback;
} earnest_evidence_policy;

/**
 * What a tier demands.
 */
typedef struct earnest_limits {
    /**
     * Smallest log-likelihood ratio of the wake phrase. 0 to 20 nats.
     */
    float min_wake_nats;
    /**
     * Quiet there must have been before the wake phrase: who talks to somebody else doesn't pause. 0 to 5000 ms.
     */
    uint32_t min_pause_ms;
    /**
     * Smallest probability of the intent. 0.5 to 1 probability.
     */
    float min_intent_probability;
    /**
     * Largest probability that nobody was talking to the device. 0 to 0.5 probability.
     */
    float max_nobody_probability;
    /**
     * Smallest probability of every slot's value. 0.5 to 1 probability.
     */
    float min_slot_probability;
    /**
     * By how much every slot's value must exceed its runner-up and "not in the list". 0 to 1 probability.
     */
    float min_slot_margin;
    /**
     * A command that isn't sure enough, or a value of which isn't, is asked for once more if its intent is this probable. 1:
     * never. 0.5 to 1 probability.
     */
    float min_ask_probability;
    /**
     * Whether the action is announced, and the announcement played to its end, before it is done. 1 or 0.
     */
    uint32_t announce;
    /**
     * Whether somebody must confirm after the announcement. Needs announce. 1 or 0.
     */
    uint32_t confirm;
    /**
     * Smallest probability of the confirmation phrase. 0.5 to 1 probability.
     */
    float min_confirmation_probability;
    /**
     * Fewest phones of a confirmation that counts. 0 to 40 phones.
     */
    uint32_t min_confirmation_phones;
    /**
     * Whether the confirmation must name the act ("yes, send it"). 1 or 0.
     */
    uint32_t confirmation_names_act;
    /**
     * Whether the host must report a second factor (a code, a tap on a phone) at the end. 1 or 0.
     */
    uint32_t second_factor;
    /**
     * What prior and evidence of all gates must come to. 5 nats are odds of 150 to 1. -20 to 40 nats.
     */
    float required_log_odds;
} earnest_limits;

/**
 * How a guard decides. Fill it with earnest_policy_default(), then change what you need: with the defaults no class is
 * provisioned, so everything is refused. Later versions add fields at the end.
 */
typedef struct earnest_policy {
    /**
     * sizeof(earnest_policy) of the program. Set by earnest_policy_default().
     */
    uint32_t size;
    /**
     * Tells the guards of one program apart, 0 to 65,535.
     */
    uint32_t id;
    /**
     * What may be done at all: bit n for class n.
     */
    uint64_t provisioned;
    /**
     * The actions, read during the call only. What is not among them is refused.
     */
    const struct earnest_action *actions;
    /**
     * How many, 0 to 1024.
     */
    size_t action_count;
    /**
     * The journal's memory: RAM that keeps its content, or the copy of a flash sector. What is in it is continued; all
     * zero begins a new one. It must stay there until earnest_guard_release(). Null for none.
     */
    void *journal;
    /**
     * Bytes of it: 128 for each entry, 18 entries at least; 0 for none.
     */
    size_t journal_bytes;
    /**
     * 32 random bytes that are kept apart from the journal, read during the call only, or null.
     */
    const uint8_t *journal_key;
    /**
     * Samples of a request that can be kept for who is authorised: 0 to 960,000 (60 s). Two bytes each. Default 0.
     */
    uint32_t recording_samples;
    /**
     * Deadlines.
     */
    struct earnest_timing timing;
    /**
     * The weighing of evidence.
     */
    struct earnest_evidence_policy evidence;
    /**
     * What each tier demands, by earnest_tier_number.
     */
    struct earnest_limits tiers[4];
} earnest_policy;

/**
 * One slot of a command.
 */
typedef struct earnest_slot {
    /**
     * The device's number of the value.
     */
    uint32_t value;
    /**
     * Probability that this value was said, 0 to 1.
     */
    float probability;
    /**
     * Probability of the next best value.
     */
    float runner_up;
    /**
     * Probability that something was said that is not in the list.
     */
    float not_listed;
} earnest_slot;

/**
 * What was going on around some words. earnest_surroundings_of() fills it, but for what a listener can't know.
 */
typedef struct earnest_surroundings {
    /**
     * The stretch of speech in which the words lie: its first sample.
     */
    uint64_t stretch_start;
    /**
     * One past its last, "so far" while speech goes on.
     */
    uint64_t stretch_end;
    /**
     * Quiet before it, samples.
     */
    uint64_t quiet_samples;
    /**
     * Speech in the last seconds, the words included, samples.
     */
    uint32_t talk_samples;
    /**
     * Over how many samples that is counted.
     */
    uint32_t talk_window_samples;
    /**
     * Probability that several other people are talking, 0 to 1.
     */
    float others;
    /**
     * 1 if the device is playing something, prompts apart, else 0.
     */
    uint32_t playing;
    /**
     * Probability that the words are in what it plays, 0 to 1.
     */
    float in_playback;
    /**
     * 1 if the two fields that follow are known, else 0.
     */
    uint32_t voice_known;
    /**
     * Mean level of the voice, dB; only differences matter.
     */
    float voice_level_db;
    /**
     * Mean level of each band less that, dB, low to high.
     */
    float voice_bands_db[EARNEST_VOICE_BANDS];
} earnest_surroundings;

/**
 * Something that a guard is told. Set all to zero, then `size`, `kind`, and what the kind names.
 */
typedef struct earnest_input {
    /**
     * sizeof(earnest_input) of the program.
     */
    uint32_t size;
    /**
     * earnest_input_kind.
     */
    uint32_t kind;
    /**
     * Which wake phrase.
     */
    uint32_t phrase;
    /**
     * Whose voice it is taken for; recordings of the request belong to them.
     */
    uint32_t owner;
    /**
     * Log-likelihood ratio of the wake phrase, nats.
     */
    float nats;
    /**
     * Which action, 0 to 65,535.
     */
    uint32_t action;
    /**
     * Probability of what was heard, 0 to 1.
     */
    float probability;
    /**
     * Probability that nobody was talking to the device, 0 to 1.
     */
    float nobody;
    /**
     * Which prompt.
     */
    uint32_t prompt;
    /**
     * Yes, complete, accepted: 1 or 0.
     */
    uint32_t yes;
    /**
     * Phones of the answer: 3 in "right", 10 in "yes, send it".
     */
    uint32_t phones;
    /**
     * 1 if the answer names the act that was announced, else 0.
     */
    uint32_t names_act;
    /**
     * Which class.
     */
    uint32_t action_class;
    /**
     * Slots that are filled.
     */
    uint32_t slot_count;
    /**
     * The slots.
     */
    struct earnest_slot slots[EARNEST_SLOTS];
    /**
     * Where the words are: first sample.
     */
    uint64_t start;
    /**
     * One past the last.
     */
    uint64_t end;
    /**
     * What was going on around them.
     */
    struct earnest_surroundings around;
} earnest_input;

/**
 * The permission to do one act, once, soon. What is in it is the library's own; earnest_guard_redeem() uses it up and
 * clears it. A copy is worth nothing once one of them was redeemed.
 */
typedef struct earnest_authorization {
    /**
     * The library's own.
     */
    uint64_t opaque[2];
} earnest_authorization;

/**
 * What a guard tells, and what its journal keeps of it.
 */
typedef struct earnest_told {
    /**
     * earnest_told_kind.
     */
    uint32_t kind;
    /**
     * Which gate: 0 wake, 1 intent, 2 slots, 3 announcement, 4 confirmation, 5 second factor, 6 authorisation;
     * EARNEST_NO_NUMBER for none.
     */
    uint32_t gate;
    /**
     * earnest_tier_number, EARNEST_NO_NUMBER for none.
     */
    uint32_t tier;
    /**
     * Why, by the numbers of journals (guard::Reason in the Rust documentation), EARNEST_NO_NUMBER for none.
     */
    uint32_t reason;
    /**
     * Which request, from 1; 0 for none.
     */
    uint32_t request;
    /**
     * Which action, EARNEST_NO_NUMBER for none.
     */
    uint32_t action;
    /**
     * By kind.
     */
    uint32_t detail;
    /**
     * Which prompt: the reports name it.
     */
    uint32_t prompt;
    /**
     * Sample at which it happened.
     */
    uint64_t at;
    /**
     * First sample of what it is about.
     */
    uint64_t start;
    /**
     * One past the last, or a deadline: the last sample at which it can be done.
     */
    uint64_t end;
    /**
     * Slots of the act, and how many of the values count.
     */
    uint32_t slots;
    /**
     * Their values.
     */
    uint32_t values[EARNEST_SLOTS];
    /**
     * Numbers, by kind.
     */
    float numbers[EARNEST_TOLD_NUMBERS];
    /**
     * For EARNEST_TOLD_AUTHORIZED, else zero.
     */
    struct earnest_authorization authorization;
} earnest_told;

/**
 * Is told what a guard tells: `context` as it was given with the input, `told` for as long as the call lasts. It must
 * return (no longjmp, no exception), and what it calls of that guard gives EARNEST_BUSY.
 */
typedef void (*earnest_tell)(void *context, const struct earnest_told *told);

/**
 * One act: an action with its values.
 */
typedef struct earnest_act {
    /**
     * The action.
     */
    uint32_t action;
    /**
     * How many of the values count.
     */
    uint32_t count;
    /**
     * The values of its slots.
     */
    uint32_t values[EARNEST_SLOTS];
} earnest_act;

/**
 * The end of a journal. Kept elsewhere (with the owner, on a server), it shows later whether the journal still holds
 * everything up to there.
 */
typedef struct earnest_anchor {
    /**
     * Number of the next entry.
     */
    uint64_t next;
    /**
     * Hash of the last.
     */
    uint8_t head[32];
} earnest_anchor;

/**
 * A journal in which nothing is wrong.
 */
typedef struct earnest_journal_facts {
    /**
     * Entries, the header included.
     */
    uint64_t entries;
    /**
     * Bytes at the end that are the beginning of an entry whose write was cut.
     */
    uint64_t torn_bytes;
    /**
     * 1 if the anchor that was asked for lies in it, 0 if not or if none was.
     */
    uint32_t holds_anchor;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * Where it ends.
     */
    struct earnest_anchor end;
} earnest_journal_facts;

/**
 * What an image of a grammar or of a list has. Counts of what it has none of are 0.
 */
typedef struct earnest_grammar_facts {
    /**
     * Meanings of a grammar.
     */
    uint32_t meanings;
    /**
     * Lists that its slots take values from.
     */
    uint32_t lists;
    /**
     * Slots.
     */
    uint32_t slots;
    /**
     * Words.
     */
    uint32_t words;
    /**
     * Values of a list.
     */
    uint32_t values;
} earnest_grammar_facts;

/**
 * Text of an image: UTF-8, no zero at its end. It lies in the image, and stays as long as that does.
 */
typedef struct earnest_text {
    /**
     * Its first byte.
     */
    const char *text;
    /**
     * Its bytes.
     */
    size_t bytes;
} earnest_text;

/**
 * Bytes of an image, which stay where they are.
 */
typedef struct earnest_image {
    /**
     * The first of them.
     */
    const void *image;
    /**
     * How many there are.
     */
    size_t bytes;
} earnest_image;

/**
 * How commands are listened for. Fill it with earnest_commands_config_default(), then change what you need. Later versions
 * add fields at the end.
 */
typedef struct earnest_commands_config {
    /**
     * sizeof(earnest_commands_config) of the program. Set by earnest_commands_config_default().
     */
    uint32_t size;
    /**
     * Ways through the grammar that are followed at a time, 16 to 65,536: some 96 to 112 bytes each. What it takes depends on
     * the grammar; too few, and what was said is lost. Default 400.
     */
    uint32_t paths;
    /**
     * Words that are remembered, 64 to 1,000,000: 32 bytes each. Default 256.
     */
    uint32_t records;
    /**
     * Frames of a command, 50 a second, that its sureness is judged by, 0 to 3000: a byte each. Default 600.
     */
    uint32_t judged_frames;
    /**
     * Frames of a command that the values of slots are compared over, 0 to 3000: 156 bytes each, and 104,000 for the
     * comparison. 0 saves both: then every value said is judged not to be listed. Counts only if the grammar has lists.
     * Default 600.
     */
    uint32_t slot_frames;
    /**
     * The acoustic model: models/phones-*.ear, at a multiple of 4 bytes. Like all images it is used in place: it must stay
     * there, unchanged, until earnest_commands_release(). Default null.
     */
    const void *model;
    /**
     * Bytes of it.
     */
    size_t model_bytes;
    /**
     * The grammar, compiled: `earnest compile` writes it. Of any alignment. Default null.
     */
    const void *grammar;
    /**
     * Bytes of it.
     */
    size_t grammar_bytes;
    /**
     * Values of the grammar's lists, compiled, in the grammar's order; the array itself is read during the call only.
     */
    const struct earnest_image *lists;
    /**
     * As many as the grammar has. Default 0.
     */
    size_t list_count;
    /**
     * What the acoustic model hears for what is said, models/phones-*.confusions.bin, read during the call only: 6,084 bytes
     * that are copied. Null: it hears what is said. Default null.
     */
    const void *confusions;
    /**
     * Bytes of it.
     */
    size_t confusions_bytes;
    /**
     * Weights of the judgement of how sure a command is, in the order of ConfidenceWeights of the Rust library, read during
     * the call only, and copied. Null: the library's own, which are models/phones-m's. Default null.
     */
    const float *confidence;
    /**
     * EARNEST_CONFIDENCE_NUMBERS, or 0.
     */
    size_t confidence_count;
    /**
     * Ways are given up that score less than the best by more than this, 1 to 100 nats. Default 10.
     */
    float beam_nats;
    /**
     * Cost of a frame of sound that is no word of the grammar, 0 to 20 nats. Default 4.
     */
    float filler_nats;
    /**
     * The same before the first word, and where a sentence may be over, 0 to 20 nats. Default 2.
     */
    float edge_nats;
    /**
     * Cost of a word or value, -20 to 20 nats. Default 2.
     */
    float word_nats;
    /**
     * Taken off the logarithm of "no phone", -5 to 5 nats. Default 2.
     */
    float blank_nats;
    /**
     * Likelihood that every phone has in every frame, 0.000001 to 0.5. Default 0.001.
     */
    float floor;
    /**
     * Silence behind a sentence that ends it, 50 to 5000 ms; `vad_hangover_frames` count. Default 400.
     */
    uint32_t end_ms;
    /**
     * By how much the sentence must be ahead for that, -100 to 100 nats. Default 0.
     */
    float lead_nats;
    /**
     * Silence that ends a sentence which is less clearly over, `end_ms` to 10,000 ms. Default 600.
     */
    uint32_t unsure_ms;
    /**
     * Silence that ends anything else, `unsure_ms` to 10,000 ms. Default 2000.
     */
    uint32_t patience_ms;
    /**
     * Longest command, 1000 to 60,000 ms. Default 20,000.
     */
    uint32_t longest_ms;
    /**
     * Shortest stretch of speech that is listened to, 0 to 5000 ms. Default 100.
     */
    uint32_t shortest_ms;
    /**
     * As in earnest_config. Default 0.5.
     */
    float vad_threshold;
    /**
     * As in earnest_config. Default 3.
     */
    uint32_t vad_onset_frames;
    /**
     * As in earnest_config. Default 30.
     */
    uint32_t vad_hangover_frames;
} earnest_commands_config;

/**
 * A value that may have been said.
 */
typedef struct earnest_said_value {
    /**
     * Its number in the list, from 0.
     */
    uint32_t value;
    /**
     * How likely it is that this was said, 0 to 1.
     */
    float probability;
    /**
     * The value.
     */
    struct earnest_text text;
} earnest_said_value;

/**
 * A slot that was said.
 */
typedef struct earnest_said_slot {
    /**
     * Its number in the grammar, from 0.
     */
    uint32_t slot;
    /**
     * The number of the list that its values are from.
     */
    uint32_t list;
    /**
     * First sample of it.
     */
    uint64_t start;
    /**
     * One past the last.
     */
    uint64_t end;
    /**
     * The slot's name.
     */
    struct earnest_text name;
    /**
     * How likely it is that what was said there is none of the list, 0 to 1. If this is more than the first value's
     * probability, that is what was heard.
     */
    float not_listed;
    /**
     * Elements of `values` that count.
     */
    uint32_t value_count;
    /**
     * The values that it may be, the likeliest first: names that sound alike stand beside each other.
     */
    struct earnest_said_value values[EARNEST_COMMAND_VALUES];
} earnest_said_slot;

/**
 * A command that was said. All times are sample numbers.
 */
typedef struct earnest_command {
    /**
     * earnest_command_kind.
     */
    uint32_t kind;
    /**
     * The meaning of it, as the grammar numbers them: an intent, perhaps with slots of fixed values. EARNEST_NO_NUMBER if
     * it is unknown.
     */
    uint32_t meaning;
    /**
     * The meaning's intent.
     */
    struct earnest_text intent;
    /**
     * First sample of its words.
     */
    uint64_t start;
    /**
     * One past the last.
     */
    uint64_t end;
    /**
     * First sample of the speech it was in.
     */
    uint64_t speech_start;
    /**
     * One past the last.
     */
    uint64_t speech_end;
    /**
     * One past the last sample that was needed to know that it was over.
     */
    uint64_t decided;
    /**
     * How likely it is that this was a command, and not other speech, 0 to 1.
     */
    float probability;
    /**
     * The same, times the probability of every slot's likeliest value; 0 if one is not listed.
     */
    float whole;
    /**
     * Logarithm of its likelihood against any speech at all, 0 at most.
     */
    float score;
    /**
     * Level of the speech above the background, dB.
     */
    float snr_db;
    /**
     * Elements of `slots` that count.
     */
    uint32_t slot_count;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * The slots that were said, in the order in which they were.
     */
    struct earnest_said_slot slots[EARNEST_COMMAND_SLOTS];
} earnest_command;

/**
 * A meaning of the grammar of commands as an action of the policy.
 */
typedef struct earnest_command_meaning {
    /**
     * earnest_action.id; EARNEST_NO_NUMBER: nothing that the guard knows.
     */
    uint32_t action;
    /**
     * How many slots the action has; 0 without one.
     */
    uint32_t slot_count;
    /**
     * The numbers that they have in the grammar, in the action's order.
     */
    uint32_t slots[EARNEST_SLOTS];
} earnest_command_meaning;

/**
 * A meaning of the grammar of answers.
 */
typedef struct earnest_answer_meaning {
    /**
     * earnest_answer_kind.
     */
    uint32_t kind;
    /**
     * The class of action that it names: "send it" names messages. EARNEST_NO_NUMBER for none: "yes".
     */
    uint32_t names_class;
} earnest_answer_meaning;

/**
 * How a chain is made. Fill it with earnest_chain_config_default(), then set the pointers. Everything that they point to is
 * read during the call only, but images and the journal's memory, which are used in place. Later versions add fields at
 * the end.
 */
typedef struct earnest_chain_config {
    /**
     * sizeof(earnest_chain_config) of the program. Set by earnest_chain_config_default().
     */
    uint32_t size;
    /**
     * Whose the recordings of requests are. Default 0.
     */
    uint32_t owner;
    /**
     * The wake phrase, the VAD, whether what the device plays is heard, and the pre-roll, with which a recording begins: 1
     * sample is enough where none is kept.
     */
    const struct earnest_config *listener;
    /**
     * Acoustic model, grammar of commands, how they are listened for. The VAD is the listener's.
     */
    const struct earnest_commands_config *commands;
    /**
     * The grammar of answers: yes, no. Of the rest the lists, `confusions`, `paths`, `records`, `judged_frames` and the
     * decoder's nats and floor count; everything else is as for commands.
     */
    const struct earnest_commands_config *answers;
    /**
     * The guard.
     */
    const struct earnest_policy *policy;
    /**
     * What each meaning of the grammar of commands asks for, in the grammar's order.
     */
    const struct earnest_command_meaning *command_meanings;
    /**
     * As many as it has.
     */
    size_t command_meaning_count;
    /**
     * What each meaning of the grammar of answers is.
     */
    const struct earnest_answer_meaning *answer_meanings;
    /**
     * As many as it has.
     */
    size_t answer_meaning_count;
    /**
     * Frames that are remembered, 1 to 1000, 100 a second: from the end of the wake phrase until it is known, and what the
     * acoustic model hears before. 232 bytes each. Default 100.
     */
    uint32_t recent_frames;
    /**
     * Log-likelihood ratio of an accepted wake phrase, 0 to 20 nats. Default 5.7.
     */
    float wake_nats;
    /**
     * Speech shorter than this that fits nothing is a cough, and is not told, 0 to 5000 ms. Default 500.
     */
    uint32_t shortest_unknown_ms;
} earnest_chain_config;

/**
 * Something that a chain tells. What it points to is there for as long as the call lasts.
 */
typedef struct earnest_chain_told {
    /**
     * earnest_chain_told_kind. Later versions may add kinds.
     */
    uint32_t kind;
    /**
     * Which gate was listened at: 1 intent, 4 confirmation. EARNEST_NO_NUMBER for the other kinds.
     */
    uint32_t gate;
    /**
     * What was noticed, else null.
     */
    const struct earnest_event *event;
    /**
     * What was heard, by the grammar of commands or of answers, else null.
     */
    const struct earnest_command *command;
    /**
     * What the guard says, else null.
     */
    const struct earnest_told *told;
} earnest_chain_told;

/**
 * Is told what a chain tells: `context` as it was given, `told` for as long as the call lasts. It must return (no longjmp, no
 * exception), and what it calls of that chain gives EARNEST_BUSY: note what is to be done, and do it after the call.
 */
typedef void (*earnest_tell_chain)(void *context, const struct earnest_chain_told *told);

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
 * model: `model_bytes` bytes, a network's at a multiple of 4, read during the call only. facts: written if it is a good model.
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
 * give to earnest_init(). It depends on the model, on `pre_roll_samples`, on `reference` and on the library's version, and
 * on nothing else, so it can be asked for once and written into a program. error: null, or where the numbers go of what was
 * wrong.
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
 * As earnest_push(), with what the device plays meanwhile: a wake phrase that comes out of its own loudspeaker is told as
 * EARNEST_EVENT_NEAR_MISS with EARNEST_REASON_PLAYBACK instead of EARNEST_EVENT_WAKE. So is anything of which the microphone
 * heard nothing but the loudspeaker. A phrase that somebody says while something else is played still wakes. The room, the
 * loudspeaker and the echo's delay need not be known, only how long that is at most
 * (earnest_config.reference_max_delay_ms). It replaces no echo canceller; behind one, give it the canceller's output as
 * `pcm`.
 *
 * The listener must have been made with earnest_config.reference at 1. The same signals give the same events, bit for bit,
 * however they are cut into calls. Mute, reset and release forget what was played as what was heard.
 *
 * reference: `samples` samples of 16 kHz mono, 16 bit, those that go to the loudspeaker while `pcm` comes from the
 * microphone: as many, on the same clock, the mix of all that is played. Read during the call only. Null: nothing is
 * played, as by earnest_push(); a firmware need keep no zeros for that. Where `taken` is less than `samples`, as many were
 * taken of it: go on with both. All else as earnest_push().
 *
 * Gives what earnest_push() gives, and EARNEST_OUT_OF_RANGE for a `reference` where earnest_config.reference was 0. Then no
 * sample was taken in.
 * Threads, interrupts: as earnest_push(). Time: twice that of earnest_push() while something is played, and up to two
 * seconds after; then next to nothing more. See firmware/COST.md.
 */
earnest_status earnest_push_with_reference(struct earnest_listener *listener,
                                           const int16_t *pcm,
                                           const int16_t *reference,
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

/**
 * Writes the defaults into `policy`: no class provisioned, no action, no journal.
 *
 * policy: `size` bytes, aligned as an earnest_policy. size: sizeof(earnest_policy), always.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE.
 * Threads: any, on a `policy` that nobody else uses. Interrupts: yes. Time: constant.
 */
earnest_status earnest_policy_default(struct earnest_policy *policy, size_t size);

/**
 * How much memory a guard needs, its journal apart. It depends on `action_count`, `recording_samples` and the
 * library's version.
 *
 * policy: all of it is checked. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, also
 * where a policy would lift a law of a grave tier.
 * Threads: any. Interrupts: no. Time: grows with the number of actions.
 */
earnest_status earnest_guard_required_bytes(const struct earnest_policy *policy,
                                            size_t *bytes,
                                            struct earnest_error *error);

/**
 * Makes a guard in the caller's memory: nothing is sent, opened or bought because people were talking. It has no clock,
 * no microphone and no loudspeaker: it is told facts and reports (earnest_guard_input()), and tells what to do.
 *
 * memory: at least as many bytes as earnest_guard_required_bytes() says, aligned to EARNEST_ALIGNMENT; the guard's until
 * earnest_guard_release(), and so is the journal's memory. policy: read during the call only. guard: gets the handle,
 * null if anything is wrong. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_TOO_SMALL, EARNEST_BAD_SIZE,
 * EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, EARNEST_BAD_JOURNAL (what is in the journal's memory was changed; clear
 * it, after it was kept as evidence, to begin a new one).
 * Threads: any. Interrupts: no. Time: grows with the number of actions and of entries in the journal.
 */
earnest_status earnest_guard_init(void *memory,
                                  size_t memory_bytes,
                                  const struct earnest_policy *policy,
                                  struct earnest_guard **guard,
                                  struct earnest_error *error);

/**
 * Tells the guard something, and the caller what follows from it, one thing after the other, each of them in the journal
 * before it is told. Most inputs make it tell nothing to three things.
 *
 * at: the sample at which it was known, from one clock (earnest_now()); it must not go back. input: read during the call
 * only. tell: called during the call, at most EARNEST_TOLD_MOST times; null to hear nothing. context: is given to `tell`.
 * error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD,
 * EARNEST_OUT_OF_RANGE (no such kind), EARNEST_JOURNAL_FULL, EARNEST_BUSY. Then nothing was taken. Numbers that can't be
 * (NaN, beyond their range) are no errors: they end the request.
 * Threads: one at a time on a guard. Interrupts: no. Time: constant, some tens of thousands of instructions at most, and
 * that of `tell`.
 */
earnest_status earnest_guard_input(struct earnest_guard *guard,
                                   uint64_t at,
                                   const struct earnest_input *input,
                                   earnest_tell tell,
                                   void *context,
                                   struct earnest_error *error);

/**
 * Uses an authorisation up: if it gives EARNEST_OK, do the act now.
 *
 * authorization: from earnest_told; it is cleared. act: what shall be done; it must be what was authorised. at: the
 * sample at which it is done. owner: whose recording is asked for. pcm, capacity: where the recording of the request
 * goes, with room for `recording_samples` of the policy, or null and 0 if nobody wants it. Whoever has the copy answers
 * for it; the guard's own is wiped before the call returns. samples: gets how many there are; null if `pcm` is. told:
 * gets what went into the journal, or null.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_TOO_SMALL,
 * EARNEST_OUT_OF_RANGE (no such act), EARNEST_JOURNAL_FULL, EARNEST_BUSY: nothing was used up. EARNEST_REFUSED: it was
 * used, revoked, another guard's, is too late, for another act, or the recording is another's; `told->reason` says
 * which. What was authorised is used up then too, but for one that never was this guard's.
 * Threads: one at a time on a guard. Interrupts: no. Time: constant, and that of copying and wiping the recording.
 */
earnest_status earnest_guard_redeem(struct earnest_guard *guard,
                                    struct earnest_authorization *authorization,
                                    const struct earnest_act *act,
                                    uint64_t at,
                                    uint32_t owner,
                                    int16_t *pcm,
                                    size_t capacity,
                                    size_t *samples,
                                    struct earnest_told *told);

/**
 * Keeps samples for the recording of the request, while a command is listened to: first the pre-roll, then what follows.
 * taken: gets how many were kept: 0 if nothing is listened to, less than `samples` once the recording is full.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_LISTENER,
 * EARNEST_BUSY.
 * Threads: one at a time on a guard. Interrupts: no. Time: that of copying.
 */
earnest_status earnest_guard_record(struct earnest_guard *guard,
                                    const int16_t *pcm,
                                    size_t samples,
                                    size_t *taken);

/**
 * Whether a request is open, 1 or 0 in `open`: then somebody must see or hear that the device is listening.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_BUSY.
 * Threads: one at a time on a guard. Interrupts: yes, if it didn't interrupt a call on the same guard. Time: constant.
 */
earnest_status earnest_guard_is_open(const struct earnest_guard *guard,
                                     uint32_t *open);

/**
 * Ends the guard. All of its memory is overwritten with zeros and is the caller's again; so is the journal's, which
 * keeps what is in it.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_BUSY.
 * Threads: one at a time on a guard. Interrupts: no. Time: that of overwriting the memory.
 */
earnest_status earnest_guard_release(struct earnest_guard *guard);

/**
 * Notes in the journal what the wall clock shows at sample `at`: milliseconds since 1970 (UTC), and the minutes by which
 * local time is ahead, -32,768 to 32,767. The library reads no clock; without this an entry can't be dated.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_JOURNAL_FULL, EARNEST_BUSY.
 * Threads: one at a time on a guard. Interrupts: no. Time: that of a hash of 128 bytes.
 */
earnest_status earnest_journal_clock(struct earnest_guard *guard,
                                     uint64_t at,
                                     uint64_t unix_ms,
                                     int16_t ahead_minutes);

/**
 * How many bytes of the journal's memory are written, in `bytes`, and where it ends, in `end`, if that is not null. They
 * may be read there at any time between calls. Keep the end elsewhere now and then: entries that are missing at the end
 * can be told from that alone.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_NO_JOURNAL, EARNEST_BUSY.
 * Threads: one at a time on a guard. Interrupts: yes, if it didn't interrupt a call on the same guard. Time: constant.
 */
earnest_status earnest_journal_end(const struct earnest_guard *guard,
                                   size_t *bytes,
                                   struct earnest_anchor *end);

/**
 * Begins the journal anew in the same memory, chained to what was in it, which is lost unless it was kept elsewhere.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_NO_JOURNAL, EARNEST_BUSY.
 * Threads: one at a time on a guard. Interrupts: no. Time: that of overwriting the journal's memory.
 */
earnest_status earnest_journal_rotate(struct earnest_guard *guard);

/**
 * Whether a journal is whole: every entry, and that none was put in, taken out or changed before the last.
 *
 * journal: `bytes` bytes of any alignment. key: the 32 bytes it was written with, or null. anchor: an end of it that was
 * kept elsewhere, or null. facts: written if it is whole. error: null, or where the number of the first wrong entry goes
 * (`actual`) and what is wrong with it (`field`).
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OUT_OF_RANGE, EARNEST_BAD_JOURNAL.
 * Threads: any. Interrupts: no. Time: that of a hash of 128 bytes for each entry.
 */
earnest_status earnest_journal_verify(const void *journal,
                                      size_t bytes,
                                      const uint8_t *key,
                                      const struct earnest_anchor *anchor,
                                      struct earnest_journal_facts *facts,
                                      struct earnest_error *error);

/**
 * The facts about the words from sample `start` to `end` that a listener knows: the stretch of speech that they lie in, how
 * quiet it was before, how much talk as loud as they are there was in the last `vad_talk_window_s` seconds. After
 * EARNEST_EVENT_WAKE, those of the event. Where the listener hears a reference, also whether the device plays something, and
 * in `in_playback` the wake phrase's score in that; else both are 0. Other voices and the voice are set to "not there" and
 * "not known".
 *
 * start, end: the words, one past their last sample; heard already, ended no longer ago than a minute and since the last
 * reset or mute. around: gets the facts.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_NOTHING_HEARD,
 * EARNEST_OUT_OF_RANGE (`end` lies ahead, or `start` behind it), EARNEST_NOT_REMEMBERED.
 * Threads: one at a time on a listener. Interrupts: no. Time: without a reference some 600 steps; with one, that of some
 * frames, as the words are compared with what was played.
 */
earnest_status earnest_surroundings_of(const struct earnest_listener *listener,
                                       uint64_t start,
                                       uint64_t end,
                                       struct earnest_surroundings *around);

/**
 * Checks an image of a grammar or of a list, whole, and tells what is in it.
 *
 * image: `bytes` bytes of any alignment, read during the call only. facts: written if it is a good one. error: null, or where
 * the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: grows with `bytes`.
 */
earnest_status earnest_grammar_check(const void *image,
                                     size_t bytes,
                                     struct earnest_grammar_facts *facts,
                                     struct earnest_error *error);

/**
 * The name of an intent, a list, a slot, a word, or a value: so a program finds the numbers of what it knows by name.
 *
 * image: a grammar's, or a list's for EARNEST_NAME_VALUE. kind: earnest_name_kind. number: from 0, less than
 * earnest_grammar_check() tells. text: gets the name; it lies in the image.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: grows with `bytes`: the image is checked in every call.
 */
earnest_status earnest_grammar_name(const void *image,
                                    size_t bytes,
                                    uint32_t kind,
                                    uint32_t number,
                                    struct earnest_text *text);

/**
 * A slot that a meaning has without its being said: "lights off" has a state that is "off". `number` counts from 0.
 *
 * slot, value: get the slot's name and its value; they lie in the image.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OUT_OF_RANGE (also where the meaning has no more such slots),
 * EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: grows with `bytes`: the image is checked in every call.
 */
earnest_status earnest_grammar_fixed(const void *image,
                                     size_t bytes,
                                     uint32_t meaning,
                                     uint32_t number,
                                     struct earnest_text *slot,
                                     struct earnest_text *value);

/**
 * Writes the defaults into `config`.
 *
 * config: `size` bytes, aligned as an earnest_commands_config. size: sizeof(earnest_commands_config), always.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE.
 * Threads: any, on a `config` that nobody else uses. Interrupts: yes. Time: constant.
 */
earnest_status earnest_commands_config_default(struct earnest_commands_config *config, size_t size);

/**
 * How much memory listening for commands needs. It depends on the images, on `paths`, `records`, `judged_frames`,
 * `slot_frames` and on the library's version.
 *
 * config: all of it is checked. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE,
 * EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: grows with the images' bytes.
 */
earnest_status earnest_commands_required_bytes(const struct earnest_commands_config *config,
                                               size_t *bytes,
                                               struct earnest_error *error);

/**
 * Listens for commands, in the caller's memory: for whatever decides by itself when to listen, after a wake phrase
 * (earnest_init()) or while a button is held. Behind wake phrase and guard in one: earnest_chain_init().
 *
 * memory: at least as many bytes as earnest_commands_required_bytes() says, aligned to EARNEST_ALIGNMENT; the library's until
 * earnest_commands_release(). config: read during the call only, but its images are used in place. commands: gets the handle,
 * null if anything is wrong. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_TOO_SMALL, EARNEST_BAD_SIZE,
 * EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: grows with the images' bytes and the memory's.
 */
earnest_status earnest_commands_init(void *memory,
                                     size_t memory_bytes,
                                     const struct earnest_commands_config *config,
                                     struct earnest_commands **commands,
                                     struct earnest_error *error);

/**
 * The next sample pushed is sample `first`, and commands begin at sample `from` or later: what comes before is heard for the
 * acoustic model's sake only, which hears words better that it has heard begin. If somebody is speaking at `from`, that is
 * taken as the beginning of a command. What was heard before counts no more, and its memory is overwritten. With a
 * listener's sample numbers the command has them too: after EARNEST_EVENT_WAKE, begin with the pre-roll's `start` as `first`
 * and the event's `end` as `from`, push the pre-roll, then what the listener is pushed.
 *
 * After earnest_commands_init() it is as if it had been called with 0 and 0.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a handle. Interrupts: no. Time: about one frame's, and that of overwriting the memory.
 */
earnest_status earnest_commands_begin(struct earnest_commands *commands,
                                      uint64_t first,
                                      uint64_t from);

/**
 * Takes in audio up to the end of a command. Call it until all samples are taken and `command->kind` is
 * EARNEST_COMMAND_NONE, as earnest_push(). The same audio gives the same commands, bit for bit, however it is cut.
 *
 * pcm: `samples` samples of 16 kHz mono, 16 bit, native byte order, any number; read during the call only. May be null if
 * `samples` is 0. taken: gets the number of samples taken in. command: written by every call that gives EARNEST_OK; its
 * texts lie in the images.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a handle. Interrupts: no. Uses the floating-point unit. Time: that of a frame for every 160
 * samples, which `paths` bounds; at the end of a command, for each of its slots that of comparing the list's values, which
 * grows with their phones: see firmware/COST.md.
 */
earnest_status earnest_commands_push(struct earnest_commands *commands,
                                     const int16_t *pcm,
                                     size_t samples,
                                     size_t *taken,
                                     struct earnest_command *command);

/**
 * No more samples come, the button was let go: tells the command under way, if there is one, without waiting for silence.
 * To go on, call earnest_commands_begin().
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a handle. Interrupts: no. Time: some fifteen frames'.
 */
earnest_status earnest_commands_end(struct earnest_commands *commands,
                                    struct earnest_command *command);

/**
 * Other values for a list: contacts that were changed. What is being said counts no more.
 *
 * list: which one, as the grammar numbers them. image: `bytes` bytes, compiled (`earnest compile`), used in place; the one
 * before is the caller's again. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL,
 * EARNEST_BAD_LISTENER. Then the list is what it was.
 * Threads: one at a time on a handle. Interrupts: no. Time: grows with `bytes`.
 */
earnest_status earnest_commands_set_list(struct earnest_commands *commands,
                                         uint32_t list,
                                         const void *image,
                                         size_t bytes,
                                         struct earnest_error *error);

/**
 * The clock: one past the last sample pushed, in `sample`.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a handle. Interrupts: yes, if it didn't interrupt a call on the same handle. Time: constant.
 */
earnest_status earnest_commands_now(const struct earnest_commands *commands,
                                    uint64_t *sample);

/**
 * Ends it. All of its memory is overwritten with zeros and is the caller's again, the images too.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
 * Threads: one at a time on a handle. Interrupts: no. Time: that of overwriting the memory.
 */
earnest_status earnest_commands_release(struct earnest_commands *commands);

/**
 * Writes the defaults into `config`; its pointers are null.
 *
 * config: `size` bytes, aligned as an earnest_chain_config. size: sizeof(earnest_chain_config), always.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE.
 * Threads: any, on a `config` that nobody else uses. Interrupts: yes. Time: constant.
 */
earnest_status earnest_chain_config_default(struct earnest_chain_config *config, size_t size);

/**
 * How much memory a chain needs, its journal apart.
 *
 * config: all of it is checked, and all that it points to. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE,
 * EARNEST_BAD_MODEL.
 * Threads: any. Interrupts: no. Time: grows with the images' bytes.
 */
earnest_status earnest_chain_required_bytes(const struct earnest_chain_config *config,
                                            size_t *bytes,
                                            struct earnest_error *error);

/**
 * Makes the whole chain in the caller's memory: it wakes, listens for a command, for an answer, and tells by its guard what
 * to do. While no request is open it only waits for the wake phrase.
 *
 * memory: at least as many bytes as earnest_chain_required_bytes() says, aligned to EARNEST_ALIGNMENT; the chain's until
 * earnest_chain_release(), and so is the journal's memory. config: read during the call only, but images and the journal are
 * used in place. chain: gets the handle, null if anything is wrong. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_TOO_SMALL, EARNEST_BAD_SIZE,
 * EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL, EARNEST_BAD_JOURNAL.
 * Threads: any. Interrupts: no. Time: grows with the images' bytes and the memory's.
 */
earnest_status earnest_chain_init(void *memory,
                                  size_t memory_bytes,
                                  const struct earnest_chain_config *config,
                                  struct earnest_chain **chain,
                                  struct earnest_error *error);

/**
 * Takes in audio, and tells what follows from it, one thing after the other, what the guard tells in the journal before.
 * The same audio with the same reports at the same samples gives the same, bit for bit, however it is cut into calls.
 *
 * pcm: `samples` samples of 16 kHz mono, 16 bit, native byte order, any number; read during the call only. May be null if
 * `samples` is 0. taken: gets the number of samples taken in: all, but for EARNEST_JOURNAL_FULL. tell: called during the
 * call; null to hear nothing. context: is given to `tell`.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_LISTENER, EARNEST_BUSY:
 * no sample was taken in. EARNEST_JOURNAL_FULL: the journal has room for less than EARNEST_CHAIN_TOLD_MOST entries; `taken`
 * tells how far it got.
 * Threads: one at a time on a chain. Interrupts: no. Uses the floating-point unit. Time: one frame's work for every 160
 * samples, and that of `tell`; the first frame after the wake phrase is known hears all `recent_frames` again. The most that
 * a call takes is in firmware/COST.md.
 */
earnest_status earnest_chain_push(struct earnest_chain *chain,
                                  const int16_t *pcm,
                                  size_t samples,
                                  size_t *taken,
                                  earnest_tell_chain tell,
                                  void *context);

/**
 * As earnest_chain_push(), with what the device plays meanwhile: `reference`, as for earnest_push_with_reference(). The wake
 * phrase in it is told as a near miss and opens nothing, and the guard is told whether something is played and how surely
 * the phrase was in it. The chain must have been made with a listener's earnest_config.reference at 1.
 *
 * Gives what earnest_chain_push() gives, and EARNEST_OUT_OF_RANGE for a `reference` where earnest_config.reference was 0.
 * Then no sample was taken in.
 * Threads, interrupts: as earnest_chain_push(). Time: as earnest_chain_push(), and while something is played, and up to two
 * seconds after, that of a listener once more.
 */
earnest_status earnest_chain_push_with_reference(struct earnest_chain *chain,
                                                 const int16_t *pcm,
                                                 const int16_t *reference,
                                                 size_t samples,
                                                 size_t *taken,
                                                 earnest_tell_chain tell,
                                                 void *context);

/**
 * Reports something to the chain's guard: prompts that began and ended, a second factor, cancel, mute; a wake from a button,
 * a command from a screen. It counts from the latest sample on. After EARNEST_INPUT_MUTE nothing is heard from the next
 * sample on, what was heard is overwritten, and samples count for the clock alone, until EARNEST_INPUT_UNMUTE.
 *
 * input: read during the call only. tell: called during the call, at most EARNEST_TOLD_MOST times; null to hear nothing.
 * context: is given to `tell`. error: null, or where the numbers go of what was wrong.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD,
 * EARNEST_OUT_OF_RANGE (no such kind), EARNEST_JOURNAL_FULL (never for a mute), EARNEST_BUSY. Then nothing was taken.
 * Threads: one at a time on a chain. Interrupts: no. Time: where it opens an ear, all `recent_frames` are heard again; for a
 * mute, that of overwriting the memory.
 */
earnest_status earnest_chain_report(struct earnest_chain *chain,
                                    const struct earnest_input *input,
                                    earnest_tell_chain tell,
                                    void *context,
                                    struct earnest_error *error);

/**
 * Uses an authorisation up, now, at the latest sample: if it gives EARNEST_OK, do the act. As earnest_guard_redeem().
 *
 * Gives what earnest_guard_redeem() gives.
 * Threads: one at a time on a chain. Interrupts: no. Time: constant, and that of copying and wiping the recording.
 */
earnest_status earnest_chain_redeem(struct earnest_chain *chain,
                                    struct earnest_authorization *authorization,
                                    const struct earnest_act *act,
                                    uint32_t owner,
                                    int16_t *pcm,
                                    size_t capacity,
                                    size_t *samples,
                                    struct earnest_told *told);

/**
 * Other values for a list of the commands, as earnest_commands_set_list(). While a request is open: EARNEST_BUSY.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL,
 * EARNEST_BAD_LISTENER, EARNEST_BUSY. Then the list is what it was.
 * Threads: one at a time on a chain. Interrupts: no. Time: grows with `bytes`.
 */
earnest_status earnest_chain_set_list(struct earnest_chain *chain,
                                      uint32_t list,
                                      const void *image,
                                      size_t bytes,
                                      struct earnest_error *error);

/**
 * The clock: samples pushed since the start, those not heard while muted among them, in `sample`.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_BUSY.
 * Threads: one at a time on a chain. Interrupts: yes, if it didn't interrupt a call on the same chain. Time: constant.
 */
earnest_status earnest_chain_now(const struct earnest_chain *chain,
                                 uint64_t *sample);

/**
 * Whether a request is open, 1 or 0 in `open`: then somebody must see or hear that the device is listening.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_BUSY.
 * Threads: one at a time on a chain. Interrupts: yes, if it didn't interrupt a call on the same chain. Time: constant.
 */
earnest_status earnest_chain_is_open(const struct earnest_chain *chain,
                                     uint32_t *open);

/**
 * Whether it is muted: 1 or 0 in `muted`.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_BUSY.
 * Threads: one at a time on a chain. Interrupts: yes, if it didn't interrupt a call on the same chain. Time: constant.
 */
earnest_status earnest_chain_is_muted(const struct earnest_chain *chain,
                                      uint32_t *muted);

/**
 * Notes in the chain's journal what the wall clock shows at the latest sample, as earnest_journal_clock().
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_JOURNAL_FULL, EARNEST_BUSY.
 * Threads: one at a time on a chain. Interrupts: no. Time: that of a hash of 128 bytes.
 */
earnest_status earnest_chain_clock(struct earnest_chain *chain, uint64_t unix_ms, int16_t ahead_minutes);

/**
 * How far the chain's journal is written, and where it ends, as earnest_journal_end().
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_NO_JOURNAL, EARNEST_BUSY.
 * Threads: one at a time on a chain. Interrupts: yes, if it didn't interrupt a call on the same chain. Time: constant.
 */
earnest_status earnest_chain_journal_end(const struct earnest_chain *chain,
                                         size_t *bytes,
                                         struct earnest_anchor *end);

/**
 * Begins the chain's journal anew, as earnest_journal_rotate().
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_NO_JOURNAL, EARNEST_BUSY.
 * Threads: one at a time on a chain. Interrupts: no. Time: that of overwriting the journal's memory.
 */
earnest_status earnest_chain_journal_rotate(struct earnest_chain *chain);

/**
 * Ends the chain. All of its memory is overwritten with zeros and is the caller's again, images and journal too.
 *
 * Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_BUSY.
 * Threads: one at a time on a chain. Interrupts: no. Time: that of overwriting the memory.
 */
earnest_status earnest_chain_release(struct earnest_chain *chain);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* EARNEST_H */
