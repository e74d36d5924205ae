/*
 * The whole chain: a wake phrase, a command, what will be done is announced, it is confirmed, and a second factor stands before
 * a door. "Alexa. Unlock the front door." - "I will unlock the front door. Shall I?" - "Yes, unlock the door."
 *
 *     request WAKE-MODEL ACOUSTIC-MODEL COMMANDS ANSWERS AUDIO
 *
 * COMMANDS and ANSWERS are compiled grammars. The prompt is not really played: the audio has two seconds of quiet where it
 * would be heard.
 */
#include "host.h"

#include <earnest.h>
#include <stdio.h>
#include <string.h>

enum { OWNER = 1, DOORS = 0, UNLOCK = 1, LIGHT = 2, ENTRIES = 32, MOST_MEANINGS = 64, CHUNK = 160 };

static uint64_t memory[256 * 1024 / sizeof(uint64_t)];
/* RAM that keeps its content, or the copy of a flash sector. All zero begins a new journal. */
static unsigned char journal[ENTRIES * 128];
static uint32_t wake[64 * 1024 / sizeof(uint32_t)];
static uint32_t phones[1024 * 1024 / sizeof(uint32_t)];
static uint32_t commands[32 * 1024 / sizeof(uint32_t)];
static uint32_t answers[16 * 1024 / sizeof(uint32_t)];
static int16_t audio[16 * EARNEST_SAMPLE_RATE_HZ];

/* What the chain asks for. It may not be called while it tells: the main loop does what is noted here. */
static struct {
    uint32_t prompt;
    int second_factor;
    int authorized;
    earnest_authorization authorization;
    earnest_act act;
} asked;

static double seconds(uint64_t sample) { return (double)sample / EARNEST_SAMPLE_RATE_HZ; }

static void guard_tells(const earnest_told *told) {
    switch (told->kind) {
    case EARNEST_TOLD_LISTEN: /* the light goes on */
        printf("%6.2f s  listening until %.2f s\n", seconds(told->at), seconds(told->end));
        break;
    case EARNEST_TOLD_SAY:
        printf("%6.2f s  say what will be done: prompt %u\n", seconds(told->at), (unsigned)told->prompt);
        asked.prompt = told->prompt;
        break;
    case EARNEST_TOLD_ASK_SECOND_FACTOR:
        printf("%6.2f s  ask for the second factor\n", seconds(told->at));
        asked.second_factor = 1;
        break;
    case EARNEST_TOLD_AUTHORIZED:
        printf("%6.2f s  authorised: action %u\n", seconds(told->at), (unsigned)told->action);
        asked.authorized = 1;
        asked.authorization = told->authorization;
        asked.act.action = told->action;
        asked.act.count = told->slots;
        memcpy(asked.act.values, told->values, sizeof asked.act.values);
        break;
    case EARNEST_TOLD_SHORT:
    case EARNEST_TOLD_REFUSED:
    case EARNEST_TOLD_UNCOUNTED:
        printf("%6.2f s  not done: reason %u, %.2f, needed %.2f\n", seconds(told->at), (unsigned)told->reason,
               (double)told->numbers[1], (double)told->numbers[0]);
        break;
    default:
        break;
    }
}

static void tell(void *context, const earnest_chain_told *told) {
    (void)context;
    if (told->kind == EARNEST_CHAIN_EVENT && told->event->kind == EARNEST_EVENT_WAKE) {
        printf("%6.2f s  woke: score %.2f\n", seconds(told->event->decided), (double)told->event->score);
    }
    if (told->kind == EARNEST_CHAIN_HEARD) {
        printf("%6.2f s  heard: %.*s, probability %.2f\n", seconds(told->command->decided),
               (int)told->command->intent.bytes, told->command->intent.bytes > 0 ? told->command->intent.text : "",
               (double)told->command->probability);
    }
    if (told->kind == EARNEST_CHAIN_GUARD) {
        guard_tells(told->told);
    }
}

static int is(earnest_text text, const char *word) {
    return text.bytes == strlen(word) && memcmp(text.text, word, text.bytes) == 0;
}

/* What the grammar of commands means to the policy: actions by the names of intents. */
static size_t name_commands(size_t bytes, earnest_command_meaning *meanings) {
    earnest_text intent;
    uint32_t n = 0;
    for (; n < MOST_MEANINGS && earnest_grammar_name(commands, bytes, EARNEST_NAME_INTENT, n, &intent) == EARNEST_OK; n++) {
        memset(&meanings[n], 0, sizeof meanings[n]);
        meanings[n].action = is(intent, "UnlockDoor")       ? (uint32_t)UNLOCK
                             : is(intent, "KitchenLightOn") ? (uint32_t)LIGHT
                                                            : EARNEST_NO_NUMBER;
    }
    return n;
}

/* The same for answers: Confirm is yes, and its slot `names` says what is confirmed. */
static size_t name_answers(size_t bytes, earnest_answer_meaning *meanings) {
    earnest_text intent, slot, value;
    uint32_t n = 0, fixed;
    for (; n < MOST_MEANINGS && earnest_grammar_name(answers, bytes, EARNEST_NAME_INTENT, n, &intent) == EARNEST_OK; n++) {
        meanings[n].kind = is(intent, "Confirm") ? EARNEST_ANSWER_YES : is(intent, "Deny") ? EARNEST_ANSWER_NO : EARNEST_ANSWER_NONE;
        meanings[n].names_class = EARNEST_NO_NUMBER;
        for (fixed = 0; earnest_grammar_fixed(answers, bytes, n, fixed, &slot, &value) == EARNEST_OK; fixed++) {
            if (is(slot, "names") && is(value, "doors")) {
                meanings[n].names_class = DOORS;
            }
        }
    }
    return n;
}

static int report(earnest_chain *chain, uint32_t kind, uint32_t prompt) {
    earnest_input input;
    memset(&input, 0, sizeof input);
    input.size = sizeof input;
    input.kind = kind;
    input.prompt = prompt;
    input.yes = 1; /* played to its end; the second factor was right */
    return failed("report", earnest_chain_report(chain, &input, tell, NULL, NULL), NULL);
}

int main(int argc, char **argv) {
    const earnest_action actions[] = {{UNLOCK, DOORS, EARNEST_TIER_PHYSICAL, 0, 0, 12},
                                      {LIGHT, DOORS + 1, EARNEST_TIER_ROUTINE, 0, 1, 16}};
    static earnest_command_meaning command_meanings[MOST_MEANINGS];
    static earnest_answer_meaning answer_meanings[MOST_MEANINGS];
    earnest_commands_config command, answer;
    earnest_journal_facts facts;
    earnest_chain_config config;
    earnest_config listener;
    earnest_policy policy;
    earnest_chain *chain;
    earnest_error error;
    size_t samples, at, written = 0;
    uint64_t prompt_end = 0;
    uint32_t playing = 0;
    int opened = 0;

    if (argc != 6) {
        fprintf(stderr, "usage: %s WAKE-MODEL ACOUSTIC-MODEL COMMANDS ANSWERS AUDIO\n", argv[0]);
        return 2;
    }
    earnest_config_default(&listener, sizeof listener);
    listener.model = wake;
    listener.model_bytes = read_file(argv[1], wake, sizeof wake);
    listener.pre_roll_samples = 1;

    earnest_commands_config_default(&command, sizeof command);
    command.model = phones;
    command.model_bytes = read_file(argv[2], phones, sizeof phones);
    command.grammar = commands;
    command.grammar_bytes = read_file(argv[3], commands, sizeof commands);
    earnest_commands_config_default(&answer, sizeof answer);
    answer.grammar = answers;
    answer.grammar_bytes = read_file(argv[4], answers, sizeof answers);

    earnest_policy_default(&policy, sizeof policy);
    policy.provisioned = 1u << DOORS | 1u << (DOORS + 1);
    policy.actions = actions;
    policy.action_count = sizeof actions / sizeof *actions;
    /* A little less than by default: a number is typed on top of all that is heard. */
    policy.tiers[EARNEST_TIER_PHYSICAL].required_log_odds = 4.5f;
    policy.tiers[EARNEST_TIER_PHYSICAL].second_factor = 1;
    policy.journal = journal;
    policy.journal_bytes = sizeof journal;

    earnest_chain_config_default(&config, sizeof config);
    config.owner = OWNER;
    config.listener = &listener;
    config.commands = &command;
    config.answers = &answer;
    config.policy = &policy;
    config.command_meanings = command_meanings;
    config.command_meaning_count = name_commands(command.grammar_bytes, command_meanings);
    config.answer_meanings = answer_meanings;
    config.answer_meaning_count = name_answers(answer.grammar_bytes, answer_meanings);
    config.wake_nats = 6; /* as the model's card counts: see firmware/src/command.rs */
    if (failed("chain", earnest_chain_init(memory, sizeof memory, &config, &chain, &error), &error)) {
        return 1;
    }

    /* The main loop: what an interrupt has gathered goes in, what is noted is done. */
    samples = read_file(argv[5], audio, sizeof audio) / sizeof *audio;
    for (at = 0; at + CHUNK <= samples; at += CHUNK) {
        size_t taken;
        if (failed("push", earnest_chain_push(chain, audio + at, CHUNK, &taken, tell, NULL), NULL)) {
            return 1;
        }
        if (playing != 0 && at >= prompt_end) {
            if (report(chain, EARNEST_INPUT_PROMPT_ENDED, playing)) {
                return 1;
            }
            playing = 0;
        }
        if (asked.prompt != 0) { /* the loudspeaker begins; its driver reports the end */
            playing = asked.prompt;
            asked.prompt = 0;
            prompt_end = at + 2 * EARNEST_SAMPLE_RATE_HZ;
            if (report(chain, EARNEST_INPUT_PROMPT_STARTED, playing)) {
                return 1;
            }
        }
        if (asked.second_factor) { /* somebody types a number */
            asked.second_factor = 0;
            if (report(chain, EARNEST_INPUT_SECOND_FACTOR, 0)) {
                return 1;
            }
        }
        if (asked.authorized) {
            asked.authorized = 0;
            if (failed("redeem", earnest_chain_redeem(chain, &asked.authorization, &asked.act, OWNER, NULL, 0, NULL, NULL), NULL)) {
                return 1;
            }
            printf("%6.2f s  %s\n", seconds(at), asked.act.action == UNLOCK ? "UNLOCKED" : "LIGHT ON");
            opened++;
        }
    }
    if (failed("end", earnest_chain_journal_end(chain, &written, NULL), NULL) ||
        failed("journal", earnest_journal_verify(journal, written, NULL, NULL, &facts, NULL), NULL)) {
        return 1;
    }
    printf("%u entries in the journal\n", (unsigned)facts.entries);
    return opened == 1 && earnest_chain_release(chain) == EARNEST_OK ? 0 : 1;
}
