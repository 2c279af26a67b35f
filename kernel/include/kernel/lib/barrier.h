/* SPDX-License-Identifier: MIT */
/*
 * Order of memory accesses between CPUs. x86-64 orders everything but a store before a later load
 * (SDM vol. 3A, 9.2), so only smp_mb() costs an instruction; the others stop the compiler.
 */
#ifndef KERNEL_LIB_BARRIER_H
#define KERNEL_LIB_BARRIER_H

#include <kernel/compiler.h>

/* A locked instruction orders like MFENCE and is faster. It touches the stack below the red zone
 * that a host program may use, hence the distance. */
#define smp_mb()  __asm__ volatile("lock; addl $0, -132(%%rsp)" ::: "memory", "cc")
#define smp_rmb() barrier()
#define smp_wmb() barrier()

/* Against devices and write-combining memory. */
#define mb()  __asm__ volatile("mfence" ::: "memory")
#define rmb() __asm__ volatile("lfence" ::: "memory")
#define wmb() __asm__ volatile("sfence" ::: "memory")

#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic()  barrier()

#define smp_load_acquire(p)                            \
    ({                                                 \
        __typeof__(*(p)) acquired__ = READ_ONCE(*(p)); \
        barrier();                                     \
        acquired__;                                    \
    })
#define smp_store_release(p, v) \
    do {                        \
        barrier();              \
        WRITE_ONCE(*(p), (v));  \
    } while (0)
#define smp_store_mb(var, value) ((void)__atomic_exchange_n(&(var), (value), __ATOMIC_SEQ_CST))

/* Tells the CPU that this is a spinning loop (SDM, PAUSE). */
static inline void cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}

#endif
