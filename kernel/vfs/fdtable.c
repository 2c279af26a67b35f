// SPDX-License-Identifier: MIT
/*
 * Descriptor tables.
 *
 * Look-up reads table and slot under RCU and takes a reference that can fail; file structures are
 * type-stable (SLAB_TYPESAFE_RCU), so the slot is looked at again afterwards. A table with one user
 * is looked up without any of that: nobody else can close a descriptor while its task is in a call.
 *
 * A table grows by replacing it: the new one is filled under the lock, published, the old one freed
 * after a grace period. Slots are stable under the lock only.
 */
#include <kernel/base/panic.h>
#include <kernel/lib/bitmap.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>

#include "internal.h"

/* /proc/sys/fs/nr_open's default: no table grows beyond it. */
#define FD_MAX (1024U * 1024U)

static struct kmem_cache *files_cache __ro_after_init;

static inline bool files_are_shared(const struct files *files)
{
    return atomic_read(&files->count) != 1;
}

/* --- tables --- */

static struct fd_table *table_alloc(unsigned int wanted)
{
    unsigned int max = roundup_pow_of_two(max(wanted, 2U * FILES_INLINE));
    size_t words = BITS_TO_LONGS(max);
    struct fd_table *table = kmalloc(sizeof(*table), GFP_KERNEL);

    if (!table)
        return NULL;
    /* One block: slots, then the two bitmaps. */
    table->slot =
        kvmalloc(max * sizeof(struct file *) + 2 * words * sizeof(long), GFP_KERNEL | GFP_ZERO);
    if (!table->slot) {
        kfree(table);
        return NULL;
    }
    table->max = max;
    table->open = (unsigned long *)(table->slot + max);
    table->close_on_exec = table->open + words;
    return table;
}

static void table_free(struct fd_table *table)
{
    kvfree(table->slot);
    kfree(table);
}

static void table_free_rcu(struct rcu_head *head)
{
    table_free(container_of(head, struct fd_table, rcu));
}

/* Copies the first nr descriptors, a multiple of 64. */
static void table_copy(struct fd_table *to, const struct fd_table *from, unsigned int nr)
{
    memcpy(to->slot, from->slot, nr * sizeof(struct file *));
    memcpy(to->open, from->open, nr / 8);
    memcpy(to->close_on_exec, from->close_on_exec, nr / 8);
}

/* Makes room for fd. lock held; dropped and taken again. */
static int table_grow_locked(struct files *files, unsigned int fd)
{
    struct fd_table *old = files->table, *table;

    if (fd >= FD_MAX)
        return -EMFILE;
    spin_unlock(&files->lock);
    table = table_alloc(fd + 1);
    spin_lock(&files->lock);
    if (!table)
        return -ENOMEM;
    if (files->table != old) { /* somebody else was faster; the caller looks again */
        table_free(table);
        return 0;
    }
    table_copy(table, old, old->max);
    rcu_assign_pointer(files->table, table);
    if (old != &files->inline_table)
        call_rcu(&old->rcu, table_free_rcu);
    return 0;
}

static struct files *files_alloc(void)
{
    struct files *files = kmem_cache_alloc(files_cache, GFP_KERNEL);

    if (!files)
        return NULL;
    memset(files, 0, sizeof(*files));
    atomic_set(&files->count, 1);
    spin_lock_init(&files->lock);
    files->inline_table = (struct fd_table){.max = FILES_INLINE,
                                            .slot = files->inline_slots,
                                            .close_on_exec = &files->inline_cloexec,
                                            .open = &files->inline_open};
    files->table = &files->inline_table;
    return files;
}

struct files *files_create(void)
{
    return files_alloc();
}

static void files_free(struct files *files)
{
    if (files->table != &files->inline_table)
        call_rcu(&files->table->rcu, table_free_rcu);
    kmem_cache_free(files_cache, files);
}

/* Slots up to the last one in use, rounded to whole bitmap words. lock held. */
static unsigned int table_used(const struct fd_table *table)
{
    unsigned int words = table->max / BITS_PER_LONG;

    while (words > 1 && !table->open[words - 1])
        words--;
    return words * BITS_PER_LONG;
}

/* Takes references on what was copied. A number that is only reserved stays behind. */
static void table_take_references(struct fd_table *table, unsigned int used)
{
    unsigned int fd;

    for_each_set_bit(fd, table->open, used)
    {
        if (table->slot[fd]) {
            file_get(table->slot[fd]);
        } else {
            __clear_bit(fd, table->open);
            __clear_bit(fd, table->close_on_exec);
        }
    }
}

struct files *files_copy(struct files *old, int *error)
{
    struct files *files = files_alloc();
    unsigned int used;

    *error = -ENOMEM;
    if (!files)
        return NULL;
    spin_lock(&old->lock);
    while ((used = table_used(old->table)) > files->table->max) {
        spin_unlock(&old->lock);
        if (files->table != &files->inline_table)
            table_free(files->table);
        files->table = table_alloc(used);
        if (!files->table) {
            kmem_cache_free(files_cache, files);
            return NULL;
        }
        spin_lock(&old->lock);
    }
    table_copy(files->table, old->table, used);
    table_take_references(files->table, used);
    files->next_fd = old->next_fd;
    spin_unlock(&old->lock);
    *error = 0;
    return files;
}

static void files_close_all(struct files *files)
{
    struct fd_table *table = files->table;
    unsigned int fd;

    for_each_set_bit(fd, table->open, table->max)
    {
        struct file *file = table->slot[fd];

        table->slot[fd] = NULL;
        if (file)
            (void)file_close(file, files);
        cond_resched();
    }
}

void files_put(struct files *files)
{
    if (!files || !atomic_dec_and_test(&files->count))
        return;
    files_close_all(files);
    files_free(files);
}

struct files *files_unshare(struct files *files)
{
    int error;

    if (!files_are_shared(files)) {
        atomic_inc(&files->count);
        return files;
    }
    return files_copy(files, &error);
}

int files_unshare_current(void)
{
    struct files *old = current->files, *fresh;
    int error;

    if (!files_are_shared(old))
        return 0;
    fresh = files_copy(old, &error);
    if (!fresh)
        return error;
    spin_lock(&current->alloc_lock);
    current->files = fresh;
    spin_unlock(&current->alloc_lock);
    files_put(old);
    return 0;
}

void files_close_on_exec(struct files *files)
{
    struct fd_table *table = files->table;
    unsigned int fd;

    for_each_set_bit(fd, table->close_on_exec, table->max)
    {
        __clear_bit(fd, table->close_on_exec);
        if (test_bit(fd, table->open))
            (void)fd_close(fd);
    }
}

/* --- look-up --- */

/*
 * One try. The file of a slot that was reused while it was being counted comes back in *stale: the
 * caller drops it where it may sleep, and tries again. RCU or the task's alloc_lock.
 */
static struct file *slot_try_get(struct files *files, unsigned int fd, struct file **stale)
{
    struct fd_table *table = rcu_dereference(files->table);
    struct file *file;

    *stale = NULL;
    if (fd >= table->max)
        return NULL;
    while ((file = rcu_dereference(table->slot[fd]))) {
        if (unlikely(!atomic64_inc_not_zero(&file->refcount)))
            continue; /* just being closed: the slot changes at any moment */
        if (likely(READ_ONCE(table->slot[fd]) == file && READ_ONCE(files->table) == table))
            return file;
        *stale = file;
        return NULL;
    }
    return NULL;
}

static struct file *slot_get(struct files *files, unsigned int fd)
{
    struct file *file, *stale;

    for (;;) {
        rcu_read_lock();
        file = slot_try_get(files, fd, &stale);
        rcu_read_unlock();
        if (likely(!stale))
            return file;
        file_put(stale);
    }
}

static inline struct fd fd_get_masked(unsigned int fd, u32 refused)
{
    struct files *files = current->files;
    struct file *file;

    if (likely(!files_are_shared(files))) {
        struct fd_table *table = files->table;

        if (unlikely(fd >= table->max))
            return (struct fd){};
        file = table->slot[fd];
        if (unlikely(!file || (file->mode & refused)))
            return (struct fd){};
        return (struct fd){.file = file};
    }
    file = slot_get(files, fd);
    if (!file)
        return (struct fd){};
    if (unlikely(file->mode & refused)) {
        file_put(file);
        return (struct fd){};
    }
    return (struct fd){.file = file, .counted = true};
}

struct fd fd_get(unsigned int fd)
{
    return fd_get_masked(fd, FMODE_PATH);
}

struct fd fd_get_raw(unsigned int fd)
{
    return fd_get_masked(fd, 0);
}

/* Whether somebody else may move the position meanwhile. */
static bool pos_is_shared(struct fd f)
{
    return (f.file->mode & FMODE_ATOMIC_POS) && (f.counted || atomic64_read(&f.file->refcount) > 1);
}

struct fd fd_get_pos(unsigned int fd)
{
    struct fd f = fd_get_masked(fd, FMODE_PATH);

    f.pos_locked = f.file && pos_is_shared(f);
    if (unlikely(f.pos_locked))
        mutex_lock(&f.file->pos_lock);
    return f;
}

struct file *file_get_fd(unsigned int fd)
{
    struct fd f = fd_get(fd);

    if (f.file && !f.counted)
        file_get(f.file);
    return f.file;
}

/* --- other tasks' tables; their alloc_lock keeps them from going away --- */

struct file *task_file_get(struct task *task, unsigned int fd)
{
    struct file *file, *stale;

    for (;;) {
        spin_lock(&task->alloc_lock);
        stale = NULL;
        file = task->files ? slot_try_get(task->files, fd, &stale) : NULL;
        spin_unlock(&task->alloc_lock);
        if (!stale)
            return file;
        file_put(stale);
    }
}

bool task_fd_next(struct task *task, unsigned int *fd)
{
    bool found = false;

    spin_lock(&task->alloc_lock);
    if (task->files) {
        struct fd_table *table = rcu_dereference(task->files->table);

        while (*fd < table->max && !READ_ONCE(table->slot[*fd]))
            ++*fd;
        found = *fd < table->max;
    }
    spin_unlock(&task->alloc_lock);
    return found;
}

bool task_fd_is_cloexec(struct task *task, unsigned int fd)
{
    bool result = false;

    spin_lock(&task->alloc_lock);
    if (task->files) {
        struct fd_table *table = rcu_dereference(task->files->table);

        result = fd < table->max && test_bit(fd, table->close_on_exec);
    }
    spin_unlock(&task->alloc_lock);
    return result;
}

/* --- changes --- */

/* The lock, where there is anybody to lock out. */
static inline bool files_lock(struct files *files)
{
    bool shared = files_are_shared(files);

    if (unlikely(shared))
        spin_lock(&files->lock);
    return shared;
}

static inline void files_unlock(struct files *files, bool locked)
{
    if (unlikely(locked))
        spin_unlock(&files->lock);
}

static unsigned int fd_limit(void)
{
    return min_t(unsigned long, rlimit_get(current, RLIMIT_NOFILE), FD_MAX);
}

static void table_mark_open(struct fd_table *table, unsigned int fd, unsigned int flags)
{
    __set_bit(fd, table->open);
    __assign_bit(fd, table->close_on_exec, flags & O_CLOEXEC);
}

/* Takes the lowest free number from start on: with the lock, growing the table if needed. */
static int fd_alloc_slow(struct files *files, unsigned int start, unsigned int flags)
{
    unsigned int limit = fd_limit(), fd;
    int error = 0;

    spin_lock(&files->lock);
    for (;;) {
        struct fd_table *table = files->table;

        fd = find_next_zero_bit(table->open, table->max, max(start, files->next_fd));
        if (fd >= limit) {
            error = -EMFILE;
            break;
        }
        if (fd < table->max) {
            table_mark_open(table, fd, flags);
            if (start <= files->next_fd)
                files->next_fd = fd + 1;
            break;
        }
        error = table_grow_locked(files, fd);
        if (error)
            break;
    }
    spin_unlock(&files->lock);
    return error ?: (int)fd;
}

int fd_alloc_from(unsigned int start, unsigned int flags)
{
    if (start >= fd_limit())
        return -EINVAL;
    return fd_alloc_slow(current->files, start, flags);
}

int fd_alloc(unsigned int flags)
{
    struct files *files = current->files;
    unsigned int fd = files->next_fd;
    struct fd_table *table = files->table;
    unsigned long word;

    /* The usual case: alone, and the next free number is in the same word of the bitmap. */
    if (likely(!files_are_shared(files)) && likely(fd < table->max)) {
        word = ~table->open[fd / BITS_PER_LONG] & (~0UL << (fd % BITS_PER_LONG));
        if (likely(word)) {
            fd = ALIGN_DOWN(fd, BITS_PER_LONG) + __ffs(word);
            if (unlikely(fd >= fd_limit()))
                return -EMFILE;
            table_mark_open(table, fd, flags);
            files->next_fd = fd + 1;
            return fd;
        }
    }
    return fd_alloc_slow(files, 0, flags);
}

void fd_install(unsigned int fd, struct file *file)
{
    struct files *files = current->files;
    bool locked = files_lock(files);

    DEBUG_ASSERT(test_bit(fd, files->table->open) && !files->table->slot[fd]);
    rcu_assign_pointer(files->table->slot[fd], file);
    files_unlock(files, locked);
}

static inline void table_mark_free(struct files *files, unsigned int fd)
{
    __clear_bit(fd, files->table->open);
    __clear_bit(fd, files->table->close_on_exec);
    if (fd < files->next_fd)
        files->next_fd = fd;
}

void fd_cancel(unsigned int fd)
{
    struct files *files = current->files;
    bool locked = files_lock(files);

    table_mark_free(files, fd);
    files_unlock(files, locked);
}

/* Takes the file out of its slot, or NULL. */
static struct file *slot_take(struct files *files, unsigned int fd)
{
    bool locked = files_lock(files);
    struct fd_table *table = files->table;
    struct file *file = NULL;

    if (likely(fd < table->max)) {
        file = table->slot[fd];
        if (likely(file)) {
            WRITE_ONCE(table->slot[fd], NULL);
            table_mark_free(files, fd);
        }
    }
    files_unlock(files, locked);
    return file;
}

int fd_close(unsigned int fd)
{
    struct files *files = current->files;
    struct file *file = slot_take(files, fd);

    return likely(file) ? file_close(file, files) : -EBADF;
}

int fd_set_cloexec(unsigned int fd, bool on)
{
    struct files *files = current->files;
    int error = -EBADF;

    spin_lock(&files->lock);
    if (fd < files->table->max && files->table->slot[fd]) {
        __assign_bit(fd, files->table->close_on_exec, on);
        error = 0;
    }
    spin_unlock(&files->lock);
    return error;
}

/* Puts file (reference consumed) at fd whatever was there; what was there is closed. */
static int slot_replace(struct files *files, unsigned int fd, struct file *file, unsigned int flags)
{
    struct file *old;

    spin_lock(&files->lock);
    while (fd >= files->table->max) {
        int error = table_grow_locked(files, fd);

        if (error) {
            spin_unlock(&files->lock);
            file_put(file);
            return error;
        }
    }
    old = files->table->slot[fd];
    if (!old && test_bit(fd, files->table->open)) {
        /* Another thread is opening something at this very number. */
        spin_unlock(&files->lock);
        file_put(file);
        return -EBUSY;
    }
    table_mark_open(files->table, fd, flags);
    rcu_assign_pointer(files->table->slot[fd], file);
    spin_unlock(&files->lock);
    if (old)
        (void)file_close(old, files);
    return fd;
}

int fd_dup_to(unsigned int old_fd, unsigned int new_fd, unsigned int flags)
{
    struct file *file;
    struct fd f;

    if (new_fd >= fd_limit())
        return -EBADF;
    f = fd_get_raw(old_fd);
    if (!f.file)
        return -EBADF;
    file = f.counted ? f.file : file_get(f.file);
    return slot_replace(current->files, new_fd, file, flags);
}

int fd_dup_from(unsigned int old_fd, unsigned int start, unsigned int flags)
{
    struct fd f = fd_get_raw(old_fd);
    int fd;

    if (!f.file)
        return -EBADF;
    fd = fd_alloc_from(start, flags);
    if (fd < 0)
        fd_put(f);
    else
        fd_install(fd, f.counted ? f.file : file_get(f.file));
    return fd;
}

int fd_close_range(unsigned int first, unsigned int last, bool cloexec_only)
{
    struct files *files = current->files;
    unsigned int fd, end;

    spin_lock(&files->lock);
    end = min(last, files->table->max - 1);
    if (cloexec_only && first <= end)
        bitmap_set(files->table->close_on_exec, first, end - first + 1);
    spin_unlock(&files->lock);
    for (fd = first; !cloexec_only && fd <= end; fd++) {
        struct file *file = slot_take(files, fd);

        if (file)
            (void)file_close(file, files);
        cond_resched();
    }
    return 0;
}

void files_init(void)
{
    files_cache = kmem_cache_create("files_cache", sizeof(struct files), CACHE_LINE_SIZE,
                                    SLAB_PANIC | SLAB_TYPESAFE_RCU, NULL);
}
