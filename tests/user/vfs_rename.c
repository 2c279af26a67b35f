// SPDX-License-Identifier: MIT
// rename(2) and renameat2(2).
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/syscall.h>
#include "vfs.h"

#define NOREPLACE 1
#define EXCHANGE  2

static long rename2(const char *from, const char *to, unsigned int flags)
{
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static int entries(const char *name)
{
    DIR *dir = opendir(name);
    int n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n - 2;
}

TEST(files_move_and_replace)
{
    struct stat st;

    enter_fresh_dir();
    write_text("a", "A");
    write_text("b", "B");
    EXPECT_OK(rename("a", "c"));
    EXPECT_ERRNO(access("a", F_OK), ENOENT);
    EXPECT_STREQ(read_text("c"), "A");
    EXPECT_OK(rename("c", "b"));
    EXPECT_STREQ(read_text("b"), "A");
    EXPECT_EQ(entries("."), 1);
    EXPECT_OK(link("b", "b2"));
    EXPECT_OK(rename("b", "b2")); /* the same file: nothing happens */
    EXPECT_OK(stat("b", &st));
    EXPECT_EQ(st.st_nlink, 2);
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(rename("b", "d/x"));
    EXPECT_STREQ(read_text("d/x"), "A");
    EXPECT_ERRNO(rename("none", "y"), ENOENT);
    EXPECT_ERRNO(rename("b2", "none/y"), ENOENT);
    EXPECT_ERRNO(rename("b2", "y/"), ENOTDIR);
    EXPECT_ERRNO(rename("b2/", "y"), ENOTDIR);
    EXPECT_ERRNO(rename("b2", "/dev/vfs-x"), EXDEV);
}

TEST(directories_move_and_replace_empty_ones)
{
    struct stat st;

    enter_fresh_dir();
    EXPECT_OK(mkdir("a", 0755));
    EXPECT_OK(mkdir("a/in", 0755));
    EXPECT_OK(mkdir("b", 0755));
    EXPECT_OK(touch("f"));
    EXPECT_ERRNO(rename("a", "f"), ENOTDIR);
    EXPECT_ERRNO(rename("f", "a"), EISDIR);
    EXPECT_OK(rename("a", "b"));
    EXPECT_OK(access("b/in", F_OK));
    EXPECT_OK(mkdir("c", 0755));
    EXPECT_ERRNO(rename("c", "b"), ENOTEMPTY);
    EXPECT_OK(rename("b", "c"));
    EXPECT_ERRNO(rename("c", "c/in"), EINVAL);
    EXPECT_ERRNO(rename("c", "c/in/x"), EINVAL);
    EXPECT_ERRNO(rename("c/in", "c"), ENOTEMPTY);
    EXPECT_ERRNO(rename(".", "x"), EBUSY);
    EXPECT_ERRNO(rename("c/.", "x"), EBUSY);
    EXPECT_ERRNO(rename("c", ".."), EBUSY);
    EXPECT_OK(stat(".", &st));
    EXPECT_EQ(st.st_nlink, 3);
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(rename("c/in", "d/in"));
    EXPECT_OK(stat("c", &st));
    EXPECT_EQ(st.st_nlink, 2);
    EXPECT_OK(stat("d", &st));
    EXPECT_EQ(st.st_nlink, 3);
    EXPECT_OK(stat("d/in/..", &st));
    EXPECT_OK(rename("d/in/", "d/in2/"));
}

TEST(flags_of_renameat2)
{
    enter_fresh_dir();
    write_text("a", "A");
    write_text("b", "B");
    EXPECT_OK(mkdir("d", 0755));
    write_text("d/f", "F");
    EXPECT_ERRNO(rename2("a", "b", NOREPLACE), EEXIST);
    EXPECT_OK(rename2("a", "c", NOREPLACE));
    EXPECT_OK(rename2("b", "c", EXCHANGE));
    EXPECT_STREQ(read_text("b"), "A");
    EXPECT_STREQ(read_text("c"), "B");
    EXPECT_OK(rename2("c", "d", EXCHANGE));
    EXPECT_STREQ(read_text("d"), "B");
    EXPECT_STREQ(read_text("c/f"), "F");
    EXPECT_OK(rename2("b", "c/f", EXCHANGE));
    EXPECT_STREQ(read_text("b"), "F");
    EXPECT_STREQ(read_text("c/f"), "A");
    EXPECT_ERRNO(rename2("b", "none", EXCHANGE), ENOENT);
    EXPECT_ERRNO(rename2("c", "c/f", EXCHANGE), EINVAL);
    EXPECT_ERRNO(rename2("c/f", "c", EXCHANGE), EINVAL);
    EXPECT_ERRNO(rename2("b", "d", NOREPLACE | EXCHANGE), EINVAL);
    EXPECT_ERRNO(rename2("b", "d", 64), EINVAL);
    EXPECT_ERRNO(rename2("b", ".", NOREPLACE), EEXIST);
}

TEST(a_reader_of_a_directory_sees_each_name_once)
{
    char name[32], seen[300] = {0};
    struct dirent *e;
    DIR *dir;
    int n = 0;

    enter_fresh_dir();
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "%d", i);
        touch(name);
    }
    dir = opendir(".");
    while ((e = readdir(dir))) {
        if (e->d_name[0] == '.')
            continue;
        seen[atoi(e->d_name)]++;
        if (n++ == 100) {
            for (int i = 0; i < 300; i += 3) { /* removals while reading */
                snprintf(name, sizeof(name), "%d", i);
                unlink(name);
            }
        }
    }
    for (int i = 0; i < 300; i++) {
        EXPECT_LE(seen[i], 1);
        if (i % 3)
            EXPECT_EQ(seen[i], 1);
    }
    /* From a remembered place on, the same names come again. */
    rewinddir(dir);
    for (int i = 0; i < 50; i++)
        e = readdir(dir);
    long at = telldir(dir);
    e = readdir(dir);
    snprintf(name, sizeof(name), "%.30s", e ? e->d_name : "");
    while (readdir(dir))
        ;
    seekdir(dir, at);
    e = readdir(dir);
    EXPECT_STREQ(e ? e->d_name : "", name);
    closedir(dir);
    EXPECT_ERRNO(syscall(SYS_getdents64, open(".", O_RDONLY), (char[8]){0}, 8), EINVAL);
    touch("f");
    EXPECT_ERRNO(syscall(SYS_getdents64, open("f", O_RDONLY), (char[512]){0}, 512), ENOTDIR);
}

TEST(many_names_come_and_go)
{
    char name[96], other[32];

    enter_fresh_dir();
    EXPECT_OK(mkdir("x", 0755));
    EXPECT_OK(mkdir("y", 0755));
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 200; i++) {
            snprintf(name, sizeof(name), "x/some-longer-name-that-is-not-inline-at-all-%d", i);
            ASSERT_EQ(touch(name), 0);
        }
        for (int i = 0; i < 200; i++) {
            snprintf(name, sizeof(name), "x/some-longer-name-that-is-not-inline-at-all-%d", i);
            snprintf(other, sizeof(other), "y/%d", i);
            ASSERT_EQ(rename(name, other), 0);
        }
        EXPECT_EQ(entries("x"), 0);
        EXPECT_EQ(entries("y"), 200);
        for (int i = 0; i < 200; i++) {
            snprintf(other, sizeof(other), "y/%d", i);
            ASSERT_EQ(unlink(other), 0);
        }
    }
    EXPECT_OK(rmdir("x"));
    EXPECT_OK(rmdir("y"));
}
