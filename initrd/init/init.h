/* SPDX-License-Identifier: MIT */
/*
 * The initrd's init: from an empty machine to the real root. main.c is the journey; each step has a
 * file. Functions return 0 or -errno, and a NULL or false "not found" where nothing went wrong.
 */
#ifndef INITRD_INIT_H
#define INITRD_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* say.c: where the user sees it. Notes go to the kernel log, troubles to the console. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* cmdline.c: what the kernel's command line asks for. Strings live as long as the program. */
#define CMDLINE_MAX 4096
struct wishes {
    const char *root;    /* NULL: found by partition type */
    const char *fstype;  /* NULL: probed */
    const char *flags;   /* rootflags=, or NULL */
    const char *init;    /* NULL: the usual places */
    bool read_write;     /* rw: the last of ro and rw counts */
    bool wait_for_ever;  /* rootwait */
    unsigned int wait_s; /* rootdelay=, or the default */
    bool stop_for_shell; /* rd.break: a shell before the root is entered */
    bool panic_set;      /* panic= other than 0: no shell, restart */
    int panic_s;
};
#define WAIT_DEFAULT_S 10
/* Cuts @text, which must stay, into words. */
void wishes_parse(struct wishes *wishes, char *text);

/* probe.c: which file system a device holds, by its superblock. */
#define PROBE_LABEL_MAX 64
struct probed {
    const char *type; /* as mount(2) names it */
    char uuid[40];    /* as blkid(8) prints it */
    char label[PROBE_LABEL_MAX];
};
bool probe_superblock(int fd, struct probed *probed);

/* gpt.c: one entry of a partition table. */
struct partition {
    char type[37], uuid[37]; /* GUIDs as text, lower case; an MBR's "1234abcd-01", no type */
    char label[36 * 3 + 1];
    uint64_t attributes;
};
#define GPT_TYPE_ROOT_X86_64  "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
#define GPT_ATTRIBUTE_RO      (1ULL << 60)
#define GPT_ATTRIBUTE_NO_AUTO (1ULL << 63)
/* Entry @number (1: the first) of the disk behind @fd, whose blocks have @block_size bytes. */
bool partition_read(int fd, unsigned int block_size, unsigned int number, struct partition *part);

/* block.c: the block devices that there are. */
#define DEVICE_NAME_MAX 32
struct device {
    char name[DEVICE_NAME_MAX];
    char disk[DEVICE_NAME_MAX]; /* the disk it is part of; its own name when it is a disk */
    unsigned int major, minor;
    unsigned int partition;  /* 0: a whole disk */
    unsigned int block_size; /* logical, of the disk */
};
#define MAX_DEVICES 128
/* Fills @devices sorted by name; returns how many. */
size_t devices_list(struct device devices[MAX_DEVICES]);
/* A descriptor of the device, its node made if /dev has none; -errno. */
int device_open(const struct device *device);
/* "/dev/NAME". */
void device_path(const struct device *device, char *path, size_t size);
/* The partition table entry of @device, read from the disk that it is part of. */
bool device_partition(const struct device *device, struct partition *part);
/* For the user: what there is, with what can name it. */
void devices_show(void);

/* root.c */
/* The device that @wishes name, if it is there now. */
bool root_find(const struct wishes *wishes, struct device *device);
/* Waits for it as long as @wishes say. */
bool root_wait(const struct wishes *wishes, struct device *device);
/* Mounts it at @target. */
int root_mount(const struct wishes *wishes, const struct device *device, const char *target);

/* enter.c: makes the mounted @new_root the root of everything and frees what was there. */
int root_enter(const char *new_root);

#endif
