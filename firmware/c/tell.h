/* Events as lines of text, the same on every machine, and without printf, which would bring a heap along. */
#ifndef TELL_H
#define TELL_H

#include <earnest.h>
#include <string.h>

/* Where text goes: `out` takes a line, its newline and a zero at its end. */
typedef void tell_line(const char *line);

struct tell_text {
    char text[160];
    size_t length;
};

static void tell_char(struct tell_text *line, char c) {
    if (line->length + 2 < sizeof line->text) {
        line->text[line->length++] = c;
    }
}

static void tell_word(struct tell_text *line, const char *word) {
    while (*word != '\0') {
        tell_char(line, *word++);
    }
}

static void tell_number(struct tell_text *line, uint64_t value) {
    char digits[20];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    tell_char(line, ' ');
    while (count > 0) {
        tell_char(line, digits[--count]);
    }
}

static void tell_hex(struct tell_text *line, uint64_t value) {
    int shift;
    tell_char(line, ' ');
    for (shift = 60; shift >= 0; shift -= 4) {
        tell_char(line, "0123456789abcdef"[value >> shift & 15]);
    }
}

static void tell_end(struct tell_text *line, tell_line *out) {
    line->text[line->length] = '\n';
    line->text[line->length + 1] = '\0';
    out(line->text);
}

static void tell_bits(struct tell_text *line, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    tell_hex(line, bits);
}

static void tell_event(const earnest_event *event, tell_line *out) {
    struct tell_text line = {{0}, 0};
    tell_word(&line, "event ");
    switch (event->kind) {
    case EARNEST_EVENT_SPEECH_START:
    case EARNEST_EVENT_SPEECH_END:
        tell_word(&line, event->kind == EARNEST_EVENT_SPEECH_START ? "speech-start" : "speech-end");
        tell_number(&line, event->start);
        tell_number(&line, event->decided);
        break;
    case EARNEST_EVENT_WAKE:
    case EARNEST_EVENT_NEAR_MISS:
        tell_word(&line, event->kind == EARNEST_EVENT_WAKE ? "wake" : "near-miss");
        tell_number(&line, event->start);
        tell_number(&line, event->end);
        tell_number(&line, event->decided);
        tell_bits(&line, event->score);
        break;
    default:
        tell_word(&line, "of another kind");
        break;
    }
    tell_end(&line, out);
}

#endif
