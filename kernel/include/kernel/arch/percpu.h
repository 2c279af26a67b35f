/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU variables. Each lives in the image's .data..percpu template; every CPU has a copy, and
 * GS holds the distance from the template to the copy, so that %gs:variable(%rip) is this CPU's.
 *
 * this_cpu_*() are single instructions: safe against interrupts and preemption without locks.
 * this_cpu_ptr() needs preemption off for as long as the pointer is used.
 */
#ifndef KERNEL_ARCH_PERCPU_H
#define KERNEL_ARCH_PERCPU_H

#include <kernel/arch/cpu.h>

#define DEFINE_PER_CPU(type, name)  __section(".data..percpu") typeof(type) name
#define DECLARE_PER_CPU(type, name) extern typeof(type) name

DECLARE_PER_CPU(unsigned int, cpu_number);
DECLARE_PER_CPU(unsigned long, percpu_offset);

/* Distance from the template to each CPU's copy; 0 until that CPU's area exists. */
extern unsigned long percpu_offsets[NR_CPUS_MAX];

#define per_cpu_ptr(ptr, cpu) ((typeof(ptr))((unsigned long)(ptr) + percpu_offsets[cpu]))
#define per_cpu(var, cpu)     (*per_cpu_ptr(&(var), cpu))
#define this_cpu_ptr(ptr)     ((typeof(ptr))((unsigned long)(ptr) + this_cpu_read(percpu_offset)))

#define __pcpu_size_bad() ((void)sizeof(char[-1]))

#define this_cpu_read(var)                                        \
    ({                                                            \
        typeof(var) __pcv;                                        \
        asm volatile("mov %%gs:%1, %0" : "=r"(__pcv) : "m"(var)); \
        __pcv;                                                    \
    })
/* For variables that do not change while the task runs here (current): may be cached. */
#define this_cpu_read_stable(var)                        \
    ({                                                   \
        typeof(var) __pcv;                               \
        asm("mov %%gs:%1, %0" : "=r"(__pcv) : "m"(var)); \
        __pcv;                                           \
    })
#define this_cpu_write(var, val)                                  \
    do {                                                          \
        typeof(var) __pcv = (val);                                \
        asm volatile("mov %1, %%gs:%0" : "+m"(var) : "r"(__pcv)); \
    } while (0)
#define this_cpu_add(var, val)                                           \
    do {                                                                 \
        typeof(var) __pcv = (val);                                       \
        asm volatile("add %1, %%gs:%0" : "+m"(var) : "r"(__pcv) : "cc"); \
    } while (0)
#define this_cpu_sub(var, val) this_cpu_add(var, -(typeof(var))(val))
#define this_cpu_inc(var)      this_cpu_add(var, 1)
#define this_cpu_dec(var)      this_cpu_add(var, -1)
#define this_cpu_or(var, val)                                           \
    do {                                                                \
        typeof(var) __pcv = (val);                                      \
        asm volatile("or %1, %%gs:%0" : "+m"(var) : "r"(__pcv) : "cc"); \
    } while (0)
#define this_cpu_and(var, val)                                           \
    do {                                                                 \
        typeof(var) __pcv = (val);                                       \
        asm volatile("and %1, %%gs:%0" : "+m"(var) : "r"(__pcv) : "cc"); \
    } while (0)

/*
 * Changes two neighbouring words (16-byte aligned) from old to new values at once; false if they
 * were others. Safe against what runs on this CPU, not against other CPUs (no LOCK prefix). var
 * points to the per-CPU variable.
 */
#define this_cpu_cmpxchg_pair(var, old_low, old_high, new_low, new_high)         \
    ({                                                                           \
        bool __pcok;                                                             \
        u64 __pcol = (u64)(old_low), __pcoh = (u64)(old_high);                   \
        asm volatile("cmpxchg16b %%gs:%1"                                        \
                     : "=@ccz"(__pcok), "+m"(*(var)), "+a"(__pcol), "+d"(__pcoh) \
                     : "b"((u64)(new_low)), "c"((u64)(new_high))                 \
                     : "memory");                                                \
        __pcok;                                                                  \
    })

static inline unsigned int smp_processor_id(void)
{
    return this_cpu_read(cpu_number);
}

/* CPUs that exist, and those that run; bit n is CPU n. NR_CPUS_MAX fits one word. */
extern u64 cpu_possible_mask, cpu_online_mask;
extern unsigned int nr_cpus; /* highest possible CPU + 1 */

#define for_each_cpu(cpu, mask) \
    for (u64 __m = (mask); __m && ((cpu) = __builtin_ctzll(__m), 1); __m &= __m - 1)
#define for_each_online_cpu(cpu)   for_each_cpu (cpu, READ_ONCE(cpu_online_mask))
#define for_each_possible_cpu(cpu) for_each_cpu (cpu, cpu_possible_mask)
#endif
