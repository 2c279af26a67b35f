// SPDX-License-Identifier: MIT
/* What the page cache needs of the rest of the kernel, for one thread. */
#include "cache.h"

#include <kernel/arch/uaccess.h>
#include <kernel/mm/mm.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/rwsem.h>
#include <kernel/vfs/fs.h>
#include <kernel/sync/wait.h>
#include <stdlib.h>
#include <string.h>

/* --- user memory is the program's own; a hole can be declared in it --- */

static unsigned long hole_start, hole_end;

void cache_user_hole(const void *start, size_t size)
{
    hole_start = (unsigned long)start;
    hole_end = hole_start + size;
}

/* Bytes of [p, p + n) before the hole. */
static size_t reachable(const void *p, size_t n)
{
    unsigned long at = (unsigned long)p;

    if (hole_start == hole_end || at + n <= hole_start || at >= hole_end)
        return n;
    return at < hole_start ? hole_start - at : 0;
}

size_t copy_to_user(void __user *to, const void *from, size_t size)
{
    size_t n = reachable(to, size);

    memcpy(to, from, n);
    return size - n;
}

size_t copy_from_user(void *to, const void __user *from, size_t size)
{
    size_t n = reachable(from, size);

    memcpy(to, from, n);
    memset((char *)to + n, 0, size - n);
    return size - n;
}

size_t copy_from_user_nofault(void *to, const void __user *from, size_t size)
{
    size_t n = reachable(from, size);

    memcpy(to, from, n);
    return size - n;
}

size_t clear_user(void __user *to, size_t size)
{
    size_t n = reachable(to, size);

    memset(to, 0, n);
    return size - n;
}

int get_user_bytes(void *to, const void __user *from, size_t size)
{
    return copy_from_user(to, from, size) ? -14 : 0;
}

/* --- nobody sleeps: whoever would have to is a bug of the test --- */

void wait_queue_init_class(struct wait_queue *wq, struct lock_class *class)
{
    INIT_LIST_HEAD(&wq->entries);
}

void wait_entry_init(struct wait_entry *entry, wait_fn_t fn)
{
    abort();
}

int prepare_to_wait(struct wait_queue *wq, struct wait_entry *entry, unsigned int state)
{
    abort();
}

void finish_wait(struct wait_queue *wq, struct wait_entry *entry)
{
    abort();
}

int wait_autoremove(struct wait_entry *entry, unsigned int mode, void *key)
{
    abort();
}

void wake_up_key_locked(struct wait_queue *wq, unsigned int mode, int nr_exclusive, void *key)
{
}

void flusher_arm(void)
{
}

void flusher_kick(void)
{
}

void io_schedule(void)
{
    abort();
}

void schedule(void)
{
    abort();
}

void rwsem_init_class(struct rwsem *s, struct lock_class *class)
{
}

void might_sleep_at(const char *file, int line)
{
}

/* --- nothing is mapped --- */

unsigned int cache_unmaps;

void unmap_mapping_pages(struct address_space *mapping, u64 start, u64 nr, bool even_cows)
{
    cache_unmaps++;
}

bool vm_map_page_locked(struct vm_fault *vmf, unsigned long address, struct page *page)
{
    return false;
}

void inode_mark_dirty(struct inode *inode, int flags)
{
}
