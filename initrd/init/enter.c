// SPDX-License-Identifier: MIT
/*
 * From the initrd to the real root. pivot_root(2) swaps the two; the old one, detached, goes away
 * with its last user, which is this program until it executes the next. Linux does not let its
 * first root be pivoted (EINVAL): there the new root is moved over the old one, whose files are
 * removed first.
 */
#include "init.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What was mounted for us goes along; where the new root has no place for it, it is let go. */
static void move_mounts(const char *new_root)
{
    static const char *const mounts[] = {"/dev", "/proc", "/sys"};
    char target[64];

    for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
        snprintf(target, sizeof(target), "%s%s", new_root, mounts[i]);
        if (mount(mounts[i], target, NULL, MS_MOVE, NULL) == 0)
            continue;
        complain("%s does not move into the new root: %s", mounts[i], strerror(errno));
        umount2(mounts[i], MNT_DETACH);
    }
}

/* Removes what is in the directory @fd (consumed), on its own file system only. */
static void remove_tree(int fd, dev_t device)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    struct stat st;

    if (!dir) {
        close(fd);
        return;
    }
    while ((entry = readdir(dir))) {
        int child;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            st.st_dev != device)
            continue;
        if (!S_ISDIR(st.st_mode)) {
            unlinkat(dirfd(dir), entry->d_name, 0);
            continue;
        }
        child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (child >= 0)
            remove_tree(child, device);
        unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
    }
    closedir(dir);
}

/* Linux's way out of its first root. The current directory is the new root. */
static int move_over(void)
{
    struct stat st;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && fstat(fd, &st) == 0)
        remove_tree(fd, st.st_dev);
    else if (fd >= 0)
        close(fd);
    if (mount(".", "/", NULL, MS_MOVE, NULL) != 0)
        return -errno;
    return 0;
}

/* The old root lies over the new one, where the current directory shows it. Nothing is lost if it
 * stays. */
static void old_root_drop(void)
{
    if (umount2(".", MNT_DETACH) != 0)
        complain("the old root stays mounted: %s", strerror(errno));
}

int root_enter(const char *new_root)
{
    int error;

    move_mounts(new_root);
    if (chdir(new_root) != 0)
        return -errno;
    /* Both of its places may be the same directory. */
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        old_root_drop();
    } else if (errno == EINVAL) {
        error = move_over();
        if (error)
            return error;
    } else {
        return -errno;
    }
    if (chroot(".") != 0 || chdir("/") != 0)
        return -errno;
    return 0;
}
