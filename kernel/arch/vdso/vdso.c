// SPDX-License-Identifier: MIT
/*
 * The vDSO (vdso(7)): a shared object that the kernel maps into every program, so that reading a
 * clock is a function call. Compiled for user mode and linked by itself; sees only the data page,
 * which the kernel maps right below it.
 */
#include <kernel/arch/vdso_data.h>

#define CLOCK_REALTIME         0
#define CLOCK_MONOTONIC        1
#define CLOCK_MONOTONIC_RAW    4
#define CLOCK_REALTIME_COARSE  5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME         7
#define CLOCK_TAI              11
#define NS_PER_S               1000000000ULL

#define SYS_gettimeofday  96
#define SYS_clock_gettime 228
#define SYS_clock_getres  229
#define SYS_getcpu        309

struct vdso_timespec {
    s64 sec, nsec;
};
struct vdso_timeval {
    s64 sec, usec;
};

int __vdso_clock_gettime(int clock, struct vdso_timespec *ts);
int __vdso_clock_getres(int clock, struct vdso_timespec *ts);
int __vdso_gettimeofday(struct vdso_timeval *tv, void *tz);
s64 __vdso_time(s64 *t);
long __vdso_getcpu(u32 *cpu, u32 *node, void *unused);

static long call_kernel(long nr, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(nr), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

/* Nanoseconds of monotonic or real time. */
static u64 read_clock(bool real)
{
    const struct vdso_data *data = &vdso_data;
    u32 sequence;
    u64 ns;

    do {
        sequence = READ_ONCE(data->sequence);
        barrier();
        ns = (u64)(((unsigned __int128)(__builtin_ia32_rdtsc() - data->tsc_start) *
                    data->ns_per_cycle_fp) >>
                   32);
        if (real)
            ns += (u64)data->real_offset_ns;
        barrier();
    } while (unlikely(sequence & 1 || READ_ONCE(data->sequence) != sequence));
    return ns;
}

int __vdso_clock_gettime(int clock, struct vdso_timespec *ts)
{
    bool real;
    u64 ns;

    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI: real = true; break;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: real = false; break;
    default: return (int)call_kernel(SYS_clock_gettime, clock, (long)ts, 0);
    }
    ns = read_clock(real);
    ts->sec = (s64)(ns / NS_PER_S);
    ts->nsec = (s64)(ns % NS_PER_S);
    return 0;
}

int __vdso_clock_getres(int clock, struct vdso_timespec *ts)
{
    return (int)call_kernel(SYS_clock_getres, clock, (long)ts, 0);
}

int __vdso_gettimeofday(struct vdso_timeval *tv, void *tz)
{
    u64 ns;

    if (unlikely(tz))
        return (int)call_kernel(SYS_gettimeofday, (long)tv, (long)tz, 0);
    ns = read_clock(true);
    if (tv) {
        tv->sec = (s64)(ns / NS_PER_S);
        tv->usec = (s64)(ns % NS_PER_S / 1000);
    }
    return 0;
}

s64 __vdso_time(s64 *t)
{
    s64 now = (s64)(read_clock(true) / NS_PER_S);

    if (t)
        *t = now;
    return now;
}

long __vdso_getcpu(u32 *cpu, u32 *node, void *unused)
{
    u32 low, high, aux;

    if (!vdso_data.has_rdtscp)
        return call_kernel(SYS_getcpu, (long)cpu, (long)node, 0);
    __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux));
    if (cpu)
        *cpu = aux;
    if (node)
        *node = 0;
    return 0;
}

/* The names without prefix, for programs that look those up. */
#define ALIAS(name) __attribute__((weak, alias("__vdso_" #name)))
int clock_gettime(int clock, struct vdso_timespec *ts) ALIAS(clock_gettime);
int clock_getres(int clock, struct vdso_timespec *ts) ALIAS(clock_getres);
int gettimeofday(struct vdso_timeval *tv, void *tz) ALIAS(gettimeofday);
s64 time(s64 *t) ALIAS(time);
long getcpu(u32 *cpu, u32 *node, void *unused) ALIAS(getcpu);
