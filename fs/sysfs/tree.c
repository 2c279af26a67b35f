/* SPDX-License-Identifier: MIT */
/*
 * The tree of names below /sys.
 *
 * It exists whether or not sysfs is mounted; inodes are made from it on look-up. All changes are
 * made under sysfs_lock. Removal marks a subtree dead and unlinks it under the lock, then, without
 * it, waits for calls under way into each device (node->active).
 */
#include "sysfs.h"

#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

struct rwsem sysfs_lock = RWSEM_INIT(sysfs_lock);
static u64 last_ino = 1; /* sysfs_lock */

struct sysfs_node sysfs_root = {
    .count = REFCOUNT_INIT(1),
    .kind = SYSFS_DIR,
    .mode = 0555,
    .name = "",
    .children = LIST_HEAD_INIT(sysfs_root.children),
    .ino = 1,
    .active = RWSEM_INIT(sysfs_root.active),
};

void sysfs_node_put(struct sysfs_node *node)
{
    if (!node || !refcount_dec_and_test(&node->count))
        return;
    if (node->dev)
        device_put(node->dev);
    sysfs_node_put(node->target);
    kfree(node->name);
    kfree(node);
}

struct sysfs_node *sysfs_child(struct sysfs_node *dir, const char *name, size_t len)
{
    struct sysfs_node *node;

    list_for_each_entry (node, &dir->children, link) {
        if (strlen(node->name) == len && memcmp(node->name, name, len) == 0)
            return node;
    }
    return NULL;
}

/* --- adding --- */

static struct sysfs_node *node_alloc(enum sysfs_kind kind, const char *name, size_t len,
                                     umode_t mode, struct device *dev)
{
    struct sysfs_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

    if (!node)
        return NULL;
    node->name = kstrndup(name, len, GFP_KERNEL);
    if (!node->name) {
        kfree(node);
        return NULL;
    }
    refcount_set(&node->count, 1);
    node->kind = kind;
    node->mode = mode;
    node->dev = dev ? device_get(dev) : NULL;
    INIT_LIST_HEAD(&node->children);
    INIT_LIST_HEAD(&node->link);
    rwsem_init(&node->active);
    return node;
}

/* sysfs_lock held for writing. False: the name is taken or the directory is gone. */
static bool node_insert(struct sysfs_node *dir, struct sysfs_node *node)
{
    char *at;

    if (dir->dead)
        return false;
    /* A name with a slash in it (a driver's, say) cannot be a file's. */
    for (at = (char *)node->name; *at; at++) {
        if (*at == '/')
            *at = '!';
    }
    if (sysfs_child(dir, node->name, strlen(node->name)))
        return false;
    node->parent = dir;
    node->ino = ++last_ino;
    list_add_tail(&node->link, &dir->children);
    return true;
}

/* Consumes @node. */
static struct sysfs_node *node_add(struct sysfs_node *dir, struct sysfs_node *node)
{
    bool added;

    if (!node)
        return NULL;
    rwsem_write_lock(&sysfs_lock);
    added = node_insert(dir, node);
    rwsem_write_unlock(&sysfs_lock);
    if (added)
        return node;
    sysfs_node_put(node);
    return NULL;
}

static struct sysfs_node *dir_add(struct sysfs_node *parent, const char *name, size_t len,
                                  struct device *dev)
{
    struct sysfs_node *node = NULL;

    if (!dev) {
        rwsem_read_lock(&sysfs_lock);
        node = sysfs_child(parent, name, len);
        rwsem_read_unlock(&sysfs_lock);
    }
    if (node)
        return node->kind == SYSFS_DIR ? node : NULL;
    return node_add(parent, node_alloc(SYSFS_DIR, name, len, 0755, dev));
}

struct sysfs_node *sysfs_dir_add(struct sysfs_node *parent, const char *name, struct device *dev)
{
    return dir_add(parent, name, strlen(name), dev);
}

struct sysfs_node *sysfs_path_add(struct sysfs_node *parent, const char *path)
{
    while (parent && *path) {
        size_t len = (size_t)(strchrnul(path, '/') - path);

        if (len)
            parent = dir_add(parent, path, len, NULL);
        path += len + (path[len] == '/');
    }
    return parent;
}

struct sysfs_node *sysfs_attr_add(struct sysfs_node *dir, struct device *dev,
                                  const struct attribute *attr)
{
    struct sysfs_node *node =
        node_alloc(SYSFS_ATTR, attr->name, strlen(attr->name), attr->mode, dev);

    if (node)
        node->attr = attr;
    return node_add(dir, node);
}

struct sysfs_node *sysfs_text_add(struct sysfs_node *dir, const char *name, struct device *dev,
                                  sysfs_text_fn text)
{
    struct sysfs_node *node = node_alloc(SYSFS_TEXT, name, strlen(name), 0444, dev);

    if (node)
        node->text = text;
    return node_add(dir, node);
}

struct sysfs_node *sysfs_fixed_add(struct sysfs_node *dir, const char *name,
                                   const struct sysfs_file *file)
{
    struct sysfs_node *node = node_alloc(SYSFS_FIXED, name, strlen(name), file->mode, NULL);

    if (node)
        node->fixed = file;
    return node_add(dir, node);
}

struct sysfs_node *sysfs_link_add(struct sysfs_node *dir, const char *name,
                                  struct sysfs_node *target)
{
    struct sysfs_node *node = node_alloc(SYSFS_LINK, name, strlen(name), 0777, NULL);

    if (node)
        node->target = sysfs_node_get(target);
    return node_add(dir, node);
}

/* --- removing --- */

/* Unlinks the subtree's nodes into @gone, leaves first. sysfs_lock held for writing. */
static void node_unlink(struct sysfs_node *top, struct list_head *gone)
{
    struct sysfs_node *node = top;

    for (;;) {
        while (!list_empty(&node->children))
            node = list_first_entry(&node->children, struct sysfs_node, link);
        struct sysfs_node *parent = node->parent;

        node->dead = true;
        list_move_tail(&node->link, gone);
        node->parent = NULL;
        if (node == top)
            return;
        node = parent;
    }
}

static void nodes_release(struct list_head *gone)
{
    struct sysfs_node *node, *next;

    list_for_each_entry_safe (node, next, gone, link) {
        list_del_init(&node->link);
        /* Nobody is inside its device any more after this. */
        rwsem_write_lock(&node->active);
        rwsem_write_unlock(&node->active);
        sysfs_node_put(node);
    }
}

void sysfs_remove(struct sysfs_node *node)
{
    LIST_HEAD(gone);

    rwsem_write_lock(&sysfs_lock);
    if (!node->dead)
        node_unlink(node, &gone);
    rwsem_write_unlock(&sysfs_lock);
    nodes_release(&gone);
}

void sysfs_remove_name(struct sysfs_node *dir, const char *name)
{
    struct sysfs_node *node;
    LIST_HEAD(gone);

    rwsem_write_lock(&sysfs_lock);
    node = sysfs_child(dir, name, strlen(name));
    if (node)
        node_unlink(node, &gone);
    rwsem_write_unlock(&sysfs_lock);
    nodes_release(&gone);
}

void sysfs_remove_if_empty(struct sysfs_node *dir)
{
    LIST_HEAD(gone);

    rwsem_write_lock(&sysfs_lock);
    if (!dir->dead && list_empty(&dir->children))
        node_unlink(dir, &gone);
    rwsem_write_unlock(&sysfs_lock);
    nodes_release(&gone);
}

/* --- links --- */

static unsigned int node_depth(const struct sysfs_node *node)
{
    unsigned int depth = 0;

    for (; node->parent; node = node->parent)
        depth++;
    return depth;
}

/* Bytes of the path from the root, without a slash in front. */
static size_t path_length(const struct sysfs_node *node)
{
    size_t len = 0;

    for (; node->parent; node = node->parent)
        len += strlen(node->name) + 1;
    return len ? len - 1 : 0;
}

char *sysfs_link_text(const struct sysfs_node *link)
{
    /* From the link's directory up to the root, and down to the target. */
    unsigned int ups = link->parent ? node_depth(link->parent) : 0;
    size_t down = path_length(link->target), at;
    char *text = kmalloc(3UL * ups + down + 2, GFP_KERNEL);

    if (!text)
        return NULL;
    for (unsigned int i = 0; i < ups; i++)
        memcpy(text + 3UL * i, "../", 3);
    at = 3UL * ups + down;
    text[at] = '\0';
    for (const struct sysfs_node *node = link->target; node->parent; node = node->parent) {
        size_t len = strlen(node->name);

        at -= len;
        memcpy(text + at, node->name, len);
        if (node->parent->parent)
            text[--at] = '/';
    }
    return text;
}
