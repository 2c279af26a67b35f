// SPDX-License-Identifier: MIT
/* Path walks and files: on the root as it is, and on the tmpfs at /tmp. */
#include "bench.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 4096

static int fd = -1;
static char block[BLOCK];

static void run_stat(unsigned long n)
{
    struct stat st;

    while (n--)
        BENCH_CHECK(stat("/usr/bin/busybox", &st) == 0);
}

static void run_open_close(unsigned long n)
{
    while (n--) {
        int file = open("/usr/bin/busybox", O_RDONLY);

        BENCH_CHECK(file >= 0 && close(file) == 0);
    }
}

static int prepare_tmpfs(void)
{
    if (mkdir("/tmp/bench", 0700) != 0 && errno != EEXIST)
        return errno;
    return chdir("/tmp/bench") != 0 ? errno : 0;
}

static void run_create_unlink(unsigned long n)
{
    while (n--) {
        int file = open("file", O_CREAT | O_EXCL | O_WRONLY, 0600);

        BENCH_CHECK(file >= 0 && close(file) == 0 && unlink("file") == 0);
    }
}

static void run_mkdir_rmdir(unsigned long n)
{
    while (n--)
        BENCH_CHECK(mkdir("dir", 0700) == 0 && rmdir("dir") == 0);
}

static int prepare_file(void)
{
    int error = prepare_tmpfs();

    if (error)
        return error;
    fd = open("data", O_CREAT | O_RDWR | O_TRUNC, 0600);
    memset(block, 'x', sizeof(block));
    return fd < 0 || pwrite(fd, block, BLOCK, 0) != BLOCK ? errno : 0;
}

static void run_read_block(unsigned long n)
{
    while (n--)
        BENCH_CHECK(pread(fd, block, BLOCK, 0) == BLOCK);
}

static void run_write_block(unsigned long n)
{
    while (n--)
        BENCH_CHECK(pwrite(fd, block, BLOCK, 0) == BLOCK);
}

const struct bench file_benches[] = {
    {"stat", 1000, NULL, run_stat},
    {"open-close", 1000, NULL, run_open_close},
    {"tmpfs-create-unlink", 300, prepare_tmpfs, run_create_unlink},
    {"tmpfs-mkdir-rmdir", 300, prepare_tmpfs, run_mkdir_rmdir},
    {"tmpfs-read-4k", 500, prepare_file, run_read_block},
    {"tmpfs-write-4k", 500, prepare_file, run_write_block},
    {0},
};
