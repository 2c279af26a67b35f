/* SPDX-License-Identifier: MIT */
/* What the parts of sysfs share. */
#ifndef FS_SYSFS_SYSFS_H
#define FS_SYSFS_SYSFS_H

#include <kernel/lib/refcount.h>
#include <kernel/sync/rwsem.h>
#include <kernel/vfs/fs.h>
#include <kernel/vfs/sysfs.h>

struct attribute;
struct device;

enum sysfs_kind { SYSFS_DIR, SYSFS_ATTR, SYSFS_TEXT, SYSFS_LINK, SYSFS_FIXED };

/* A value of a device that the device model itself knows: the text after the newline of none. */
typedef ssize_t (*sysfs_text_fn)(struct device *dev, char *buf);

/*
 * A name in the tree. (T) sysfs_lock. A node that has left the tree stays, dead, while somebody has
 * it open; whoever calls into its device does so with active held, which removal takes for writing.
 */
struct sysfs_node {
    refcount_t count; /* tree, inodes, links to it */
    enum sysfs_kind kind;
    umode_t mode;
    const char *name;                /* owned */
    struct sysfs_node *parent;       /* T; no reference: cleared when it goes */
    struct list_head children, link; /* T */
    u64 ino;                         /* also the position in listings */
    bool dead;                       /* T and active */
    struct rwsem active;
    struct device *dev;             /* of attributes, texts and device directories */
    const struct attribute *attr;   /* SYSFS_ATTR */
    sysfs_text_fn text;             /* SYSFS_TEXT */
    const struct sysfs_file *fixed; /* SYSFS_FIXED */
    struct sysfs_node *target;      /* SYSFS_LINK, counted */
};

extern struct rwsem sysfs_lock;
extern struct sysfs_node sysfs_root;

void sysfs_node_put(struct sysfs_node *node);
static inline struct sysfs_node *sysfs_node_get(struct sysfs_node *node)
{
    refcount_inc(&node->count);
    return node;
}

/*
 * Changing the tree; sysfs_lock is taken inside. Each returns the node, which the tree owns, or
 * NULL when there is no memory or the name is taken.
 */
/** sysfs_dir_add() - a directory; the one that is there when @dev is NULL. */
struct sysfs_node *sysfs_dir_add(struct sysfs_node *parent, const char *name, struct device *dev);
/** sysfs_path_add() - "a/b/c" below @parent. */
struct sysfs_node *sysfs_path_add(struct sysfs_node *parent, const char *path);
struct sysfs_node *sysfs_attr_add(struct sysfs_node *dir, struct device *dev,
                                  const struct attribute *attr);
struct sysfs_node *sysfs_text_add(struct sysfs_node *dir, const char *name, struct device *dev,
                                  sysfs_text_fn text);
struct sysfs_node *sysfs_fixed_add(struct sysfs_node *dir, const char *name,
                                   const struct sysfs_file *file);
struct sysfs_node *sysfs_link_add(struct sysfs_node *dir, const char *name,
                                  struct sysfs_node *target);
/** sysfs_remove() - takes the node and all below it out; waits for calls into devices to end. */
void sysfs_remove(struct sysfs_node *node);
/** sysfs_remove_name() - the same for a child by name; nothing when there is none. */
void sysfs_remove_name(struct sysfs_node *dir, const char *name);
/** sysfs_remove_if_empty() - a directory made on the way to others. */
void sysfs_remove_if_empty(struct sysfs_node *dir);

/** sysfs_child() - sysfs_lock held. */
struct sysfs_node *sysfs_child(struct sysfs_node *dir, const char *name, size_t len);
/** sysfs_link_text() - "../../devices/x", kmalloc'ed; NULL: no memory. sysfs_lock held. */
char *sysfs_link_text(const struct sysfs_node *link);

extern const struct file_operations sysfs_file_fops, sysfs_bin_fops;

/** sysfs_devices_start() - shows all devices from now on. 0 or -errno. */
int sysfs_devices_start(void);

#endif
