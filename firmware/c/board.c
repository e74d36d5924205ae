/* The board, from its reset on. */
#include "board.h"

#include <string.h>

int main(void);
void board_reset(void);

/* From board.ld. */
extern uint32_t board_stack_top[], board_data_from[], board_data[], board_data_end[], board_bss[], board_bss_end[];

#define SYSTICK ((volatile uint32_t *)0xe000e010)
#define CPACR (*(volatile uint32_t *)0xe000ed88)
/* The offset of any instruction at all: semihosting's SYS_WRITE0 and SYS_EXIT. */
enum { WRITE0 = 0x04, EXIT = 0x18, FAILED = 0x20023, PASSED = 0x20026 };
enum { PAINT = 0x5aa5c33c, MARGIN = 256 };

static uint32_t *painted_from;

static void semihost(uint32_t operation, uintptr_t argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_print(const char *line) { semihost(WRITE0, (uintptr_t)line); }

void board_exit(int failed) {
    for (;;) {
        semihost(EXIT, failed ? FAILED : PASSED);
    }
}

/* It counts down. */
uint32_t board_ticks(void) { return (0u - SYSTICK[2]) & 0xffffff; }

static uint32_t *stack_pointer(void) {
    uint32_t *pointer;
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
    return pointer;
}

/* Between the static data and the stack pointer, less a margin for this function, nothing is in use: there is no heap
 * and no second stack. */
__attribute__((noinline)) void board_paint(void) {
    painted_from = stack_pointer();
    for (volatile uint32_t *word = board_bss_end; word < painted_from - MARGIN / 4; word++) {
        *word = PAINT;
    }
}

static const volatile uint32_t *deepest(void) {
    const volatile uint32_t *word = board_bss_end;
    while (word < painted_from && *word == PAINT) {
        word++;
    }
    return word;
}

__attribute__((noinline)) uint32_t board_stack(void) { return 4 * (uint32_t)(painted_from - deepest()); }

__attribute__((noinline)) uint32_t board_stack_all(void) { return 4 * (uint32_t)(board_stack_top - deepest()); }

__attribute__((used)) void board_reset(void) {
    /* The floating-point unit, before any code that might use it. */
    CPACR |= 0xfu << 20;
    __asm__ volatile("dsb\n isb" ::: "memory");
    memcpy(board_data, board_data_from, (size_t)((char *)board_data_end - (char *)board_data));
    memset(board_bss, 0, (size_t)((char *)board_bss_end - (char *)board_bss));
    SYSTICK[1] = 0xffffff;
    SYSTICK[2] = 0;
    SYSTICK[0] = 5;
    board_exit(main());
}

static void board_fault(void) { board_exit(1); }

union vector {
    uint32_t *stack;
    void (*handler)(void);
};

__attribute__((section(".vectors"), used)) static const union vector vectors[16] = {
    {.stack = board_stack_top}, {.handler = board_reset}, {.handler = board_fault}, {.handler = board_fault},
    {.handler = board_fault},   {.handler = board_fault}, {.handler = board_fault},
};
