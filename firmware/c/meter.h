/* What both programs share: files in flash, instructions and stack as costs. */
#ifndef METER_H
#define METER_H

#include "board.h"
#include "tell.h"

#define IN_FLASH(name, file)                                                                                          \
    __asm__(".section .rodata\n .balign 4\n .global " #name "\n" #name ":\n .incbin \"" file "\"\n .global " #name         \
            "_end\n" #name "_end:\n .previous\n");                                                                      \
    extern const unsigned char name[], name##_end[]

enum { CHUNK = 160, CALIBRATION = 2000000 };

/* Rounds of two instructions each, which tell how many instructions a tick stands for. */
static void calibrate(void) {
    struct tell_text line = {{0}, 0};
    uint32_t rounds = CALIBRATION, before = board_ticks();
    __asm__ volatile("1: subs %0, %0, #1\n bne 1b" : "+r"(rounds)::"cc");
    tell_word(&line, "calibration");
    tell_number(&line, 2 * (uint64_t)CALIBRATION);
    tell_number(&line, (board_ticks() - before) & 0xffffff);
    tell_end(&line, board_print);
}

#ifndef BASE
struct cost {
    uint64_t ticks;
    uint32_t most;
};

static void count(struct cost *cost, uint32_t before) {
    uint32_t ticks = (board_ticks() - before) & 0xffffff;
    cost->ticks += ticks;
    cost->most = ticks > cost->most ? ticks : cost->most;
}

/* `cost NAME chunks ticks most-ticks stack-bytes state-bytes all-stack-bytes`. */
static void tell_cost(const char *name, uint64_t chunks, const struct cost *cost, size_t state) {
    struct tell_text line = {{0}, 0};
    uint32_t stack = board_stack(), all = board_stack_all();
    tell_word(&line, "cost ");
    tell_word(&line, name);
    tell_number(&line, chunks);
    tell_number(&line, cost->ticks);
    tell_number(&line, cost->most);
    tell_number(&line, stack);
    tell_number(&line, state);
    tell_number(&line, all);
    tell_end(&line, board_print);
}

static void failed(const char *what, const earnest_error *error) {
    struct tell_text line = {{0}, 0};
    tell_word(&line, "failed ");
    tell_word(&line, what);
    tell_number(&line, (uint64_t)error->status);
    tell_char(&line, ' ');
    tell_word(&line, error->field);
    tell_number(&line, (uint64_t)error->min);
    tell_number(&line, (uint64_t)error->actual);
    tell_end(&line, board_print);
    board_exit(1);
}

#endif

#endif
