/* SPDX-License-Identifier: MIT */
/* Reading and writing values below /sys: a call into the device, with the node kept from going. */
#include "sysfs.h"

#include <kernel/arch/uaccess.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>

static struct sysfs_node *file_node(const struct file *file)
{
    return file->inode->private;
}

/* The node stays, and its device, until node_leave(). -ENODEV when it has gone. */
static int node_enter(struct sysfs_node *node)
{
    rwsem_read_lock(&node->active);
    if (!node->dead)
        return 0;
    rwsem_read_unlock(&node->active);
    return -ENODEV;
}

static void node_leave(struct sysfs_node *node)
{
    rwsem_read_unlock(&node->active);
}

/* --- text --- */

static ssize_t node_show(struct sysfs_node *node, char *buf)
{
    switch (node->kind) {
    case SYSFS_TEXT: return node->text(node->dev, buf);
    case SYSFS_FIXED: return node->fixed->show ? node->fixed->show(node->fixed, buf) : -EIO;
    default: return node->attr->show ? node->attr->show(node->dev, node->attr, buf) : -EIO;
    }
}

static ssize_t sysfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    struct sysfs_node *node = file_node(file);
    char *text = kzalloc(PAGE_SIZE, GFP_KERNEL);
    ssize_t len;

    if (!text)
        return -ENOMEM;
    len = node_enter(node);
    if (!len) {
        len = node_show(node, text);
        node_leave(node);
    }
    if (len >= 0)
        len = simple_read_from_buffer(buf, count, pos, text, min((size_t)len, PAGE_SIZE));
    kfree(text);
    return len;
}

static ssize_t node_store(struct sysfs_node *node, const char *buf, size_t count)
{
    if (node->kind == SYSFS_FIXED && node->fixed->store)
        return node->fixed->store(node->fixed, buf, count);
    if (node->kind == SYSFS_ATTR && node->attr->store)
        return node->attr->store(node->dev, node->attr, buf, count);
    return -EIO;
}

static ssize_t sysfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    struct sysfs_node *node = file_node(file);
    ssize_t result;
    char *text;

    count = min(count, PAGE_SIZE - 1);
    text = kmalloc(count + 1, GFP_KERNEL);
    if (!text)
        return -ENOMEM;
    result = copy_from_user(text, buf, count) ? -EFAULT : node_enter(node);
    if (!result) {
        text[count] = '\0';
        result = node_store(node, text, count);
        node_leave(node);
    }
    kfree(text);
    return result;
}

const struct file_operations sysfs_file_fops = {
    .llseek = generic_file_llseek,
    .read = sysfs_read,
    .write = sysfs_write,
};

/* --- bytes --- */

static ssize_t bin_call(struct sysfs_node *node, char *bounce, loff_t pos, size_t count, bool write)
{
    const struct attribute *attr = node->attr;
    ssize_t result = node_enter(node);

    if (result)
        return result;
    if (write)
        result = attr->write ? attr->write(node->dev, attr, bounce, pos, count) : -EIO;
    else
        result = attr->read ? attr->read(node->dev, attr, bounce, pos, count) : -EIO;
    node_leave(node);
    return result;
}

/* A page at most at a time: who wants more asks again. */
static ssize_t bin_limit(const struct sysfs_node *node, size_t count, loff_t pos)
{
    size_t size = node->attr->size;

    if (pos < 0)
        return -EINVAL;
    if (size && (u64)pos >= size)
        return 0;
    if (size)
        count = min(count, size - (size_t)pos);
    return (ssize_t)min(count, PAGE_SIZE);
}

static ssize_t bin_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    struct sysfs_node *node = file_node(file);
    ssize_t len = bin_limit(node, count, *pos);
    char *bounce;

    if (len <= 0)
        return len;
    bounce = kmalloc((size_t)len, GFP_KERNEL);
    if (!bounce)
        return -ENOMEM;
    len = bin_call(node, bounce, *pos, (size_t)len, false);
    if (len > 0 && copy_to_user(buf, bounce, (size_t)len))
        len = -EFAULT;
    if (len > 0)
        *pos += len;
    kfree(bounce);
    return len;
}

static ssize_t bin_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    struct sysfs_node *node = file_node(file);
    ssize_t len = bin_limit(node, count, *pos);
    char *bounce;

    if (len <= 0)
        return len ? len : -EFBIG;
    bounce = kmalloc((size_t)len, GFP_KERNEL);
    if (!bounce)
        return -ENOMEM;
    if (copy_from_user(bounce, buf, (size_t)len))
        len = -EFAULT;
    else
        len = bin_call(node, bounce, *pos, (size_t)len, true);
    if (len > 0)
        *pos += len;
    kfree(bounce);
    return len;
}

const struct file_operations sysfs_bin_fops = {
    .llseek = generic_file_llseek,
    .read = bin_read,
    .write = bin_write,
};
