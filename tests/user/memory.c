// SPDX-License-Identifier: MIT
// Mappings: anonymous and of files, protection, growing the heap, bad arguments.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "ktap.h"

#define PAGE 4096

TEST(anonymous_memory_is_zero_and_writable)
{
    char *memory =
        mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ASSERT_NE((uintptr_t)memory, (uintptr_t)MAP_FAILED);
    for (int i = 0; i < 16 * PAGE; i += 511)
        ASSERT_EQ(memory[i], 0);
    memset(memory, 7, 16 * PAGE);
    EXPECT_EQ(memory[16 * PAGE - 1], 7);
    EXPECT_EQ(munmap(memory, 16 * PAGE), 0);
}

TEST(the_middle_of_a_mapping_can_go)
{
    char *memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memory[0] = 1;
    memory[2 * PAGE] = 3;
    EXPECT_EQ(munmap(memory + PAGE, PAGE), 0);
    EXPECT_EQ(memory[0] + memory[2 * PAGE], 4);
    EXPECT_DEATH(memory[PAGE] = 1);
}

TEST(protection_is_per_page)
{
    char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memory[0] = memory[PAGE] = 1;
    EXPECT_EQ(mprotect(memory, PAGE, PROT_READ), 0);
    memory[PAGE] = 2;
    EXPECT_DEATH(memory[0] = 2);
    EXPECT_EQ(mprotect(memory, PAGE, PROT_READ | PROT_WRITE), 0);
    memory[0] = 3;
    EXPECT_EQ(memory[0] + memory[PAGE], 5);
}

// Several page tables in a row may be missing: 64 MiB with one page at each end.
TEST(protection_skips_what_was_never_touched)
{
    const size_t size = 64 << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ASSERT_NE((uintptr_t)memory, (uintptr_t)MAP_FAILED);
    memory[0] = memory[size - 1] = 1;
    EXPECT_EQ(mprotect(memory, size, PROT_READ), 0);
    EXPECT_DEATH(memory[size - 1] = 2);
    EXPECT_EQ(mprotect(memory, size, PROT_NONE), 0);
    EXPECT_EQ(mprotect(memory, size, PROT_READ | PROT_WRITE), 0);
    EXPECT_EQ(memory[0] + memory[size - 1], 2);
    EXPECT_EQ(munmap(memory, size), 0);
}

TEST(a_private_file_mapping_does_not_change_the_file)
{
    char buffer[8] = "";
    int fd = open("/tmp/mapped", O_CREAT | O_RDWR | O_TRUNC, 0600);

    ASSERT_EQ(write(fd, "original", 8), 8);
    char *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    ASSERT_NE((uintptr_t)memory, (uintptr_t)MAP_FAILED);
    EXPECT_MEMEQ(memory, "original", 8);
    memory[0] = 'O';
    EXPECT_EQ(pread(fd, buffer, 8, 0), 8);
    EXPECT_MEMEQ(buffer, "original", 8);
    EXPECT_EQ(memory[8], 0);
    munmap(memory, PAGE);
    close(fd);
    unlink("/tmp/mapped");
}

TEST(a_shared_mapping_is_seen_by_the_child)
{
    int *word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ASSERT_NE((uintptr_t)word, (uintptr_t)MAP_FAILED);
    pid_t pid = fork();
    if (pid == 0) {
        *word = 42;
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    EXPECT_EQ(*word, 42);
}

TEST(the_heap_grows_and_shrinks)
{
    char *start = (char *)syscall(SYS_brk, 0);
    char *end = (char *)syscall(SYS_brk, start + 64 * PAGE);

    EXPECT_EQ((uintptr_t)end, (uintptr_t)(start + 64 * PAGE));
    memset(start, 1, 64 * PAGE);
    EXPECT_EQ((uintptr_t)syscall(SYS_brk, start), (uintptr_t)start);
    EXPECT_EQ((uintptr_t)syscall(SYS_brk, 1), (uintptr_t)start);
}

TEST(a_fixed_mapping_replaces_what_was_there)
{
    char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *again;

    memset(memory, 1, 2 * PAGE);
    again = mmap(memory, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    EXPECT_EQ((uintptr_t)again, (uintptr_t)memory);
    EXPECT_EQ(memory[0], 0);
    EXPECT_EQ(memory[PAGE], 1);
}

TEST(a_mapping_grows_by_moving)
{
    char *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memory[0] = 9;
    memory = mremap(memory, PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    ASSERT_NE((uintptr_t)memory, (uintptr_t)MAP_FAILED);
    EXPECT_EQ(memory[0], 9);
    EXPECT_EQ(memory[63 * PAGE], 0);
}

static int mmap_errno(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    errno = 0;
    return syscall(SYS_mmap, at, size, protection, flags, fd, offset) == -1 ? errno : 0;
}

TEST(bad_arguments_get_their_errno)
{
    int fd = open("/dev/null", O_RDONLY);

    EXPECT_EQ(mmap_errno(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
    EXPECT_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
    EXPECT_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
    EXPECT_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1), EINVAL);
    EXPECT_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
    EXPECT_EQ(mmap_errno(NULL, 1UL << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
    EXPECT_EQ(munmap((void *)1, PAGE), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(mprotect((void *)0x10000, PAGE, PROT_READ), -1);
    EXPECT_EQ(errno, ENOMEM);
}

TEST(bad_pointers_get_efault)
{
    int fds[2];

    ASSERT_EQ(pipe(fds), 0);
    EXPECT_EQ(syscall(SYS_write, fds[1], 0x1000UL, 8), -1);
    EXPECT_EQ(errno, EFAULT);
    EXPECT_EQ(syscall(SYS_write, fds[1], 0xffffffff80000000UL, 8), -1);
    EXPECT_EQ(errno, EFAULT);
    EXPECT_EQ(syscall(SYS_write, fds[1], 0x8000000000000000UL, 8), -1);
    EXPECT_EQ(errno, EFAULT);
    EXPECT_EQ(syscall(SYS_pipe2, 1UL, 0), -1);
    EXPECT_EQ(errno, EFAULT);
    EXPECT_EQ(syscall(SYS_open, 0x7fffffffffffUL, 0), -1);
    EXPECT_EQ(errno, EFAULT);
}
