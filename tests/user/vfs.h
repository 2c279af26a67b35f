/* SPDX-License-Identifier: MIT */
/* What the tests of the file calls share. Include after the system's headers; brings ktap.h. */
#ifndef TESTS_USER_VFS_H
#define TESTS_USER_VFS_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ktap.h"

/* The call fails with this errno. */
#define EXPECT_ERRNO(call, wanted)                                                            \
    do {                                                                                      \
        errno = 0;                                                                            \
        long vfs_ret = (long)(call);                                                          \
        int vfs_errno = errno;                                                                \
        if (vfs_ret != -1 || vfs_errno != (wanted))                                           \
            KTAP_FAIL("%s:%d: expected %s to fail with %s, got %ld, errno %d (%s)", __FILE__, \
                      __LINE__, #call, #wanted, vfs_ret, vfs_errno, strerror(vfs_errno));     \
    } while (0)
#define EXPECT_OK(call) EXPECT_EQ((call), 0)

/* A fresh directory under /tmp, made the working directory; one for each test. */
static void enter_fresh_dir(void)
{
    char name[64];

    snprintf(name, sizeof(name), "/tmp/vfs-%d", (int)getpid());
    if (mkdir(name, 0755) || chdir(name)) {
        KTAP_FAIL("cannot make %s: %s", name, strerror(errno));
        exit(KTAP_FAILED);
    }
    umask(022);
}

__attribute__((unused)) static int touch(const char *name)
{
    int fd = open(name, O_CREAT | O_WRONLY, 0644);

    return fd < 0 ? -1 : close(fd);
}

__attribute__((unused)) static int write_text(const char *name, const char *text)
{
    int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    ssize_t n;

    if (fd < 0)
        return -1;
    n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

__attribute__((unused)) static const char *read_text(const char *name)
{
    static char text[4096];
    int fd = open(name, O_RDONLY);
    ssize_t n;

    if (fd < 0)
        return "(cannot be opened)";
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

#endif
