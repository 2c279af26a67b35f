// SPDX-License-Identifier: MIT
/* Which device is the root, and mounting it. */
#include "init.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* How root= names a device. */
enum name_kind { BY_PATH, BY_NUMBER, BY_PARTUUID, BY_PARTLABEL, BY_UUID, BY_LABEL, BY_TYPE };

static const struct {
    const char *prefix;
    enum name_kind kind;
} name_prefixes[] = {{"PARTUUID=", BY_PARTUUID},
                     {"PARTLABEL=", BY_PARTLABEL},
                     {"UUID=", BY_UUID},
                     {"LABEL=", BY_LABEL},
                     {"/dev/disk/by-partuuid/", BY_PARTUUID},
                     {"/dev/disk/by-uuid/", BY_UUID},
                     {"/dev/disk/by-label/", BY_LABEL},
                     {"/dev/disk/by-partlabel/", BY_PARTLABEL},
                     {"/dev/", BY_PATH}};

/* Tells how @root names a device and where the name itself begins. */
static enum name_kind name_kind_of(const char *root, const char **name)
{
    if (!root) {
        *name = GPT_TYPE_ROOT_X86_64;
        return BY_TYPE;
    }
    for (size_t i = 0; i < ARRAY_SIZE(name_prefixes); i++) {
        size_t len = strlen(name_prefixes[i].prefix);

        if (strncmp(root, name_prefixes[i].prefix, len) == 0) {
            *name = root + len;
            return name_prefixes[i].kind;
        }
    }
    *name = root;
    return strchr(root, ':') ? BY_NUMBER : BY_PATH;
}

static bool number_matches(const struct device *device, const char *name)
{
    unsigned int major, minor;

    return sscanf(name, "%u:%u", &major, &minor) == 2 && major == device->major &&
           minor == device->minor;
}

static bool partition_matches(const struct device *device, enum name_kind kind, const char *name)
{
    struct partition part;

    if (!device_partition(device, &part))
        return false;
    switch (kind) {
    case BY_PARTUUID: return strcasecmp(part.uuid, name) == 0;
    case BY_PARTLABEL: return strcmp(part.label, name) == 0;
    default: return strcmp(part.type, name) == 0 && !(part.attributes & GPT_ATTRIBUTE_NO_AUTO);
    }
}

static bool superblock_matches(const struct device *device, enum name_kind kind, const char *name)
{
    struct probed probed;
    int fd = device_open(device);
    bool found;

    if (fd < 0)
        return false;
    found = probe_superblock(fd, &probed);
    close(fd);
    return found &&
           (kind == BY_UUID ? strcasecmp(probed.uuid, name) == 0 : strcmp(probed.label, name) == 0);
}

static bool device_matches(const struct device *device, enum name_kind kind, const char *name)
{
    switch (kind) {
    case BY_PATH: return strcmp(device->name, name) == 0;
    case BY_NUMBER: return number_matches(device, name);
    case BY_UUID:
    case BY_LABEL: return superblock_matches(device, kind, name);
    default: return partition_matches(device, kind, name);
    }
}

bool root_find(const struct wishes *wishes, struct device *device)
{
    static struct device devices[MAX_DEVICES];
    size_t count = devices_list(devices);
    const char *name;
    enum name_kind kind = name_kind_of(wishes->root, &name);

    for (size_t i = 0; i < count; i++) {
        if (device_matches(&devices[i], kind, name)) {
            *device = devices[i];
            return true;
        }
    }
    return false;
}

#define POLL_NS 10000000

bool root_wait(const struct wishes *wishes, struct device *device)
{
    struct timespec step = {.tv_nsec = POLL_NS}, start, now;
    bool said = false;

    clock_gettime(CLOCK_MONOTONIC, &start);
    while (!root_find(wishes, device)) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (!wishes->wait_for_ever && now.tv_sec - start.tv_sec >= wishes->wait_s)
            return false;
        if (!said)
            say("waiting for the root device %s", wishes->root ? wishes->root : "(by its type)");
        said = true;
        nanosleep(&step, NULL);
    }
    return true;
}

static const struct {
    const char *name;
    unsigned long set, clear;
} flag_names[] = {
    {"ro", MS_RDONLY, 0},       {"rw", 0, MS_RDONLY},
    {"noatime", MS_NOATIME, 0}, {"relatime", MS_RELATIME, 0},
    {"nodev", MS_NODEV, 0},     {"nosuid", MS_NOSUID, 0},
    {"noexec", MS_NOEXEC, 0},   {"sync", MS_SYNCHRONOUS, 0},
    {"dirsync", MS_DIRSYNC, 0}, {"nodiratime", MS_NODIRATIME, 0},
    {"lazytime", 1 << 25, 0},   {"strictatime", MS_STRICTATIME, 0},
    {"defaults", 0, 0},
};

/* Takes @option into *@flags if it is one that all file systems share. */
static bool take_flag(const char *option, unsigned long *flags)
{
    for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
        if (strcmp(option, flag_names[i].name) == 0) {
            *flags = (*flags | flag_names[i].set) & ~flag_names[i].clear;
            return true;
        }
    }
    return false;
}

/* Divides rootflags= into flags of mount(2) and options for the file system. */
static void options_divide(const char *text, unsigned long *flags, char *data, size_t size)
{
    char copy[512], *at = copy, *option;
    size_t len = 0;

    data[0] = '\0';
    if (!text)
        return;
    snprintf(copy, sizeof(copy), "%s", text);
    while ((option = strsep(&at, ",")))
        if (*option && !take_flag(option, flags) && len < size)
            len += snprintf(data + len, size - len, "%s%s", len ? "," : "", option);
}

/* Says what became of the wish: a file system may come up read-only without being asked to. */
static void mount_say(const char *source, const char *target, const char *type, unsigned long asked)
{
    struct statvfs st;
    bool read_only = asked & MS_RDONLY;

    if (statvfs(target, &st) == 0)
        read_only = st.f_flag & ST_RDONLY;
    say("root %s: %s, %s%s", source, type, read_only ? "read-only" : "read-write",
        read_only && !(asked & MS_RDONLY) ? ", because it cannot be mounted for writing" : "");
}

/* Mounts with one type; read-only when the file system cannot write. */
static int mount_type(const char *source, const char *target, const char *type, unsigned long flags,
                      const char *data)
{
    int error = 0;

    if (mount(source, target, type, flags, data) != 0)
        error = errno;
    if ((error == EROFS || error == EACCES) && !(flags & MS_RDONLY))
        error = mount(source, target, type, flags | MS_RDONLY, data) != 0 ? errno : 0;
    if (!error)
        mount_say(source, target, type, flags);
    return -error;
}

/* Tries every type that @types, separated by commas, names. */
static int mount_types(const char *source, const char *target, const char *types,
                       unsigned long flags, const char *data)
{
    char copy[128], *at = copy, *type;
    int error = -ENODEV;

    snprintf(copy, sizeof(copy), "%s", types);
    while (error && (type = strsep(&at, ",")))
        error = mount_type(source, target, type, flags, data);
    return error;
}

int root_mount(const struct wishes *wishes, const struct device *device, const char *target)
{
    unsigned long flags = wishes->read_write ? 0 : MS_RDONLY;
    struct partition part;
    struct probed probed = {0};
    char data[512], path[64];
    const char *types = wishes->fstype;
    int fd, error;

    /* Found by its type, the partition may itself ask to be left alone (Discoverable Partitions).
     */
    if (!wishes->root && device_partition(device, &part) && (part.attributes & GPT_ATTRIBUTE_RO))
        flags |= MS_RDONLY;
    options_divide(wishes->flags, &flags, data, sizeof(data));
    device_path(device, path, sizeof(path));
    if (!types) {
        fd = device_open(device);
        if (fd >= 0) {
            probe_superblock(fd, &probed);
            close(fd);
        }
        types = probed.type;
    }
    if (!types) {
        complain("%s: no file system that is known here (rootfstype= names one)", path);
        return -EINVAL;
    }
    error = mount_types(path, target, types, flags, *data ? data : NULL);
    if (error)
        complain("cannot mount %s (%s): %s", path, types, strerror(-error));
    return error;
}
