#ifndef STAND_IN_ATOMIC_H
#define STAND_IN_ATOMIC_H
typedef long atomic_t;
long atomic_get(const atomic_t *target);
#endif
