// SPDX-License-Identifier: MIT
/* The lock-order checker and the check for sleeping in atomic context: each is provoked here. */
#include <kernel/base/ktest.h>
#include <kernel/debug/report.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/completion.h>
#include <kernel/sync/mutex.h>
#include <kernel/sync/rwsem.h>
#include <kernel/time/clock.h>
#include <kernel/time/timer.h>

static DEFINE_SPINLOCK(first);
static DEFINE_SPINLOCK(second);
static DEFINE_MUTEX(ring_a);
static DEFINE_MUTEX(ring_b);
static DEFINE_RWSEM(ring_c);
static DEFINE_MUTEX(try_a);
static DEFINE_MUTEX(try_b);
static DEFINE_RWSEM(twice);
static DEFINE_SPINLOCK(foreign);
static DEFINE_SPINLOCK(plain);
static DEFINE_MUTEX(held);

static void expect_report(struct ktest *t, const char *text)
{
    KTEST_EXPECT_EQ(t, report_expected(), 1);
    KTEST_EXPECT(t, report_last_has(text));
}

static void two_spinlocks_in_both_orders_are_reported(struct ktest *t)
{
    spin_lock(&first);
    spin_lock(&second);
    spin_unlock(&second);
    spin_unlock(&first);
    report_expect(REPORT_LOCK_ORDER);
    spin_lock(&second);
    spin_lock(&first);
    spin_unlock(&first);
    spin_unlock(&second);
    expect_report(t, "inversion: \"first\" is wanted while \"second\" is held");
    /* Said once. */
    report_expect(REPORT_LOCK_ORDER);
    spin_lock(&second);
    spin_lock(&first);
    spin_unlock(&first);
    spin_unlock(&second);
    KTEST_EXPECT_EQ(t, report_expected(), 0);
}

static void a_ring_of_three_is_reported(struct ktest *t)
{
    mutex_lock(&ring_a);
    mutex_lock(&ring_b);
    mutex_unlock(&ring_b);
    mutex_unlock(&ring_a);
    mutex_lock(&ring_b);
    rwsem_read_lock(&ring_c);
    rwsem_read_unlock(&ring_c);
    mutex_unlock(&ring_b);
    report_expect(REPORT_LOCK_ORDER);
    rwsem_read_lock(&ring_c);
    mutex_lock(&ring_a);
    mutex_unlock(&ring_a);
    rwsem_read_unlock(&ring_c);
    expect_report(t, "inversion: \"ring_a\" is wanted while \"ring_c\" is held");
}

static void trying_makes_no_order(struct ktest *t)
{
    mutex_lock(&try_a);
    mutex_lock(&try_b);
    mutex_unlock(&try_b);
    mutex_unlock(&try_a);
    mutex_lock(&try_b);
    if (KTEST_EXPECT(t, mutex_trylock(&try_a)))
        mutex_unlock(&try_a);
    mutex_unlock(&try_b);
}

struct twin {
    spinlock_t lock;
};

static void twin_init(struct twin *twin)
{
    spin_lock_init(&twin->lock);
}

static void two_of_a_class_need_a_subclass(struct ktest *t)
{
    struct twin one, two;

    twin_init(&one);
    twin_init(&two);
    spin_lock(&one.lock);
    spin_lock_nested(&two.lock, 1);
    spin_unlock(&two.lock);
    spin_unlock(&one.lock);
    report_expect(REPORT_LOCK_ORDER);
    spin_lock(&one.lock);
    spin_lock(&two.lock);
    spin_unlock(&two.lock);
    spin_unlock(&one.lock);
    expect_report(t, "without an order");
}

static void reading_twice_is_reported(struct ktest *t)
{
    report_expect(REPORT_LOCK_ORDER);
    rwsem_read_lock(&twice);
    rwsem_read_lock(&twice);
    rwsem_read_unlock(&twice);
    rwsem_read_unlock(&twice);
    expect_report(t, "is wanted by who holds it");
}

static void a_foreign_release_is_reported(struct ktest *t)
{
    report_expect(REPORT_LOCK_ORDER);
    preempt_disable();
    raw_spin_lock(&foreign); /* behind the checker's back */
    spin_unlock(&foreign);
    expect_report(t, "is released by who does not hold it");
}

static spinlock_t in_interrupts;
static bool fired;

static bool take_in_interrupt(struct timer *timer)
{
    spin_lock(&in_interrupts);
    spin_unlock(&in_interrupts);
    WRITE_ONCE(fired, true);
    return false;
}

static void take_in_timer(unsigned int flags)
{
    struct timer timer;

    WRITE_ONCE(fired, false);
    timer_init(&timer, take_in_interrupt, flags);
    timer_start(&timer, ktime_ns() + NSEC_PER_MSEC);
    while (!READ_ONCE(fired))
        msleep(1);
    timer_cancel(&timer);
}

static void a_lock_of_interrupts_taken_with_them_on_is_reported(struct ktest *t)
{
    spin_lock_init(&in_interrupts);
    take_in_timer(TIMER_HARDIRQ);
    report_expect(REPORT_LOCK_ORDER);
    spin_lock(&in_interrupts);
    spin_unlock(&in_interrupts);
    expect_report(t, "is taken in interrupts");
}

static void the_same_for_softirqs(struct ktest *t)
{
    spin_lock_init(&in_interrupts);
    take_in_timer(0);
    spin_lock_bh(&in_interrupts);
    spin_unlock_bh(&in_interrupts);
    report_expect(REPORT_LOCK_ORDER);
    spin_lock(&in_interrupts);
    spin_unlock(&in_interrupts);
    expect_report(t, "is taken in softirqs");
}

static void a_lock_of_interrupts_over_a_plain_one_is_reported(struct ktest *t)
{
    spin_lock_init(&in_interrupts);
    take_in_timer(TIMER_HARDIRQ);
    spin_lock(&plain);
    spin_unlock(&plain);
    report_expect(REPORT_LOCK_ORDER);
    spin_lock_irq(&in_interrupts);
    spin_lock(&plain);
    spin_unlock(&plain);
    spin_unlock_irq(&in_interrupts);
    expect_report(t, "is taken in interrupts");
}

static void held_locks_are_known(struct ktest *t)
{
    KTEST_EXPECT(t, !lock_order_held(&held));
    mutex_lock(&held);
    KTEST_EXPECT(t, lock_order_held(&held));
    mutex_unlock(&held);
    KTEST_EXPECT(t, !lock_order_held(&held));
}

static void sleeping_with_preemption_off_is_reported(struct ktest *t)
{
    void *object;

    report_expect(REPORT_SLEEP);
    preempt_disable();
    might_sleep();
    preempt_enable();
    expect_report(t, "debug_locks.c");
    report_expect(REPORT_SLEEP);
    local_irq_disable();
    might_sleep();
    local_irq_enable();
    expect_report(t, "interrupts off");
    object = kmalloc(32, GFP_KERNEL);
    kfree(object);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(two_spinlocks_in_both_orders_are_reported),
    KTEST_CASE(a_ring_of_three_is_reported),
    KTEST_CASE(trying_makes_no_order),
    KTEST_CASE(two_of_a_class_need_a_subclass),
    KTEST_CASE(reading_twice_is_reported),
    KTEST_CASE(a_foreign_release_is_reported),
    KTEST_CASE(a_lock_of_interrupts_taken_with_them_on_is_reported),
    KTEST_CASE(the_same_for_softirqs),
    KTEST_CASE(a_lock_of_interrupts_over_a_plain_one_is_reported),
    KTEST_CASE(held_locks_are_known),
    KTEST_CASE(sleeping_with_preemption_off_is_reported),
    {},
};
KTEST_SUITE(debug_locks, cases);
