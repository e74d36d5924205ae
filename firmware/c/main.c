/*
 * The whole chain on a microcontroller, from C: the clip in flash through libearnest.a, 10 ms at a time, in static
 * memory. It prints the events in the words of the Rust program beside it, and what they cost.
 *
 * MODEL, CLIP: files that are put into flash. THRESHOLD, PRE_ROLL: instead of the model's own and of 16,000 samples.
 * NAME: what the costs are called. REFERENCE: what the device plays is heard too, the clip itself (1) or nothing (0).
 * BASE leaves the library out, so that its size is a difference.
 */
#include "meter.h"

#include <earnest.h>

IN_FLASH(clip, CLIP);

#ifdef BASE
/* Keeps what the other program has beside the library. */
static void chain(void) {
    earnest_event event = {0, 0, 0, 0, 0, 0, 0, 0, 0, {0}};
    event.kind = clip[0];
    tell_event(&event, board_print);
}
#else
IN_FLASH(model, MODEL);

/* As much as this model needs; earnest_init() says so if it is too little. */
static uint64_t memory[MEMORY / 8];

#ifdef GUARD
static uint64_t guard_memory[2048 / 8];
static unsigned char journal[24 * 128];

/* `told KIND gate reason`. */
static void tell(void *context, const earnest_told *told) {
    struct tell_text line = {{0}, 0};
    (void)context;
    tell_word(&line, "told");
    tell_number(&line, told->kind);
    tell_number(&line, told->gate);
    tell_number(&line, told->reason);
    tell_end(&line, board_print);
}

static void ask(earnest_listener *listener, const earnest_event *event) {
    static const earnest_action light = {1, 0, EARNEST_TIER_ROUTINE, 0, 0, 10};
    earnest_policy policy;
    earnest_guard *guard;
    earnest_input input;
    earnest_error error;
    memset(&error, 0, sizeof error);
    memset(&input, 0, sizeof input);
    earnest_policy_default(&policy, sizeof policy);
    policy.provisioned = 1;
    policy.actions = &light;
    policy.action_count = 1;
    policy.journal = journal;
    policy.journal_bytes = sizeof journal;
    input.size = sizeof input;
    input.kind = EARNEST_INPUT_WAKE;
    input.nats = 6;
    input.start = event->start;
    input.end = event->end;
    if (earnest_surroundings_of(listener, event->start, event->end, &input.around) != EARNEST_OK ||
        earnest_guard_init(guard_memory, sizeof guard_memory, &policy, &guard, &error) != EARNEST_OK ||
        earnest_guard_input(guard, event->decided, &input, tell, NULL, &error) != EARNEST_OK ||
        earnest_guard_release(guard) != EARNEST_OK) {
        failed("guard", &error);
    }
}
#endif

/* Samples after which costs count: where nothing is played, the second ear rests from the third second on. */
#if defined REFERENCE && !REFERENCE
#define SETTLED (2 * EARNEST_SAMPLE_RATE_HZ + CHUNK)
#else
#define SETTLED 0
#endif

static void chain(void) {
    struct cost making = {0, 0}, pushing = {0, 0};
    const int16_t *samples = (const int16_t *)(const void *)clip;
    size_t total = (size_t)(clip_end - clip) / sizeof *samples, at = 0, needed = 0, chunks = 0;
    earnest_listener *listener = NULL;
    earnest_config config;
    earnest_error error;
    earnest_event event;
    uint32_t before;

    memset(&error, 0, sizeof error);
    earnest_config_default(&config, sizeof config);
    config.model = model;
    config.model_bytes = (size_t)(model_end - model);
#ifdef THRESHOLD
    config.own_threshold = 1;
    config.threshold = THRESHOLD;
#endif
#ifdef REFERENCE
    config.reference = 1;
#endif
#ifdef PRE_ROLL
    config.pre_roll_samples = PRE_ROLL;
#endif
    if (earnest_required_bytes(&config, &needed, &error) != EARNEST_OK) {
        failed("required_bytes", &error);
    }
    board_paint();
    before = board_ticks();
    if (earnest_init(memory, sizeof memory, &config, &listener, &error) != EARNEST_OK) {
        failed("init", &error);
    }
    count(&making, before);
    tell_cost(NAME "-new", 1, &making, needed);

    board_paint();
    while (at < total) {
        size_t left = total - at < CHUNK ? total - at : CHUNK;
        uint64_t chunk = 0;
        /* All calls for a chunk count as one. */
        uint32_t most = 0;
        do {
            size_t taken = 0;
            earnest_status status;
            struct cost one = {0, 0};
            before = board_ticks();
#ifdef REFERENCE
            status = earnest_push_with_reference(listener, samples + at, REFERENCE ? samples + at : NULL, left, &taken,
                                                 &event);
#else
            status = earnest_push(listener, samples + at, left, &taken, &event);
#endif
            count(&one, before);
            chunk += one.ticks;
            most += one.most;
            if (status != EARNEST_OK) {
                error.status = status;
                failed("push", &error);
            }
            at += taken;
            left -= taken;
            if (event.kind != EARNEST_EVENT_NONE) {
                tell_event(&event, board_print);
            }
#ifdef GUARD
            if (event.kind == EARNEST_EVENT_WAKE) {
                ask(listener, &event);
            }
#endif
        } while (event.kind != EARNEST_EVENT_NONE);
        if (at > SETTLED) {
            chunks++;
            pushing.ticks += chunk;
            pushing.most = most > pushing.most ? most : pushing.most;
        }
    }
    tell_cost(NAME, chunks, &pushing, needed);
    if (earnest_release(listener) != EARNEST_OK) {
        error.status = EARNEST_BAD_LISTENER;
        failed("release", &error);
    }
}
#endif

int main(void) {
    calibrate();
    chain();
    return 0;
}
