/* QEMU's mps2-an386: semihosting for text, SysTick for instructions, a painted stack for its high-water mark. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

void board_print(const char *line);
void board_exit(int failed);
/* A counter that goes up with the instructions executed and wraps at 2^24. */
uint32_t board_ticks(void);
/* Marks the unused stack. */
void board_paint(void);
/* Bytes of stack used since it was marked, below where it was marked. */
uint32_t board_stack(void);
/* Bytes of stack used since then, from the top on. */
uint32_t board_stack_all(void);

#endif
