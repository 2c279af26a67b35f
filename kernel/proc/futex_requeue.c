// SPDX-License-Identifier: MIT
/*
 * The futex operations with two words: moving waiters from one to the other (what a condition
 * variable's broadcast does, so that its waiters do not all run to fight for one mutex), and
 * changing one while waking on both.
 */
#include <kernel/proc/futex.h>

#include "futex_internal.h"

#include <abi/linux/errno.h>
#include <abi/linux/futex.h>
#include <kernel/arch/uaccess.h>
#include <kernel/sched/sched.h>

struct pair {
    struct futex_key key[2];
    struct futex_bucket *bucket[2];
};

static int pair_get(u32 __user *a, u32 __user *b, bool shared, struct pair *pair)
{
    int error = futex_key_get(a, shared, &pair->key[0]);

    if (!error)
        error = futex_key_get(b, shared, &pair->key[1]);
    if (error)
        return error;
    pair->bucket[0] = futex_bucket_of(&pair->key[0]);
    pair->bucket[1] = futex_bucket_of(&pair->key[1]);
    return 0;
}

/* Locks both buckets with *from being expected. 0, -EAGAIN, -EFAULT. */
static int lock_if_expected(const struct pair *pair, u32 __user *from, const u32 *expected)
{
    u32 value;

    for (;;) {
        futex_lock_pair(pair->bucket[0], pair->bucket[1]);
        if (!expected)
            return 0;
        if (!futex_read_nofault(&value, from)) {
            if (value == *expected)
                return 0;
            futex_unlock_pair(pair->bucket[0], pair->bucket[1]);
            return -EAGAIN;
        }
        futex_unlock_pair(pair->bucket[0], pair->bucket[1]);
        if (get_user(value, from))
            return -EFAULT;
    }
}

/* A waiter in the same bucket keeps its place and only gets the new key. */
static void requeue_one(struct futex_waiter *waiter, const struct pair *pair)
{
    waiter->key = pair->key[1];
    if (pair->bucket[0] == pair->bucket[1])
        return;
    list_del(&waiter->link);
    futex_enqueue(pair->bucket[1], waiter);
}

int futex_requeue(u32 __user *from, u32 __user *to, bool shared, int nr_wake, int nr_requeue,
                  const u32 *expected)
{
    struct wake_batch batch = {0};
    struct futex_waiter *waiter, *next;
    struct pair pair;
    s64 count = 0;
    int error;

    if (nr_wake < 0 || nr_requeue < 0)
        return -EINVAL;
    error = pair_get(from, to, shared, &pair);
    if (!error)
        error = lock_if_expected(&pair, from, expected);
    if (error)
        return error;
    list_for_each_entry_safe (waiter, next, &pair.bucket[0]->waiters, link) {
        if (count == (s64)nr_wake + nr_requeue)
            break;
        if (!futex_key_equal(&waiter->key, &pair.key[0]))
            continue;
        if (count++ < nr_wake)
            futex_wake_one(waiter, &batch);
        else
            requeue_one(waiter, &pair);
    }
    futex_unlock_pair(pair.bucket[0], pair.bucket[1]);
    wake_batch_run(&batch);
    return (int)count;
}

/* --- FUTEX_WAKE_OP --- */

/* The third parameter of the call: operation, comparison, and an argument of 12 bits for each. */
struct wake_op {
    unsigned int op, comparison;
    s32 op_arg, comparison_arg;
};

static s32 sign_extend_12(u32 bits)
{
    return (s32)(bits << 20) >> 20;
}

static int wake_op_decode(u32 code, struct wake_op *out)
{
    out->op = code >> 28 & 7;
    out->comparison = code >> 24 & 15;
    out->op_arg = sign_extend_12(code >> 12 & 0xfff);
    out->comparison_arg = sign_extend_12(code & 0xfff);
    if (code >> 28 & FUTEX_OP_OPARG_SHIFT)
        out->op_arg = (s32)(1U << (out->op_arg & 31));
    return out->op > FUTEX_OP_XOR || out->comparison > FUTEX_OP_CMP_GE ? -ENOSYS : 0;
}

static u32 wake_op_apply(const struct wake_op *op, u32 old)
{
    u32 arg = (u32)op->op_arg;

    switch (op->op) {
    case FUTEX_OP_SET: return arg;
    case FUTEX_OP_ADD: return old + arg;
    case FUTEX_OP_OR: return old | arg;
    case FUTEX_OP_ANDN: return old & ~arg;
    default: return old ^ arg;
    }
}

static bool wake_op_compare(const struct wake_op *op, u32 old)
{
    s32 value = (s32)old, arg = op->comparison_arg;

    switch (op->comparison) {
    case FUTEX_OP_CMP_EQ: return value == arg;
    case FUTEX_OP_CMP_NE: return value != arg;
    case FUTEX_OP_CMP_LT: return value < arg;
    case FUTEX_OP_CMP_LE: return value <= arg;
    case FUTEX_OP_CMP_GT: return value > arg;
    default: return value >= arg;
    }
}

/* One atomic change of the word, without sleeping. -EFAULT: its page must be brought in. */
static int wake_op_on_word(const struct wake_op *op, u32 __user *address, u32 *old)
{
    u32 expected;
    int error = futex_read_nofault(old, address);

    pagefault_disable();
    while (!error) {
        expected = *old;
        error = cmpxchg_user32(address, old, wake_op_apply(op, expected));
        if (!error && *old == expected)
            break;
    }
    pagefault_enable();
    return error;
}

int futex_wake_op(u32 __user *first, u32 __user *second, bool shared, int nr, int nr_second,
                  u32 code)
{
    struct wake_batch batch = {0};
    struct wake_op op;
    struct pair pair;
    u32 old;
    int woken, error = pair_get(first, second, shared, &pair);

    if (!error)
        error = wake_op_decode(code, &op);
    if (error)
        return error;
    for (;;) {
        futex_lock_pair(pair.bucket[0], pair.bucket[1]);
        if (!wake_op_on_word(&op, second, &old))
            break;
        futex_unlock_pair(pair.bucket[0], pair.bucket[1]);
        error = futex_fault_in_writable(second);
        if (error)
            return error;
        if (fatal_signal_pending(current))
            return -EINTR;
        cond_resched();
    }
    woken = futex_wake_locked(pair.bucket[0], &pair.key[0], nr, FUTEX_BITSET_MATCH_ANY, &batch);
    if (wake_op_compare(&op, old))
        woken += futex_wake_locked(pair.bucket[1], &pair.key[1], nr_second, FUTEX_BITSET_MATCH_ANY,
                                   &batch);
    futex_unlock_pair(pair.bucket[0], pair.bucket[1]);
    wake_batch_run(&batch);
    return woken;
}
