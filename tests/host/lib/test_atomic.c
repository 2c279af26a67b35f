// SPDX-License-Identifier: MIT
// sources: kernel/lib/refcount.c
/* Atomics: what each returns, and that nothing is lost between threads; counts that cannot wrap. */
#include <kernel/lib/atomic.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/refcount.h>
#include <kernel/base/panic.h>
#include <pthread.h>
#include "ktap.h"
#include "shim/panic.h"

TEST(operations_return_what_they_promise)
{
    atomic_t v = ATOMIC_INIT(5);
    atomic64_t w = ATOMIC64_INIT(1LL << 40);
    int old = 0;

    EXPECT_EQ(atomic_add_return(3, &v), 8);
    EXPECT_EQ(atomic_fetch_sub(2, &v), 8);
    EXPECT_EQ(atomic_xchg(&v, 1), 6);
    EXPECT_EQ(atomic_cmpxchg(&v, 2, 9), 1);
    EXPECT_EQ(atomic_cmpxchg(&v, 1, 9), 1);
    EXPECT_FALSE(atomic_try_cmpxchg(&v, &old, 3));
    EXPECT_EQ(old, 9);
    EXPECT_TRUE(atomic_add_unless(&v, 1, 8));
    EXPECT_FALSE(atomic_add_unless(&v, 1, 10));
    EXPECT_EQ(atomic_read(&v), 10);
    atomic_set(&v, 1);
    EXPECT_TRUE(atomic_dec_and_test(&v));
    EXPECT_FALSE(atomic_inc_not_zero(&v));
    EXPECT_EQ(atomic_dec_if_positive(&v), -1);
    EXPECT_EQ(atomic_read(&v), 0);
    EXPECT_TRUE(atomic_add_negative(-1, &v));
    EXPECT_EQ(atomic_fetch_or(6, &v), -1);
    EXPECT_EQ(atomic64_inc_return(&w), (1LL << 40) + 1);
}

#define LOOPS 100000
static atomic_t counter;
static unsigned long bits[2];
static int bit_holders, bit_clashes;

static void *work(void *unused)
{
    for (int i = 0; i < LOOPS; i++) {
        atomic_inc(&counter);
        if (!test_and_set_bit(70, bits)) {
            if (__atomic_add_fetch(&bit_holders, 1, __ATOMIC_RELAXED) != 1)
                __atomic_add_fetch(&bit_clashes, 1, __ATOMIC_RELAXED);
            __atomic_sub_fetch(&bit_holders, 1, __ATOMIC_RELAXED);
            clear_bit_unlock(70, bits);
        }
    }
    return NULL;
}

TEST(nothing_is_lost_between_threads)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    EXPECT_EQ(atomic_read(&counter), 4 * LOOPS);
    EXPECT_EQ(bit_clashes, 0);
    EXPECT_EQ(bits[1], 0);
}

TEST(a_reference_count_ends_once)
{
    refcount_t r = REFCOUNT_INIT(1);

    refcount_inc(&r);
    EXPECT_TRUE(refcount_inc_not_zero(&r));
    EXPECT_FALSE(refcount_dec_and_test(&r));
    EXPECT_TRUE(refcount_dec_not_one(&r));
    EXPECT_FALSE(refcount_dec_not_one(&r));
    EXPECT_TRUE(refcount_dec_and_test(&r));
    EXPECT_FALSE(refcount_inc_not_zero(&r));
}

TEST(a_misused_reference_count_saturates_and_reports)
{
    refcount_t r = REFCOUNT_INIT(0x7fffffff);
    unsigned int before = warn_count();

    shim_expect_warnings(10);
    refcount_inc(&r);
    EXPECT_EQ(refcount_read(&r), REFCOUNT_SATURATED);
    EXPECT_FALSE(refcount_dec_and_test(&r));
    refcount_set(&r, 0);
    refcount_inc(&r);
    EXPECT_EQ(refcount_read(&r), REFCOUNT_SATURATED);
    refcount_set(&r, 0);
    EXPECT_FALSE(refcount_dec_and_test(&r));
    EXPECT_EQ(refcount_read(&r), REFCOUNT_SATURATED);
    EXPECT_TRUE(warn_count() > before);
}
