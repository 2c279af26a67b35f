// SPDX-License-Identifier: MIT
/*
 * inotify(7): events of files and directories, queued for readers.
 *
 * A watch joins an inode and an instance (group). The inode's list of watches is made with its
 * first watch; it keeps the inode in memory as long as there are watches. An event goes through the
 * list and puts a record on the queue of each instance that wants it; equal neighbours become one,
 * and beyond QUEUE_MAX a single record says that some were lost.
 *
 * While nobody watches anything (inotify_nr_watches is 0), no event gets as far as this file.
 *
 * Locks: group->mutex (watches of the instance) > list->mutex (watches of the inode) > group->lock
 * (the queue).
 */
#include <abi/linux/inotify.h>
#include <abi/linux/ioctls.h>
#include <kernel/arch/uaccess.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/string.h>
#include <kernel/lib/xarray.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>
#include <kernel/sync/wait.h>
#include <kernel/vfs/poll.h>
#include <kernel/vfs/seq_file.h>

#include "eventfd.h"
#include "internal.h"

#define QUEUE_MAX   16384 /* /proc/sys/fs/inotify/max_queued_events */
#define WATCHES_MAX 65536 /* of one instance */

struct inotify_mark_list {
    struct mutex mutex;
    struct list_head marks;
    u32 mask; /* of all of them */
};

struct inotify_group {
    struct mutex mutex;
    struct list_head marks; /* mutex */
    struct xarray wds;      /* mutex: marks by watch descriptor */
    u64 next_wd;
    unsigned int nr_marks;
    spinlock_t lock;
    struct list_head queue; /* lock */
    unsigned int nr_queued; /* lock */
    size_t queued_bytes;    /* lock: as read(2) gives them */
    struct wait_queue wait;
    atomic_t count; /* the file, marks */
};

struct mark {
    struct list_head inode_link; /* list->mutex */
    struct list_head group_link; /* group->mutex */
    struct inotify_group *group;
    struct inode *inode; /* referenced; NULL once the watch is gone (list->mutex) */
    int wd;
    u32 mask; /* list->mutex */
    atomic_t count;
};

struct event {
    struct list_head link;
    int wd;
    u32 mask, cookie;
    u32 name_len; /* 0: none */
    char name[];
};

unsigned int inotify_nr_watches;
static const struct file_operations inotify_fops;

static void group_put(struct inotify_group *group)
{
    if (atomic_dec_and_test(&group->count)) {
        xa_destroy(&group->wds);
        kfree(group);
    }
}

static void mark_put(struct mark *mark)
{
    if (!atomic_dec_and_test(&mark->count))
        return;
    group_put(mark->group);
    kfree(mark);
}

/* --- the queue --- */

/* Names are followed by a NUL and padded so that the next record is aligned. */
static size_t name_room(u32 len)
{
    return len ? ALIGN(len + 1UL, sizeof(struct inotify_event)) : 0;
}

static size_t event_bytes(const struct event *e)
{
    return sizeof(struct inotify_event) + name_room(e->name_len);
}

static bool events_equal(const struct event *a, const struct event *b)
{
    return a->wd == b->wd && a->mask == b->mask && a->cookie == b->cookie &&
           a->name_len == b->name_len && !memcmp(a->name, b->name, a->name_len);
}

static struct event *event_new(int wd, u32 mask, u32 cookie, const struct qstr *name)
{
    u32 len = name ? name->len : 0;
    struct event *e = kmalloc(sizeof(*e) + len, GFP_KERNEL);

    if (!e)
        return NULL;
    *e = (struct event){.wd = wd, .mask = mask, .cookie = cookie, .name_len = len};
    if (len)
        memcpy(e->name, name->name, len);
    return e;
}

/* Consumes the event. */
static void queue_add(struct inotify_group *group, struct event *e)
{
    bool added = true;

    spin_lock(&group->lock);
    if (!list_empty(&group->queue) &&
        events_equal(list_last_entry(&group->queue, struct event, link), e)) {
        added = false;
    } else if (group->nr_queued >= QUEUE_MAX) {
        /* The last one says that there was more. */
        added = group->nr_queued == QUEUE_MAX;
        *e = (struct event){.wd = -1, .mask = IN_Q_OVERFLOW};
    }
    if (added) {
        list_add_tail(&e->link, &group->queue);
        group->nr_queued++;
        group->queued_bytes += event_bytes(e);
    }
    spin_unlock(&group->lock);
    if (!added)
        kfree(e);
    else
        wake_up_poll(&group->wait, EPOLLIN | EPOLLRDNORM);
}

static void mark_queue(const struct mark *mark, u32 mask, u32 cookie, const struct qstr *name)
{
    struct event *e = event_new(mark->wd, mask, cookie, name);

    if (e)
        queue_add(mark->group, e);
}

/* --- watches --- */

static void list_recompute(struct inotify_mark_list *list)
{
    struct mark *mark;
    u32 mask = 0;

    list_for_each_entry (mark, &list->marks, inode_link)
        mask |= mark->mask;
    WRITE_ONCE(list->mask, mask);
}

/* Ends a watch; its reader gets IN_IGNORED. group->mutex held. */
static void mark_remove_locked(struct mark *mark)
{
    struct inode *inode = mark->inode;
    struct inotify_mark_list *list = inode->notify;

    mutex_lock(&list->mutex);
    list_del_init(&mark->inode_link);
    mark->inode = NULL;
    list_recompute(list);
    mutex_unlock(&list->mutex);
    list_del_init(&mark->group_link);
    xa_erase(&mark->group->wds, mark->wd);
    mark->group->nr_marks--;
    __atomic_fetch_sub(&inotify_nr_watches, 1, __ATOMIC_RELAXED);
    mark_queue(mark, IN_IGNORED, 0, NULL);
    mark_put(mark);
    inode_put(inode);
}

/* Ends a watch that was found without its instance's mutex; somebody else may have been faster. */
static void mark_remove(struct mark *mark)
{
    struct inotify_group *group = mark->group;

    mutex_lock(&group->mutex);
    if (!list_empty(&mark->group_link))
        mark_remove_locked(mark);
    mutex_unlock(&group->mutex);
}

static struct inotify_mark_list *list_get(struct inode *inode)
{
    struct inotify_mark_list *list = READ_ONCE(inode->notify), *fresh;

    if (list)
        return list;
    fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
    if (!fresh)
        return NULL;
    mutex_init(&fresh->mutex);
    INIT_LIST_HEAD(&fresh->marks);
    spin_lock(&inode->lock);
    list = inode->notify;
    if (!list)
        smp_store_release(&inode->notify, fresh);
    spin_unlock(&inode->lock);
    if (list)
        kfree(fresh);
    return list ?: fresh;
}

void inotify_inode_gone(struct inode *inode)
{
    kfree(inode->notify);
    inode->notify = NULL;
}

/* --- events --- */

/* Hands an event to everybody who watches inode; a one-shot watch that got it is returned. */
static struct mark *list_notify(struct inotify_mark_list *list, u32 mask, u32 cookie,
                                const struct qstr *name, bool unlinked)
{
    struct mark *mark, *spent = NULL;

    mutex_lock(&list->mutex);
    list_for_each_entry (mark, &list->marks, inode_link) {
        if (!(mark->mask & mask & (IN_ALL_EVENTS | IN_UNMOUNT)) ||
            (unlinked && (mark->mask & IN_EXCL_UNLINK)))
            continue;
        mark_queue(mark, mask, cookie, name);
        if ((mark->mask & IN_ONESHOT) && !spent) {
            spent = mark;
            atomic_inc(&mark->count);
        }
    }
    mutex_unlock(&list->mutex);
    return spent;
}

static void notify(struct inode *inode, u32 mask, u32 cookie, const struct qstr *name,
                   bool unlinked)
{
    struct inotify_mark_list *list = READ_ONCE(inode->notify);
    struct mark *spent;

    if (!list || !(READ_ONCE(list->mask) & mask & (IN_ALL_EVENTS | IN_UNMOUNT)))
        return;
    spent = list_notify(list, mask, cookie, name, unlinked);
    if (spent) {
        mark_remove(spent);
        mark_put(spent);
    }
}

/* A name may change while it is being reported: a copy of it, of one moment. */
static void name_snapshot(struct dentry *dentry, struct qstr *name, char buf[NAME_MAX + 1])
{
    spin_lock(&dentry->lock);
    name->len = dentry->name.len;
    memcpy(buf, dentry->name.name, name->len);
    spin_unlock(&dentry->lock);
    name->name = buf;
}

static void notify_parent_dir(struct dentry *dentry, u32 mask)
{
    struct dentry *parent = dentry_get_parent(dentry);
    struct inotify_mark_list *list = parent->inode ? READ_ONCE(parent->inode->notify) : NULL;
    char buf[NAME_MAX + 1];
    struct qstr name;

    if (list && (READ_ONCE(list->mask) & mask & IN_ALL_EVENTS)) {
        name_snapshot(dentry, &name, buf);
        notify(parent->inode, mask, 0, &name, dentry_is_unlinked(dentry));
    }
    dentry_put(parent);
}

void inotify_event_slow(struct inode *inode, struct dentry *dentry, u32 mask)
{
    if (dentry) {
        inode = dentry->inode;
        if (S_ISDIR(inode->mode))
            mask |= IN_ISDIR;
        if (!dentry_is_root(dentry))
            notify_parent_dir(dentry, mask);
    }
    notify(inode, mask, 0, NULL, false);
}

void inotify_name_event(struct inode *dir, const struct qstr *name, u32 mask, u32 cookie)
{
    notify(dir, mask, cookie, name, false);
}

void inotify_move_event(struct inode *old_dir, const struct qstr *old_name, struct inode *new_dir,
                        struct dentry *moved, struct inode *replaced)
{
    static u32 last_cookie;
    u32 cookie = __atomic_add_fetch(&last_cookie, 1, __ATOMIC_RELAXED);
    u32 dir_bit = S_ISDIR(moved->inode->mode) ? IN_ISDIR : 0;

    notify(old_dir, IN_MOVED_FROM | dir_bit, cookie, old_name, false);
    notify(new_dir, IN_MOVED_TO | dir_bit, cookie, &moved->name, false);
    if (replaced)
        notify(replaced, IN_ATTRIB, 0, NULL, false);
    notify(moved->inode, IN_MOVE_SELF | dir_bit, 0, NULL, false);
}

/* Every watch of the inode ends, with a last event. */
static void end_watches(struct inode *inode, u32 mask)
{
    struct inotify_mark_list *list = READ_ONCE(inode->notify);
    struct mark *mark;

    if (!list)
        return;
    notify(inode, mask, 0, NULL, false);
    for (;;) {
        mutex_lock(&list->mutex);
        mark = list_first_entry_or_null(&list->marks, struct mark, inode_link);
        if (mark)
            atomic_inc(&mark->count);
        mutex_unlock(&list->mutex);
        if (!mark)
            return;
        mark_remove(mark);
        mark_put(mark);
    }
}

void inotify_inode_deleted_slow(struct inode *inode)
{
    end_watches(inode, IN_DELETE_SELF);
}

/* An inode of the super block that is watched, with a reference, or NULL. */
static struct inode *super_find_watched(struct super_block *sb)
{
    struct inode *inode;

    spin_lock(&sb->inode_lock);
    list_for_each_entry (inode, &sb->inodes, sb_link) {
        struct inotify_mark_list *list = READ_ONCE(inode->notify);

        if (list && !list_empty(&list->marks) && atomic_inc_not_zero(&inode->refcount)) {
            spin_unlock(&sb->inode_lock);
            return inode;
        }
    }
    spin_unlock(&sb->inode_lock);
    return NULL;
}

void inotify_super_gone(struct super_block *sb)
{
    struct inode *inode;

    if (!READ_ONCE(inotify_nr_watches))
        return;
    while ((inode = super_find_watched(sb))) {
        struct inotify_mark_list *list = inode->notify;
        struct mark *mark;

        mutex_lock(&list->mutex);
        list_for_each_entry (mark, &list->marks, inode_link)
            mark_queue(mark, IN_UNMOUNT, 0, NULL);
        mutex_unlock(&list->mutex);
        end_watches(inode, 0);
        inode_put(inode);
    }
}

/* --- inotify_add_watch(2), inotify_rm_watch(2) --- */

static struct mark *group_find(struct inotify_group *group, const struct inode *inode)
{
    struct mark *mark;

    list_for_each_entry (mark, &group->marks, group_link) {
        if (mark->inode == inode)
            return mark;
    }
    return NULL;
}

static int watch_update(struct mark *mark, u32 mask)
{
    struct inotify_mark_list *list = mark->inode->notify;

    if (mask & IN_MASK_CREATE)
        return -EEXIST;
    mutex_lock(&list->mutex);
    if (mask & IN_MASK_ADD)
        mask |= mark->mask;
    mark->mask = (mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK)) | IN_UNMOUNT;
    list_recompute(list);
    mutex_unlock(&list->mutex);
    return mark->wd;
}

static int watch_new(struct inotify_group *group, struct inode *inode, u32 mask)
{
    struct inotify_mark_list *list = list_get(inode);
    struct mark *mark;
    u64 wd;

    if (group->nr_marks >= WATCHES_MAX)
        return -ENOSPC;
    mark = list ? kzalloc(sizeof(*mark), GFP_KERNEL) : NULL;
    if (!mark)
        return -ENOMEM;
    if (xa_alloc_cyclic(&group->wds, &wd, mark, XA_LIMIT(1, 0x7fffffff), &group->next_wd,
                        GFP_KERNEL)) {
        kfree(mark);
        return -ENOSPC;
    }
    mark->wd = wd;
    mark->group = group;
    mark->inode = inode_get(inode);
    mark->mask = (mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK)) | IN_UNMOUNT;
    atomic_set(&mark->count, 1);
    atomic_inc(&group->count);
    list_add_tail(&mark->group_link, &group->marks);
    group->nr_marks++;
    __atomic_fetch_add(&inotify_nr_watches, 1, __ATOMIC_RELAXED);
    mutex_lock(&list->mutex);
    list_add_tail(&mark->inode_link, &list->marks);
    list_recompute(list);
    mutex_unlock(&list->mutex);
    return mark->wd;
}

static int group_watch(struct inotify_group *group, struct inode *inode, u32 mask)
{
    struct mark *mark;
    int ret = inode_permission(inode, MAY_READ);

    if (ret)
        return ret;
    mutex_lock(&group->mutex);
    mark = group_find(group, inode);
    ret = mark ? watch_update(mark, mask) : watch_new(group, inode, mask);
    mutex_unlock(&group->mutex);
    return ret;
}

static struct inotify_group *fd_group(int fd, struct fd *f)
{
    *f = fd_get(fd);
    if (!f->file)
        return ERR_PTR(-EBADF);
    if (f->file->ops == &inotify_fops)
        return f->file->private;
    fd_put(*f);
    return ERR_PTR(-EINVAL);
}

int inotify_add(int fd, const char *name, u32 mask)
{
    unsigned int lookup =
        (mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) | (mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0);
    struct inotify_group *group;
    struct path path;
    struct fd f;
    int ret;

    if (!(mask & (IN_ALL_EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_ADD |
                  IN_MASK_CREATE | IN_ONESHOT | IN_ISDIR)) ||
        (mask & (IN_MASK_ADD | IN_MASK_CREATE)) == (IN_MASK_ADD | IN_MASK_CREATE))
        return -EINVAL;
    group = fd_group(fd, &f);
    if (IS_ERR(group))
        return PTR_ERR(group);
    ret = path_lookup_at(AT_FDCWD, name, lookup, &path);
    if (!ret) {
        ret = group_watch(group, path.dentry->inode, mask);
        path_put(&path);
    }
    fd_put(f);
    return ret;
}

int inotify_remove(int fd, int wd)
{
    struct inotify_group *group;
    struct mark *mark;
    struct fd f;

    group = fd_group(fd, &f);
    if (IS_ERR(group))
        return PTR_ERR(group);
    mutex_lock(&group->mutex);
    mark = wd > 0 ? xa_load(&group->wds, wd) : NULL;
    if (mark)
        mark_remove_locked(mark);
    mutex_unlock(&group->mutex);
    fd_put(f);
    return mark ? 0 : -EINVAL;
}

/* --- the instance as a file --- */

/* The first event if it fits; ERR_PTR(-EINVAL) if it does not, NULL if there is none. */
static struct event *queue_take(struct inotify_group *group, size_t room)
{
    struct event *e;

    spin_lock(&group->lock);
    e = list_first_entry_or_null(&group->queue, struct event, link);
    if (e && event_bytes(e) > room) {
        e = ERR_PTR(-EINVAL);
    } else if (e) {
        list_del(&e->link);
        group->nr_queued--;
        group->queued_bytes -= event_bytes(e);
    }
    spin_unlock(&group->lock);
    return e;
}

static int event_to_iter(const struct event *e, struct iov_iter *to)
{
    const struct inotify_event head = {
        .wd = e->wd, .mask = e->mask, .cookie = e->cookie, .len = name_room(e->name_len)};
    size_t pad = head.len - e->name_len;

    if (copy_to_iter(&head, sizeof(head), to) != sizeof(head) ||
        (e->name_len && copy_to_iter(e->name, e->name_len, to) != e->name_len) ||
        (pad && zero_to_iter(pad, to) != pad))
        return -EFAULT;
    return 0;
}

static ssize_t inotify_read(struct kiocb *iocb, struct iov_iter *to)
{
    struct inotify_group *group = iocb->file->private;
    size_t wanted = to->count;
    struct event *e;
    int error = 0;

    for (;;) {
        e = queue_take(group, to->count);
        if (IS_ERR(e)) {
            error = -EINVAL;
            break;
        }
        if (e) {
            error = event_to_iter(e, to);
            kfree(e);
            if (error)
                break;
            continue;
        }
        if (to->count != wanted)
            break;
        if (iocb->file->flags & O_NONBLOCK) {
            error = -EAGAIN;
            break;
        }
        error = wait_event_interruptible(&group->wait, !list_empty(&group->queue));
        if (error)
            break;
    }
    if (to->count != wanted && error != -EFAULT)
        return wanted - to->count;
    return error;
}

static u32 inotify_poll(struct file *file, struct poll_table *table)
{
    struct inotify_group *group = file->private;

    poll_wait(file, &group->wait, table);
    return list_empty(&group->queue) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static long inotify_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
    struct inotify_group *group = file->private;

    if (cmd != FIONREAD)
        return -ENOTTY;
    return put_user((int)READ_ONCE(group->queued_bytes), (int __user *)arg);
}

static int inotify_release(struct inode *inode, struct file *file)
{
    struct inotify_group *group = file->private;
    struct event *e, *tmp;

    mutex_lock(&group->mutex);
    while (!list_empty(&group->marks))
        mark_remove_locked(list_first_entry(&group->marks, struct mark, group_link));
    mutex_unlock(&group->mutex);
    list_for_each_entry_safe (e, tmp, &group->queue, link)
        kfree(e);
    group_put(group);
    return 0;
}

static void inotify_fdinfo(struct seq_file *m, struct file *file)
{
    struct inotify_group *group = file->private;
    struct mark *mark;

    mutex_lock(&group->mutex);
    list_for_each_entry (mark, &group->marks, group_link)
        seq_printf(m, "inotify wd:%x ino:%llx sdev:%x mask:%x ignored_mask:0\n", mark->wd,
                   mark->inode->ino, mark->inode->sb->dev, mark->mask & IN_ALL_EVENTS);
    mutex_unlock(&group->mutex);
}

static const struct file_operations inotify_fops = {
    .llseek = no_llseek,
    .read_iter = inotify_read,
    .poll = inotify_poll,
    .ioctl = inotify_ioctl,
    .release = inotify_release,
    .show_fdinfo = inotify_fdinfo,
    .fasync = file_fasync,
};

int inotify_create(int flags)
{
    struct inotify_group *group;
    int fd;

    if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
        return -EINVAL;
    group = kzalloc(sizeof(*group), GFP_KERNEL);
    if (!group)
        return -ENOMEM;
    mutex_init(&group->mutex);
    INIT_LIST_HEAD(&group->marks);
    xa_init(&group->wds);
    group->next_wd = 1;
    spin_lock_init(&group->lock);
    INIT_LIST_HEAD(&group->queue);
    wait_queue_init(&group->wait);
    atomic_set(&group->count, 1);
    fd = fd_open_anon("inotify", &inotify_fops, group, O_RDONLY | flags);
    if (fd < 0)
        kfree(group);
    return fd;
}
