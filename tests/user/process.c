// SPDX-License-Identifier: MIT
// fork, exit and wait as wait(2) describes them; sessions and process groups.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include "ktap.h"

static pid_t child_exits(int status)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(status);
    return pid;
}

TEST(wait_gives_each_child_once)
{
    pid_t pid = child_exits(3);
    int status = 0;

    ASSERT_GT(pid, 0);
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 3);
    EXPECT_EQ(waitpid(pid, &status, 0), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST(wait_without_hanging_says_0_while_the_child_runs)
{
    int fds[2], status;
    char byte;

    ASSERT_EQ(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[1]);
        _exit(read(fds[0], &byte, 1) == 0 ? 0 : 1);
    }
    EXPECT_EQ(waitpid(pid, &status, WNOHANG), 0);
    close(fds[0]);
    close(fds[1]);
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
}

TEST(memory_is_copied_not_shared)
{
    static int shared_not = 1;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        shared_not = 2;
        _exit(shared_not);
    }
    waitpid(pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 2);
    EXPECT_EQ(shared_not, 1);
}

TEST(file_offset_is_shared_with_the_child)
{
    int fd = open("/tmp/offset", O_CREAT | O_RDWR | O_TRUNC, 0600);

    ASSERT_GE(fd, 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(write(fd, "abc", 3) == 3 ? 0 : 1);
    waitpid(pid, NULL, 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 3);
    close(fd);
    unlink("/tmp/offset");
}

TEST(stop_and_continue_are_seen_by_the_parent)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            pause();
    }
    EXPECT_EQ(kill(pid, SIGSTOP), 0);
    EXPECT_EQ(waitpid(pid, &status, WUNTRACED), pid);
    EXPECT_TRUE(WIFSTOPPED(status));
    EXPECT_EQ(WSTOPSIG(status), SIGSTOP);
    EXPECT_EQ(kill(pid, SIGCONT), 0);
    EXPECT_EQ(waitpid(pid, &status, WCONTINUED), pid);
    EXPECT_TRUE(WIFCONTINUED(status));
    EXPECT_EQ(kill(pid, SIGKILL), 0);
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(an_orphan_gets_a_new_parent)
{
    int fds[2];
    pid_t grandchild_parent = 0;

    ASSERT_EQ(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        pid_t middle = getpid();
        if (fork() == 0) {
            while (getppid() == middle)
                usleep(1000);
            grandchild_parent = getppid();
            _exit(write(fds[1], &grandchild_parent, sizeof(grandchild_parent)) < 0);
        }
        _exit(0);
    }
    close(fds[1]);
    waitpid(pid, NULL, 0);
    EXPECT_EQ(read(fds[0], &grandchild_parent, sizeof(pid_t)), sizeof(pid_t));
    EXPECT_NE(grandchild_parent, pid);
    EXPECT_GT(grandchild_parent, 0);
    close(fds[0]);
}

TEST(sessions_and_groups_follow_the_rules)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        bool good = setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid();
        good &= setsid() == -1 && errno == EPERM;
        good &= setpgid(0, 0) == -1 && errno == EPERM;
        _exit(good ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(setpgid(1, 1), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST(waitpid_selects_by_group)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            pause();
    }
    EXPECT_EQ(setpgid(pid, pid), 0);
    EXPECT_EQ(getpgid(pid), pid);
    EXPECT_EQ(kill(-pid, SIGTERM), 0);
    EXPECT_EQ(waitpid(-pid, &status, 0), pid);
    EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

TEST(a_hundred_children_are_all_collected)
{
    int count = 0, sum = 0, status;

    for (int i = 0; i < 100; i++)
        ASSERT_GT(child_exits(i), 0);
    while (wait(&status) > 0) {
        count++;
        sum += WEXITSTATUS(status);
    }
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(count, 100);
    EXPECT_EQ(sum, 4950);
}

TEST(processor_time_of_children_is_added_up)
{
    struct rusage usage;
    struct timeval start, now;
    pid_t pid = fork();

    if (pid == 0) {
        gettimeofday(&start, NULL);
        do
            gettimeofday(&now, NULL);
        while ((now.tv_sec - start.tv_sec) * 1000000 + now.tv_usec - start.tv_usec < 200000);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    ASSERT_EQ(getrusage(RUSAGE_CHILDREN, &usage), 0);
    EXPECT_GT(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
                  usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec,
              20000);
}

TEST(limit_on_open_files_holds)
{
    struct rlimit limit = {16, 16};
    int fd, last = -1;

    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    EXPECT_EQ(errno, EMFILE);
    EXPECT_EQ(last, 15);
}
