#ifndef STAND_IN_KERNEL_H
#define STAND_IN_KERNEL_H
#include <stddef.h>
#include <stdint.h>
#define __aligned(n) __attribute__((aligned(n)))
#define SYS_FOREVER_MS (-1)
struct k_mem_slab {
    void *buffer;
};
void k_mem_slab_free(struct k_mem_slab *slab, void *block);
#define K_MEM_SLAB_DEFINE_STATIC(name, size, count, align)                                                            \
    static char name##_memory[(size) * (count)] __aligned(align);                                                     \
    static struct k_mem_slab name = {name##_memory}
#endif
