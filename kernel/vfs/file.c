// SPDX-License-Identifier: MIT
/*
 * Open files: struct file from its allocation to its last reference.
 *
 * A file being opened has its path, flags and access mode; file_open_finish() gives it the
 * operations of its inode and makes it complete. From then on it is closed by its last file_put(),
 * which may sleep. Structures are type-stable under RCU: a look-up may count one that is just being
 * freed or reused only if its count was not 0, and looks again at where it found it.
 */
#include <abi/linux/inotify.h>
#include <kernel/arch/percpu.h>
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/writeback.h>
#include <kernel/sched/task.h>

#include "internal.h"

static struct kmem_cache *file_cache __ro_after_init;
static DEFINE_PER_CPU(long, nr_files);

unsigned long files_open_count(void)
{
    unsigned int cpu;
    long sum = 0;

    for_each_possible_cpu (cpu)
        sum += READ_ONCE(per_cpu(nr_files, cpu));
    return max(sum, 0L);
}

struct file *file_alloc(int flags, const struct cred *cred)
{
    struct file *file = kmem_cache_alloc(file_cache, GFP_KERNEL);

    if (!file)
        return ERR_PTR(-ENOMEM);
    /* The count comes last: until then a look-up that finds the old structure here fails. */
    file->flags = flags;
    file->mode = (flags + 1) & O_ACCMODE; /* FMODE_READ and FMODE_WRITE */
    file->path = (struct path){};
    file->inode = NULL;
    file->ops = NULL;
    file->mapping = NULL;
    spin_lock_init(&file->lock);
    mutex_init(&file->pos_lock);
    file->pos = 0;
    file->cred = cred_get(cred);
    memset(&file->ra, 0, sizeof(file->ra));
    INIT_LIST_HEAD(&file->epoll_links);
    file->fasync = NULL;
    file->owner = NULL;
    file->version = 0;
    file->wb_err = file->sb_err = 0;
    file->private = NULL;
    atomic64_set_release(&file->refcount, 1);
    this_cpu_inc(nr_files);
    return file;
}

static void file_free(struct file *file)
{
    cred_put(file->cred);
    this_cpu_dec(nr_files);
    kmem_cache_free(file_cache, file);
}

void file_free_unopened(struct file *file)
{
    atomic64_set(&file->refcount, 0);
    if (file->path.mnt)
        path_put(&file->path);
    file_free(file);
}

/* --- who writes, and who must not be written --- */

int inode_get_write(struct inode *inode)
{
    return atomic_inc_unless_negative(&inode->writers) ? 0 : -ETXTBSY;
}

int deny_write_access(struct file *file)
{
    atomic_t *writers = &file->inode->writers;
    int old = atomic_read(writers);

    do {
        if (old > 0)
            return -ETXTBSY;
    } while (!atomic_try_cmpxchg(writers, &old, old - 1));
    return 0;
}

void allow_write_access(struct file *file)
{
    atomic_inc(&file->inode->writers);
}

static bool mode_is_special(umode_t mode)
{
    return S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode);
}

static int file_get_write(struct file *file)
{
    struct inode *inode = file->inode;
    int error = inode_get_write(inode);

    if (error)
        return error;
    /* What a device or pipe is written with is not the file system's. */
    if (!mode_is_special(inode->mode)) {
        error = mount_want_write(file->path.mnt);
        if (error) {
            atomic_dec(&inode->writers);
            return error;
        }
    }
    file->mode |= FMODE_WRITER;
    return 0;
}

static void file_put_write(struct file *file)
{
    if (!(file->mode & FMODE_WRITER))
        return;
    atomic_dec(&file->inode->writers);
    if (!mode_is_special(file->inode->mode))
        mount_drop_write(file->path.mnt);
    file->mode &= ~FMODE_WRITER;
}

/* --- opening --- */

static int no_open(struct inode *inode, struct file *file)
{
    return -ENXIO;
}

static const struct file_operations no_open_fops = {.open = no_open};
static const struct file_operations path_fops = {};

/* What the operations allow, and how the position is kept. */
static void file_set_modes(struct file *file)
{
    const struct file_operations *ops = file->ops;
    umode_t mode = file->inode->mode;

    if ((file->mode & FMODE_READ) && (ops->read || ops->read_iter))
        file->mode |= FMODE_CAN_READ;
    if ((file->mode & FMODE_WRITE) && (ops->write || ops->write_iter))
        file->mode |= FMODE_CAN_WRITE;
    if (!ops->llseek)
        file->mode &= ~FMODE_LSEEK;
    if (S_ISREG(mode) || S_ISDIR(mode))
        file->mode |= FMODE_ATOMIC_POS;
}

/* Operations are known: the file's own open, and what follows from both. */
static int file_open_with(struct file *file, const struct file_operations *ops)
{
    int error;

    file->mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
    file->ops = ops;
    if (ops->open) {
        error = ops->open(file->inode, file);
        if (error)
            return error;
    }
    file_set_modes(file);
    return 0;
}

int file_open_pseudo_finish(struct file *file, const struct file_operations *fops)
{
    file->inode = file->path.dentry->inode;
    file->mapping = file->inode->mapping;
    return file_open_with(file, fops);
}

int file_open_finish(struct file *file)
{
    struct inode *inode = file->path.dentry->inode;
    int error;

    file->inode = inode;
    file->mapping = inode->mapping;
    if (unlikely(file->flags & O_PATH)) {
        file->mode = FMODE_PATH;
        file->ops = &path_fops;
        return 0;
    }
    if (file->mode & FMODE_WRITE) {
        error = file_get_write(file);
        if (error)
            return error;
    }
    error = file_open_with(file, inode->fops ?: &no_open_fops);
    if (error) {
        file_put_write(file);
        return error;
    }
    file->wb_err = mapping_error_sample(file->mapping);
    file->flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
    if (unlikely(file->flags & O_DIRECT) && S_ISREG(inode->mode) &&
        !(file->mapping->ops && file->mapping->ops->direct_io)) {
        (void)(file->ops->release && file->ops->release(inode, file));
        file_put_write(file);
        return -EINVAL;
    }
    inotify_event(file->path.dentry, IN_OPEN);
    return 0;
}

/* --- closing --- */

static noinline void file_release(struct file *file)
{
    struct inode *inode = file->inode;

    if (!(file->mode & FMODE_PATH)) {
        inotify_event(file->path.dentry,
                      file->mode & FMODE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
        if (unlikely(!list_empty(&file->epoll_links)))
            epoll_release_file(file);
        if (unlikely(inode->locks))
            locks_remove_file(file);
        if (unlikely(file->flags & O_ASYNC) && file->ops->fasync)
            (void)file->ops->fasync(-1, file, false);
        if (file->ops->release)
            (void)file->ops->release(inode, file);
        if (unlikely(file->owner))
            file_owner_free(file);
        file_put_write(file);
    }
    path_put(&file->path);
    file_free(file);
}

void file_put(struct file *file)
{
    if (likely(atomic64_dec_and_test(&file->refcount)))
        file_release(file);
}

int file_close(struct file *file, struct files *owner)
{
    int error = 0;

    if (unlikely(file->ops->flush))
        error = file->ops->flush(file);
    if (unlikely(file->inode->locks) && !(file->mode & FMODE_PATH))
        locks_remove_posix(file, owner);
    file_put(file);
    return error;
}

void fd_put_pos(struct fd f)
{
    if (unlikely(f.pos_locked))
        mutex_unlock(&f.file->pos_lock);
    fd_put(f);
}

void file_cache_init(void)
{
    file_cache = kmem_cache_create("filp", sizeof(struct file), CACHE_LINE_SIZE,
                                   SLAB_PANIC | SLAB_TYPESAFE_RCU, NULL);
}
