// SPDX-License-Identifier: MIT
/*
 * The clocks. Monotonic time is the TSC since the start, scaled by a 32.32 fixed-point factor in
 * one 128-bit multiplication; it needs no update and no lock. Real time is monotonic time plus an
 * offset, under a sequence lock because it can be set.
 *
 * Before the rate is known (tsc_init) ktime_ns() is 0.
 */
#include <kernel/time/clock.h>

#include <abi/linux/errno.h>
#include <kernel/arch/vdso_data.h>
#include <kernel/base/log.h>
#include <kernel/lib/math64.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/seqlock.h>
#include <kernel/time/event.h>
#include <kernel/time/start.h>

static u64 tsc_start __ro_after_init;
static u64 ns_per_cycle_fp __ro_after_init; /* 32.32 */
static DEFINE_SEQLOCK(real_lock);
static s64 real_offset_ns; /* real_lock */

void __init clock_start(u64 first_tsc)
{
    tsc_start = first_tsc;
    ns_per_cycle_fp = (1000000ULL << 32) / tsc_khz();
    vdso_update(tsc_start, ns_per_cycle_fp, real_offset_ns);
}

u64 tsc_to_ns(u64 cycles)
{
    return mul_shift_u64(cycles, ns_per_cycle_fp, 32);
}

u64 ns_to_tsc(u64 ns)
{
    return mul_div_u64(ns, tsc_khz(), 1000000);
}

u64 ktime_ns(void)
{
    return tsc_to_ns(tsc_read() - tsc_start);
}

u64 ktime_boot_ns(void)
{
    return ktime_ns();
}

u64 sched_clock_ns(void)
{
    return ktime_ns();
}

s64 ktime_real_ns(void)
{
    s64 offset;
    u32 seq;

    do {
        seq = read_seqbegin(&real_lock);
        offset = real_offset_ns;
    } while (read_seqretry(&real_lock, seq));
    return (s64)ktime_ns() + offset;
}

struct timespec64 ktime_real(void)
{
    return ns_to_timespec64(ktime_real_ns());
}

struct timespec64 ktime_real_coarse(void)
{
    return ktime_real();
}

int clock_set_real(const struct timespec64 *ts)
{
    unsigned long flags;

    if (!timespec64_valid(ts) || ts->tv_sec > INT64_MAX / NSEC_PER_SEC - 1)
        return -EINVAL;
    write_seqlock_irqsave(&real_lock, flags);
    real_offset_ns = timespec64_to_ns(ts) - (s64)ktime_ns();
    vdso_update(tsc_start, ns_per_cycle_fp, real_offset_ns);
    write_sequnlock_irqrestore(&real_lock, flags);
    return 0;
}

void ndelay(unsigned long ns)
{
    u64 end = ktime_ns() + ns;

    while (ktime_ns() < end)
        cpu_relax();
}

void udelay(unsigned long us)
{
    ndelay(us * NSEC_PER_USEC);
}

void sleep_ns(u64 ns)
{
    u64 deadline = ktime_ns() + ns;

    do {
        set_current_state(TASK_UNINTERRUPTIBLE);
    } while (schedule_until_ns(deadline) && ktime_ns() < deadline);
}
