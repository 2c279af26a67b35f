// SPDX-License-Identifier: MIT
/* The library where only the kernel can test it: its own memory functions, several CPUs at once,
 * RCU. */
#include <kernel/arch/percpu.h>
#include <kernel/base/ktest.h>
#include <kernel/err.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/crc32c.h>
#include <kernel/lib/string.h>
#include <kernel/lib/xarray.h>
#include <kernel/mm/gfp.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/completion.h>
#include <kernel/sync/rcu.h>

#define MAX_THREADS 8
#define LOOPS       20000

/* What the threads of one case share. */
struct shared {
    struct ktest *t;
    atomic_t ready, left;
    atomic_t sum;
    atomic64_t sum64;
    unsigned long bits[2];
    int holders;
    unsigned int clashes;
    struct xarray xa;
    bool stop;
    struct completion done;
};

/* Waits until all threads of the case are there, so that they really run at once. */
static void line_up(struct shared *s)
{
    atomic_dec(&s->ready);
    while (atomic_read(&s->ready) > 0)
        cond_resched();
}

static void leave(struct shared *s)
{
    if (atomic_dec_and_test(&s->left))
        complete(&s->done);
}

/* Runs @fn in one thread for each CPU (two at least) and waits for all. */
static void run_threads(struct ktest *t, struct shared *s, int (*fn)(void *))
{
    unsigned int threads = clamp(nr_cpus, 2U, (unsigned int)MAX_THREADS), started = 0;

    s->t = t;
    atomic_set(&s->ready, threads);
    atomic_set(&s->left, threads);
    completion_init(&s->done);
    for (unsigned int i = 0; i < threads; i++) {
        struct task *task = kthread_run(fn, s, "ktest/%u", i);

        if (KTEST_EXPECT(t, !IS_ERR(task)))
            started++;
    }
    /* Threads that could not be made leave at once. */
    for (unsigned int i = started; i < threads; i++) {
        atomic_dec(&s->ready);
        leave(s);
    }
    wait_for_completion(&s->done);
}

static int count_up(void *arg)
{
    struct shared *s = arg;

    line_up(s);
    for (int i = 0; i < LOOPS; i++) {
        atomic_inc(&s->sum);
        atomic64_add(1LL << 33, &s->sum64);
        if (!test_and_set_bit(65, s->bits)) {
            if (__atomic_add_fetch(&s->holders, 1, __ATOMIC_RELAXED) != 1)
                __atomic_add_fetch(&s->clashes, 1, __ATOMIC_RELAXED);
            __atomic_sub_fetch(&s->holders, 1, __ATOMIC_RELAXED);
            clear_bit_unlock(65, s->bits);
        }
    }
    leave(s);
    return 0;
}

static void atomics_lose_nothing_between_cpus(struct ktest *t)
{
    static struct shared s;
    int threads = clamp(nr_cpus, 2U, (unsigned int)MAX_THREADS);

    s = (struct shared){};
    run_threads(t, &s, count_up);
    KTEST_EXPECT_EQ(t, atomic_read(&s.sum), threads * LOOPS);
    KTEST_EXPECT_EQ(t, atomic64_read(&s.sum64), (s64)threads * LOOPS << 33);
    KTEST_EXPECT_EQ(t, s.clashes, 0U);
    KTEST_EXPECT_EQ(t, s.bits[1], 0UL);
}

/* Entries say their own index, so that a reader can tell a wrong one. */
#define XA_INDICES 4096

static int read_xarray(void *arg)
{
    struct shared *s = arg;

    line_up(s);
    for (u64 i = 0; !READ_ONCE(s->stop); i++) {
        u64 index = i * 37 % XA_INDICES, found = index;
        void *entry;

        rcu_read_lock();
        entry = xa_load(&s->xa, index);
        if (entry && xa_to_value(entry) != index)
            KTEST_EXPECT_EQ(s->t, xa_to_value(entry), index);
        entry = xa_find(&s->xa, &found, ~0ULL, XA_PRESENT);
        if (entry && (found < index || xa_to_value(entry) != found))
            KTEST_EXPECT_EQ(s->t, xa_to_value(entry), found);
        rcu_read_unlock();
        cond_resched();
    }
    leave(s);
    return 0;
}

static int write_xarray(void *arg)
{
    struct shared *s = arg;

    /* The first to come writes, the others read. */
    if (test_and_set_bit(0, s->bits))
        return read_xarray(s);
    line_up(s);
    for (int round = 0; round < 20; round++) {
        for (u64 i = 0; i < XA_INDICES; i += 1 + round % 5)
            KTEST_EXPECT(s->t, !xa_is_err(xa_store(&s->xa, i, xa_mk_value(i), GFP_KERNEL)));
        for (u64 i = 0; i < XA_INDICES; i++)
            xa_erase(&s->xa, i);
    }
    WRITE_ONCE(s->stop, true);
    leave(s);
    return 0;
}

static void xarray_readers_see_whole_entries_while_it_changes(struct ktest *t)
{
    static struct shared s;

    s = (struct shared){};
    xa_init(&s.xa);
    run_threads(t, &s, write_xarray);
    KTEST_EXPECT(t, xa_empty(&s.xa));
    rcu_barrier();
}

static void memory_functions_work_on_every_length(struct ktest *t)
{
    u8 *from = kmalloc(512, GFP_KERNEL), *to = kmalloc(512, GFP_KERNEL);

    KTEST_EXPECT(t, from && to);
    for (size_t n = 0; from && to && n < 200; n++) {
        for (int i = 0; i < 512; i++)
            from[i] = i * 7 + n;
        memset(to, 0xee, 512);
        memcpy(to + 3, from + 5, n);
        if (!KTEST_EXPECT(t, memcmp(to + 3, from + 5, n) == 0) ||
            !KTEST_EXPECT(t, !memchr_inv(to + 3 + n, 0xee, 512 - 3 - n)))
            break;
        memmove(to + 4, to + 3, n);
        if (!KTEST_EXPECT(t, memcmp(to + 4, from + 5, n) == 0))
            break;
    }
    kfree(from);
    kfree(to);
}

static void crc32c_of_this_cpu_is_right(struct ktest *t)
{
    KTEST_EXPECT_EQ(t, ~crc32c(~0U, "123456789", 9), 0xe3069283U);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(memory_functions_work_on_every_length),
    KTEST_CASE(crc32c_of_this_cpu_is_right),
    KTEST_CASE(atomics_lose_nothing_between_cpus),
    KTEST_CASE(xarray_readers_see_whole_entries_while_it_changes),
    {},
};
KTEST_SUITE(lib, cases);
