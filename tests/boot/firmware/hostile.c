/* SPDX-License-Identifier: MIT */
/*
 * Firmware that misbehaves, for tests of the loader and the kernel. This program is put on the boot
 * partition as \EFI\BOOT\BOOTX64.EFI. It reads \EFI\BOOT\QUIRKS.TXT, words that name quirks, hooks
 * the firmware's services accordingly and starts \EFI\BOOT\LOADER.EFI from the same partition, with
 * its own load options. It stays in memory while the loader runs, so hooks may live in it.
 */
#include "hostile.h"
#include "console.h"
#include "file.h"
#include "mem.h"
#include "text.h"

#define QUIRKS_PATH "\\EFI\\BOOT\\QUIRKS.TXT"
#define LOADER_PATH L"\\EFI\\BOOT\\LOADER.EFI"

static const EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static const EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

static bool apply_quirk(const char *name, size_t length)
{
    const struct quirk *const tables[] = {memory_quirks, device_quirks};

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        for (const struct quirk *quirk = tables[i]; quirk->name; quirk++) {
            if (strlen(quirk->name) != length || strncmp(quirk->name, name, length) != 0)
                continue;
            console_print("hostile: %s\n", quirk->name);
            quirk->apply();
            return true;
        }
    }
    return false;
}

/* Returns false if a word names no quirk: the test would not test what it says. */
static bool apply_quirks(const char *words, size_t size)
{
    size_t at = 0;

    for (;;) {
        size_t start;

        while (at < size && ascii_is_space(words[at]))
            at++;
        start = at;
        while (at < size && !ascii_is_space(words[at]))
            at++;
        if (start == at)
            return true;
        if (!apply_quirk(words + start, at - start)) {
            console_print("hostile: unknown quirk %.*s\n", (int)(at - start), words + start);
            return false;
        }
    }
}

/* The device path of LOADER_PATH on @device: the device's own, a file node, the end. */
static EFI_DEVICE_PATH *loader_path(EFI_HANDLE device)
{
    static const CHAR16 file[] = LOADER_PATH;
    EFI_DEVICE_PATH *path = uefi_protocol(device, &device_path_guid);
    size_t device_size = 0;
    size_t node_size = sizeof(EFI_DEVICE_PATH) + sizeof(file);
    uint8_t *copy;

    while ((((uint8_t *)path)[device_size] & 0x7f) != END_DEVICE_PATH_TYPE)
        device_size += ((uint8_t *)path)[device_size + 2] | ((uint8_t *)path)[device_size + 3] << 8;
    copy = mem_alloc(device_size + node_size + sizeof(EFI_DEVICE_PATH));
    if (!copy)
        return NULL;
    memcpy(copy, path, device_size);
    memcpy(copy + device_size,
           &(EFI_DEVICE_PATH){MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, {(UINT8)node_size, 0}},
           sizeof(EFI_DEVICE_PATH));
    memcpy(copy + device_size + sizeof(EFI_DEVICE_PATH), file, sizeof(file));
    memcpy(copy + device_size + node_size,
           &(EFI_DEVICE_PATH){
               END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, {sizeof(EFI_DEVICE_PATH), 0}},
           sizeof(EFI_DEVICE_PATH));
    return (EFI_DEVICE_PATH *)(void *)copy;
}

static EFI_STATUS start_loader(const EFI_LOADED_IMAGE *self)
{
    EFI_DEVICE_PATH *path = loader_path(self->DeviceHandle);
    EFI_LOADED_IMAGE *loaded;
    EFI_HANDLE handle = NULL;
    EFI_STATUS status;

    if (!path)
        return EFI_OUT_OF_RESOURCES;
    status = uefi_boot->LoadImage(FALSE, uefi_image, path, NULL, 0, &handle);
    if (EFI_ERROR(status))
        return status;
    loaded = uefi_protocol(handle, &loaded_image_guid);
    loaded->LoadOptions = self->LoadOptions;
    loaded->LoadOptionsSize = self->LoadOptionsSize;
    return uefi_boot->StartImage(handle, NULL, NULL);
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    const EFI_LOADED_IMAGE *self;
    struct file_buffer words;
    struct reason why;
    EFI_FILE *root;
    EFI_STATUS status;

    uefi_init(image, system);
    self = uefi_protocol(image, &loaded_image_guid);
    root = self ? volume_open(self->DeviceHandle) : NULL;
    if (!root || file_read(root, QUIRKS_PATH, 4096, &words, &why)) {
        console_print("hostile: " QUIRKS_PATH " %s\n", root ? why.text : "has no file system");
        return EFI_LOAD_ERROR;
    }
    if (!apply_quirks((const char *)words.data, words.size))
        return EFI_LOAD_ERROR;
    status = start_loader(self);
    console_print("hostile: the loader returned: %s\n", uefi_status_text(status));
    return status;
}
