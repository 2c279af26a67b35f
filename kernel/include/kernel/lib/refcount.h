/* SPDX-License-Identifier: MIT */
/*
 * Reference counts that cannot wrap: a count that overflows, or is taken from 0, sticks at a value
 * from which it never comes back, the object leaks instead of being freed under its users, and the
 * fault is reported once. Any context.
 */
#ifndef KERNEL_LIB_REFCOUNT_H
#define KERNEL_LIB_REFCOUNT_H

#include <kernel/lib/atomic.h>

typedef struct {
    atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n) \
    {                    \
        ATOMIC_INIT(n)   \
    }
#define REFCOUNT_SATURATED (-0x40000000)

enum refcount_fault {
    REFCOUNT_INC_FROM_ZERO,
    REFCOUNT_OVERFLOW,
    REFCOUNT_UNDERFLOW,
    REFCOUNT_NOT_ONE,
};

/* Saturates @r and reports: the slow path of the functions below. */
void refcount_report(refcount_t *r, enum refcount_fault fault);

static inline void refcount_set(refcount_t *r, int n)
{
    atomic_set(&r->refs, n);
}

static inline int refcount_read(const refcount_t *r)
{
    return atomic_read(&r->refs);
}

/** refcount_inc() - the caller holds a reference already. */
static inline void refcount_inc(refcount_t *r)
{
    int old = atomic_fetch_add(1, &r->refs);

    if (unlikely(old <= 0 || old == 0x7fffffff))
        refcount_report(r, old == 0 ? REFCOUNT_INC_FROM_ZERO : REFCOUNT_OVERFLOW);
}

static inline void refcount_add(int n, refcount_t *r)
{
    int old = atomic_fetch_add(n, &r->refs);

    if (unlikely(old <= 0 || old > 0x7fffffff - n))
        refcount_report(r, old == 0 ? REFCOUNT_INC_FROM_ZERO : REFCOUNT_OVERFLOW);
}

/** refcount_inc_not_zero() - takes a reference unless the last one is gone already. */
static inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
    int old = atomic_read(&r->refs);

    do {
        if (old == 0)
            return false;
    } while (!atomic_try_cmpxchg(&r->refs, &old, (int)((unsigned int)old + 1)));
    if (unlikely(old < 0 || old == 0x7fffffff))
        refcount_report(r, REFCOUNT_OVERFLOW);
    return true;
}

static inline bool __must_check refcount_sub_and_test(int n, refcount_t *r)
{
    int old = atomic_fetch_sub(n, &r->refs);

    if (old == n)
        return true;
    if (unlikely(old < n))
        refcount_report(r, REFCOUNT_UNDERFLOW);
    return false;
}

/** refcount_dec_and_test() - gives a reference back; whether it was the last. */
static inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
    return refcount_sub_and_test(1, r);
}

/** refcount_dec() - gives back a reference that cannot be the last. */
static inline void refcount_dec(refcount_t *r)
{
    if (unlikely(atomic_fetch_sub(1, &r->refs) <= 1))
        refcount_report(r, REFCOUNT_UNDERFLOW);
}

/** refcount_dec_not_one() - gives a reference back unless it is the last. */
static inline bool __must_check refcount_dec_not_one(refcount_t *r)
{
    int old = atomic_read(&r->refs);

    do {
        if (old == 1)
            return false;
        if (unlikely(old <= 0)) {
            refcount_report(r, REFCOUNT_UNDERFLOW);
            return true;
        }
    } while (!atomic_try_cmpxchg(&r->refs, &old, old - 1));
    return true;
}

#endif
