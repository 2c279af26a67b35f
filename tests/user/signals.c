// SPDX-License-Identifier: MIT
// Signals in their finer points: queues and values, masks, waiting, permissions, threads, frames.
// cflags: -Wno-unused-parameter
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include "ktap.h"

static volatile int seen[65], order[64], nr_seen;
static siginfo_t last;

static void note(int sig, siginfo_t *info, void *context)
{
    seen[sig]++;
    order[nr_seen++ % 64] = sig;
    last = *info;
}

static void catch (int sig, int flags)
{
    struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | flags};

    sigaction(sig, &sa, NULL);
}

static void block(int how, int sig)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, sig);
    sigprocmask(how, &set, NULL);
}

static bool is_pending(int sig)
{
    sigset_t set;

    sigpending(&set);
    return sigismember(&set, sig);
}

static void sleep_ms(int ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

    while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
        ;
}

static int wait_status(pid_t pid)
{
    int status = -1;

    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

/* --- what a signal carries --- */

TEST(kill_says_who_sent_it)
{
    catch (SIGUSR1, 0);
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(last.si_signo, SIGUSR1);
    EXPECT_EQ(last.si_code, SI_USER);
    EXPECT_EQ(last.si_pid, getpid());
    EXPECT_EQ(last.si_uid, getuid());
    raise(SIGUSR1);
    EXPECT_EQ(last.si_code, SI_TKILL);
}

TEST(sigqueue_carries_values_in_order)
{
    union sigval value;
    siginfo_t info;
    sigset_t set;

    block(SIG_BLOCK, SIGRTMIN + 1);
    for (int i = 0; i < 5; i++) {
        value.sival_int = 100 + i;
        ASSERT_EQ(sigqueue(getpid(), SIGRTMIN + 1, value), 0);
    }
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(sigwaitinfo(&set, &info), SIGRTMIN + 1);
        EXPECT_EQ(info.si_value.sival_int, 100 + i);
        EXPECT_EQ(info.si_code, SI_QUEUE);
        EXPECT_EQ(info.si_pid, getpid());
    }
    EXPECT_FALSE(is_pending(SIGRTMIN + 1));
}

TEST(standard_signals_do_not_queue)
{
    catch (SIGUSR1, 0);
    block(SIG_BLOCK, SIGUSR1);
    for (int i = 0; i < 5; i++)
        kill(getpid(), SIGUSR1);
    block(SIG_UNBLOCK, SIGUSR1);
    EXPECT_EQ(seen[SIGUSR1], 1);
}

TEST(the_queue_has_a_limit)
{
    struct rlimit limit = {4, 4};
    union sigval value = {.sival_int = 0};
    int sent = 0;

    ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
    block(SIG_BLOCK, SIGRTMIN + 2);
    while (sent < 100 && sigqueue(getpid(), SIGRTMIN + 2, value) == 0)
        sent++;
    EXPECT_LE(sent, 4);
    EXPECT_EQ(errno, EAGAIN);
    /* What kill(2) sends is not refused for that. */
    EXPECT_EQ(kill(getpid(), SIGRTMIN + 2), 0);
}

TEST(lower_numbers_come_first)
{
    catch (SIGUSR1, 0);
    catch (SIGUSR2, 0);
    catch (SIGRTMIN + 3, 0);
    catch (SIGRTMIN + 4, 0);
    sigset_t set, old;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, &old);
    kill(getpid(), SIGRTMIN + 4);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGRTMIN + 3);
    kill(getpid(), SIGUSR1);
    sigprocmask(SIG_SETMASK, &old, NULL);
    /* The frames stack up: the one delivered first runs last. */
    ASSERT_EQ(nr_seen, 4);
    EXPECT_EQ(order[3], SIGUSR1);
    EXPECT_EQ(order[2], SIGUSR2);
    EXPECT_EQ(order[1], SIGRTMIN + 3);
    EXPECT_EQ(order[0], SIGRTMIN + 4);
}

/* --- actions --- */

static volatile int depth, deepest;

static void nest(int sig)
{
    if (++depth > deepest)
        deepest = depth;
    if (deepest < 3 && seen[sig]++ < 2)
        raise(sig);
    depth--;
}

TEST(a_handler_is_not_interrupted_by_its_own_signal)
{
    struct sigaction sa = {.sa_handler = nest};

    sigaction(SIGUSR1, &sa, NULL);
    raise(SIGUSR1);
    EXPECT_EQ(deepest, 1);
    EXPECT_EQ(seen[SIGUSR1], 3);
    sa.sa_flags = SA_NODEFER;
    seen[SIGUSR1] = 0;
    sigaction(SIGUSR1, &sa, NULL);
    raise(SIGUSR1);
    EXPECT_EQ(deepest, 3);
}

TEST(resethand_handles_once)
{
    struct sigaction now;

    catch (SIGUSR1, SA_RESETHAND);
    raise(SIGUSR1);
    EXPECT_EQ(seen[SIGUSR1], 1);
    sigaction(SIGUSR1, NULL, &now);
    EXPECT_TRUE(now.sa_handler == SIG_DFL);
}

TEST(what_is_ignored_from_now_on_is_not_pending)
{
    block(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    EXPECT_TRUE(is_pending(SIGUSR1));
    signal(SIGUSR1, SIG_IGN);
    EXPECT_FALSE(is_pending(SIGUSR1));
    block(SIG_BLOCK, SIGCHLD);
    raise(SIGCHLD);
    EXPECT_TRUE(is_pending(SIGCHLD));
    signal(SIGCHLD, SIG_DFL);
    EXPECT_FALSE(is_pending(SIGCHLD));
}

TEST(bad_numbers_and_sizes_are_refused)
{
    struct sigaction sa = {.sa_handler = SIG_IGN};

    EXPECT_EQ(syscall(SYS_rt_sigaction, 0, NULL, NULL, 8), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), -1);
    EXPECT_EQ(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 16), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(sigaction(SIGKILL, &sa, NULL), -1);
    EXPECT_EQ(sigaction(SIGSTOP, &sa, NULL), -1);
    EXPECT_EQ(sigaction(SIGKILL, NULL, &sa), 0);
    EXPECT_EQ(syscall(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8), -1);
    EXPECT_EQ(errno, EFAULT);
    EXPECT_EQ(syscall(SYS_rt_sigprocmask, 77, (char[8]){}, NULL, 8), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(kill(getpid(), 65), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(kill(getpid(), 0), 0);
    EXPECT_EQ(kill(0x7ffffff0, 0), -1);
    EXPECT_EQ(errno, ESRCH);
    EXPECT_EQ(syscall(SYS_tgkill, getpid(), -1, SIGUSR1), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(syscall(SYS_tgkill, 1, syscall(SYS_gettid), 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

/* --- waiting --- */

static void send_later(int sig, int ms)
{
    pid_t parent = getpid();

    if (fork() == 0) {
        sleep_ms(ms);
        kill(parent, sig);
        _exit(0);
    }
}

TEST(sigsuspend_lets_through_and_puts_the_mask_back)
{
    sigset_t none, now;

    catch (SIGUSR1, 0);
    block(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    sigemptyset(&none);
    EXPECT_EQ(sigsuspend(&none), -1);
    EXPECT_EQ(errno, EINTR);
    EXPECT_EQ(seen[SIGUSR1], 1);
    sigprocmask(SIG_SETMASK, NULL, &now);
    EXPECT_TRUE(sigismember(&now, SIGUSR1));
    send_later(SIGUSR1, 50);
    EXPECT_EQ(sigsuspend(&none), -1);
    EXPECT_EQ(seen[SIGUSR1], 2);
    wait(NULL);
}

TEST(sigtimedwait_gives_up_in_time)
{
    struct timespec limit = {0, 50000000}, zero = {0, 0}, bad = {0, -1}, before, after;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    clock_gettime(CLOCK_MONOTONIC, &before);
    EXPECT_EQ(sigtimedwait(&set, NULL, &limit), -1);
    EXPECT_EQ(errno, EAGAIN);
    clock_gettime(CLOCK_MONOTONIC, &after);
    EXPECT_GE((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec,
              50000000L);
    EXPECT_EQ(sigtimedwait(&set, NULL, &zero), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(sigtimedwait(&set, NULL, &bad), -1);
    EXPECT_EQ(errno, EINVAL);
    send_later(SIGUSR1, 20);
    limit.tv_sec = 10;
    EXPECT_EQ(sigtimedwait(&set, NULL, &limit), SIGUSR1);
    wait(NULL);
    /* Another signal's handler ends the wait. */
    catch (SIGUSR2, 0);
    send_later(SIGUSR2, 20);
    EXPECT_EQ(syscall(SYS_rt_sigtimedwait, &set, NULL, &limit, 8), -1);
    EXPECT_EQ(errno, EINTR);
    EXPECT_EQ(seen[SIGUSR2], 1);
    wait(NULL);
}

TEST(a_waited_for_signal_is_kept_even_if_it_is_ignored_by_default)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (fork() == 0)
        _exit(3);
    siginfo_t info;
    EXPECT_EQ(sigwaitinfo(&set, &info), SIGCHLD);
    EXPECT_EQ(info.si_code, CLD_EXITED);
    EXPECT_EQ(info.si_status, 3);
    wait(NULL);
}

TEST(pause_returns_after_a_handler)
{
    catch (SIGUSR1, SA_RESTART);
    send_later(SIGUSR1, 30);
    EXPECT_EQ(pause(), -1);
    EXPECT_EQ(errno, EINTR);
    wait(NULL);
}

TEST(sleep_goes_on_after_a_stop)
{
    struct timespec ts = {0, 300000000}, before, after;
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        clock_gettime(CLOCK_MONOTONIC, &before);
        int err = nanosleep(&ts, NULL);
        clock_gettime(CLOCK_MONOTONIC, &after);
        long ms =
            (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
        _exit(err == 0 && ms >= 299 ? 0 : 1);
    }
    sleep_ms(50);
    kill(pid, SIGSTOP);
    sleep_ms(50);
    kill(pid, SIGCONT);
    status = wait_status(pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* --- permissions --- */

TEST(other_users_processes_cannot_be_signalled)
{
    pid_t target = fork();
    int status;

    if (target == 0) {
        if (setresuid(1001, 1001, 1001))
            _exit(9);
        for (;;)
            pause();
    }
    sleep_ms(30);
    pid_t sender = fork();
    if (sender == 0) {
        if (setresuid(1002, 1002, 1002))
            _exit(9);
        int ok = kill(target, 0) == -1 && errno == EPERM && kill(target, SIGTERM) == -1 &&
                 errno == EPERM && kill(target, SIGCONT) == 0; /* the same session */
        _exit(ok ? 0 : 1);
    }
    status = wait_status(sender);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(kill(target, SIGKILL), 0);
    status = wait_status(target);
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(nobody_pretends_to_be_the_kernel)
{
    pid_t target = fork();
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_USER};

    if (target == 0) {
        for (;;)
            pause();
    }
    EXPECT_EQ(syscall(SYS_rt_sigqueueinfo, target, SIGUSR1, &info), -1);
    EXPECT_EQ(errno, EPERM);
    info.si_code = SI_QUEUE;
    EXPECT_EQ(syscall(SYS_rt_sigqueueinfo, target, SIGUSR1, &info), 0);
    EXPECT_EQ(WTERMSIG(wait_status(target)), SIGUSR1);
}

/* --- threads --- */

static volatile int thread_tid, thread_got;
static pthread_barrier_t barrier;

static void note_thread(int sig)
{
    thread_got = (int)syscall(SYS_gettid);
}

static void *thread_wait(void *arg)
{
    thread_tid = (int)syscall(SYS_gettid);
    pthread_barrier_wait(&barrier);
    while (!thread_got)
        sleep_ms(5);
    return NULL;
}

TEST(a_shared_signal_goes_to_a_thread_that_does_not_block_it)
{
    struct sigaction sa = {.sa_handler = note_thread};
    pthread_t thread;

    sigaction(SIGUSR1, &sa, NULL);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, thread_wait, NULL);
    pthread_barrier_wait(&barrier);
    block(SIG_BLOCK, SIGUSR1);
    kill(getpid(), SIGUSR1);
    pthread_join(thread, NULL);
    EXPECT_EQ(thread_got, thread_tid);
}

TEST(tgkill_reaches_one_thread)
{
    struct sigaction sa = {.sa_handler = note_thread};
    pthread_t thread;

    sigaction(SIGUSR1, &sa, NULL);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, thread_wait, NULL);
    pthread_barrier_wait(&barrier);
    EXPECT_EQ(syscall(SYS_tgkill, getpid(), thread_tid, SIGUSR1), 0);
    pthread_join(thread, NULL);
    EXPECT_EQ(thread_got, thread_tid);
}

static void *thread_forever(void *arg)
{
    for (;;)
        pause();
    return NULL;
}

static void *thread_exits_group(void *arg)
{
    sleep_ms(20);
    exit(5);
}

TEST(one_threads_exit_ends_all)
{
    pthread_t thread;
    pid_t pid = fork();

    if (pid == 0) {
        for (int i = 0; i < 4; i++)
            pthread_create(&thread, NULL, thread_forever, NULL);
        pthread_create(&thread, NULL, thread_exits_group, NULL);
        for (;;)
            pause();
    }
    int status = wait_status(pid);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 5);
}

static void *thread_spins(void *arg)
{
    for (;;)
        sched_yield();
    return NULL;
}

TEST(a_deadly_signal_ends_all_threads)
{
    pthread_t thread;
    pid_t pid = fork();

    if (pid == 0) {
        for (int i = 0; i < 4; i++)
            pthread_create(&thread, NULL, i & 1 ? thread_spins : thread_forever, NULL);
        for (;;)
            pause();
    }
    sleep_ms(50);
    kill(pid, SIGTERM);
    EXPECT_EQ(WTERMSIG(wait_status(pid)), SIGTERM);
}

TEST(the_group_lives_on_after_its_first_thread)
{
    pid_t pid = fork();

    if (pid == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, thread_exits_group, NULL);
        pthread_exit(NULL);
    }
    sleep_ms(5);
    int status = -1;
    EXPECT_EQ(waitpid(pid, &status, WNOHANG), 0);
    status = wait_status(pid);
    EXPECT_EQ(WEXITSTATUS(status), 5);
}

static void *thread_execs(void *arg)
{
    execl("/bin/sh", "sh", "-c", "exit $(( $$ == PID ? 21 : 22 ))", (char *)NULL);
    return NULL;
}

TEST(exec_by_a_thread_replaces_the_whole_group)
{
    pid_t pid = fork();

    if (pid == 0) {
        pthread_t thread;
        char text[32];

        snprintf(text, sizeof(text), "%d", getpid());
        setenv("PID", text, 1);
        for (int i = 0; i < 3; i++)
            pthread_create(&thread, NULL, i & 1 ? thread_spins : thread_forever, NULL);
        pthread_create(&thread, NULL, thread_execs, NULL);
        for (;;)
            pause();
    }
    int status = wait_status(pid);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 21);
}

TEST(stop_stops_all_threads_and_continue_continues_them)
{
    volatile int *counter =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, thread_spins, NULL);
        for (;;)
            ++*counter;
    }
    sleep_ms(30);
    kill(pid, SIGSTOP);
    ASSERT_EQ(waitpid(pid, &status, WUNTRACED), pid);
    EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    int before = *counter;
    sleep_ms(30);
    EXPECT_EQ(*counter, before);
    kill(pid, SIGCONT);
    ASSERT_EQ(waitpid(pid, &status, WCONTINUED), pid);
    EXPECT_TRUE(WIFCONTINUED(status));
    sleep_ms(30);
    EXPECT_NE(*counter, before);
    /* SIGKILL also ends what is stopped. */
    kill(pid, SIGSTOP);
    ASSERT_EQ(waitpid(pid, &status, WUNTRACED), pid);
    kill(pid, SIGKILL);
    EXPECT_EQ(WTERMSIG(wait_status(pid)), SIGKILL);
}

TEST(continue_undoes_a_pending_stop_and_the_other_way_round)
{
    block(SIG_BLOCK, SIGTSTP);
    block(SIG_BLOCK, SIGCONT);
    raise(SIGTSTP);
    EXPECT_TRUE(is_pending(SIGTSTP));
    raise(SIGCONT);
    EXPECT_FALSE(is_pending(SIGTSTP));
    EXPECT_TRUE(is_pending(SIGCONT));
    raise(SIGTSTP);
    EXPECT_FALSE(is_pending(SIGCONT));
    signal(SIGTSTP, SIG_IGN);
}

/* --- frames --- */

static volatile unsigned long stack_at;
static char alt[65536] __attribute__((aligned(16)));

static void where(int sig, siginfo_t *info, void *context)
{
    stack_t now;

    stack_at = (unsigned long)__builtin_frame_address(0);
    sigaltstack(NULL, &now);
    seen[0] = now.ss_flags;
}

static bool on_alt(void)
{
    return stack_at > (unsigned long)alt && stack_at <= (unsigned long)alt + sizeof(alt);
}

TEST(the_alternate_stack_is_used_and_given_back)
{
    struct sigaction sa = {.sa_sigaction = where, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof(alt)}, now;

    ASSERT_EQ(sigaltstack(&ss, NULL), 0);
    sigaction(SIGUSR1, &sa, NULL);
    raise(SIGUSR1);
    EXPECT_TRUE(on_alt());
    EXPECT_EQ(seen[0], SS_ONSTACK);
    sigaltstack(NULL, &now);
    EXPECT_EQ(now.ss_flags, 0);
    EXPECT_EQ((unsigned long)now.ss_sp, (unsigned long)alt);
    sa.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &sa, NULL);
    raise(SIGUSR1);
    EXPECT_FALSE(on_alt());
    ss.ss_size = 100;
    EXPECT_EQ(syscall(SYS_sigaltstack, &ss, NULL), -1);
    EXPECT_EQ(errno, ENOMEM);
    ss.ss_flags = 0x40;
    EXPECT_EQ(syscall(SYS_sigaltstack, &ss, NULL), -1);
    EXPECT_EQ(errno, EINVAL);
    ss.ss_flags = SS_DISABLE;
    EXPECT_EQ(sigaltstack(&ss, NULL), 0);
    sigaltstack(NULL, &now);
    EXPECT_EQ(now.ss_flags, SS_DISABLE);
}

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

TEST(autodisarm_frees_the_alternate_stack_in_the_handler)
{
    struct sigaction sa = {.sa_sigaction = where, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof(alt), .ss_flags = (int)SS_AUTODISARM}, now;

    ASSERT_EQ(sigaltstack(&ss, NULL), 0);
    sigaction(SIGUSR1, &sa, NULL);
    raise(SIGUSR1);
    EXPECT_TRUE(on_alt());
    EXPECT_EQ(seen[0], SS_DISABLE);
    sigaltstack(NULL, &now);
    EXPECT_EQ((unsigned long)now.ss_sp, (unsigned long)alt);
    EXPECT_EQ((unsigned int)now.ss_flags, SS_AUTODISARM);
}

static void edit_context(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    uc->uc_mcontext.gregs[REG_RBX] = 0x1234;
    sigaddset(&uc->uc_sigmask, SIGUSR2);
}

TEST(a_handler_may_change_what_it_returns_to)
{
    struct sigaction sa = {.sa_sigaction = edit_context, .sa_flags = SA_SIGINFO};
    unsigned long rbx = 0;
    sigset_t now;

    sigaction(SIGUSR1, &sa, NULL);
    __asm__ volatile(
        "movl %1, %%edi\n\tmovl %2, %%esi\n\tmovl $200, %%eax\n\tsyscall\n\tmovq %%rbx, %0"
        : "=r"(rbx)
        : "r"((int)syscall(SYS_gettid)), "i"(SIGUSR1)
        : "rax", "rbx", "rcx", "rdi", "rsi", "r11", "memory");
    EXPECT_EQ(rbx, 0x1234);
    sigprocmask(SIG_SETMASK, NULL, &now);
    EXPECT_TRUE(sigismember(&now, SIGUSR2));
}

TEST(vector_registers_survive_a_handler)
{
    double values[4] = {1.5, 2.5, 3.5, 4.5}, after[4];

    catch (SIGUSR1, 0);
    __asm__ volatile(
        "movupd %1, %%xmm6\n\tmovupd %2, %%xmm7\n\tmovl %3, %%edi\n\tmovl %4, %%esi\n\t"
        "movl $200, %%eax\n\tsyscall\n\tmovupd %%xmm6, %0"
        : "=m"(*(double(*)[2])after)
        : "m"(*(double(*)[2])values), "m"(*(double(*)[2])(values + 2)),
          "r"((int)syscall(SYS_gettid)), "i"(SIGUSR1)
        : "rax", "rcx", "rdi", "rsi", "r11", "xmm6", "xmm7", "memory");
    EXPECT_TRUE(after[0] == 1.5 && after[1] == 2.5);
    EXPECT_EQ(seen[SIGUSR1], 1);
}

static void bad_rip(int sig, siginfo_t *info, void *context)
{
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = 0x1234000012340000;
}

TEST(a_return_to_nowhere_is_a_segv)
{
    struct sigaction sa = {.sa_sigaction = bad_rip, .sa_flags = SA_SIGINFO};
    pid_t pid = fork();

    if (pid == 0) {
        sigaction(SIGUSR1, &sa, NULL);
        raise(SIGUSR1);
        _exit(0);
    }
    EXPECT_EQ(WTERMSIG(wait_status(pid)), SIGSEGV);
}

TEST(without_a_stack_a_handler_is_a_segv)
{
    pid_t pid = fork();

    if (pid == 0) {
        catch (SIGUSR1, 0);
        __asm__ volatile(
            "movl %0, %%edi\n\tmovl %1, %%esi\n\tmovl $8, %%esp\n\tmovl $200, %%eax\n\tsyscall"
            :
            : "r"((int)syscall(SYS_gettid)), "i"(SIGUSR1)
            : "rax", "rcx", "rdi", "rsi", "r11");
        _exit(0);
    }
    EXPECT_EQ(WTERMSIG(wait_status(pid)), SIGSEGV);
}

TEST(sigreturn_out_of_nowhere_is_a_segv)
{
    pid_t pid = fork();

    if (pid == 0) {
        __asm__ volatile("movl $16, %%esp\n\tmovl $15, %%eax\n\tsyscall" ::: "rax", "rcx", "r11");
        _exit(0);
    }
    EXPECT_EQ(WTERMSIG(wait_status(pid)), SIGSEGV);
}

/* --- the parent's end --- */

TEST(a_child_may_ask_for_a_signal_when_its_parent_dies)
{
    int fds[2];
    char byte = 0;

    ASSERT_EQ(pipe(fds), 0);
    pid_t middle = fork();
    if (middle == 0) {
        if (fork() == 0) {
            sigset_t set;
            siginfo_t info;

            sigemptyset(&set);
            sigaddset(&set, SIGUSR1);
            sigprocmask(SIG_BLOCK, &set, NULL);
            prctl(PR_SET_PDEATHSIG, SIGUSR1);
            if (write(fds[1], "r", 1) == 1 && sigwaitinfo(&set, &info) == SIGUSR1)
                byte = (char)write(fds[1], "d", 1);
            _exit(0);
        }
        if (read(fds[0], &byte, 1) != 1)
            _exit(1);
        _exit(0);
    }
    EXPECT_EQ(WEXITSTATUS(wait_status(middle)), 0);
    EXPECT_EQ(read(fds[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'd');
}
