// SPDX-License-Identifier: MIT
/*
 * Files in memory for the kernel's own use: nameless files of a tmpfs that is mounted nowhere.
 * tmpfs is found by its name when the first is wanted, so that nothing here depends on it.
 *
 * Seals (memfd_create(2)) are kept in the inode and looked at by tmpfs and mmap; SEALABLE says that
 * any may be added at all.
 */
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>
#include <kernel/mm/mm.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/shmem.h>

#include "internal.h"

#define SEALS_ALL (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
#define SEALABLE  0x80000000U

static struct mount *shmem_mount __ro_after_init;

void shmem_init(void)
{
    const struct fs_type *type = fs_type_find("tmpfs");
    char options[] = "size=0,nr_inodes=0";

    ASSERT(type);
    shmem_mount = mount_internal(type, options);
    ASSERT(!IS_ERR(shmem_mount));
}

bool file_is_shmem(const struct file *file)
{
    return file->inode->sb == shmem_mount->sb;
}

static struct file *shmem_open(const char *name)
{
    struct qstr qname = {.name = name, .len = strnlen(name, NAME_MAX)};
    struct dentry *root = shmem_mount->root;
    struct file *file = file_alloc(O_RDWR | O_LARGEFILE, current->cred);
    int error = -ENOMEM;

    if (IS_ERR(file))
        return file;
    qstr_hash(root, &qname);
    file->path.dentry = dentry_alloc(root, &qname);
    if (file->path.dentry) {
        file->path.mnt = mount_get(shmem_mount);
        error = root->inode->ops->tmpfile(root->inode, file, S_IFREG | S_IRWXUGO);
    }
    if (!error)
        error = file_open_finish(file);
    if (!error)
        return file;
    file_free_unopened(file);
    return ERR_PTR(error);
}

struct file *shmem_file_create(const char *name, loff_t size, unsigned int flags)
{
    struct file *file;

    if (size < 0 || (u64)size > MAX_LFS_FILESIZE)
        return ERR_PTR(-EINVAL);
    file = shmem_open(name);
    if (IS_ERR(file))
        return file;
    file->inode->size = size;
    file->inode->state &= ~I_LINKABLE;
    file->inode->seals = flags & SHMEM_ALLOW_SEALS ? SEALABLE : 0;
    return file;
}

int shmem_zero_setup(struct vm_area *vma)
{
    struct file *file = shmem_file_create("dev/zero", vma->end - vma->start, 0);

    if (IS_ERR(file))
        return PTR_ERR(file);
    if (vma->file)
        file_put(vma->file);
    vma->file = file;
    vma->ops = &filemap_vm_ops;
    return 0;
}

static int seals_add(struct file *file, u32 seals)
{
    struct inode *inode = file->inode;
    int error = 0;

    if (!(file->mode & FMODE_WRITE))
        return -EPERM;
    if (seals & ~SEALS_ALL)
        return -EINVAL;
    rwsem_write_lock(&inode->rwsem);
    if (!(inode->seals & SEALABLE) || (inode->seals & F_SEAL_SEAL))
        error = -EPERM;
    else if ((seals & F_SEAL_WRITE) && !(inode->seals & F_SEAL_WRITE) &&
             atomic_read(&inode->data.i_mmap_writable) > 0)
        error = -EBUSY;
    else
        inode->seals |= seals;
    rwsem_write_unlock(&inode->rwsem);
    return error;
}

long shmem_fcntl(struct file *file, unsigned int cmd, unsigned int arg)
{
    if (!file_is_shmem(file))
        return -EINVAL;
    if (cmd == F_ADD_SEALS)
        return seals_add(file, arg);
    return file->inode->seals & SEALABLE ? file->inode->seals & SEALS_ALL : F_SEAL_SEAL;
}
