// SPDX-License-Identifier: MIT
// Signals: handlers, masks, restarts, the alternate stack, and what faults turn into.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include "ktap.h"

static volatile sig_atomic_t nr_caught, last_caught;

static void on_signal(int number)
{
    nr_caught++;
    last_caught = number;
}

static void catch_signal(int number, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

    nr_caught = 0;
    sigaction(number, &action, NULL);
}

TEST(a_handler_runs_and_returns)
{
    catch_signal(SIGUSR1, 0);
    EXPECT_EQ(raise(SIGUSR1), 0);
    EXPECT_EQ(nr_caught, 1);
    EXPECT_EQ(last_caught, SIGUSR1);
}

TEST(a_blocked_signal_waits)
{
    sigset_t set, pending;

    catch_signal(SIGUSR1, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    raise(SIGUSR1);
    EXPECT_EQ(nr_caught, 0);
    sigpending(&pending);
    EXPECT_TRUE(sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    EXPECT_EQ(nr_caught, 1);
}

TEST(real_time_signals_queue)
{
    sigset_t set;

    catch_signal(SIGRTMIN + 1, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    EXPECT_EQ(nr_caught, 3);
}

static void *info_address;
static int info_code;
static sigjmp_buf after_fault;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    last_caught = number;
    info_address = info->si_addr;
    info_code = info->si_code;
    siglongjmp(after_fault, 1);
}

static void catch_faults(int flags)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | flags};

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

TEST(a_wild_read_is_a_segv_with_its_address)
{
    catch_faults(0);
    if (sigsetjmp(after_fault, 1) == 0)
        (void)*(volatile int *)0x1230;
    EXPECT_EQ(last_caught, SIGSEGV);
    EXPECT_EQ((uintptr_t)info_address, 0x1230);
    EXPECT_EQ(info_code, SEGV_MAPERR);
}

TEST(a_write_to_what_is_read_only_is_an_access_error)
{
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    catch_faults(0);
    if (sigsetjmp(after_fault, 1) == 0)
        *(volatile char *)page = 1;
    EXPECT_EQ(last_caught, SIGSEGV);
    EXPECT_EQ((uintptr_t)info_address, (uintptr_t)page);
    EXPECT_EQ(info_code, SEGV_ACCERR);
}

TEST(data_is_not_executable)
{
    static const unsigned char ret = 0xc3;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    *page = (char)ret;
    catch_faults(0);
    last_caught = 0;
    if (sigsetjmp(after_fault, 1) == 0)
        __asm__ volatile("call *%0" : : "r"(page) : "memory");
    EXPECT_EQ(last_caught, SIGSEGV);
}

TEST(privileged_and_bad_instructions_are_faults)
{
    catch_faults(0);
    last_caught = 0;
    if (sigsetjmp(after_fault, 1) == 0)
        __asm__ volatile("hlt");
    EXPECT_EQ(last_caught, SIGSEGV);
    if (sigsetjmp(after_fault, 1) == 0)
        __asm__ volatile("ud2");
    EXPECT_EQ(last_caught, SIGILL);
    if (sigsetjmp(after_fault, 1) == 0)
        (void)*(volatile int *)0xffffffff80000000UL;
    EXPECT_EQ(last_caught, SIGSEGV);
    if (sigsetjmp(after_fault, 1) == 0)
        __asm__ volatile("mov (%0), %%eax" : : "r"(0x8000000000000000UL) : "eax");
    EXPECT_EQ(last_caught, SIGSEGV);
}

TEST(division_by_zero_is_a_floating_point_exception)
{
    catch_faults(0);
    last_caught = 0;
    if (sigsetjmp(after_fault, 1) == 0)
        __asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx; idiv %%ecx"
                         :
                         :
                         : "eax", "ecx", "edx");
    EXPECT_EQ(last_caught, SIGFPE);
    EXPECT_EQ(info_code, FPE_INTDIV);
}

static int recurse(int depth)
{
    volatile char frame[1024];

    frame[depth % 1024] = (char)depth;
    return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

TEST(stack_overflow_reaches_the_alternate_stack)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};

    ASSERT_EQ(sigaltstack(&alternate, NULL), 0);
    catch_faults(SA_ONSTACK);
    last_caught = 0;
    if (sigsetjmp(after_fault, 1) == 0)
        recurse(0);
    EXPECT_EQ(last_caught, SIGSEGV);
}

TEST(an_interrupted_read_restarts_only_with_sa_restart)
{
    struct itimerval soon = {.it_value = {.tv_usec = 50000}};
    int fds[2];
    char byte;

    ASSERT_EQ(pipe(fds), 0);
    catch_signal(SIGALRM, 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    EXPECT_EQ(read(fds[0], &byte, 1), -1);
    EXPECT_EQ(errno, EINTR);
    catch_signal(SIGALRM, SA_RESTART);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(200000);
        _exit(write(fds[1], "x", 1) == 1 ? 0 : 1);
    }
    setitimer(ITIMER_REAL, &soon, NULL);
    EXPECT_EQ(read(fds[0], &byte, 1), 1);
    EXPECT_EQ(nr_caught, 1);
    waitpid(pid, NULL, 0);
}

TEST(kill_and_stop_cannot_be_caught)
{
    struct sigaction action = {.sa_handler = on_signal};

    EXPECT_EQ(sigaction(SIGKILL, &action, NULL), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(sigaction(SIGSTOP, &action, NULL), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(kill(getpid(), 65), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(kill(0x3ffffff, SIGTERM), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST(registers_survive_a_handler)
{
    double x = 1.5;
    unsigned long kept = 0x123456789abcdef0;

    catch_signal(SIGUSR1, 0);
    __asm__ volatile("movsd %0, %%xmm7" : : "m"(x) : "xmm7");
    raise(SIGUSR1);
    __asm__ volatile("" : "+r"(kept));
    EXPECT_EQ(kept, 0x123456789abcdef0);
    EXPECT_EQ(nr_caught, 1);
}

TEST(sigchld_is_sent_when_a_child_ends)
{
    catch_signal(SIGCHLD, 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    EXPECT_EQ(nr_caught, 1);
}
