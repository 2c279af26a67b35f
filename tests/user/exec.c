// SPDX-License-Identifier: MIT
// The way in which a program starts: arguments, environment, descriptors, and how it can end.
#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include "ktap.h"

/* Runs a shell command and returns its wait status. */
static int shell(const char *command)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return status;
}

TEST(exit_status_reaches_the_parent)
{
    int status = shell("exit 42");

    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(death_by_signal_reaches_the_parent)
{
    int status = shell("kill -TERM $$");

    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

TEST(arguments_and_environment_arrive)
{
    EXPECT_EQ(shell("[ \"$(X=1 sh -c 'echo $X-$0-$1' a 'b c')\" = '1-a-b c' ]"), 0);
}

TEST(descriptors_close_on_exec)
{
    char command[64];
    int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ASSERT_TRUE(kept >= 0 && closed >= 0);
    snprintf(command, sizeof(command), "[ -e /proc/self/fd/%d ] && [ ! -e /proc/self/fd/%d ]", kept,
             closed);
    EXPECT_EQ(shell(command), 0);
}

TEST(what_cannot_be_executed_says_why)
{
    static char *const argv[] = {"x", NULL}, *const envp[] = {NULL};
    int fd = open("/tmp/not-elf", O_CREAT | O_WRONLY | O_TRUNC, 0755);

    ASSERT_TRUE(fd >= 0);
    ASSERT_EQ(write(fd, "\177ELF but not really", 19), 19);
    close(fd);
    EXPECT_EQ(execve("/tmp/not-elf", argv, envp), -1);
    EXPECT_EQ(errno, ENOEXEC);
    EXPECT_EQ(execve("/nonexistent", argv, envp), -1);
    EXPECT_EQ(errno, ENOENT);
    EXPECT_EQ(execve("/tmp", argv, envp), -1);
    EXPECT_EQ(errno, EACCES);
    EXPECT_EQ(execve("/dev/null/x", argv, envp), -1);
    EXPECT_EQ(errno, ENOTDIR);
    unlink("/tmp/not-elf");
}

TEST(auxiliary_vector_is_there)
{
    EXPECT_EQ(getauxval(AT_PAGESZ), 4096);
    EXPECT_NE(getauxval(AT_PHDR), 0);
    EXPECT_NE(getauxval(AT_RANDOM), 0);
    EXPECT_EQ(getauxval(AT_UID), 0);
    EXPECT_EQ(getauxval(AT_SECURE), 0);
}
