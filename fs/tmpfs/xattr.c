// SPDX-License-Identifier: MIT
/* tmpfs: extended attributes, a list beside the inode, under its rwsem. */
#include "tmpfs.h"

#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

struct tmpfs_xattr {
    struct list_head link;
    size_t size;
    char *name;
    u8 value[];
};

static struct tmpfs_xattr *xattr_find(struct tmpfs_inode *ti, const char *name)
{
    struct tmpfs_xattr *x;

    list_for_each_entry (x, &ti->xattrs, link) {
        if (!strcmp(x->name, name))
            return x;
    }
    return NULL;
}

static void xattr_free(struct tmpfs_xattr *x)
{
    if (!x)
        return;
    kfree(x->name);
    kvfree(x);
}

void tmpfs_xattrs_free(struct tmpfs_inode *ti)
{
    struct tmpfs_xattr *x, *tmp;

    list_for_each_entry_safe (x, tmp, &ti->xattrs, link) {
        list_del(&x->link);
        xattr_free(x);
    }
}

static bool name_is_supported(const char *name)
{
    return str_has_prefix(name, "security.") || str_has_prefix(name, "trusted.");
}

ssize_t tmpfs_getxattr(struct inode *inode, const char *name, void *value, size_t size)
{
    struct tmpfs_xattr *x;
    ssize_t ret = -ENODATA;

    if (!name_is_supported(name))
        return -EOPNOTSUPP;
    rwsem_read_lock(&inode->rwsem);
    x = xattr_find(tmpfs_inode_of(inode), name);
    if (x) {
        ret = x->size;
        if (size && size < x->size)
            ret = -ERANGE;
        else if (size)
            memcpy(value, x->value, x->size);
    }
    rwsem_read_unlock(&inode->rwsem);
    return ret;
}

ssize_t tmpfs_listxattr(struct dentry *dentry, char *list, size_t size)
{
    struct inode *inode = dentry->inode;
    struct tmpfs_xattr *x;
    ssize_t used = 0;

    rwsem_read_lock(&inode->rwsem);
    list_for_each_entry (x, &tmpfs_inode_of(inode)->xattrs, link) {
        size_t len = strlen(x->name) + 1;

        if (str_has_prefix(x->name, "trusted.") && !capable(CAP_SYS_ADMIN))
            continue;
        if (size && used + len > size) {
            used = -ERANGE;
            break;
        }
        if (size)
            memcpy(list + used, x->name, len);
        used += len;
    }
    rwsem_read_unlock(&inode->rwsem);
    return used;
}

static struct tmpfs_xattr *xattr_alloc(const char *name, const void *value, size_t size)
{
    struct tmpfs_xattr *x = kvmalloc(sizeof(*x) + size, GFP_KERNEL);

    if (!x)
        return NULL;
    x->name = kstrdup(name, GFP_KERNEL);
    if (!x->name) {
        kvfree(x);
        return NULL;
    }
    x->size = size;
    memcpy(x->value, value, size);
    return x;
}

/* value NULL: removes it. inode->rwsem is held for writing by the caller. */
int tmpfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
    struct tmpfs_inode *ti = tmpfs_inode_of(inode);
    struct tmpfs_xattr *old, *fresh = NULL;

    if (!name_is_supported(name))
        return -EOPNOTSUPP;
    old = xattr_find(ti, name);
    if (old && (flags & XATTR_CREATE))
        return -EEXIST;
    if (!old && ((flags & XATTR_REPLACE) || !value))
        return -ENODATA;
    if (value) {
        fresh = xattr_alloc(name, value, size);
        if (!fresh)
            return -ENOMEM;
        list_add(&fresh->link, &ti->xattrs);
    }
    if (old)
        list_del(&old->link);
    xattr_free(old);
    inode->ctime = inode_now(inode);
    return 0;
}
