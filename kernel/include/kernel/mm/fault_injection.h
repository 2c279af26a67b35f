/* SPDX-License-Identifier: MIT */
/* Allocation failures on purpose (debug kernel). */
#ifndef KERNEL_MM_FAULT_INJECTION_H
#define KERNEL_MM_FAULT_INJECTION_H

#include <kernel/types.h>

struct task;

#if defined(CONFIG_DEBUG) && CONFIG_DEBUG
/**
 * alloc_fault_arm() - the @nth allocation (page, slab or kmalloc; 1: the next) from now on fails,
 * once.
 * @only: counts this task's allocations alone; NULL: everybody's. GFP_NOFAIL never fails.
 */
void alloc_fault_arm(unsigned long nth, struct task *only);
/* Stops counting; how many allocations were made to fail (0: there were fewer than nth). */
unsigned long alloc_fault_disarm(void);
#endif
#endif
