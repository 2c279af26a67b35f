/* SPDX-License-Identifier: MIT */
/*
 * What an entry loads. Every file NAME has a detached signature in NAME.sig, and nothing in a file
 * is looked at before its signature has been verified over the very memory that is used afterwards.
 */
#include "image.h"
#include "console.h"
#include "mem.h"
#include "stamps.h"
#include "tpm.h"
#include "verify.h"

#include <bearssl_build.h>

#define KERNEL_MAX_SIZE (256ULL << 20)
#define INITRD_MAX_SIZE (4ULL << 30)
#define INITRD_ALIGN    4UL /* between archives: the "newc" format counts in fours */

/*
 * A library that was not built for firmware uses the stack below the stack pointer, which an
 * interrupt would overwrite: keep interrupts out while it runs.
 */
static bool verify_guarded(const struct file_buffer *file, const struct file_buffer *signature)
{
    EFI_TPL old_level = 0;
    bool good;

    if (BEARSSL_PREBUILT)
        old_level = uefi_boot->RaiseTPL(TPL_HIGH_LEVEL);
    good = signature_verify(signing_key, file->data, file->size, signature->data, signature->size);
    if (BEARSSL_PREBUILT)
        uefi_boot->RestoreTPL(old_level);
    return good;
}

static int verify_file(EFI_FILE *root, const char *path, const struct file_buffer *file,
                       struct reason *why)
{
    char signature_path[512];
    struct file_buffer signature;
    struct reason detail;
    bool good;
    int err;

    if (snprintf(signature_path, sizeof(signature_path), "%s.sig", path) >=
        (int)sizeof(signature_path))
        return reason_set(why, -EINVAL, "has too long a name");
    err = file_read(root, signature_path, SIGNATURE_MAX_SIZE, &signature, &detail);
    if (err)
        return reason_set(why, err, "refused: its signature %s %s", signature_path, detail.text);
    good = verify_guarded(file, &signature);
    file_free(&signature);
    if (!good)
        return reason_set(why, -EACCES,
                          "refused: its signature does not fit: it is damaged, cut "
                          "short, or not signed with this loader's key");
    return 0;
}

/* Read and verify one file; @what and @entry are for the messages. */
static int load_verified(EFI_FILE *root, const struct entry *entry, const char *what,
                         const char *path, uint64_t max_size, struct file_buffer *file,
                         struct reason *why)
{
    struct reason detail;
    uint64_t tenths;
    int err = file_read(root, path, max_size, file, &detail);

    if (!err && file->size == 0)
        err = reason_set(&detail, -EINVAL, "is empty");
    if (!err) {
        stamp("loader: verify");
        err = verify_file(root, path, file, &detail);
    }
    if (err) {
        file_free(file);
        return reason_set(why, err, "%s %s %s", what, path, detail.text);
    }
    tenths = ((uint64_t)file->size * 10 + (1 << 19)) >> 20;
    say("entry %s: %s %s (%llu.%llu MiB, verified)", entry->file, what, path,
        (unsigned long long)tenths / 10, (unsigned long long)tenths % 10);
    return 0;
}

static int load_kernel(struct boot_images *images, const struct entry *entry, EFI_FILE *root,
                       struct reason *why)
{
    struct reason detail;
    int err;

    stamp("loader: read kernel");
    err =
        load_verified(root, entry, "kernel", entry->kernel, KERNEL_MAX_SIZE, &images->kernel, why);
    if (err)
        return err;
    err = elf_check(&images->elf, images->kernel.data, images->kernel.size, &detail);
    if (err)
        return reason_set(why, err, "kernel %s refused: %s", entry->kernel, detail.text);
    return 0;
}

/* Join the initrds in one run of pages; with only one there is nothing to copy. */
static int join_initrds(struct boot_images *images, struct file_buffer *parts, unsigned nr,
                        struct reason *why)
{
    size_t size = 0;
    size_t at = 0;

    if (nr == 1) {
        images->initrd = parts[0];
        parts[0] = (struct file_buffer){0};
        return 0;
    }
    for (unsigned i = 0; i < nr; i++)
        size += ROUND_UP(parts[i].size, INITRD_ALIGN);
    images->initrd.data = size ? pages_alloc(pages_for(size)) : NULL;
    if (size && !images->initrd.data)
        return reason_set(why, -ENOMEM, "no memory for initrds of %zu bytes", size);
    images->initrd.size = size;
    for (unsigned i = 0; i < nr; i++) {
        memcpy(images->initrd.data + at, parts[i].data, parts[i].size);
        at += ROUND_UP(parts[i].size, INITRD_ALIGN);
    }
    return 0;
}

static int load_initrds(struct boot_images *images, const struct entry *entry, EFI_FILE *root,
                        struct reason *why)
{
    struct file_buffer parts[ENTRY_MAX_INITRDS] = {0};
    unsigned nr = 0;
    int err = 0;

    while (!err && nr < entry->nr_initrds) {
        stamp("loader: read initrd");
        err = load_verified(root, entry, "initrd", entry->initrds[nr], INITRD_MAX_SIZE, &parts[nr],
                            why);
        if (!err)
            nr++;
    }
    if (!err && nr)
        err = join_initrds(images, parts, nr, why);
    for (unsigned i = 0; i < nr; i++)
        file_free(&parts[i]);
    return err;
}

int images_load(struct boot_images *images, const struct entry *entry, EFI_FILE *root,
                struct reason *why)
{
    char description[ENTRY_NAME_SIZE + 64];
    int err;

    *images = (struct boot_images){0};
    err = load_kernel(images, entry, root, why);
    if (!err)
        err = load_initrds(images, entry, root, why);
    if (err) {
        images_free(images);
        return err;
    }
    stamp("loader: measure");
    snprintf(description, sizeof(description), "kernel of entry %s", entry->id);
    tpm_measure(TPM_PCR_KERNEL, images->kernel.data, images->kernel.size, description);
    if (images->initrd.size) {
        snprintf(description, sizeof(description), "initrd of entry %s", entry->id);
        tpm_measure(TPM_PCR_INITRD, images->initrd.data, images->initrd.size, description);
    }
    return 0;
}

void images_free(struct boot_images *images)
{
    file_free(&images->kernel);
    file_free(&images->initrd);
}
