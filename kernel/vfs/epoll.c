// SPDX-License-Identifier: MIT
/*
 * epoll(7).
 *
 * An instance has an item for each (file, descriptor) it watches, in a tree, and a list of those
 * that may be ready. An item sits on the wait queues of its file; a wake-up there puts it on the
 * ready list. epoll_wait takes items off the list, asks each file for its state, reports it, and
 * puts level-triggered items back. So the list may name items that turn out not to be ready, never
 * the reverse.
 *
 * An item goes when it is deleted, when its instance goes, or when its file does
 * (epoll_release_file): the file's list of items names them. An instance is counted, so that the
 * last of these may find it alive.
 *
 * Instances may watch instances, without cycles and at most EPOLL_NESTS_MAX deep; nest_mutex keeps
 * the shape still while that is checked.
 *
 * Locks: nest_mutex > ep->mutex (outer instance before inner) > file->lock; and in wake-ups,
 * interrupts off: a wait queue's lock > ep->lock. The latter is never held while taking a wait
 * queue's.
 */
#include "epoll.h"

#include <abi/linux/poll.h>
#include <kernel/arch/percpu.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/panic.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/rbtree.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/seq_file.h>

#include "poll_core.h"

#define EPOLL_NESTS_MAX  4
#define EPOLL_EVENTS_MAX (0x7fffffff / (int)sizeof(struct epoll_event))

/* Bits that steer, not events. */
#define EP_PRIVATE (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EP_EXCLUSIVE_OK \
    (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

struct eventpoll {
    struct mutex mutex;
    struct wait_queue wait;      /* in epoll_wait() */
    struct wait_queue poll_wait; /* who polls the instance itself */
    spinlock_t lock;             /* interrupts off: ready, and items' ready_link */
    struct list_head ready;
    struct rb_root items; /* mutex */
    struct file *file;
    atomic_t count;
};

/* An item's place on one wait queue. */
struct ep_wait {
    struct wait_entry wait;
    struct wait_queue *wq;
    struct ep_item *item;
    struct ep_wait *next;
};

struct ep_item {
    struct rb_node node;         /* ep->items */
    struct list_head ready_link; /* ep->lock */
    struct list_head file_link;  /* file->epoll_links, file->lock */
    struct eventpoll *ep;
    struct file *file;
    int fd;
    u32 events; /* mutex to write */
    u64 data;
    struct ep_wait *waits;
};

static DEFINE_MUTEX(nest_mutex);
static struct kmem_cache *item_cache __ro_after_init, *wait_cache __ro_after_init;
static const struct file_operations eventpoll_fops;

static void ep_put(struct eventpoll *ep)
{
    if (atomic_dec_and_test(&ep->count))
        kfree(ep);
}

static struct eventpoll *file_eventpoll(struct file *file)
{
    return file->ops == &eventpoll_fops ? file->private : NULL;
}

/* --- the tree --- */

static int item_compare(const struct ep_item *item, const struct file *file, int fd)
{
    if (file != item->file)
        return file < item->file ? -1 : 1;
    return fd - item->fd;
}

static struct ep_item *item_find(struct eventpoll *ep, const struct file *file, int fd)
{
    struct rb_node *node = ep->items.rb_node;

    while (node) {
        struct ep_item *item = rb_entry(node, struct ep_item, node);
        int order = item_compare(item, file, fd);

        if (!order)
            return item;
        node = order < 0 ? node->rb_left : node->rb_right;
    }
    return NULL;
}

static void item_insert(struct eventpoll *ep, struct ep_item *fresh)
{
    struct rb_node **link = &ep->items.rb_node, *parent = NULL;

    while (*link) {
        parent = *link;
        link = item_compare(rb_entry(parent, struct ep_item, node), fresh->file, fresh->fd) < 0
                   ? &parent->rb_left
                   : &parent->rb_right;
    }
    rb_link_node(&fresh->node, parent, link);
    rb_insert_color(&fresh->node, &ep->items);
}

/* --- waking --- */

/* How many instances' poll_wait queues this CPU is waking, one from inside the other. */
static DEFINE_PER_CPU(unsigned int, wake_depth);

/* Wakes those who poll the instance: outer instances, whose pollers are woken from in there. */
static void wake_pollers(struct eventpoll *ep)
{
    unsigned long flags = local_irq_save();
    unsigned int depth = this_cpu_read(wake_depth);

    this_cpu_inc(wake_depth);
    spin_lock_nested(&ep->poll_wait.lock, depth);
    wake_up_key_locked(&ep->poll_wait, TASK_NORMAL, 1,
                       (void *)(unsigned long)(EPOLLIN | EPOLLRDNORM));
    spin_unlock(&ep->poll_wait.lock);
    this_cpu_dec(wake_depth);
    local_irq_restore(flags);
}

/* Puts the item on the ready list and wakes who waits for that. Any context. */
static void item_ready(struct ep_item *item)
{
    struct eventpoll *ep = item->ep;
    unsigned long flags;

    spin_lock_irqsave(&ep->lock, flags);
    if (list_empty(&item->ready_link))
        list_add_tail(&item->ready_link, &ep->ready);
    spin_unlock_irqrestore(&ep->lock, flags);
    if (wait_queue_active(&ep->wait))
        wake_up(&ep->wait);
    if (wait_queue_active(&ep->poll_wait))
        wake_pollers(ep);
}

static int item_wake(struct wait_entry *wait, unsigned int mode, void *key)
{
    struct ep_item *item = container_of(wait, struct ep_wait, wait)->item;
    u32 events = (u32)(unsigned long)key, wanted = READ_ONCE(item->events);

    /* A one-shot item that has fired waits for nothing. */
    if (!(wanted & ~EP_PRIVATE) || (events && !(events & wanted)))
        return 0;
    item_ready(item);
    return 1;
}

struct item_table {
    struct poll_table table;
    struct ep_item *item;
    int error;
};

static void item_queue(struct file *file, struct wait_queue *wq, struct poll_table *table)
{
    struct item_table *t = container_of(table, struct item_table, table);
    struct ep_wait *w = kmem_cache_alloc(wait_cache, GFP_KERNEL);

    if (!w) {
        t->error = -ENOMEM;
        return;
    }
    w->item = t->item;
    w->wq = wq;
    w->next = t->item->waits;
    t->item->waits = w;
    wait_entry_init(&w->wait, item_wake);
    if (t->item->events & EPOLLEXCLUSIVE)
        wait_queue_add_exclusive(wq, &w->wait);
    else
        wait_queue_add(wq, &w->wait);
}

/* What holds now of what the item wants. */
static u32 item_poll(struct ep_item *item)
{
    return file_poll(item->file, NULL) & item->events;
}

/* --- adding, changing, removing; ep->mutex held --- */

static void item_free(struct ep_item *item)
{
    struct ep_wait *w = item->waits, *next;

    for (; w; w = next) {
        next = w->next;
        wait_queue_remove(w->wq, &w->wait);
        kmem_cache_free(wait_cache, w);
    }
    spin_lock_irq(&item->ep->lock);
    list_del_init(&item->ready_link);
    spin_unlock_irq(&item->ep->lock);
    kmem_cache_free(item_cache, item);
}

static void item_remove(struct eventpoll *ep, struct ep_item *item)
{
    spin_lock(&item->file->lock);
    list_del_init(&item->file_link);
    spin_unlock(&item->file->lock);
    rb_erase(&item->node, &ep->items);
    item_free(item);
    ep_put(ep);
}

static int item_add(struct eventpoll *ep, struct file *file, int fd,
                    const struct epoll_event *event)
{
    struct ep_item *item = kmem_cache_alloc(item_cache, GFP_KERNEL);
    struct item_table t = {.table = {.queue = item_queue, .key = event->events}, .item = item};
    u32 found;

    if (!item)
        return -ENOMEM;
    *item = (struct ep_item){
        .ep = ep, .file = file, .fd = fd, .events = event->events, .data = event->data};
    INIT_LIST_HEAD(&item->ready_link);
    atomic_inc(&ep->count);
    spin_lock(&file->lock);
    list_add_tail(&item->file_link, &file->epoll_links);
    spin_unlock(&file->lock);
    item_insert(ep, item);
    found = file_poll(file, &t.table) & item->events;
    if (t.error) {
        item_remove(ep, item);
        return t.error;
    }
    if (found & ~EP_PRIVATE)
        item_ready(item);
    return 0;
}

static void item_modify(struct ep_item *item, const struct epoll_event *event)
{
    WRITE_ONCE(item->events, event->events);
    item->data = event->data;
    smp_mb(); /* what a wake-up sees against what the file says: one of the two has the event */
    if (item_poll(item) & ~EP_PRIVATE)
        item_ready(item);
}

static int control_locked(struct eventpoll *ep, int op, struct file *file, int fd,
                          struct epoll_event *event)
{
    struct ep_item *item = item_find(ep, file, fd);

    switch (op) {
    case EPOLL_CTL_ADD:
        event->events |= EPOLLERR | EPOLLHUP;
        return item ? -EEXIST : item_add(ep, file, fd, event);
    case EPOLL_CTL_DEL:
        if (!item)
            return -ENOENT;
        item_remove(ep, item);
        return 0;
    case EPOLL_CTL_MOD:
        if (!item)
            return -ENOENT;
        if (item->events & EPOLLEXCLUSIVE)
            return -EINVAL;
        event->events |= EPOLLERR | EPOLLHUP;
        item_modify(item, event);
        return 0;
    default: return -EINVAL;
    }
}

/* --- nesting; nest_mutex held --- */

/* The item's place in the order of the tree, to go on from when the item itself may be gone. */
struct item_key {
    const struct file *file;
    int fd;
};

/* The next instance that ep watches, counted; NULL at the end. */
static struct eventpoll *next_inner(struct eventpoll *ep, struct item_key *after)
{
    struct eventpoll *inner = NULL;
    struct rb_node *node;

    mutex_lock(&ep->mutex);
    for (node = rb_first(&ep->items); node && !inner; node = rb_next(node)) {
        struct ep_item *item = rb_entry(node, struct ep_item, node);

        if (item_compare(item, after->file, after->fd) >= 0)
            continue; /* not behind it */
        inner = file_eventpoll(item->file);
        *after = (struct item_key){.file = item->file, .fd = item->fd};
    }
    if (inner)
        atomic_inc(&inner->count);
    mutex_unlock(&ep->mutex);
    return inner;
}

/* How deep instances are nested below ep; -ELOOP when avoid is among them, or too deep. */
static int nest_depth(struct eventpoll *ep, const struct eventpoll *avoid, int level)
{
    struct item_key after = {.fd = -1};
    struct eventpoll *inner;
    int deepest = 0;

    if (ep == avoid || level > EPOLL_NESTS_MAX)
        return -ELOOP;
    while (deepest >= 0 && (inner = next_inner(ep, &after))) {
        int depth = nest_depth(inner, avoid, level + 1);

        deepest = depth < 0 ? depth : max(deepest, depth + 1);
        ep_put(inner);
    }
    return deepest;
}

/* How many instances stand above ep. */
static int nest_height(struct eventpoll *ep, int level)
{
    struct ep_item *item;
    int highest = 0;

    if (level > EPOLL_NESTS_MAX)
        return -ELOOP;
    /* Items of instances are added under nest_mutex alone; a removal unlinks under this lock. */
    spin_lock_nested(&ep->file->lock, level);
    list_for_each_entry (item, &ep->file->epoll_links, file_link) {
        int height = nest_height(item->ep, level + 1);

        if (height < 0) {
            highest = height;
            break;
        }
        highest = max(highest, height + 1);
    }
    spin_unlock(&ep->file->lock);
    return highest;
}

static int nest_check(struct eventpoll *ep, struct eventpoll *inner)
{
    int below = nest_depth(inner, ep, 0), above;

    if (below < 0)
        return below;
    above = nest_height(ep, 0);
    if (above < 0)
        return above;
    return below + above + 1 > EPOLL_NESTS_MAX ? -ELOOP : 0;
}

/* --- epoll_ctl(2) --- */

static int control_checked(struct eventpoll *ep, int op, struct file *file, int fd,
                           struct epoll_event *event)
{
    struct eventpoll *inner = file_eventpoll(file);
    bool nests = op == EPOLL_CTL_ADD && inner;
    int error = 0;

    if (op != EPOLL_CTL_DEL) {
        event->events &= ~EPOLLWAKEUP;
        if ((event->events & EPOLLEXCLUSIVE) &&
            (op == EPOLL_CTL_MOD || inner || (event->events & ~EP_EXCLUSIVE_OK)))
            return -EINVAL;
    }
    if (nests) {
        mutex_lock(&nest_mutex);
        error = nest_check(ep, inner);
    }
    if (!error) {
        mutex_lock(&ep->mutex);
        error = control_locked(ep, op, file, fd, event);
        mutex_unlock(&ep->mutex);
    }
    if (nests)
        mutex_unlock(&nest_mutex);
    return error;
}

int epoll_control(int epfd, int op, int fd, struct epoll_event *event)
{
    struct fd e = fd_get(epfd), f;
    struct eventpoll *ep;
    int error = -EBADF;

    if (!e.file)
        return -EBADF;
    f = fd_get(fd);
    if (!f.file)
        goto put_ep;
    error = -EPERM;
    if (!f.file->ops->poll)
        goto put_file; /* always ready: nothing to wait for */
    error = -EINVAL;
    ep = file_eventpoll(e.file);
    if (ep && e.file != f.file)
        error = control_checked(ep, op, f.file, fd, event);
put_file:
    fd_put(f);
put_ep:
    fd_put(e);
    return error;
}

/* --- epoll_wait(2) --- */

/* Reports one item, if it is ready: 1, 0 or -EFAULT. Its ready_link is empty. */
static int item_report(struct ep_item *item, struct epoll_event __user *to)
{
    struct epoll_event event = {.events = item_poll(item), .data = item->data};

    if (!event.events)
        return 0;
    if (copy_to_user(to, &event, sizeof(event)))
        return -EFAULT;
    if (item->events & EPOLLONESHOT)
        WRITE_ONCE(item->events, item->events & EP_PRIVATE);
    return 1;
}

static void relist(struct eventpoll *ep, struct ep_item *item)
{
    spin_lock_irq(&ep->lock);
    if (list_empty(&item->ready_link))
        list_add_tail(&item->ready_link, &ep->ready);
    spin_unlock_irq(&ep->lock);
}

/* Takes the next item off the list that is being gone through. */
static struct ep_item *take_first(struct eventpoll *ep, struct list_head *list)
{
    struct ep_item *item;

    spin_lock_irq(&ep->lock);
    item = list_first_entry_or_null(list, struct ep_item, ready_link);
    if (item)
        list_del_init(&item->ready_link);
    spin_unlock_irq(&ep->lock);
    return item;
}

/* mutex held: items do not go away. */
static int send_events(struct eventpoll *ep, struct epoll_event __user *events, int max)
{
    struct ep_item *item;
    int sent = 0;
    LIST_HEAD(list);

    spin_lock_irq(&ep->lock);
    list_splice_init(&ep->ready, &list);
    spin_unlock_irq(&ep->lock);
    while (sent < max && (item = take_first(ep, &list))) {
        int n = item_report(item, &events[sent]);

        if (n < 0) {
            relist(ep, item);
            sent = sent ?: n;
            break;
        }
        sent += n;
        /* Level-triggered: it is ready until a look says otherwise. */
        if (n && !(item->events & EPOLLET) && (item->events & ~EP_PRIVATE))
            relist(ep, item);
    }
    spin_lock_irq(&ep->lock);
    list_splice(&list, &ep->ready);
    spin_unlock_irq(&ep->lock);
    return sent;
}

static bool seems_ready(struct eventpoll *ep)
{
    return !list_empty(&ep->ready);
}

static int wait_for_events(struct eventpoll *ep, struct epoll_event __user *events, int max,
                           u64 deadline_ns)
{
    for (;;) {
        int n = 0;

        if (seems_ready(ep)) {
            mutex_lock(&ep->mutex);
            n = send_events(ep, events, max);
            mutex_unlock(&ep->mutex);
        }
        if (n || !deadline_ns)
            return n;
        if (signal_pending(current))
            return -EINTR;
        n = seems_ready(ep)
                ? 0
                : __wait_event(&ep->wait, seems_ready(ep), TASK_INTERRUPTIBLE, true, deadline_ns);
        if (n == -ETIMEDOUT)
            deadline_ns = 0; /* one last look */
        else if (n)
            return -EINTR;
        cond_resched();
    }
}

int epoll_wait_events(int epfd, struct epoll_event __user *events, int max, u64 deadline_ns)
{
    struct eventpoll *ep;
    struct fd f;
    int ret = -EINVAL;

    if (max <= 0 || max > EPOLL_EVENTS_MAX)
        return -EINVAL;
    if (!access_ok(events, max * sizeof(*events)))
        return -EFAULT;
    f = fd_get(epfd);
    if (!f.file)
        return -EBADF;
    ep = file_eventpoll(f.file);
    if (ep)
        ret = wait_for_events(ep, events, max, deadline_ns);
    fd_put(f);
    return ret;
}

/* --- the instance as a file --- */

/* Whether any item is really ready; those that are not leave the list. */
static u32 eventpoll_poll(struct file *file, struct poll_table *table)
{
    struct eventpoll *ep = file->private;
    struct ep_item *item;
    u32 events = 0;
    LIST_HEAD(list);

    poll_wait(file, &ep->poll_wait, table);
    if (!seems_ready(ep))
        return 0;
    mutex_lock_nested(&ep->mutex, current->epoll_depth + 1);
    current->epoll_depth++;
    spin_lock_irq(&ep->lock);
    list_splice_init(&ep->ready, &list);
    spin_unlock_irq(&ep->lock);
    while (!events && (item = take_first(ep, &list))) {
        if (item_poll(item)) {
            events = EPOLLIN | EPOLLRDNORM;
            relist(ep, item);
        }
    }
    spin_lock_irq(&ep->lock);
    list_splice(&list, &ep->ready);
    spin_unlock_irq(&ep->lock);
    current->epoll_depth--;
    mutex_unlock(&ep->mutex);
    return events;
}

static int eventpoll_release(struct inode *inode, struct file *file)
{
    struct eventpoll *ep = file->private;
    struct rb_node *node;

    mutex_lock(&ep->mutex);
    while ((node = rb_first(&ep->items))) {
        item_remove(ep, rb_entry(node, struct ep_item, node));
        cond_resched();
    }
    mutex_unlock(&ep->mutex);
    ep_put(ep);
    return 0;
}

static void eventpoll_fdinfo(struct seq_file *m, struct file *file)
{
    struct eventpoll *ep = file->private;
    struct rb_node *node;

    mutex_lock(&ep->mutex);
    for (node = rb_first(&ep->items); node; node = rb_next(node)) {
        const struct ep_item *item = rb_entry(node, struct ep_item, node);

        seq_printf(m, "tfd: %8d events: %8x data: %16llx  pos:%lli ino:%llx sdev:%x\n", item->fd,
                   item->events, item->data, (long long)item->file->pos, item->file->inode->ino,
                   item->file->inode->sb->dev);
    }
    mutex_unlock(&ep->mutex);
}

static const struct file_operations eventpoll_fops = {
    .llseek = no_llseek,
    .poll = eventpoll_poll,
    .release = eventpoll_release,
    .show_fdinfo = eventpoll_fdinfo,
};

/* The first item on a closing file's list; its instance counted. */
static struct ep_item *file_first_item(struct file *file, struct eventpoll **ep)
{
    struct ep_item *item;

    spin_lock(&file->lock);
    item = list_first_entry_or_null(&file->epoll_links, struct ep_item, file_link);
    if (item) {
        *ep = item->ep;
        atomic_inc(&item->ep->count);
    }
    spin_unlock(&file->lock);
    return item;
}

void epoll_release_file(struct file *file)
{
    struct eventpoll *ep = NULL;
    struct ep_item *item;

    while ((item = file_first_item(file, &ep))) {
        bool still;

        mutex_lock(&ep->mutex);
        /* Whoever removed it meanwhile held this mutex. */
        spin_lock(&file->lock);
        still = list_first_entry_or_null(&file->epoll_links, struct ep_item, file_link) == item;
        spin_unlock(&file->lock);
        if (still)
            item_remove(ep, item);
        mutex_unlock(&ep->mutex);
        ep_put(ep);
    }
}

int epoll_create(int flags)
{
    struct eventpoll *ep;
    struct file *file;
    int fd;

    ep = kzalloc(sizeof(*ep), GFP_KERNEL);
    if (!ep)
        return -ENOMEM;
    mutex_init(&ep->mutex);
    spin_lock_init(&ep->lock);
    wait_queue_init(&ep->wait);
    wait_queue_init(&ep->poll_wait);
    INIT_LIST_HEAD(&ep->ready);
    atomic_set(&ep->count, 1);
    fd = fd_alloc(flags);
    if (fd < 0) {
        kfree(ep);
        return fd;
    }
    file = file_open_anon("[eventpoll]", &eventpoll_fops, ep, O_RDWR);
    if (IS_ERR(file)) {
        fd_cancel(fd);
        kfree(ep);
        return PTR_ERR(file);
    }
    ep->file = file;
    fd_install(fd, file);
    return fd;
}

void epoll_init(void)
{
    item_cache = kmem_cache_create("eventpoll_epi", sizeof(struct ep_item), CACHE_LINE_SIZE,
                                   SLAB_PANIC | SLAB_ACCOUNT, NULL);
    wait_cache = kmem_cache_create("eventpoll_pwq", sizeof(struct ep_wait), 0,
                                   SLAB_PANIC | SLAB_ACCOUNT, NULL);
}
