// SPDX-License-Identifier: MIT
/*
 * Character devices by number. Ranges hang in a list per major; an open looks the number up and
 * gives the file the driver's operations in place of these.
 */
#include <kernel/lib/list_rcu.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/mutex.h>
#include <kernel/vfs/chrdev.h>
#include <kernel/vfs/seq_file.h>

#include "internal.h"

#define NR_BUCKETS        64
#define DYNAMIC_MAJOR_MAX 254
#define DYNAMIC_MAJOR_MIN 234

struct chrdev_range {
    struct hlist_node node; /* RCU */
    dev_t first;
    unsigned int count;
    const char *name;
    const struct file_operations *fops;
    struct rcu_head rcu;
};

static struct hlist_head ranges[NR_BUCKETS];
static DEFINE_MUTEX(ranges_mutex);
static const struct file_operations *bdev_operations;

static struct hlist_head *bucket_of(dev_t dev)
{
    return &ranges[MAJOR(dev) % NR_BUCKETS];
}

static struct chrdev_range *range_find(dev_t dev)
{
    struct chrdev_range *range;

    hlist_for_each_entry_rcu (range, bucket_of(dev), node) {
        if (dev >= range->first && dev - range->first < range->count)
            return range;
    }
    return NULL;
}

static bool range_overlaps(dev_t first, unsigned int count)
{
    struct chrdev_range *range;

    hlist_for_each_entry (range, bucket_of(first), node) {
        if (first < range->first + range->count && range->first < first + count)
            return true;
    }
    return false;
}

int chrdev_register(dev_t first, unsigned int count, const char *name,
                    const struct file_operations *fops)
{
    struct chrdev_range *range;
    int error = 0;

    if (!count || MINOR(first) + (u64)count > MINORMASK + 1ULL)
        return -EINVAL;
    range = kzalloc(sizeof(*range), GFP_KERNEL);
    if (!range)
        return -ENOMEM;
    range->first = first;
    range->count = count;
    range->name = name;
    range->fops = fops;
    mutex_lock(&ranges_mutex);
    if (range_overlaps(first, count))
        error = -EBUSY;
    else
        hlist_add_head_rcu(&range->node, bucket_of(first));
    mutex_unlock(&ranges_mutex);
    if (error)
        kfree(range);
    return error;
}

void chrdev_unregister(dev_t first, unsigned int count)
{
    struct chrdev_range *range;

    mutex_lock(&ranges_mutex);
    range = range_find(first);
    if (range && range->first == first && range->count == count) {
        hlist_del_rcu(&range->node);
        kfree_rcu(range, rcu);
    }
    mutex_unlock(&ranges_mutex);
}

const struct file_operations *chrdev_lookup(dev_t devt)
{
    const struct chrdev_range *range = range_find(devt);

    return range ? range->fops : NULL;
}

static bool major_is_free(unsigned int major)
{
    struct chrdev_range *range;

    hlist_for_each_entry (range, bucket_of(MKDEV(major, 0)), node) {
        if (MAJOR(range->first) == major)
            return false;
    }
    return true;
}

int chrdev_major_alloc(const char *name)
{
    static u32 given; /* bit n: major MIN + n was given out and may have no range yet */
    int major;

    mutex_lock(&ranges_mutex);
    for (major = DYNAMIC_MAJOR_MAX; major >= DYNAMIC_MAJOR_MIN; major--) {
        u32 bit = 1U << (major - DYNAMIC_MAJOR_MIN);

        if (!(given & bit) && major_is_free(major)) {
            given |= bit;
            break;
        }
    }
    mutex_unlock(&ranges_mutex);
    return major >= DYNAMIC_MAJOR_MIN ? major : -EBUSY;
}

void chrdevs_show(struct seq_file *m)
{
    mutex_lock(&ranges_mutex);
    for (unsigned int major = 0; major < 512; major++) {
        const struct chrdev_range *range;
        const char *shown = NULL;

        hlist_for_each_entry (range, bucket_of(MKDEV(major, 0)), node) {
            if (MAJOR(range->first) != major || (shown && range->name == shown))
                continue;
            shown = range->name;
            seq_printf(m, "%3u %s\n", major, range->name);
        }
    }
    mutex_unlock(&ranges_mutex);
}

static int chrdev_open(struct inode *inode, struct file *file)
{
    const struct file_operations *fops;

    rcu_read_lock();
    fops = chrdev_lookup(inode->rdev);
    rcu_read_unlock();
    if (!fops)
        return -ENXIO;
    file->ops = fops;
    return fops->open ? fops->open(inode, file) : 0;
}

const struct file_operations chrdev_fops = {.open = chrdev_open, .llseek = no_llseek};

static int sock_open(struct inode *inode, struct file *file)
{
    return -ENXIO;
}

static const struct file_operations sock_fops = {.open = sock_open};

void bdev_fops_register(const struct file_operations *fops)
{
    bdev_operations = fops;
}

void inode_init_special(struct inode *inode, umode_t mode, dev_t rdev)
{
    inode->mode = mode;
    inode->rdev = 0;
    if (S_ISCHR(mode)) {
        inode->fops = &chrdev_fops;
        inode->rdev = rdev;
    } else if (S_ISBLK(mode)) {
        inode->fops = bdev_operations;
        inode->rdev = rdev;
    } else if (S_ISFIFO(mode)) {
        inode->fops = &fifo_fops;
    } else {
        inode->fops = &sock_fops;
    }
}
