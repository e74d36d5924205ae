#ifndef STAND_IN_TASK_H
#define STAND_IN_TASK_H
#include "FreeRTOS.h"
typedef struct stand_in_task *TaskHandle_t;
TaskHandle_t xTaskCreateStatic(void (*code)(void *), const char *name, uint32_t stack_depth, void *parameters,
                               UBaseType_t priority, StackType_t *stack, StaticTask_t *task);
#endif
