/* SPDX-License-Identifier: MIT */
/* Calls between processors. */
#ifndef KERNEL_ARCH_SMP_H
#define KERNEL_ARCH_SMP_H

#include <kernel/types.h>

/* Runs fn(arg) in interrupt context on the CPUs of mask (not this one). wait: returns when all are
 * done. Preemption off, interrupts on if wait. */
void smp_call_mask(u64 mask, void (*fn)(void *arg), void *arg, bool wait);
/* Makes a CPU pass its scheduler soon. Any context. */
void smp_send_reschedule(unsigned int cpu);
/* Stops all other CPUs for good (panic, power-off). */
void smp_stop_others(void);
/* Starts all processors found. Task context. */
void smp_start_all(void);
#endif
