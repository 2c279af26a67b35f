// SPDX-License-Identifier: MIT
/*
 * getdents(2), getdents64(2).
 *
 * A record says where the next one begins (d_off), which is known only when the next comes: it is
 * filled in then, and for the last one at the end.
 */
#include <kernel/syscall/syscalls.h>

#include "../vfs/internal.h"

#include <abi/linux/dirent.h>
#include <abi/linux/inotify.h>
#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>

/* On the stack of one call. */
struct getdents {
    struct dir_context ctx;
    char __user *next;       /* where the next record goes */
    loff_t __user *last_off; /* of the record before, NULL: none */
    unsigned int room;       /* bytes */
    int error;
    union {
        struct linux_dirent64 dirent64;
        struct linux_dirent dirent;
        char bytes[sizeof(struct linux_dirent64) + NAME_MAX + 1 + 8];
    };
};

/* Takes room for a record; false (error set) when there is none. */
static bool record_begin(struct getdents *g, loff_t pos, size_t reclen)
{
    g->error = -EINVAL; /* in case this is the first */
    if (reclen > g->room)
        return false;
    if (g->last_off) {
        if (signal_pending(current)) {
            g->error = -EINTR;
            return false;
        }
        if (put_user(pos, g->last_off)) {
            g->error = -EFAULT;
            return false;
        }
    }
    return true;
}

static bool record_end(struct getdents *g, size_t reclen, size_t off_at)
{
    if (copy_to_user(g->next, g->bytes, reclen)) {
        g->error = -EFAULT;
        return false;
    }
    g->last_off = (loff_t __user *)(g->next + off_at);
    g->next += reclen;
    g->room -= reclen;
    return true;
}

static bool emit64(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
                   unsigned int type)
{
    struct getdents *g = container_of(ctx, struct getdents, ctx);
    size_t reclen = ALIGN(offsetof(struct linux_dirent64, d_name) + len + 1, 8UL);

    if (len <= 0 || len > NAME_MAX) {
        g->error = -EIO; /* a file system gave what cannot be a name */
        return false;
    }
    if (!record_begin(g, pos, reclen))
        return false;
    memset(g->bytes + reclen - 8, 0, 8);
    g->dirent64.d_ino = ino;
    g->dirent64.d_off = 0;
    g->dirent64.d_reclen = reclen;
    g->dirent64.d_type = type;
    memcpy(g->dirent64.d_name, name, len);
    g->dirent64.d_name[len] = '\0';
    return record_end(g, reclen, offsetof(struct linux_dirent64, d_off));
}

/* The type is the last byte of the record. */
static bool emit_old(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
                     unsigned int type)
{
    struct getdents *g = container_of(ctx, struct getdents, ctx);
    size_t reclen = ALIGN(offsetof(struct linux_dirent, d_name) + len + 2, 8UL);

    if (len <= 0 || len > NAME_MAX) {
        g->error = -EIO;
        return false;
    }
    if (!record_begin(g, pos, reclen))
        return false;
    memset(g->bytes + reclen - 8, 0, 8);
    g->dirent.d_ino = ino;
    g->dirent.d_off = 0;
    g->dirent.d_reclen = reclen;
    memcpy(g->dirent.d_name, name, len);
    g->dirent.d_name[len] = '\0';
    g->bytes[reclen - 1] = type;
    return record_end(g, reclen, offsetof(struct linux_dirent, d_off));
}

static long getdents_common(unsigned int fd, void __user *buf, unsigned int size,
                            bool (*emit)(struct dir_context *ctx, const char *name, int len,
                                         loff_t pos, u64 ino, unsigned int type))
{
    struct getdents g = {.ctx.emit = emit, .next = buf, .room = size};
    struct fd f = fd_get_pos(fd);
    long ret;

    if (!f.file)
        return -EBADF;
    ret = file_iterate(f.file, &g.ctx);
    if (ret >= 0)
        ret = g.error;
    if (g.last_off)
        ret = put_user(g.ctx.pos, g.last_off) ? -EFAULT : (long)(size - g.room);
    fd_put_pos(f);
    return ret;
}

long sys_getdents64(unsigned int fd, struct linux_dirent64 __user *buf, unsigned int size)
{
    return getdents_common(fd, buf, size, emit64);
}

long sys_getdents(unsigned int fd, struct linux_dirent __user *buf, unsigned int size)
{
    return getdents_common(fd, buf, size, emit_old);
}
