// SPDX-License-Identifier: MIT
// Timers that send signals: alarm, setitimer, timer_create, and the limit on processor time.
// cflags: -Wno-unused-parameter
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include "ktap.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id __sev_fields.sigev_notify_thread_id
#endif

static volatile int ticks;
static siginfo_t last;

static void tick(int sig, siginfo_t *info, void *context)
{
    ticks++;
    last = *info;
}

static void catch (int sig)
{
    struct sigaction sa = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO};

    sigaction(sig, &sa, NULL);
}

static long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Sleeps so long, whatever interrupts. */
static void pass_ms(long ms)
{
    long end = now_ms() + ms;

    while (now_ms() < end) {
        struct timespec ts = {0, 1000000};
        nanosleep(&ts, NULL);
    }
}

/* Computes until so much processor time has gone. */
static void burn_ms(long ms)
{
    struct timespec ts;
    volatile unsigned long n = 0;

    do {
        for (int i = 0; i < 2000000; i++)
            n++;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    } while (ts.tv_sec * 1000 + ts.tv_nsec / 1000000 < ms);
}

TEST(alarm_rings_once_and_tells_what_was_left)
{
    catch (SIGALRM);
    alarm(0); /* the test's own time limit */
    EXPECT_EQ(alarm(100), 0);
    EXPECT_EQ(alarm(1), 100);
    pass_ms(1300);
    EXPECT_EQ(ticks, 1);
    EXPECT_EQ(alarm(0), 0);
    EXPECT_EQ(last.si_code, SI_KERNEL);
}

TEST(real_timer_repeats_until_it_is_stopped)
{
    struct itimerval it = {{0, 20000}, {0, 20000}}, old, none = {{0, 0}, {0, 0}};
    int before;

    catch (SIGALRM);
    long started = now_ms();
    ASSERT_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
    pass_ms(250);
    EXPECT_GE(ticks, 3); /* a busy machine may miss some, but there are never too many */
    EXPECT_LE(ticks, (now_ms() - started) / 20 + 1);
    ASSERT_EQ(getitimer(ITIMER_REAL, &old), 0);
    EXPECT_EQ(old.it_interval.tv_usec, 20000);
    EXPECT_LE(old.it_value.tv_usec, 20000);
    ASSERT_EQ(setitimer(ITIMER_REAL, &none, &old), 0);
    before = ticks;
    pass_ms(60);
    EXPECT_EQ(ticks, before);
    ASSERT_EQ(getitimer(ITIMER_REAL, &old), 0);
    EXPECT_EQ(old.it_value.tv_sec + old.it_value.tv_usec, 0);
}

TEST(bad_values_are_refused)
{
    struct itimerval it = {{0, 0}, {0, 1000000}}, negative = {{0, 0}, {-1, 0}};

    EXPECT_EQ(setitimer(ITIMER_REAL, &it, NULL), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(setitimer(ITIMER_REAL, &negative, NULL), -1);
    EXPECT_EQ(setitimer(7, &it, NULL), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(getitimer(7, &it), -1);
}

TEST(virtual_timer_counts_user_time)
{
    struct itimerval it = {{0, 10000}, {0, 10000}};

    catch (SIGVTALRM);
    ASSERT_EQ(setitimer(ITIMER_VIRTUAL, &it, NULL), 0);
    pass_ms(60);
    EXPECT_LE(ticks, 3);
    ticks = 0;
    burn_ms(200);
    EXPECT_GE(ticks, 5);
}

TEST(profiling_timer_counts_all_time)
{
    struct itimerval it = {{0, 10000}, {0, 10000}};

    catch (SIGPROF);
    ASSERT_EQ(setitimer(ITIMER_PROF, &it, NULL), 0);
    burn_ms(200);
    EXPECT_GE(ticks, 5);
}

TEST(children_do_not_inherit_timers_and_programs_keep_them)
{
    struct itimerval it = {{0, 0}, {100, 0}}, now;
    int status;

    ASSERT_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
    if (fork() == 0) {
        getitimer(ITIMER_REAL, &now);
        _exit(now.it_value.tv_sec ? 1 : 0);
    }
    wait(&status);
    EXPECT_EQ(status, 0);
    EXPECT_NE(alarm(0), 0);
}

/* --- POSIX timers --- */

static timer_t make(int clock, int notify, int sig)
{
    struct sigevent ev = {.sigev_notify = notify, .sigev_signo = sig, .sigev_value.sival_int = 77};
    timer_t timer = NULL;

    if (timer_create(clock, &ev, &timer))
        KTAP_FAIL("timer_create: %s", strerror(errno));
    return timer;
}

static void start(timer_t timer, int flags, long first_ms, long every_ms)
{
    struct itimerspec its = {{every_ms / 1000, every_ms % 1000 * 1000000},
                             {first_ms / 1000, first_ms % 1000 * 1000000}};

    if (timer_settime(timer, flags, &its, NULL))
        KTAP_FAIL("timer_settime: %s", strerror(errno));
}

TEST(a_timer_sends_its_signal_with_its_value)
{
    timer_t timer;

    catch (SIGRTMIN + 1);
    timer = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1);
    start(timer, 0, 30, 0);
    pass_ms(100);
    EXPECT_EQ(ticks, 1);
    EXPECT_EQ(last.si_code, SI_TIMER);
    EXPECT_EQ(last.si_value.sival_int, 77);
    EXPECT_EQ(last.si_overrun, 0);
    EXPECT_EQ(timer_delete(timer), 0);
    EXPECT_EQ(syscall(SYS_timer_delete, timer), -1);
    EXPECT_EQ(errno, EINVAL);
}

TEST(without_an_event_it_is_sigalrm)
{
    timer_t timer;

    catch (SIGALRM);
    ASSERT_EQ(timer_create(CLOCK_REALTIME, NULL, &timer), 0);
    start(timer, 0, 10, 0);
    pass_ms(50);
    EXPECT_EQ(ticks, 1);
}

TEST(absolute_times_are_times_of_the_clock)
{
    struct timespec now;
    struct itimerspec its = {};
    timer_t timer;
    long before = now_ms();

    catch (SIGUSR1);
    timer = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1);
    clock_gettime(CLOCK_REALTIME, &now);
    its.it_value = now;
    its.it_value.tv_nsec += 100000000;
    if (its.it_value.tv_nsec >= 1000000000) {
        its.it_value.tv_nsec -= 1000000000;
        its.it_value.tv_sec++;
    }
    ASSERT_EQ(timer_settime(timer, TIMER_ABSTIME, &its, NULL), 0);
    while (!ticks && now_ms() < before + 20000)
        pass_ms(1);
    EXPECT_GE(now_ms() - before, 98);
    EXPECT_EQ(ticks, 1);
    /* What is past rings at once. */
    ticks = 0;
    its.it_value.tv_sec -= 10;
    ASSERT_EQ(timer_settime(timer, TIMER_ABSTIME, &its, NULL), 0);
    pass_ms(30);
    EXPECT_EQ(ticks, 1);
}

TEST(what_is_missed_is_counted_as_overrun)
{
    sigset_t set;
    siginfo_t info;
    timer_t timer = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    long started = now_ms();
    start(timer, 0, 10, 10);
    pass_ms(105);
    ASSERT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    EXPECT_GE(info.si_overrun, 7);
    EXPECT_LE(info.si_overrun, (now_ms() - started) / 10);
    EXPECT_EQ(timer_getoverrun(timer), info.si_overrun);
    ASSERT_EQ(sigwaitinfo(&set, &info), SIGUSR1);
}

TEST(a_timer_that_tells_nobody_can_be_asked)
{
    struct itimerspec its;
    timer_t timer = make(CLOCK_BOOTTIME, SIGEV_NONE, 0);

    start(timer, 0, 60000, 0);
    pass_ms(20);
    ASSERT_EQ(timer_gettime(timer, &its), 0);
    EXPECT_LT(its.it_value.tv_sec, 60);
    EXPECT_GT(its.it_value.tv_sec, 20);
    start(timer, 0, 5, 0);
    pass_ms(20);
    ASSERT_EQ(timer_gettime(timer, &its), 0);
    EXPECT_EQ(its.it_value.tv_nsec, 0);
}

static volatile int got_tid;

static void tick_thread(int sig, siginfo_t *info, void *context)
{
    ticks++;
    got_tid = (int)syscall(SYS_gettid);
}

static void *thread_with_timer(void *arg)
{
    struct sigevent ev = {.sigev_notify = 4 /* SIGEV_THREAD_ID */, .sigev_signo = SIGUSR1};
    timer_t timer;

    ev.sigev_notify_thread_id = (int)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &ev, &timer))
        return (void *)1;
    start(timer, 0, 20, 0);
    pass_ms(80);
    return (void *)(long)(got_tid == (int)syscall(SYS_gettid) ? 0 : 2);
}

TEST(a_timer_can_signal_one_thread)
{
    struct sigaction sa = {.sa_sigaction = tick_thread, .sa_flags = SA_SIGINFO};
    pthread_t thread;
    void *result;

    sigaction(SIGUSR1, &sa, NULL);
    pthread_create(&thread, NULL, thread_with_timer, NULL);
    pthread_join(thread, &result);
    EXPECT_EQ((long)result, 0);
    EXPECT_EQ(ticks, 1);
}

TEST(many_timers_come_and_go)
{
    timer_t timers[200];

    catch (SIGUSR1);
    for (int i = 0; i < 200; i++) {
        timers[i] = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
        /* 5,000 signals a second: a kernel that checks itself must keep up, or nothing else runs.
         */
        start(timers[i], 0, 1 + i % 20, 40);
    }
    pass_ms(100);
    for (int i = 0; i < 200; i++)
        EXPECT_EQ(timer_delete(timers[i]), 0);
    ticks = 0;
    pass_ms(30);
    EXPECT_EQ(ticks, 0);
}

TEST(bad_timers_are_refused)
{
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 99};
    struct itimerspec its = {{0, 0}, {0, 1000000000}};
    timer_t timer;
    int id;

    EXPECT_EQ(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id), -1);
    EXPECT_EQ(errno, EINVAL);
    ev.sigev_signo = SIGUSR1;
    ev.sigev_notify = 55;
    EXPECT_EQ(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id), -1);
    EXPECT_EQ(errno, EINVAL);
    ev.sigev_notify = SIGEV_SIGNAL;
    EXPECT_EQ(syscall(SYS_timer_create, 1234, &ev, &id), -1);
    EXPECT_EQ(errno, EINVAL);
    timer = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
    EXPECT_EQ(timer_settime(timer, 0, &its, NULL), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(syscall(SYS_timer_gettime, 4242, &its), -1);
    EXPECT_EQ(errno, EINVAL);
}

/* --- the limit --- */

TEST(processor_time_has_a_limit)
{
    struct rlimit limit = {1, 2};
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        catch (SIGXCPU);
        setrlimit(RLIMIT_CPU, &limit);
        for (;;)
            ;
    }
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
}
