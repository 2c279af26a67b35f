// SPDX-License-Identifier: MIT
// wait4 and waitid in full; what parents are told; process groups that lose their parents.
// cflags: -Wno-unused-parameter
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include "ktap.h"

static void sleep_ms(int ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

    while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
        ;
}

static pid_t child_exits(int code)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(code);
    return pid;
}

static pid_t child_waits(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            pause();
    }
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

TEST(waitid_tells_how_a_child_ended)
{
    siginfo_t info = {};
    pid_t pid = child_exits(300);

    ASSERT_EQ(waitid(P_PID, pid, &info, WEXITED), 0);
    EXPECT_EQ(info.si_signo, SIGCHLD);
    EXPECT_EQ(info.si_code, CLD_EXITED);
    EXPECT_EQ(info.si_pid, pid);
    EXPECT_EQ(info.si_status, 300 & 0xff);
    pid = child_waits();
    kill(pid, SIGKILL);
    ASSERT_EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
    EXPECT_EQ(info.si_code, CLD_KILLED);
    EXPECT_EQ(info.si_status, SIGKILL);
}

TEST(nowait_leaves_the_child_to_be_waited_for)
{
    siginfo_t info = {};
    pid_t pid = child_exits(7);

    for (int i = 0; i < 3; i++) {
        memset(&info, 0, sizeof(info));
        ASSERT_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
        EXPECT_EQ(info.si_pid, pid);
    }
    int status;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    EXPECT_EQ(waitid(P_PID, pid, &info, WEXITED), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST(nohang_gives_an_empty_answer)
{
    siginfo_t info;
    pid_t pid = child_waits();

    memset(&info, 0xff, sizeof(info));
    ASSERT_EQ(waitid(P_PID, pid, &info, WEXITED | WNOHANG), 0);
    EXPECT_EQ(info.si_pid, 0);
    EXPECT_EQ(info.si_signo, 0);
    EXPECT_EQ(waitpid(pid, NULL, WNOHANG), 0);
    end(pid);
}

TEST(stop_and_continue_are_news_once)
{
    siginfo_t info = {};
    pid_t pid = child_waits();
    int status;

    kill(pid, SIGSTOP);
    ASSERT_EQ(waitid(P_PID, pid, &info, WSTOPPED), 0);
    EXPECT_EQ(info.si_code, CLD_STOPPED);
    EXPECT_EQ(info.si_status, SIGSTOP);
    EXPECT_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
    kill(pid, SIGCONT);
    ASSERT_EQ(waitid(P_PID, pid, &info, WCONTINUED), 0);
    EXPECT_EQ(info.si_code, CLD_CONTINUED);
    EXPECT_EQ(info.si_status, SIGCONT);
    EXPECT_EQ(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
    end(pid);
}

TEST(options_and_ids_are_checked)
{
    siginfo_t info;

    EXPECT_EQ(waitid(P_ALL, 0, &info, 0), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(waitid(P_ALL, 0, &info, WEXITED | 0x100), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(waitid(P_PID, 0, &info, WEXITED), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(waitid((idtype_t)99, 1, &info, WEXITED), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(waitpid(-1, NULL, 0x100), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(waitpid(-1, NULL, 0), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(waitpid(1, NULL, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(syscall(SYS_wait4, (int)0x80000000, NULL, 0, NULL), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST(usage_of_a_child_is_its_own)
{
    struct rusage usage;
    pid_t pid = fork();

    if (pid == 0) {
        volatile unsigned long n = 0;
        struct rusage mine;
        do {
            for (int i = 0; i < 1000000; i++)
                n++;
            getrusage(RUSAGE_SELF, &mine);
        } while (mine.ru_utime.tv_sec == 0 && mine.ru_utime.tv_usec < 50000);
        _exit(0);
    }
    ASSERT_EQ(wait4(pid, NULL, 0, &usage), pid);
    EXPECT_GE(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec, 50000);
    EXPECT_GT(usage.ru_minflt, 0);
}

/* --- SIGCHLD --- */

static volatile int nr_chld;
static siginfo_t chld;

static void note(int sig, siginfo_t *info, void *context)
{
    nr_chld++;
    chld = *info;
}

static void catch_chld(int flags)
{
    struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | flags};

    sigaction(SIGCHLD, &sa, NULL);
}

TEST(the_parent_is_told_of_stops_and_ends)
{
    pid_t pid;

    catch_chld(0);
    pid = child_waits();
    kill(pid, SIGSTOP);
    while (!nr_chld)
        sleep_ms(1);
    EXPECT_EQ(chld.si_code, CLD_STOPPED);
    EXPECT_EQ(chld.si_pid, pid);
    EXPECT_EQ(chld.si_status, SIGSTOP);
    kill(pid, SIGCONT);
    while (nr_chld < 2)
        sleep_ms(1);
    EXPECT_EQ(chld.si_code, CLD_CONTINUED);
    kill(pid, SIGKILL);
    while (nr_chld < 3)
        sleep_ms(1);
    EXPECT_EQ(chld.si_code, CLD_KILLED);
    EXPECT_EQ(chld.si_status, SIGKILL);
    waitpid(pid, NULL, 0);
}

TEST(nocldstop_is_not_told_of_stops)
{
    pid_t pid;

    catch_chld(SA_NOCLDSTOP);
    pid = child_waits();
    kill(pid, SIGSTOP);
    int status;
    ASSERT_EQ(waitpid(pid, &status, WUNTRACED), pid);
    sleep_ms(20);
    EXPECT_EQ(nr_chld, 0);
    end(pid);
}

TEST(children_of_who_ignores_sigchld_leave_nothing)
{
    pid_t pid;

    signal(SIGCHLD, SIG_IGN);
    pid = child_exits(0);
    EXPECT_EQ(waitpid(pid, NULL, 0), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(kill(pid, 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST(nocldwait_leaves_nothing_but_tells)
{
    pid_t pid;

    catch_chld(SA_NOCLDWAIT);
    pid = child_exits(0);
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(nr_chld, 1);
}

/* --- who may wait --- */

static void *wait_in_thread(void *arg)
{
    return (void *)(long)waitpid((pid_t)(long)arg, NULL, 0);
}

TEST(any_thread_may_wait_for_any_threads_child)
{
    pid_t pid = child_waits();
    pthread_t thread;
    void *result;

    pthread_create(&thread, NULL, wait_in_thread, (void *)(long)pid);
    sleep_ms(20);
    kill(pid, SIGKILL);
    pthread_join(thread, &result);
    EXPECT_EQ((long)result, pid);
}

static void *nothread_wait(void *arg)
{
    long r = syscall(SYS_wait4, (int)(long)arg, NULL, 0x20000000 /* __WNOTHREAD */ | WNOHANG, NULL);

    return (void *)(long)(r == -1 ? errno : 0);
}

TEST(wnothread_sees_only_the_callers_own)
{
    pid_t pid = child_waits();
    pthread_t thread;
    void *result;

    pthread_create(&thread, NULL, nothread_wait, (void *)(long)pid);
    pthread_join(thread, &result);
    EXPECT_EQ((long)result, ECHILD);
    EXPECT_EQ(syscall(SYS_wait4, pid, NULL, 0x20000000 | WNOHANG, NULL), 0);
    end(pid);
}

TEST(a_clone_without_sigchld_needs_wclone_or_wall)
{
    pid_t pid = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);

    if (pid == 0)
        _exit(4);
    EXPECT_EQ(waitpid(pid, NULL, 0), -1);
    EXPECT_EQ(errno, ECHILD);
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, __WCLONE), pid);
    EXPECT_EQ(WEXITSTATUS(status), 4);
    pid = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
    if (pid == 0)
        _exit(5);
    EXPECT_EQ(waitpid(pid, &status, __WALL), pid);
}

TEST(a_wait_is_interrupted_by_a_handler)
{
    pid_t pid, parent = getpid(), sender;
    struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};

    sigaction(SIGUSR1, &sa, NULL);
    pid = child_waits();
    sender = fork();
    if (sender == 0) {
        sleep_ms(50);
        kill(parent, SIGUSR1);
        _exit(0);
    }
    EXPECT_EQ(waitpid(pid, NULL, 0), -1);
    EXPECT_EQ(errno, EINTR);
    end(pid);
    waitpid(sender, NULL, 0);
}

/* --- families --- */

TEST(a_subreaper_adopts)
{
    int fds[2];
    pid_t grandchild = 0;

    ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    ASSERT_EQ(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        grandchild = child_waits();
        if (write(fds[1], &grandchild, sizeof(grandchild)) < 0)
            _exit(1);
        _exit(0);
    }
    ASSERT_EQ(read(fds[0], &grandchild, sizeof(grandchild)), (ssize_t)sizeof(grandchild));
    EXPECT_EQ(waitpid(pid, NULL, 0), pid);
    kill(grandchild, SIGTERM);
    int status;
    EXPECT_EQ(waitpid(grandchild, &status, 0), grandchild);
    EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

/* A session of its own: its leader makes a stopped job in another group and dies. */
TEST(a_stopped_job_that_is_orphaned_is_hung_up_and_continued)
{
    int fds[2];
    char result[3] = {};

    ASSERT_EQ(pipe(fds), 0);
    pid_t session = fork();
    if (session == 0) {
        setsid();
        pid_t job = fork();
        if (job == 0) {
            sigset_t set;
            siginfo_t info;

            setpgid(0, 0);
            sigemptyset(&set);
            sigaddset(&set, SIGHUP);
            sigaddset(&set, SIGCONT);
            sigprocmask(SIG_BLOCK, &set, NULL);
            raise(SIGSTOP);
            for (int i = 0; i < 2; i++) {
                char letter = sigwaitinfo(&set, &info) == SIGHUP ? 'H' : 'C';
                if (write(fds[1], &letter, 1) != 1)
                    _exit(1);
            }
            _exit(0);
        }
        waitpid(job, NULL, WUNTRACED);
        _exit(0);
    }
    close(fds[1]);
    waitpid(session, NULL, 0);
    ssize_t n = 0, got;
    while (n < 2 && (got = read(fds[0], result + n, (size_t)(2 - n))) > 0)
        n += got;
    EXPECT_STREQ(result, "HC");
}

TEST(terminal_stops_do_nothing_in_an_orphaned_group)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        setsid();
        raise(SIGTSTP); /* nobody outside the group is in the session */
        _exit(17);
    }
    EXPECT_EQ(waitpid(pid, &status, WUNTRACED), pid);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 17);
}

TEST(groups_and_sessions_have_rules)
{
    int fds[2];
    char go;

    ASSERT_EQ(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (read(fds[0], &go, 1) == 1)
            execl("/bin/sleep", "sleep", "100", (char *)NULL);
        _exit(1);
    }
    EXPECT_EQ(setpgid(pid, pid), 0);
    EXPECT_EQ(getpgid(pid), pid);
    EXPECT_EQ(getsid(pid), getsid(0));
    EXPECT_EQ(setpgid(pid, 0x7ffffff), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(setpgid(pid, -1), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(setpgid(1, 1), -1);
    EXPECT_EQ(errno, ESRCH);
    EXPECT_EQ(getpgid(0x7ffffff), -1);
    EXPECT_EQ(errno, ESRCH);
    ASSERT_EQ(write(fds[1], "x", 1), 1);
    sleep_ms(100);
    /* It runs another program now. */
    EXPECT_EQ(setpgid(pid, getpgrp()), -1);
    EXPECT_EQ(errno, EACCES);
    end(pid);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        _exit(setsid() == -1 && errno == EPERM ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    pid = fork();
    if (pid == 0) {
        bool ok = setsid() == getpid() && getpgrp() == getpid() && getsid(0) == getpid() &&
                  setpgid(0, 0) == -1 && errno == EPERM;
        _exit(ok ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(a_signal_to_a_group_reaches_all_of_it)
{
    pid_t pids[5], pgrp = 0;

    for (int i = 0; i < 5; i++) {
        pids[i] = child_waits();
        setpgid(pids[i], pgrp);
        if (!pgrp)
            pgrp = pids[0];
    }
    EXPECT_EQ(kill(-pgrp, SIGTERM), 0);
    for (int i = 0; i < 5; i++) {
        int status = 0;
        EXPECT_EQ(waitpid(-pgrp, &status, 0) > 0, true);
        EXPECT_EQ(WTERMSIG(status), SIGTERM);
    }
    EXPECT_EQ(waitpid(-pgrp, NULL, 0), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(kill(-pgrp, SIGTERM), -1);
    EXPECT_EQ(errno, ESRCH);
}

/* Numbers come back late, and what was waited for is gone for good. */
TEST(numbers_are_not_used_again_at_once)
{
    pid_t first = child_exits(0), pid = 0;

    waitpid(first, NULL, 0);
    for (int i = 0; i < 200; i++) {
        pid = child_exits(0);
        waitpid(pid, NULL, 0);
        ASSERT_NE(pid, first);
    }
}

/* --- descriptors of processes --- */

static int pidfd_open_(pid_t pid, unsigned int flags)
{
    return (int)syscall(434, pid, flags);
}

TEST(a_pidfd_signals_polls_and_waits)
{
    pid_t pid = child_waits();
    int fd = pidfd_open_(pid, 0);
    struct pollfd p = {fd, POLLIN, 0};
    siginfo_t info = {};

    ASSERT_TRUE(fd >= 0);
    EXPECT_EQ(poll(&p, 1, 0), 0);
    EXPECT_EQ(syscall(424, fd, 0, NULL, 0), 0);
    EXPECT_EQ(syscall(424, fd, SIGTERM, NULL, 7), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(syscall(424, 0, SIGTERM, NULL, 0), -1);
    EXPECT_EQ(errno, EBADF);
    EXPECT_EQ(syscall(424, fd, SIGTERM, NULL, 0), 0);
    EXPECT_EQ(poll(&p, 1, 5000), 1);
    EXPECT_EQ(waitid((idtype_t)3 /* P_PIDFD */, (id_t)fd, &info, WEXITED), 0);
    EXPECT_EQ(info.si_pid, pid);
    EXPECT_EQ(info.si_status, SIGTERM);
    EXPECT_EQ(syscall(424, fd, SIGTERM, NULL, 0), -1);
    EXPECT_EQ(errno, ESRCH);
    close(fd);
    pid = child_waits();
    fd = pidfd_open_(pid, O_NONBLOCK);
    EXPECT_EQ(waitid((idtype_t)3, (id_t)fd, &info, WEXITED), -1);
    EXPECT_EQ(errno, EAGAIN);
    end(pid);
}
