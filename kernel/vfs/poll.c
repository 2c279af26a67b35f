// SPDX-License-Identifier: MIT
/*
 * poll(2) and select(2): one round asks each file for its state and queues the caller on its wait
 * queues; if nothing was found, it sleeps, and asks again without queueing. A wake-up whose events
 * are not among those asked for does not end the sleep.
 */
#include "poll_core.h"

#include <abi/linux/poll.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/bitops.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>

struct poll_entries_page {
    struct poll_entries_page *next;
    unsigned int nr;
    struct poll_entry entries[];
};

#define ENTRIES_PER_PAGE \
    ((PAGE_SIZE - sizeof(struct poll_entries_page)) / sizeof(struct poll_entry))

/* --- queueing and sleeping --- */

static struct poll_entry *entry_new(struct poll_wait *pw)
{
    struct poll_entries_page *page = pw->pages;

    if (pw->nr_inline < POLL_INLINE_ENTRIES)
        return &pw->inline_entries[pw->nr_inline++];
    if (!page || page->nr == ENTRIES_PER_PAGE) {
        page = kmalloc(PAGE_SIZE, GFP_KERNEL);
        if (!page) {
            pw->error = -ENOMEM;
            return NULL;
        }
        page->nr = 0;
        page->next = pw->pages;
        pw->pages = page;
    }
    return &page->entries[page->nr++];
}

static int poll_wake(struct wait_entry *wait, unsigned int mode, void *key)
{
    struct poll_entry *entry = container_of(wait, struct poll_entry, wait);
    u32 events = (u32)(unsigned long)key;

    if (events && !(events & entry->key))
        return 0;
    smp_store_release(&entry->owner->triggered, true);
    return wake_up_state(entry->owner->task, mode);
}

static void poll_queue(struct file *file, struct wait_queue *wq, struct poll_table *table)
{
    struct poll_wait *pw = container_of(table, struct poll_wait, table);
    struct poll_entry *entry = entry_new(pw);

    if (!entry)
        return;
    entry->owner = pw;
    entry->wq = wq;
    entry->file = file_get(file);
    entry->key = table->key;
    wait_entry_init(&entry->wait, poll_wake);
    wait_queue_add(wq, &entry->wait);
}

void poll_wait_begin(struct poll_wait *pw)
{
    pw->table = (struct poll_table){.queue = poll_queue, .key = ~0U};
    pw->task = current;
    pw->triggered = false;
    pw->error = 0;
    pw->nr_inline = 0;
    pw->pages = NULL;
}

static void entry_remove(struct poll_entry *entry)
{
    wait_queue_remove(entry->wq, &entry->wait);
    file_put(entry->file);
}

void poll_wait_end(struct poll_wait *pw)
{
    struct poll_entries_page *page = pw->pages, *next;

    for (unsigned int i = 0; i < pw->nr_inline; i++)
        entry_remove(&pw->inline_entries[i]);
    for (; page; page = next) {
        next = page->next;
        for (unsigned int i = 0; i < page->nr; i++)
            entry_remove(&page->entries[i]);
        kfree(page);
    }
}

bool poll_wait_sleep(struct poll_wait *pw, u64 deadline_ns)
{
    bool in_time = true;

    set_current_state(TASK_INTERRUPTIBLE);
    if (!READ_ONCE(pw->triggered) && !signal_pending(current)) {
        if (deadline_ns == TIMEOUT_NONE)
            schedule();
        else
            in_time = schedule_until_ns(deadline_ns);
    }
    set_current_state(TASK_RUNNING);
    smp_store_mb(pw->triggered, false);
    return in_time;
}

/* --- poll --- */

/* The event bits of poll are those of epoll. */
static u32 poll_one(struct pollfd *pfd, struct poll_wait *pw)
{
    u32 wanted = (u16)pfd->events | EPOLLERR | EPOLLHUP, found = EPOLLNVAL;
    struct fd f;

    if (pfd->fd < 0) {
        pfd->revents = 0;
        return 0;
    }
    f = fd_get(pfd->fd);
    if (f.file) {
        pw->table.key = wanted;
        found = file_poll(f.file, &pw->table) & wanted;
        fd_put(f);
    }
    pfd->revents = found;
    return found;
}

static int poll_round(struct pollfd *fds, unsigned int nr, struct poll_wait *pw)
{
    int found = 0;

    for (unsigned int i = 0; i < nr; i++) {
        if (poll_one(&fds[i], pw)) {
            found++;
            pw->table.queue = NULL; /* there is something: no need to wait for more */
        }
    }
    pw->table.queue = NULL;
    return found;
}

int poll_fds(struct pollfd *fds, unsigned int nr, u64 deadline_ns)
{
    struct poll_wait pw;
    bool timed_out = !deadline_ns;
    int found;

    poll_wait_begin(&pw);
    if (timed_out)
        pw.table.queue = NULL;
    for (;;) {
        found = poll_round(fds, nr, &pw) ?: pw.error;
        if (!found && signal_pending(current))
            found = -EINTR;
        if (found || timed_out)
            break;
        timed_out = !poll_wait_sleep(&pw, deadline_ns);
    }
    poll_wait_end(&pw);
    return found;
}

/* --- select --- */

#define SELECT_IN  (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLNVAL)
#define SELECT_OUT (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR | EPOLLNVAL)
#define SELECT_EX  (EPOLLPRI | EPOLLNVAL)

static int select_one(unsigned int fd, struct select_sets *s, struct poll_wait *pw)
{
    bool in = test_bit(fd, s->in), out = test_bit(fd, s->out), ex = test_bit(fd, s->ex);
    struct fd f = fd_get(fd);
    int found = 0;
    u32 events;

    if (!f.file)
        return -EBADF;
    pw->table.key =
        (in ? SELECT_IN : 0) | (out ? SELECT_OUT : 0) | (ex ? SELECT_EX : 0) | EPOLLERR | EPOLLHUP;
    events = file_poll(f.file, &pw->table);
    fd_put(f);
    if (in && (events & SELECT_IN)) {
        __set_bit(fd, s->res_in);
        found++;
    }
    if (out && (events & SELECT_OUT)) {
        __set_bit(fd, s->res_out);
        found++;
    }
    if (ex && (events & SELECT_EX)) {
        __set_bit(fd, s->res_ex);
        found++;
    }
    return found;
}

static int select_round(unsigned int nr, struct select_sets *s, struct poll_wait *pw)
{
    int found = 0;

    for (unsigned int word = 0; word < BITS_TO_LONGS(nr); word++) {
        unsigned long bits = s->in[word] | s->out[word] | s->ex[word];

        while (bits) {
            unsigned int fd = word * BITS_PER_LONG + __ffs(bits);
            int n;

            bits &= bits - 1;
            if (fd >= nr)
                break;
            n = select_one(fd, s, pw);
            if (n < 0)
                return n;
            found += n;
            if (n)
                pw->table.queue = NULL;
        }
    }
    pw->table.queue = NULL;
    return found;
}

int select_fds(unsigned int nr, struct select_sets *s, u64 deadline_ns)
{
    struct poll_wait pw;
    bool timed_out = !deadline_ns;
    int found;

    poll_wait_begin(&pw);
    if (timed_out)
        pw.table.queue = NULL;
    for (;;) {
        found = select_round(nr, s, &pw) ?: pw.error;
        if (!found && signal_pending(current))
            found = -ERESTARTNOHAND;
        if (found || timed_out)
            break;
        timed_out = !poll_wait_sleep(&pw, deadline_ns);
    }
    poll_wait_end(&pw);
    return found;
}
