/* SPDX-License-Identifier: MIT */
/* Per-CPU variables of a machine with one CPU: plain variables. */
#ifndef KERNEL_ARCH_PERCPU_H
#define KERNEL_ARCH_PERCPU_H

#include <kernel/arch/cpu.h>

#define DEFINE_PER_CPU(type, name)  __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

#define per_cpu_ptr(ptr, cpu)     ((void)(cpu), (ptr))
#define per_cpu(var, cpu)         (*per_cpu_ptr(&(var), cpu))
#define this_cpu_ptr(ptr)         (ptr)
#define this_cpu_read(var)        (var)
#define this_cpu_read_stable(var) (var)
#define this_cpu_write(var, val)  ((void)((var) = (val)))
#define this_cpu_add(var, val)    ((void)((var) += (val)))
#define this_cpu_sub(var, val)    ((void)((var) -= (val)))
#define this_cpu_inc(var)         ((void)((var)++))
#define this_cpu_dec(var)         ((void)((var)--))
#define this_cpu_or(var, val)     ((void)((var) |= (val)))
#define this_cpu_and(var, val)    ((void)((var) &= (val)))

#define this_cpu_cmpxchg_pair(var, old_low, old_high, new_low, new_high)           \
    ({                                                                             \
        u64 *pair__ = (u64 *)(var);                                                \
        bool same__ = pair__[0] == (u64)(old_low) && pair__[1] == (u64)(old_high); \
        if (same__) {                                                              \
            pair__[0] = (u64)(new_low);                                            \
            pair__[1] = (u64)(new_high);                                           \
        }                                                                          \
        same__;                                                                    \
    })

static inline unsigned int smp_processor_id(void)
{
    return 0;
}

#define nr_cpus 1U
#define for_each_cpu(cpu, mask)                                               \
    for (u64 for_each_mask__ = (mask);                                        \
         for_each_mask__ && ((cpu) = __builtin_ctzll(for_each_mask__), true); \
         for_each_mask__ &= for_each_mask__ - 1)
#define for_each_online_cpu(cpu)   for_each_cpu (cpu, 1ULL)
#define for_each_possible_cpu(cpu) for_each_cpu (cpu, 1ULL)

#endif
