// SPDX-License-Identifier: MIT
/*
 * devtmpfs: a tmpfs, one for all mounts, in which every device with a number has its node.
 *
 * The nodes are made in the tmpfs itself by an observer of the device model, whether or not anybody
 * has it mounted; what user programs add or change stays until the device goes.
 */
#include <kernel/base/initcall.h>
#define LOG_PREFIX "devtmpfs: "
#include <kernel/base/log.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/vfs/mount.h>
#include <kernel/vfs/namei.h>

static struct mount *devices __ro_after_init;

static struct dentry *devtmpfs_mount(struct fs_context *fc)
{
    if (!devices)
        return ERR_PTR(-ENODEV);
    atomic_inc(&devices->sb->active);
    return dentry_get(devices->root);
}

/* The kernel's own mount keeps it for ever: there is no last one. */
static const struct fs_type devtmpfs_type = {
    .name = "devtmpfs", .mount = devtmpfs_mount, .kill_super = super_kill_anon};
FILE_SYSTEM(devtmpfs_type);

static const char *node_path(const struct device *dev, char *buf, size_t size)
{
    const char *prefix = dev->class && dev->class->dev_prefix ? dev->class->dev_prefix : "";

    snprintf(buf, size, "%s%s", prefix, dev->node_name ?: dev->name);
    /* sysfs names cannot have slashes: "!" stands for them. */
    for (char *c = buf; *c; c++) {
        if (*c == '!')
            *c = '/';
    }
    return buf;
}

static void device_added(struct device *dev)
{
    umode_t mode = (dev->node_mode ?: 0600) | (dev->block ? S_IFBLK : S_IFCHR);
    char path[128];
    int error;

    if (!dev->devt)
        return;
    error = mount_make_node(devices, node_path(dev, path, sizeof(path)), mode, dev->devt);
    if (error)
        pr_warn("no node for %s: error %d\n", path, error);
}

static void device_removed(struct device *dev)
{
    char path[128];

    if (dev->devt)
        (void)mount_remove_node(devices, node_path(dev, path, sizeof(path)));
}

static struct device_observer observer = {.added = device_added, .removed = device_removed};

static int devtmpfs_init(void)
{
    const struct fs_type *tmpfs = fs_type_find("tmpfs");
    char options[] = "mode=0755";
    struct mount *mnt;

    if (!tmpfs)
        return -ENODEV;
    mnt = mount_internal(tmpfs, options);
    if (IS_ERR(mnt))
        return PTR_ERR(mnt);
    mnt->sb->type = &devtmpfs_type; /* what /proc/mounts shows */
    devices = mnt;
    device_observe(&observer);
    return 0;
}
initcall(INIT_FS, devtmpfs_init);
