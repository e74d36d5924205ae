/*
 * The guard in a firmware: a wake phrase is heard, a command is understood, what is to be done is announced and confirmed,
 * and only then is there an authorisation, for this act, once. Every decision is in a journal.
 *
 *     ask MODEL AUDIO
 *
 * The wake phrase is heard in the audio. What follows it here comes from the program: a recogniser of commands is another
 * part of the device, and the prompt is not really played.
 */
#include "host.h"

#include <earnest.h>
#include <stdio.h>
#include <string.h>

enum { SEND = 3, DENISE = 5, OWNER = 1, MESSAGES = 1, ENTRIES = 32 };

static uint64_t memory[48 * 1024 / sizeof(uint64_t)];
static uint64_t guard_memory[48 * 1024 / sizeof(uint64_t)];
/* RAM that keeps its content, or the copy of a flash sector. All zero begins a new journal. */
static unsigned char journal[ENTRIES * 128];
static uint32_t model[64 * 1024 / sizeof(uint32_t)];
static int16_t audio[16 * 16000];
static int16_t sent[EARNEST_SAMPLE_RATE_HZ];

static earnest_authorization authorization;
static uint32_t prompt;

/* What the guard tells. It may not be called from here. */
static void tell(void *context, const earnest_told *told) {
    (void)context;
    printf("%6.2f s  ", (double)told->at / EARNEST_SAMPLE_RATE_HZ);
    switch (told->kind) {
    case EARNEST_TOLD_PASSED:
        printf("gate %u passed: %.2f, needed %.2f\n", (unsigned)told->gate, (double)told->numbers[0],
               (double)told->numbers[1]);
        break;
    case EARNEST_TOLD_LISTEN: /* the light goes on */
        printf("listening until %.2f s\n", (double)told->end / EARNEST_SAMPLE_RATE_HZ);
        break;
    case EARNEST_TOLD_SAY:
        printf("say what will be done, prompt %u\n", (unsigned)told->prompt);
        prompt = told->prompt;
        break;
    case EARNEST_TOLD_AUTHORIZED:
        printf("authorised: action %u, value %u\n", (unsigned)told->action, (unsigned)told->values[0]);
        authorization = told->authorization;
        break;
    case EARNEST_TOLD_SHORT:
    case EARNEST_TOLD_REFUSED:
    case EARNEST_TOLD_UNCOUNTED:
        printf("not done: reason %u, %.2f, needed %.2f\n", (unsigned)told->reason, (double)told->numbers[1],
               (double)told->numbers[0]);
        break;
    default:
        printf("told %u\n", (unsigned)told->kind);
        break;
    }
}

/* Somebody says something in a second of its own, out of quiet. */
static void say(earnest_input *input, uint64_t start) {
    input->start = start;
    input->end = start + EARNEST_SAMPLE_RATE_HZ;
    input->around.stretch_start = input->start;
    input->around.stretch_end = input->end;
    input->around.quiet_samples = EARNEST_SAMPLE_RATE_HZ;
    input->around.talk_samples = EARNEST_SAMPLE_RATE_HZ;
    input->around.talk_window_samples = 10 * EARNEST_SAMPLE_RATE_HZ;
}

/* From the wake on: "Send a message to Denise." - "Yes, send it." */
static int request(earnest_guard *guard, earnest_listener *listener, const earnest_event *event) {
    const uint64_t second = EARNEST_SAMPLE_RATE_HZ;
    uint64_t at = event->decided;
    earnest_act act = {SEND, 1, {DENISE}};
    earnest_input input;
    size_t count = 0;

    memset(&input, 0, sizeof input);
    input.size = sizeof input;
    input.kind = EARNEST_INPUT_WAKE;
    input.owner = OWNER;
    input.nats = 6; /* as the model's card counts: see firmware/src/command.rs */
    input.start = event->start;
    input.end = event->end;
    if (failed("surroundings", earnest_surroundings_of(listener, event->start, event->end, &input.around), NULL) ||
        failed("wake", earnest_guard_input(guard, at, &input, tell, NULL, NULL), NULL)) {
        return 1;
    }

    memset(&input, 0, sizeof input);
    input.size = sizeof input;
    input.kind = EARNEST_INPUT_UNDERSTOOD;
    input.action = SEND;
    input.probability = 0.99f;
    input.nobody = 0.01f;
    input.slot_count = 1;
    input.slots[0].value = DENISE;
    input.slots[0].probability = 0.98f;
    input.slots[0].runner_up = 0.01f;
    say(&input, at);
    at = input.end + second / 2;
    if (failed("command", earnest_guard_input(guard, at, &input, tell, NULL, NULL), NULL)) {
        return 1;
    }

    memset(&input, 0, sizeof input);
    input.size = sizeof input;
    input.kind = EARNEST_INPUT_PROMPT_STARTED;
    input.prompt = prompt;
    if (failed("prompt", earnest_guard_input(guard, at, &input, tell, NULL, NULL), NULL)) {
        return 1;
    }
    input.kind = EARNEST_INPUT_PROMPT_ENDED;
    input.yes = 1;
    at += 3 * second;
    if (failed("prompt", earnest_guard_input(guard, at, &input, tell, NULL, NULL), NULL)) {
        return 1;
    }

    memset(&input, 0, sizeof input);
    input.size = sizeof input;
    input.kind = EARNEST_INPUT_ANSWER;
    input.yes = 1;
    input.probability = 0.99f;
    input.phones = 10;
    input.names_act = 1;
    say(&input, at + second / 2);
    at = input.end + second / 4;
    if (failed("answer", earnest_guard_input(guard, at, &input, tell, NULL, NULL), NULL)) {
        return 1;
    }
    if (failed("redeem", earnest_guard_redeem(guard, &authorization, &act, at, OWNER, sent, sizeof sent / sizeof *sent,
                                              &count, NULL), NULL)) {
        return 1;
    }
    printf("%6.2f s  SENT\n", (double)at / EARNEST_SAMPLE_RATE_HZ);
    /* A second time it is worth nothing. */
    return earnest_guard_redeem(guard, &authorization, &act, at, OWNER, NULL, 0, NULL, NULL) != EARNEST_REFUSED;
}

int main(int argc, char **argv) {
    const earnest_action actions[] = {{SEND, MESSAGES, EARNEST_TIER_DISCLOSING, 1, 0, 11}};
    earnest_journal_facts facts;
    earnest_listener *listener;
    earnest_guard *guard;
    earnest_config config;
    earnest_policy policy;
    earnest_event event;
    size_t bytes, samples, at = 0, written = 0;
    int asked = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: %s MODEL AUDIO\n", argv[0]);
        return 2;
    }
    bytes = read_file(argv[1], model, sizeof model);
    samples = read_file(argv[2], audio, sizeof audio) / sizeof *audio;
    earnest_config_default(&config, sizeof config);
    config.model = model;
    config.model_bytes = bytes;
    config.pre_roll_samples = EARNEST_SAMPLE_RATE_HZ / 2;
    earnest_policy_default(&policy, sizeof policy);
    policy.provisioned = 1u << MESSAGES;
    policy.actions = actions;
    policy.action_count = 1;
    policy.journal = journal;
    policy.journal_bytes = sizeof journal;
    policy.recording_samples = sizeof sent / sizeof *sent;
    if (failed("listener", earnest_init(memory, sizeof memory, &config, &listener, NULL), NULL) ||
        failed("guard", earnest_guard_init(guard_memory, sizeof guard_memory, &policy, &guard, NULL), NULL)) {
        return 1;
    }
    do {
        size_t taken;
        if (failed("push", earnest_push(listener, audio + at, samples - at, &taken, &event), NULL)) {
            return 1;
        }
        at += taken;
        if (event.kind == EARNEST_EVENT_WAKE) {
            asked++;
            if (request(guard, listener, &event)) {
                return 1;
            }
        }
    } while (event.kind != EARNEST_EVENT_NONE);
    if (failed("end", earnest_journal_end(guard, &written, NULL), NULL) ||
        failed("journal", earnest_journal_verify(journal, written, NULL, NULL, &facts, NULL), NULL)) {
        return 1;
    }
    printf("%u requests, %u entries in the journal\n", (unsigned)asked, (unsigned)facts.entries);
    return asked == 1 && earnest_guard_release(guard) == EARNEST_OK && earnest_release(listener) == EARNEST_OK ? 0 : 1;
}
