/* SPDX-License-Identifier: MIT */
#ifndef EFI_IMAGE_H
#define EFI_IMAGE_H

#include "elf64.h"
#include "entry.h"
#include "file.h"

/** struct boot_images - what an entry loads, all of it verified. */
struct boot_images {
    struct file_buffer kernel;
    struct elf_image elf;      /* describes @kernel */
    struct file_buffer initrd; /* all initrds one behind the other */
};

/**
 * images_load() - read, verify, check and measure the kernel and the initrds of an entry.
 *
 * Returns 0 (release with images_free()), or an error with a reason that names the file.
 */
int images_load(struct boot_images *images, const struct entry *entry, EFI_FILE *root,
                struct reason *why);

void images_free(struct boot_images *images);

#endif
