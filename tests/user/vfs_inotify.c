// SPDX-License-Identifier: MIT
// inotify(7): which calls tell what, in which order.
#define _GNU_SOURCE
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include "vfs.h"

static int watcher;

/* The next event as "MASK name"; "" when there is none. */
static const char *next_event(void)
{
    static const struct {
        unsigned int bit;
        const char *name;
    } names[] = {{IN_ACCESS, "ACCESS"},
                 {IN_MODIFY, "MODIFY"},
                 {IN_ATTRIB, "ATTRIB"},
                 {IN_CLOSE_WRITE, "CLOSE_WRITE"},
                 {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"},
                 {IN_OPEN, "OPEN"},
                 {IN_MOVED_FROM, "MOVED_FROM"},
                 {IN_MOVED_TO, "MOVED_TO"},
                 {IN_CREATE, "CREATE"},
                 {IN_DELETE, "DELETE"},
                 {IN_DELETE_SELF, "DELETE_SELF"},
                 {IN_MOVE_SELF, "MOVE_SELF"},
                 {IN_UNMOUNT, "UNMOUNT"},
                 {IN_IGNORED, "IGNORED"},
                 {IN_ISDIR, "ISDIR"}};
    static char queue[4096], text[300];
    static size_t at, have;
    const struct inotify_event *e;

    if (at >= have) {
        ssize_t n = read(watcher, queue, sizeof(queue));

        if (n <= 0)
            return "";
        have = n;
        at = 0;
    }
    e = (const void *)(queue + at);
    at += sizeof(*e) + e->len;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (e->mask & names[i].bit) {
            strcat(text, text[0] ? "|" : "");
            strcat(text, names[i].name);
        }
    }
    if (e->len) {
        strcat(text, " ");
        strcat(text, e->name);
    }
    return text;
}

#define EXPECT_EVENT(text) EXPECT_STREQ(next_event(), text)

static void start(void)
{
    enter_fresh_dir();
    watcher = inotify_init1(IN_NONBLOCK);
    if (watcher < 0)
        exit(KTAP_FAILED);
}

TEST(a_directory_tells_about_its_names)
{
    int fd;

    start();
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_EQ(inotify_add_watch(watcher, "d", IN_ALL_EVENTS), 1);
    EXPECT_EVENT("");
    fd = open("d/f", O_CREAT | O_RDWR, 0644);
    EXPECT_EVENT("CREATE f");
    EXPECT_EVENT("OPEN f");
    write(fd, "x", 1);
    EXPECT_EVENT("MODIFY f");
    pread(fd, &(char){0}, 1, 0);
    EXPECT_EVENT("ACCESS f");
    fchmod(fd, 0600);
    EXPECT_EVENT("ATTRIB f");
    ftruncate(fd, 0);
    EXPECT_EVENT("MODIFY f");
    close(fd);
    EXPECT_EVENT("CLOSE_WRITE f");
    close(open("d/f", O_RDONLY));
    EXPECT_EVENT("OPEN f");
    EXPECT_EVENT("CLOSE_NOWRITE f");
    mkdir("d/sub", 0755);
    EXPECT_EVENT("CREATE|ISDIR sub");
    symlink("x", "d/l");
    EXPECT_EVENT("CREATE l");
    link("d/f", "d/g");
    EXPECT_EVENT("CREATE g");
    unlink("d/g");
    EXPECT_EVENT("DELETE g");
    rename("d/f", "d/h");
    EXPECT_EVENT("MOVED_FROM f");
    EXPECT_EVENT("MOVED_TO h");
    rename("d/h", "h");
    EXPECT_EVENT("MOVED_FROM h");
    rename("h", "d/i");
    EXPECT_EVENT("MOVED_TO i");
    rmdir("d/sub");
    EXPECT_EVENT("DELETE|ISDIR sub");
    unlink("d/l");
    EXPECT_EVENT("DELETE l");
    unlink("d/i");
    EXPECT_EVENT("DELETE i");
    rmdir("d");
    EXPECT_EVENT("DELETE_SELF");
    EXPECT_EVENT("IGNORED");
    EXPECT_EVENT("");
}

TEST(a_file_tells_about_itself)
{
    int fd;

    start();
    touch("f");
    EXPECT_EQ(inotify_add_watch(watcher, "f", IN_ALL_EVENTS), 1);
    fd = open("f", O_WRONLY);
    EXPECT_EVENT("OPEN");
    write(fd, "x", 1);
    write(fd, "x", 1);
    EXPECT_EVENT("MODIFY"); /* two alike are one */
    EXPECT_EVENT("");
    rename("f", "g");
    EXPECT_EVENT("MOVE_SELF");
    unlink("g");
    EXPECT_EVENT("ATTRIB");
    EXPECT_EVENT("");
    close(fd); /* the last user */
    EXPECT_EVENT("CLOSE_WRITE");
    EXPECT_EVENT("DELETE_SELF");
    EXPECT_EVENT("IGNORED");
}

TEST(watches_come_and_go)
{
    struct pollfd p;
    int wd, n;

    start();
    touch("f");
    touch("g");
    wd = inotify_add_watch(watcher, "f", IN_OPEN);
    EXPECT_EQ(inotify_add_watch(watcher, "f", IN_CLOSE), wd);
    EXPECT_EQ(inotify_add_watch(watcher, "f", IN_OPEN | IN_MASK_ADD), wd);
    EXPECT_EQ(inotify_add_watch(watcher, "g", IN_OPEN | IN_ONESHOT), wd + 1);
    EXPECT_ERRNO(inotify_add_watch(watcher, "f", IN_OPEN | IN_MASK_CREATE), EEXIST);
    EXPECT_ERRNO(inotify_add_watch(watcher, "f", 0), EINVAL);
    EXPECT_ERRNO(inotify_add_watch(watcher, "none", IN_OPEN), ENOENT);
    EXPECT_ERRNO(inotify_add_watch(watcher, "f", IN_OPEN | IN_ONLYDIR), ENOTDIR);
    EXPECT_ERRNO(inotify_add_watch(0, "f", IN_OPEN), EINVAL);
    EXPECT_ERRNO(inotify_add_watch(999, "f", IN_OPEN), EBADF);
    EXPECT_ERRNO(inotify_rm_watch(watcher, 77), EINVAL);
    EXPECT_ERRNO(inotify_init1(1), EINVAL);
    p = (struct pollfd){.fd = watcher, .events = POLLIN};
    EXPECT_EQ(poll(&p, 1, 0), 0);
    close(open("g", O_RDONLY));
    EXPECT_EQ(poll(&p, 1, 0), 1);
    EXPECT_OK(ioctl(watcher, FIONREAD, &n));
    EXPECT_EQ(n, 2 * sizeof(struct inotify_event));
    EXPECT_EVENT("OPEN");
    EXPECT_EVENT("IGNORED");
    EXPECT_EVENT("");
    close(open("f", O_RDONLY));
    EXPECT_EVENT("OPEN");
    EXPECT_EVENT("CLOSE_NOWRITE");
    EXPECT_OK(inotify_rm_watch(watcher, wd));
    EXPECT_EVENT("IGNORED");
    close(open("f", O_RDONLY));
    EXPECT_EVENT("");
    EXPECT_ERRNO(read(watcher, &n, sizeof(n)), EAGAIN);
    inotify_add_watch(watcher, "f", IN_OPEN);
    close(open("f", O_RDONLY));
    EXPECT_ERRNO(read(watcher, &n, sizeof(n)), EINVAL); /* does not fit */
}

TEST(an_unmount_ends_watches)
{
    start();
    EXPECT_OK(mkdir("m", 0755));
    if (mount("none", "m", "tmpfs", 0, NULL)) {
        SKIP("may not mount");
        return;
    }
    touch("m/f");
    EXPECT_EQ(inotify_add_watch(watcher, "m/f", IN_ALL_EVENTS), 1);
    EXPECT_OK(umount("m"));
    EXPECT_EVENT("UNMOUNT");
    EXPECT_EVENT("IGNORED");
    EXPECT_EVENT("");
}
