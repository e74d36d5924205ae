#ifndef STAND_IN_FREERTOS_H
#define STAND_IN_FREERTOS_H
#include <stddef.h>
#include <stdint.h>
typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t StackType_t;
typedef uint32_t TickType_t;
typedef struct {
    void *fields[16];
} StaticTask_t;
#define pdFALSE ((BaseType_t)0)
#define portMAX_DELAY ((TickType_t)0xffffffffu)
#define tskIDLE_PRIORITY ((UBaseType_t)0)
void stand_in_yield(BaseType_t woken);
void stand_in_assert(int holds);
#define portYIELD_FROM_ISR(woken) stand_in_yield(woken)
#define configASSERT(x) stand_in_assert(x)
#endif
