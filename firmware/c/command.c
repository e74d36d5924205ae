/*
 * The whole chain on a microcontroller, from C: wake phrase, a grammar of fifty commands, one of answers, guard and journal, in
 * static memory, over the clip in flash, 10 ms at a time. It prints the events in the words of the Rust program beside it, a
 * hash of the journal, and what it costs.
 *
 * MEMORY: bytes of static memory, what earnest_chain_required_bytes() says. NAME: what the costs are called. BASE leaves the
 * library out, so that its size is a difference.
 */
#include "meter.h"

#include <earnest.h>

IN_FLASH(clip, "../examples/c/alexa.s16le");

#ifdef BASE
/* Keeps what the other program has beside the library. */
static void chain(void) {
    earnest_event event = {0, 0, 0, 0, 0, 0, 0, 0, 0, {0}};
    event.kind = clip[0];
    tell_event(&event, board_print);
}
#else
IN_FLASH(wake, "../models/wake-alexa.ear");
IN_FLASH(phones, "../models/phones-s.int8.ear");
IN_FLASH(commands, "../examples/grammars/home.grm");
IN_FLASH(answers, "../examples/grammars/confirm.grm");

static uint64_t memory[MEMORY / 8];
/* There is room for one request, and then some: a device without a record doesn't act. */
static unsigned char journal[24 * 128];

/* In the order of the grammar's meanings: see examples/grammars/home.yaml. Colder or warmer can be undone; doors and alarms
 * are another matter. */
#define ACTION(id, tier) {id, 0, EARNEST_TIER_##tier, 0, 0, 10}
static const earnest_action actions[] = {
    ACTION(0, ROUTINE), ACTION(1, ROUTINE), ACTION(2, ROUTINE), ACTION(3, ROUTINE), ACTION(4, ROUTINE),
    ACTION(5, ROUTINE), ACTION(6, ROUTINE), ACTION(7, ROUTINE), ACTION(8, ROUTINE), ACTION(9, ROUTINE),
    ACTION(10, ROUTINE), ACTION(11, ROUTINE), ACTION(12, ROUTINE), ACTION(13, ROUTINE), ACTION(14, ROUTINE),
    ACTION(15, ROUTINE), ACTION(16, ROUTINE), ACTION(17, ROUTINE), ACTION(18, REVERSIBLE), ACTION(19, REVERSIBLE),
    ACTION(20, ROUTINE), ACTION(21, ROUTINE), ACTION(22, ROUTINE), ACTION(23, ROUTINE), ACTION(24, ROUTINE),
    ACTION(25, ROUTINE), ACTION(26, ROUTINE), ACTION(27, ROUTINE), ACTION(28, ROUTINE), ACTION(29, ROUTINE),
    ACTION(30, ROUTINE), ACTION(31, ROUTINE), ACTION(32, ROUTINE), ACTION(33, ROUTINE), ACTION(34, ROUTINE),
    ACTION(35, ROUTINE), ACTION(36, ROUTINE), ACTION(37, ROUTINE), ACTION(38, REVERSIBLE), ACTION(39, ROUTINE),
    ACTION(40, ROUTINE), ACTION(41, PHYSICAL), ACTION(42, ROUTINE), ACTION(43, PHYSICAL), ACTION(44, REVERSIBLE),
    ACTION(45, ROUTINE), ACTION(46, ROUTINE), ACTION(47, ROUTINE), ACTION(48, ROUTINE), ACTION(49, ROUTINE),
};
#define MEANING(action) {action, 0, {0}}
static const earnest_command_meaning command_meanings[] = {
    MEANING(0), MEANING(1), MEANING(2), MEANING(3), MEANING(4), MEANING(5), MEANING(6), MEANING(7), MEANING(8), MEANING(9),
    MEANING(10), MEANING(11), MEANING(12), MEANING(13), MEANING(14), MEANING(15), MEANING(16), MEANING(17), MEANING(18), MEANING(19),
    MEANING(20), MEANING(21), MEANING(22), MEANING(23), MEANING(24), MEANING(25), MEANING(26), MEANING(27), MEANING(28), MEANING(29),
    MEANING(30), MEANING(31), MEANING(32), MEANING(33), MEANING(34), MEANING(35), MEANING(36), MEANING(37), MEANING(38), MEANING(39),
    MEANING(40), MEANING(41), MEANING(42), MEANING(43), MEANING(44), MEANING(45), MEANING(46), MEANING(47), MEANING(48), MEANING(49),
};
/* As examples/grammars/confirm.yaml has them: of a message, of a call, of a door; of nothing; and no. */
static const earnest_answer_meaning answer_meanings[] = {
    {EARNEST_ANSWER_YES, EARNEST_NO_NUMBER}, {EARNEST_ANSWER_YES, EARNEST_NO_NUMBER}, {EARNEST_ANSWER_YES, 0},
    {EARNEST_ANSWER_YES, EARNEST_NO_NUMBER}, {EARNEST_ANSWER_YES, EARNEST_NO_NUMBER}, {EARNEST_ANSWER_NO, EARNEST_NO_NUMBER},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define IMAGE(name) name, (size_t)(name##_end - name)

/* What a chunk of 10 ms comes to; it is printed once the chunk is counted. */
struct notes {
    earnest_event events[2];
    size_t count;
    int heard;
    earnest_text intent;
    uint64_t start, end, decided;
    float score, probability;
};

static void tell(void *context, const earnest_chain_told *told) {
    struct notes *notes = context;
    if (told->kind == EARNEST_CHAIN_EVENT && notes->count < COUNT(notes->events)) {
        notes->events[notes->count++] = *told->event;
    }
    if (told->kind == EARNEST_CHAIN_HEARD) {
        notes->heard = 1;
        notes->intent = told->command->intent;
        notes->start = told->command->speech_start;
        notes->end = told->command->speech_end;
        notes->decided = told->command->decided;
        notes->score = told->command->score;
        notes->probability = told->command->probability;
    }
}

/* `event command INTENT first-sample end-sample decided score probability`. */
static void print(const struct notes *notes) {
    struct tell_text line = {{0}, 0};
    size_t n;
    for (n = 0; n < notes->count; n++) {
        tell_event(&notes->events[n], board_print);
    }
    if (!notes->heard) {
        return;
    }
    tell_word(&line, "event command ");
    for (n = 0; n < notes->intent.bytes; n++) {
        tell_char(&line, notes->intent.text[n]);
    }
    if (notes->intent.bytes == 0) {
        tell_word(&line, "none");
    } else {
        tell_number(&line, notes->start);
        tell_number(&line, notes->end);
        tell_number(&line, notes->decided);
        tell_bits(&line, notes->score);
        tell_bits(&line, notes->probability);
    }
    tell_end(&line, board_print);
}

/* `bits journal entries hash`: FNV-1a of every byte as a word of 32 bits. */
static void tell_journal(size_t bytes) {
    struct tell_text line = {{0}, 0};
    uint64_t hash = 0xcbf29ce484222325u;
    size_t n, part;
    for (n = 0; n < bytes; n++) {
        for (part = 0; part < 4; part++) {
            hash = (hash ^ (part == 0 ? journal[n] : 0)) * 0x100000001b3u;
        }
    }
    tell_word(&line, "bits journal");
    tell_number(&line, bytes / 128);
    tell_hex(&line, hash);
    tell_end(&line, board_print);
}

/* A function of its own, so that its configurations are off the stack when samples are pushed. */
static __attribute__((noinline)) earnest_chain *make(struct cost *making, size_t *needed) {
    earnest_chain *chain = NULL;
    earnest_commands_config command, answer;
    earnest_config listener;
    earnest_policy policy;
    earnest_chain_config config;
    earnest_error error;
    uint32_t before;

    memset(&error, 0, sizeof error);
    earnest_config_default(&listener, sizeof listener);
    listener.model = wake;
    listener.model_bytes = (size_t)(wake_end - wake);
    listener.pre_roll_samples = 1600;
    earnest_commands_config_default(&command, sizeof command);
    command.model = phones;
    command.model_bytes = (size_t)(phones_end - phones);
    command.grammar = commands;
    command.grammar_bytes = (size_t)(commands_end - commands);
    command.paths = 400;
    command.records = 128;
    command.end_ms = 500;
    earnest_commands_config_default(&answer, sizeof answer);
    answer.grammar = answers;
    answer.grammar_bytes = (size_t)(answers_end - answers);
    answer.paths = 64;
    answer.records = 64;
    answer.judged_frames = 250;
    earnest_policy_default(&policy, sizeof policy);
    policy.provisioned = 1;
    policy.actions = actions;
    policy.action_count = COUNT(actions);
    policy.journal = journal;
    policy.journal_bytes = sizeof journal;
    earnest_chain_config_default(&config, sizeof config);
    config.owner = 1;
    config.listener = &listener;
    config.commands = &command;
    config.answers = &answer;
    config.policy = &policy;
    config.command_meanings = command_meanings;
    config.command_meaning_count = COUNT(command_meanings);
    config.answer_meanings = answer_meanings;
    config.answer_meaning_count = COUNT(answer_meanings);
    config.recent_frames = 56;
    config.wake_nats = 6; /* as the model's card counts: see src/command.rs */
    if (earnest_chain_required_bytes(&config, needed, &error) != EARNEST_OK) {
        failed("required_bytes", &error);
    }
    board_paint();
    before = board_ticks();
    if (earnest_chain_init(memory, sizeof memory, &config, &chain, &error) != EARNEST_OK) {
        failed("init", &error);
    }
    count(making, before);
    tell_cost(NAME "-new", 1, making, *needed);
    return chain;
}

static void chain(void) {
    struct cost making = {0, 0}, pushing = {0, 0};
    const int16_t *samples = (const int16_t *)(const void *)clip;
    size_t total = (size_t)(clip_end - clip) / sizeof *samples, at, needed = 0, written = 0;
    earnest_chain *chain = make(&making, &needed);
    earnest_error error;

    memset(&error, 0, sizeof error);
    board_paint();
    for (at = 0; at + CHUNK <= total; at += CHUNK) {
        struct notes notes;
        size_t taken = 0;
        uint32_t before;
        memset(&notes, 0, sizeof notes);
        before = board_ticks();
        error.status = earnest_chain_push(chain, samples + at, CHUNK, &taken, tell, &notes);
        count(&pushing, before);
        if (error.status != EARNEST_OK) {
            failed("push", &error);
        }
        print(&notes);
    }
    tell_cost(NAME, total / CHUNK, &pushing, needed);
    if (earnest_chain_journal_end(chain, &written, NULL) != EARNEST_OK) {
        failed("journal", &error);
    }
    tell_journal(written);
    if (earnest_chain_release(chain) != EARNEST_OK) {
        failed("release", &error);
    }
}
#endif

int main(void) {
    calibrate();
    chain();
    return 0;
}
