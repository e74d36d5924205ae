/*
 * How a firmware uses earnest: an interrupt fills a ring, the main loop pushes what is in it.
 *
 * Here the "interrupt" is a function that the main loop calls, and the microphone is a file of 16-bit samples, 16 kHz,
 * mono, little endian (alexa.s16le, 4.5 s: "Alexa. Turn on the kitchen light."). Everything else is as on a device: static
 * memory, no heap.
 *
 *     listen MODEL AUDIO [THRESHOLD [PLAYED]]
 *
 * MODEL: a network's image (models/wake-*.ear) or one that `earnest enroll` made. THRESHOLD: instead of the model's own.
 * PLAYED: what the device itself plays meanwhile; the wake phrase in it doesn't wake. A device without a loudspeaker leaves
 * out all that has to do with it.
 */
#include "host.h"

#include <earnest.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * What earnest_required_bytes() says for this model and this pre-roll is less; earnest_init() tells if not. A firmware
 * writes that number here: 34 KB for a network and half a second, 99 KB for recordings and a second; to hear what is played
 * takes 28 KB more for a network, 77 KB for recordings.
 */
static uint64_t memory[192 * 1024 / sizeof(uint64_t)];
/* In a firmware: a constant in flash, at a multiple of 4. */
static uint32_t model[64 * 1024 / sizeof(uint32_t)];

/*
 * The ring: one writer, the interrupt, and one reader, the main loop. 100 ms, a power of two. A firmware whose compiler
 * has no <stdatomic.h> uses volatile and its own barriers.
 */
#define RING 2048u
static int16_t ring[RING];
static int16_t ring_played[RING]; /* what went to the loudspeaker, at the same index */
static atomic_uint written; /* by the interrupt only */
static atomic_uint taken_out; /* by the main loop only */
static atomic_uint lost; /* samples that came while the ring was full */
static atomic_int mute_switch; /* what the switch's interrupt saw last */

/*
 * The interrupt of the audio interface: it has 10 ms of the microphone's samples, and sent 10 ms to the loudspeaker
 * meanwhile, on the same clock. Never calls the library.
 */
static void audio_interrupt(const int16_t *samples, const int16_t *played, size_t count) {
    unsigned at = atomic_load_explicit(&written, memory_order_relaxed);
    unsigned free_slots = RING - (at - atomic_load_explicit(&taken_out, memory_order_acquire));
    for (size_t i = 0; i < count; i++) {
        if (free_slots == 0) {
            atomic_fetch_add_explicit(&lost, (unsigned)(count - i), memory_order_relaxed);
            break;
        }
        ring[at % RING] = samples[i];
        ring_played[at % RING] = played[i];
        at++;
        free_slots--;
    }
    atomic_store_explicit(&written, at, memory_order_release);
}

static void handle(earnest_listener *listener, const earnest_event *event) {
    double at = (double)event->start / EARNEST_SAMPLE_RATE_HZ;
    double end = (double)event->end / EARNEST_SAMPLE_RATE_HZ;
    uint64_t from, to;
    switch (event->kind) {
    case EARNEST_EVENT_SPEECH_START:
        printf("%6.2f s  somebody speaks\n", at);
        break;
    case EARNEST_EVENT_SPEECH_END:
        printf("%6.2f s  quiet\n", at);
        break;
    case EARNEST_EVENT_WAKE:
    case EARNEST_EVENT_NEAR_MISS:
        printf("%6.2f s  %s: to %.2f s, score %.2f, needed %.2f", at,
               event->kind == EARNEST_EVENT_WAKE ? "WAKE" : "near miss", end, (double)event->score,
               (double)event->threshold);
        if (event->reason == EARNEST_REASON_NET) {
            printf(" (log-odds %.1f, surest step %.2f, for %.0f ms)", (double)event->numbers[0],
                   (double)event->numbers[1], (double)event->numbers[2]);
        }
        if (event->reason == EARNEST_REASON_TEMPLATE) {
            printf(" (distance %.2f, where the recordings lie %.2f apart and other speech %.2f)",
                   (double)event->numbers[0], (double)event->numbers[1], (double)event->numbers[2]);
        }
        if (event->reason == EARNEST_REASON_PLAYBACK) {
            printf(" (the device itself was playing it: score %.2f there, %.0f ms before)", (double)event->numbers[0],
                   (double)event->numbers[1]);
        }
        /* The pre-roll still ends at the sample that decided. */
        if (earnest_pre_roll_span(listener, &from, &to) == EARNEST_OK) {
            printf(", %" PRIu64 " samples remembered", to - from);
        }
        printf("\n");
        break;
    default: /* a later version's */
        break;
    }
}

/* One turn of the main loop: takes what is in the ring, up to its end, and hands it over in place. */
static earnest_status turn(earnest_listener *listener, int plays) {
    unsigned from = atomic_load_explicit(&taken_out, memory_order_relaxed);
    unsigned count = atomic_load_explicit(&written, memory_order_acquire) - from;
    const int16_t *samples = &ring[from % RING];
    /* None where nothing is played: a listener that wasn't made for it takes no other. */
    const int16_t *played = plays ? &ring_played[from % RING] : NULL;
    size_t left = count < RING - from % RING ? count : RING - from % RING;
    earnest_status status;
    earnest_event event;

    status = atomic_load(&mute_switch) ? earnest_mute(listener) : earnest_unmute(listener);
    if (status != EARNEST_OK) {
        return status;
    }
    do {
        size_t taken = 0;
        status = earnest_push_with_reference(listener, samples, played, left, &taken, &event);
        if (status != EARNEST_OK) {
            return status;
        }
        samples += taken;
        played = plays ? played + taken : NULL;
        left -= taken;
        from += (unsigned)taken;
        /* Free at once, so that the interrupt has room while the event is handled. */
        atomic_store_explicit(&taken_out, from, memory_order_release);
        if (event.kind != EARNEST_EVENT_NONE) {
            handle(listener, &event);
        }
    } while (event.kind != EARNEST_EVENT_NONE);
    return EARNEST_OK;
}

/* The next 10 ms, or what is left. */
static size_t read_samples(FILE *file, int16_t samples[160]) {
    unsigned char pcm[320];
    size_t count = fread(pcm, 1, sizeof pcm, file) / 2;
    for (size_t i = 0; i < count; i++) {
        samples[i] = (int16_t)(uint16_t)(pcm[2 * i] | pcm[2 * i + 1] << 8);
    }
    return count;
}

int main(int argc, char **argv) {
    earnest_listener *listener;
    earnest_config config;
    earnest_error error;
    earnest_status status = EARNEST_OK;
    FILE *file, *played_file = NULL;
    size_t bytes;

    if (argc < 3 || argc > 5) {
        fprintf(stderr, "usage: %s MODEL AUDIO [THRESHOLD [PLAYED]]\n", argv[0]);
        return 2;
    }
    if (earnest_version() / 256 != EARNEST_VERSION / 256) {
        fprintf(stderr, "the header is of another version than the library\n");
        return 1;
    }
    earnest_config_default(&config, sizeof config);
    config.model = model;
    config.model_bytes = read_file(argv[1], model, sizeof model);
    config.pre_roll_samples = EARNEST_SAMPLE_RATE_HZ / 2;
    if (argc > 3) {
        config.own_threshold = 1;
        config.threshold = (float)atof(argv[3]);
    }
    config.reference = argc > 4; /* 0: what it takes of the memory is saved */
    if (failed(argv[1], earnest_required_bytes(&config, &bytes, &error), &error)) {
        return 1;
    }
    printf("the listener needs %zu of %zu bytes\n", bytes, sizeof memory);
    if (failed("earnest_init", earnest_init(memory, sizeof memory, &config, &listener, &error), &error)) {
        return 1;
    }

    file = fopen(argv[2], "rb");
    if (file == NULL) {
        perror(argv[2]);
        return 1;
    }
    if (argc > 4 && (played_file = fopen(argv[4], "rb")) == NULL) {
        perror(argv[4]);
        return 1;
    }
    while (status == EARNEST_OK) {
        int16_t samples[160], played[160] = {0};
        size_t count = read_samples(file, samples);
        if (count == 0) {
            break;
        }
        if (played_file != NULL) {
            read_samples(played_file, played); /* silence behind its end */
        }
        audio_interrupt(samples, played, count);
        status = turn(listener, played_file != NULL);
        /* Once more: the ring may have gone round its end. */
        if (status == EARNEST_OK) {
            status = turn(listener, played_file != NULL);
        }
    }
    if (played_file != NULL) {
        fclose(played_file);
    }
    fclose(file);
    if (failed("push", status, NULL)) {
        return 1;
    }
    printf("%u samples lost\n", atomic_load(&lost));
    return earnest_release(listener) == EARNEST_OK ? 0 : 1;
}
