/* SPDX-License-Identifier: MIT */
/* Making images and trees for the tests, with the tools of the format's owners. For one test
 * program each. */
#ifndef TESTS_HOST_FS_IMAGE_H
#define TESTS_HOST_FS_IMAGE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char work_dir[64];

__attribute__((unused)) static void work_dir_remove(void)
{
    char command[128];

    if (!work_dir[0])
        return;
    snprintf(command, sizeof(command), "rm -rf %s", work_dir);
    if (system(command))
        perror(work_dir);
    work_dir[0] = '\0';
}

/* A folder of this test's own, gone at its end. */
__attribute__((unused)) static void work_dir_make(void)
{
    strcpy(work_dir, "/tmp/lintel-fs-XXXXXX");
    if (!mkdtemp(work_dir))
        abort();
    atexit(work_dir_remove);
}

/* Runs a shell command in the work folder, with the sbin folders on the path; its exit status. */
__attribute__((format(printf, 1, 2), unused)) static int sh(const char *format, ...)
{
    char command[4096];
    int len =
        snprintf(command, sizeof(command),
                 "cd %s && exec >log 2>&1 && export PATH=$PATH:/sbin:/usr/sbin && ", work_dir);
    va_list args;

    va_start(args, format);
    vsnprintf(command + len, sizeof(command) - len, format, args);
    va_end(args);
    return system(command);
}

__attribute__((unused)) static bool have(const char *tool)
{
    return sh("command -v %s", tool) == 0;
}

struct image {
    void *data;
    size_t size;
};

/* The file NAME of the work folder in memory, writable without changing the file. */
__attribute__((unused)) static struct image image_open(const char *name)
{
    char path[256];
    struct image image = {NULL, 0};
    struct stat st;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", work_dir, name);
    fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) || st.st_size == 0)
        abort();
    image.size = st.st_size;
    image.data = mmap(NULL, image.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (image.data == MAP_FAILED)
        abort();
    close(fd);
    return image;
}

__attribute__((unused)) static void image_close(struct image *image)
{
    munmap(image->data, image->size);
}

static uint64_t rng_state = 0x9e3779b97f4a7c15ULL;

__attribute__((unused)) static uint64_t rng(uint64_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state % below;
}
#endif
