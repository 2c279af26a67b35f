/* SPDX-License-Identifier: MIT */
/*
 * Atomic integers: atomic_t (32 bits), atomic64_t and atomic_long_t (64 bits). Every operation that
 * reads and writes is a full barrier, as a locked instruction is on x86-64; atomic_read and
 * atomic_set order nothing. All are safe in any context.
 *
 * xchg() and cmpxchg() at the end work on plain variables of 1, 2, 4 or 8 bytes.
 */
#ifndef KERNEL_LIB_ATOMIC_H
#define KERNEL_LIB_ATOMIC_H

#include <kernel/compiler.h>
#include <kernel/lib/barrier.h>
#include <kernel/types.h>

typedef struct {
    int counter;
} atomic_t;

typedef struct {
    s64 counter;
} atomic64_t;

typedef struct {
    long counter;
} atomic_long_t;

#define ATOMIC_INIT(i) \
    {                  \
        (i)            \
    }
#define ATOMIC64_INIT(i) \
    {                    \
        (i)              \
    }
#define ATOMIC_LONG_INIT(i) \
    {                       \
        (i)                 \
    }

/*
 * One family for each width. PREFIX_op returns nothing, PREFIX_op_return the new value,
 * PREFIX_fetch_op the old one. PREFIX_try_cmpxchg stores the value found into *old when it fails.
 */
#define ATOMIC_FAMILY(prefix, atomic, type)                                                      \
    static __always_inline type prefix##_read(const atomic *v)                                   \
    {                                                                                            \
        return READ_ONCE(v->counter);                                                            \
    }                                                                                            \
    static __always_inline type prefix##_read_acquire(const atomic *v)                           \
    {                                                                                            \
        return smp_load_acquire(&v->counter);                                                    \
    }                                                                                            \
    static __always_inline void prefix##_set(atomic *v, type i)                                  \
    {                                                                                            \
        WRITE_ONCE(v->counter, i);                                                               \
    }                                                                                            \
    static __always_inline void prefix##_set_release(atomic *v, type i)                          \
    {                                                                                            \
        smp_store_release(&v->counter, i);                                                       \
    }                                                                                            \
    static __always_inline void prefix##_add(type i, atomic *v)                                  \
    {                                                                                            \
        __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);                                    \
    }                                                                                            \
    static __always_inline type prefix##_fetch_add(type i, atomic *v)                            \
    {                                                                                            \
        return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);                             \
    }                                                                                            \
    static __always_inline type prefix##_add_return(type i, atomic *v)                           \
    {                                                                                            \
        return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                             \
    }                                                                                            \
    static __always_inline void prefix##_sub(type i, atomic *v)                                  \
    {                                                                                            \
        __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST);                                    \
    }                                                                                            \
    static __always_inline type prefix##_fetch_sub(type i, atomic *v)                            \
    {                                                                                            \
        return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST);                             \
    }                                                                                            \
    static __always_inline type prefix##_sub_return(type i, atomic *v)                           \
    {                                                                                            \
        return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                             \
    }                                                                                            \
    static __always_inline void prefix##_and(type i, atomic *v)                                  \
    {                                                                                            \
        __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST);                                    \
    }                                                                                            \
    static __always_inline type prefix##_fetch_and(type i, atomic *v)                            \
    {                                                                                            \
        return __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST);                             \
    }                                                                                            \
    static __always_inline void prefix##_or(type i, atomic *v)                                   \
    {                                                                                            \
        __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST);                                     \
    }                                                                                            \
    static __always_inline type prefix##_fetch_or(type i, atomic *v)                             \
    {                                                                                            \
        return __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST);                              \
    }                                                                                            \
    static __always_inline void prefix##_xor(type i, atomic *v)                                  \
    {                                                                                            \
        __atomic_fetch_xor(&v->counter, i, __ATOMIC_SEQ_CST);                                    \
    }                                                                                            \
    static __always_inline type prefix##_fetch_xor(type i, atomic *v)                            \
    {                                                                                            \
        return __atomic_fetch_xor(&v->counter, i, __ATOMIC_SEQ_CST);                             \
    }                                                                                            \
    static __always_inline void prefix##_andnot(type i, atomic *v)                               \
    {                                                                                            \
        __atomic_fetch_and(&v->counter, ~i, __ATOMIC_SEQ_CST);                                   \
    }                                                                                            \
    static __always_inline void prefix##_inc(atomic *v)                                          \
    {                                                                                            \
        prefix##_add(1, v);                                                                      \
    }                                                                                            \
    static __always_inline type prefix##_inc_return(atomic *v)                                   \
    {                                                                                            \
        return prefix##_add_return(1, v);                                                        \
    }                                                                                            \
    static __always_inline type prefix##_fetch_inc(atomic *v)                                    \
    {                                                                                            \
        return prefix##_fetch_add(1, v);                                                         \
    }                                                                                            \
    static __always_inline bool prefix##_inc_and_test(atomic *v)                                 \
    {                                                                                            \
        return prefix##_add_return(1, v) == 0;                                                   \
    }                                                                                            \
    static __always_inline void prefix##_dec(atomic *v)                                          \
    {                                                                                            \
        prefix##_sub(1, v);                                                                      \
    }                                                                                            \
    static __always_inline type prefix##_dec_return(atomic *v)                                   \
    {                                                                                            \
        return prefix##_sub_return(1, v);                                                        \
    }                                                                                            \
    static __always_inline type prefix##_fetch_dec(atomic *v)                                    \
    {                                                                                            \
        return prefix##_fetch_sub(1, v);                                                         \
    }                                                                                            \
    static __always_inline bool prefix##_dec_and_test(atomic *v)                                 \
    {                                                                                            \
        return prefix##_sub_return(1, v) == 0;                                                   \
    }                                                                                            \
    static __always_inline bool prefix##_sub_and_test(type i, atomic *v)                         \
    {                                                                                            \
        return prefix##_sub_return(i, v) == 0;                                                   \
    }                                                                                            \
    static __always_inline bool prefix##_add_negative(type i, atomic *v)                         \
    {                                                                                            \
        return prefix##_add_return(i, v) < 0;                                                    \
    }                                                                                            \
    static __always_inline type prefix##_xchg(atomic *v, type i)                                 \
    {                                                                                            \
        return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST);                            \
    }                                                                                            \
    static __always_inline bool prefix##_try_cmpxchg(atomic *v, type *old, type new_value)       \
    {                                                                                            \
        return __atomic_compare_exchange_n(&v->counter, old, new_value, false, __ATOMIC_SEQ_CST, \
                                           __ATOMIC_SEQ_CST);                                    \
    }                                                                                            \
    static __always_inline type prefix##_cmpxchg(atomic *v, type old, type new_value)            \
    {                                                                                            \
        prefix##_try_cmpxchg(v, &old, new_value);                                                \
        return old;                                                                              \
    }                                                                                            \
    static __always_inline type prefix##_fetch_add_unless(atomic *v, type i, type unless)        \
    {                                                                                            \
        type old = prefix##_read(v);                                                             \
                                                                                                 \
        while (old != unless && !prefix##_try_cmpxchg(v, &old, old + i))                         \
            ;                                                                                    \
        return old;                                                                              \
    }                                                                                            \
    static __always_inline bool prefix##_add_unless(atomic *v, type i, type unless)              \
    {                                                                                            \
        return prefix##_fetch_add_unless(v, i, unless) != unless;                                \
    }                                                                                            \
    static __always_inline bool prefix##_inc_not_zero(atomic *v)                                 \
    {                                                                                            \
        return prefix##_add_unless(v, 1, 0);                                                     \
    }                                                                                            \
    static __always_inline bool prefix##_inc_unless_negative(atomic *v)                          \
    {                                                                                            \
        type old = prefix##_read(v);                                                             \
                                                                                                 \
        while (old >= 0)                                                                         \
            if (prefix##_try_cmpxchg(v, &old, old + 1))                                          \
                return true;                                                                     \
        return false;                                                                            \
    }                                                                                            \
    static __always_inline type prefix##_dec_if_positive(atomic *v)                              \
    {                                                                                            \
        type old = prefix##_read(v);                                                             \
                                                                                                 \
        while (old > 0 && !prefix##_try_cmpxchg(v, &old, old - 1))                               \
            ;                                                                                    \
        return old - 1;                                                                          \
    }

ATOMIC_FAMILY(atomic, atomic_t, int)
ATOMIC_FAMILY(atomic64, atomic64_t, s64)
ATOMIC_FAMILY(atomic_long, atomic_long_t, long)
#undef ATOMIC_FAMILY

/* Exchanges *@ptr and returns what was there. */
#define xchg(ptr, value) __atomic_exchange_n((ptr), (value), __ATOMIC_SEQ_CST)

/* Stores @new_value when *@ptr equals @old; returns what was there either way. */
#define cmpxchg(ptr, old, new_value)                                                             \
    ({                                                                                           \
        __typeof__(*(ptr)) cmpxchg_old__ = (old);                                                \
        __atomic_compare_exchange_n((ptr), &cmpxchg_old__, (new_value), false, __ATOMIC_SEQ_CST, \
                                    __ATOMIC_SEQ_CST);                                           \
        cmpxchg_old__;                                                                           \
    })

/* True when it stored; *@oldp becomes what was found when not. */
#define try_cmpxchg(ptr, oldp, new_value)                                            \
    __atomic_compare_exchange_n((ptr), (oldp), (new_value), false, __ATOMIC_SEQ_CST, \
                                __ATOMIC_SEQ_CST)

#endif
