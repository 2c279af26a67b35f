/* SPDX-License-Identifier: MIT */
#ifndef EFI_DISK_H
#define EFI_DISK_H

#include "gpt.h"
#include "uefi.h"

/** struct disk - a whole disk and its partition table. */
struct disk {
    EFI_HANDLE handle;
    EFI_BLOCK_IO_PROTOCOL *block_io;
    struct gpt_disk io;
    struct gpt gpt;
};

/**
 * disk_open() - read the partition table of the disk on @handle.
 *
 * A damaged copy is named on the console. Returns 0 (release with disk_close()), -ENODEV when the
 * handle is no disk with a medium, or gpt_read()'s error.
 */
int disk_open(struct disk *disk, EFI_HANDLE handle);

void disk_close(struct disk *disk);

/**
 * disk_of_partition() - the disk under a partition's handle, and the partition's PARTUUID.
 *
 * Returns 0, or -ENODEV if the handle is not a GPT partition.
 */
int disk_of_partition(EFI_HANDLE partition, EFI_HANDLE *disk, struct guid *partuuid);

/**
 * struct esp - the file system that holds the boot entries.
 * @partuuid: zero when it is not a GPT partition; then @disk is not set either.
 */
struct esp {
    EFI_FILE *root;
    bool on_gpt;
    struct guid partuuid;
    struct disk disk;
};

/**
 * esp_find() - the file system that the loader was started from; if that has no \loader\entries
 * (started by a shell, over the network, by "qemu -kernel"), the first ESP or extended boot
 * partition that has. Returns 0, or -ENOENT after saying what was looked at.
 */
int esp_find(struct esp *esp);

/**
 * root_find() - the PARTUUID of the root partition.
 *
 * @options: the command line; "root=PARTUUID=" decides if it is there, any other "root=" is left to
 * the kernel's init, and without one the first partition of the x86-64 root type on the ESP's
 * disk is taken. Returns false, after saying so, if the firmware shows no such partition.
 */
bool root_find(const struct esp *esp, const char *options, struct guid *root);

#endif
