// SPDX-License-Identifier: MIT
/*
 * The block devices, from /sys/class/block: each entry is a link to the device's directory, which
 * lies inside its disk's directory when it is a partition.
 */
#include "init.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CLASS_BLOCK "/sys/class/block"

/* The first line of a file under /sys/class/block; false when there is none. */
static bool attribute_read(const char *device, const char *attribute, char *text, size_t size)
{
    char path[128];
    ssize_t len;
    int fd;

    snprintf(path, sizeof(path), CLASS_BLOCK "/%s/%s", device, attribute);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    len = read(fd, text, size - 1);
    close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}

/* The name of the directory that holds @device's: its disk, for a partition. */
static void find_disk(struct device *device)
{
    char path[128], link[256], *slash;
    ssize_t len;

    snprintf(path, sizeof(path), CLASS_BLOCK "/%s", device->name);
    len = readlink(path, link, sizeof(link) - 1);
    if (len <= 0)
        return;
    link[len] = '\0';
    slash = strrchr(link, '/');
    if (!slash)
        return;
    *slash = '\0';
    slash = strrchr(link, '/');
    if (slash && strlen(slash + 1) < sizeof(device->disk))
        strcpy(device->disk, slash + 1);
}

static bool device_fill(struct device *device, const char *name)
{
    char text[64];

    if (strlen(name) >= sizeof(device->name) || !attribute_read(name, "dev", text, sizeof(text)))
        return false;
    *device = (struct device){.block_size = 512};
    strcpy(device->name, name);
    strcpy(device->disk, name);
    if (sscanf(text, "%u:%u", &device->major, &device->minor) != 2)
        return false;
    if (attribute_read(name, "partition", text, sizeof(text))) {
        device->partition = strtoul(text, NULL, 10);
        find_disk(device);
    }
    if (attribute_read(device->disk, "queue/logical_block_size", text, sizeof(text)))
        device->block_size = strtoul(text, NULL, 10);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strverscmp(((const struct device *)a)->name, ((const struct device *)b)->name);
}

size_t devices_list(struct device devices[MAX_DEVICES])
{
    DIR *dir = opendir(CLASS_BLOCK);
    struct dirent *entry;
    size_t count = 0;

    if (!dir)
        return 0;
    while (count < MAX_DEVICES && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && device_fill(&devices[count], entry->d_name))
            count++;
    closedir(dir);
    qsort(devices, count, sizeof(*devices), compare_names);
    return count;
}

void device_path(const struct device *device, char *path, size_t size)
{
    snprintf(path, size, "/dev/%s", device->name);
    /* The kernel shows the slash in names like cciss/c0d0 as an exclamation mark. */
    for (char *at = path + 5; *at; at++)
        if (*at == '!')
            *at = '/';
}

int device_open(const struct device *device)
{
    char path[64];
    int fd;

    device_path(device, path, sizeof(path));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT &&
        mknod(path, S_IFBLK | 0600, makedev(device->major, device->minor)) == 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

bool device_partition(const struct device *device, struct partition *part)
{
    struct device disk = *device;
    bool found;
    int fd;

    if (!device->partition)
        return false;
    strcpy(disk.name, device->disk);
    fd = device_open(&disk);
    if (fd < 0)
        return false;
    found = partition_read(fd, device->block_size, device->partition, part);
    close(fd);
    return found;
}

/* One line about a device: what can stand behind root=. */
static void device_show(const struct device *device)
{
    struct partition part = {0};
    struct probed probed = {0};
    int fd = device_open(device);

    if (fd < 0) {
        complain("  /dev/%s: %s", device->name, strerror(-fd));
        return;
    }
    probe_superblock(fd, &probed);
    close(fd);
    device_partition(device, &part);
    complain("  /dev/%s %s%s%s%s%s%s%s", device->name,
             probed.type ? probed.type : "(no file system known)", *probed.uuid ? " UUID=" : "",
             probed.uuid, *probed.label ? " LABEL=" : "", probed.label,
             *part.uuid ? " PARTUUID=" : "", part.uuid);
}

void devices_show(void)
{
    static struct device devices[MAX_DEVICES];
    size_t count = devices_list(devices);

    complain(count ? "block devices:" : "there is no block device");
    for (size_t i = 0; i < count; i++)
        device_show(&devices[i]);
}
