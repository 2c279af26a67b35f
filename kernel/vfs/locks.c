// SPDX-License-Identifier: MIT
/*
 * Advisory locks: record locks of processes (F_SETLK) and of open files (F_OFD_SETLK), and
 * flock(2).
 *
 * An inode that was ever locked has a context with two lists: record locks, sorted by start, and
 * whole- file locks. An owner is a descriptor table for process locks and an open file for the
 * others; the record locks of one owner never overlap. A task that must wait sleeps on the context
 * and looks again whenever a lock there changed.
 *
 * Process locks can deadlock, and F_SETLKW says so (EDEADLK): each waiter of that kind is on a
 * global list with who it waits for, and before sleeping the chain from there is followed.
 *
 * Locks: context->mutex > waiters_lock.
 */
#include "locks.h"

#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/sync/wait.h>
#include <kernel/vfs/seq_file.h>

struct file_lock {
    struct list_head link;
    const void *owner;
    pid_t pid;         /* -1: an open file's */
    short type;        /* F_RDLCK, F_WRLCK, F_UNLCK (a request) */
    loff_t start, end; /* both included */
};

struct file_lock_context {
    struct mutex mutex;
    struct list_head records, whole; /* mutex */
    struct wait_queue wait;
    u64 changes; /* mutex to write */
};

/* Somebody asleep in F_SETLKW. */
struct lock_waiter {
    struct list_head link;
    const void *owner, *waits_for;
};

static LIST_HEAD(waiters);
static DEFINE_SPINLOCK(waiters_lock);

static struct file_lock_context *context_get(struct inode *inode)
{
    struct file_lock_context *ctx = READ_ONCE(inode->locks), *fresh;

    if (ctx)
        return ctx;
    fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
    if (!fresh)
        return NULL;
    mutex_init(&fresh->mutex);
    INIT_LIST_HEAD(&fresh->records);
    INIT_LIST_HEAD(&fresh->whole);
    wait_queue_init(&fresh->wait);
    spin_lock(&inode->lock);
    ctx = inode->locks;
    if (!ctx)
        smp_store_release(&inode->locks, fresh);
    spin_unlock(&inode->lock);
    if (ctx)
        kfree(fresh);
    return ctx ?: fresh;
}

void file_lock_context_free(struct inode *inode)
{
    kfree(inode->locks);
    inode->locks = NULL;
}

static void context_changed(struct file_lock_context *ctx)
{
    WRITE_ONCE(ctx->changes, ctx->changes + 1);
    wake_up_all(&ctx->wait);
}

/* --- conflicts --- */

static bool locks_conflict(const struct file_lock *held, const struct file_lock *wanted)
{
    return held->owner != wanted->owner && held->start <= wanted->end &&
           wanted->start <= held->end && (held->type == F_WRLCK || wanted->type == F_WRLCK);
}

static struct file_lock *find_conflict(struct list_head *locks, const struct file_lock *wanted)
{
    struct file_lock *lock;

    if (wanted->type == F_UNLCK)
        return NULL;
    list_for_each_entry (lock, locks, link) {
        if (locks_conflict(lock, wanted))
            return lock;
    }
    return NULL;
}

/* Whether waiting for blocker would close a ring that comes back to owner. waiters_lock held. */
static bool would_deadlock(const void *owner, const void *blocker)
{
    struct lock_waiter *w;
    unsigned int steps = 0;

restart:
    if (blocker == owner)
        return true;
    if (++steps > 64)
        return false; /* too long a chain to be followed: wait */
    list_for_each_entry (w, &waiters, link) {
        if (w->owner == blocker) {
            blocker = w->waits_for;
            goto restart;
        }
    }
    return false;
}

/* --- record locks --- */

/* One lock of the owner against the new range: whether it goes. *spare takes a split-off end. */
static bool record_yield(struct file_lock *lock, const struct file_lock *range,
                         struct file_lock **spare)
{
    if (lock->end < range->start || lock->start > range->end)
        return false;
    if (lock->start < range->start && lock->end > range->end) {
        struct file_lock *right = *spare;

        *spare = NULL;
        *right = *lock;
        right->start = range->end + 1;
        list_add(&right->link, &lock->link);
        lock->end = range->start - 1;
        return false;
    }
    if (lock->start < range->start) {
        lock->end = range->start - 1;
        return false;
    }
    if (lock->end > range->end) {
        lock->start = range->end + 1;
        return false;
    }
    return true;
}

/* Same owner, same type, touching: the new lock swallows the old one. */
static bool record_merge(const struct file_lock *lock, struct file_lock *range)
{
    loff_t before = range->start ? range->start - 1 : 0;
    loff_t after = range->end < MAX_LFS_FILESIZE ? range->end + 1 : range->end;

    if (lock->type != range->type || lock->end < before || lock->start > after)
        return false;
    range->start = min(range->start, lock->start);
    range->end = max(range->end, lock->end);
    return true;
}

static void record_insert(struct file_lock_context *ctx, struct file_lock *lock)
{
    struct file_lock *pos;

    list_for_each_entry (pos, &ctx->records, link) {
        if (pos->start > lock->start)
            break;
    }
    list_add_tail(&lock->link, &pos->link);
}

/* Makes the request true. fresh is used for a lock, spare for a split; both are consumed or freed.
 */
static void record_apply(struct file_lock_context *ctx, const struct file_lock *request,
                         struct file_lock *fresh, struct file_lock *spare)
{
    struct file_lock range = *request, *lock, *tmp;

    list_for_each_entry_safe (lock, tmp, &ctx->records, link) {
        if (lock->owner != range.owner)
            continue;
        if (record_merge(lock, &range) || record_yield(lock, &range, &spare)) {
            list_del(&lock->link);
            kfree(lock);
        }
    }
    if (range.type != F_UNLCK) {
        *fresh = range;
        record_insert(ctx, fresh);
        fresh = NULL;
    }
    kfree(fresh);
    kfree(spare);
    context_changed(ctx);
}

/* Sleeps until something changed since the conflict was seen. mutex held; dropped. */
static int record_wait(struct file_lock_context *ctx, const struct file_lock *request,
                       const struct file_lock *conflict)
{
    struct lock_waiter waiter = {.owner = request->owner, .waits_for = conflict->owner};
    bool process = request->pid != -1;
    u64 seen = ctx->changes;
    int error = 0;

    spin_lock(&waiters_lock);
    if (process && would_deadlock(waiter.owner, waiter.waits_for))
        error = -EDEADLK;
    else
        list_add(&waiter.link, &waiters);
    spin_unlock(&waiters_lock);
    mutex_unlock(&ctx->mutex);
    if (error)
        return error;
    error = wait_event_interruptible(&ctx->wait, READ_ONCE(ctx->changes) != seen);
    spin_lock(&waiters_lock);
    list_del(&waiter.link);
    spin_unlock(&waiters_lock);
    return error;
}

static int record_set(struct inode *inode, const struct file_lock *request, bool wait)
{
    struct file_lock_context *ctx = context_get(inode);
    struct file_lock *fresh = kmalloc(sizeof(*fresh), GFP_KERNEL);
    struct file_lock *spare = kmalloc(sizeof(*spare), GFP_KERNEL), *conflict;
    int error = 0;

    if (!ctx || !fresh || !spare) {
        kfree(fresh);
        kfree(spare);
        return -ENOLCK;
    }
    for (;;) {
        mutex_lock(&ctx->mutex);
        conflict = find_conflict(&ctx->records, request);
        if (!conflict) {
            record_apply(ctx, request, fresh, spare);
            mutex_unlock(&ctx->mutex);
            return 0;
        }
        if (!wait) {
            mutex_unlock(&ctx->mutex);
            error = -EAGAIN;
            break;
        }
        error = record_wait(ctx, request, conflict);
        if (error)
            break;
    }
    kfree(fresh);
    kfree(spare);
    return error;
}

/* --- struct flock --- */

static int range_base(struct file *file, short whence, loff_t *base)
{
    switch (whence) {
    case SEEK_SET: *base = 0; return 0;
    case SEEK_CUR: *base = file->pos; return 0;
    case SEEK_END: *base = READ_ONCE(file->inode->size); return 0;
    default: return -EINVAL;
    }
}

/* A negative length means the bytes before start. */
static int range_from_flock(struct file *file, const struct flock *fl, struct file_lock *lock)
{
    loff_t start;
    int error = range_base(file, fl->l_whence, &start);

    if (error)
        return error;
    if (check_add_overflow(start, (loff_t)fl->l_start, &start))
        return -EOVERFLOW;
    if (start < 0)
        return -EINVAL;
    lock->start = start;
    lock->end = MAX_LFS_FILESIZE;
    if (fl->l_len > 0) {
        if (check_add_overflow(start, (loff_t)fl->l_len - 1, &lock->end))
            return -EOVERFLOW;
    } else if (fl->l_len < 0) {
        if (start + fl->l_len < 0)
            return -EINVAL;
        lock->end = start - 1;
        lock->start = start + fl->l_len;
    }
    return 0;
}

static bool is_ofd(unsigned int cmd)
{
    return cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
}

static int request_from_user(struct file *file, unsigned int cmd, const struct flock __user *user,
                             struct flock *fl, struct file_lock *lock)
{
    if (copy_from_user(fl, user, sizeof(*fl)))
        return -EFAULT;
    if (fl->l_type != F_RDLCK && fl->l_type != F_WRLCK && fl->l_type != F_UNLCK)
        return -EINVAL;
    if (is_ofd(cmd) && fl->l_pid)
        return -EINVAL;
    lock->type = fl->l_type;
    lock->owner = is_ofd(cmd) ? (const void *)file : current->files;
    lock->pid = is_ofd(cmd) ? -1 : current->tgid;
    return range_from_flock(file, fl, lock);
}

static void flock_describe(const struct file_lock *lock, struct flock *fl)
{
    fl->l_type = lock->type;
    fl->l_whence = SEEK_SET;
    fl->l_start = lock->start;
    fl->l_len = lock->end == MAX_LFS_FILESIZE ? 0 : lock->end - lock->start + 1;
    fl->l_pid = lock->pid;
}

long lock_fcntl_get(struct file *file, unsigned int cmd, struct flock __user *user)
{
    struct file_lock_context *ctx = READ_ONCE(file->inode->locks);
    struct file_lock request, *conflict = NULL;
    struct flock fl;
    int error = request_from_user(file, cmd, user, &fl, &request);

    if (error)
        return error;
    if (request.type == F_UNLCK)
        return -EINVAL;
    fl.l_type = F_UNLCK;
    if (ctx) {
        mutex_lock(&ctx->mutex);
        conflict = find_conflict(&ctx->records, &request);
        if (conflict)
            flock_describe(conflict, &fl);
        mutex_unlock(&ctx->mutex);
    }
    return copy_to_user(user, &fl, sizeof(fl)) ? -EFAULT : 0;
}

static int mode_allows(const struct file *file, short type)
{
    if (type == F_RDLCK && !(file->mode & FMODE_READ))
        return -EBADF;
    return type == F_WRLCK && !(file->mode & FMODE_WRITE) ? -EBADF : 0;
}

/* Another thread may have closed the descriptor while the lock was being set: nobody would free it.
 */
static bool fd_still_is(unsigned int fd, struct file *file)
{
    struct file *now = task_file_get(current, fd);

    if (now)
        file_put(now);
    return now == file;
}

long lock_fcntl_set(unsigned int fd, struct file *file, unsigned int cmd,
                    const struct flock __user *user)
{
    struct file_lock request;
    struct flock fl;
    int error = request_from_user(file, cmd, user, &fl, &request);

    if (!error)
        error = mode_allows(file, request.type);
    if (error)
        return error;
    if (request.type == F_UNLCK && !READ_ONCE(file->inode->locks))
        return 0;
    error = record_set(file->inode, &request, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
    if (!error && request.type != F_UNLCK && !is_ofd(cmd) && !fd_still_is(fd, file)) {
        request.type = F_UNLCK;
        (void)record_set(file->inode, &request, false);
        return -EBADF;
    }
    return error;
}

/* --- flock(2) --- */

static struct file_lock *whole_find(struct file_lock_context *ctx, const struct file *file)
{
    struct file_lock *lock;

    list_for_each_entry (lock, &ctx->whole, link) {
        if (lock->owner == file)
            return lock;
    }
    return NULL;
}

static void whole_drop(struct file_lock_context *ctx, struct file_lock *lock)
{
    list_del(&lock->link);
    kfree(lock);
    context_changed(ctx);
}

static int whole_set(struct file_lock_context *ctx, struct file *file, short type, bool wait)
{
    const struct file_lock request = {
        .owner = file, .type = type, .end = MAX_LFS_FILESIZE, .pid = current->tgid};
    struct file_lock *lock = kmalloc(sizeof(*lock), GFP_KERNEL), *old;
    int error = 0;

    if (!lock)
        return -ENOLCK;
    *lock = request;
    mutex_lock(&ctx->mutex);
    old = whole_find(ctx, file);
    if (old && old->type == type) {
        mutex_unlock(&ctx->mutex);
        kfree(lock);
        return 0;
    }
    /* Changing a lock means giving the old one up first. */
    if (old)
        whole_drop(ctx, old);
    while (find_conflict(&ctx->whole, lock)) {
        u64 seen = ctx->changes;

        error = -EAGAIN;
        if (!wait)
            break;
        mutex_unlock(&ctx->mutex);
        error = wait_event_interruptible(&ctx->wait, READ_ONCE(ctx->changes) != seen);
        mutex_lock(&ctx->mutex);
        if (error)
            break;
    }
    if (!error)
        list_add_tail(&lock->link, &ctx->whole);
    mutex_unlock(&ctx->mutex);
    if (error)
        kfree(lock);
    return error;
}

long lock_flock(struct file *file, unsigned int cmd)
{
    struct file_lock_context *ctx;
    struct file_lock *lock;
    short type;

    switch (cmd & ~LOCK_NB) {
    case LOCK_SH: type = F_RDLCK; break;
    case LOCK_EX: type = F_WRLCK; break;
    case LOCK_UN: type = F_UNLCK; break;
    default: return -EINVAL;
    }
    if (type != F_UNLCK && !(file->mode & (FMODE_READ | FMODE_WRITE)))
        return -EBADF;
    ctx = context_get(file->inode);
    if (!ctx)
        return -ENOLCK;
    if (type != F_UNLCK)
        return whole_set(ctx, file, type, !(cmd & LOCK_NB));
    mutex_lock(&ctx->mutex);
    lock = whole_find(ctx, file);
    if (lock)
        whole_drop(ctx, lock);
    mutex_unlock(&ctx->mutex);
    return 0;
}

/* --- when files go --- */

static void drop_owned(struct file_lock_context *ctx, struct list_head *locks, const void *owner)
{
    struct file_lock *lock, *tmp;
    bool changed = false;

    mutex_lock(&ctx->mutex);
    list_for_each_entry_safe (lock, tmp, locks, link) {
        if (lock->owner != owner)
            continue;
        list_del(&lock->link);
        kfree(lock);
        changed = true;
    }
    if (changed)
        context_changed(ctx);
    mutex_unlock(&ctx->mutex);
}

void locks_remove_posix(struct file *file, struct files *owner)
{
    struct file_lock_context *ctx = file->inode->locks;

    if (ctx && !list_empty(&ctx->records))
        drop_owned(ctx, &ctx->records, owner);
}

void locks_remove_file(struct file *file)
{
    struct file_lock_context *ctx = file->inode->locks;

    if (!ctx)
        return;
    drop_owned(ctx, &ctx->records, file);
    drop_owned(ctx, &ctx->whole, file);
}
