/* SPDX-License-Identifier: MIT */
/*
 * Disks and partitions. The firmware has its own idea of partitions and gives each a handle with a
 * file system on it, which serves to read files. What lies on the disk is read here from the
 * GPT itself through Block I/O, so that a damaged table is noticed and named, and so that
 * partitions that the firmware does not care for are found.
 */
#include "disk.h"
#include "console.h"
#include "file.h"
#include "mem.h"
#include "text.h"

#include <stddef.h>

static const EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;
static const EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static const EFI_GUID path_to_text_guid = EFI_DEVICE_PATH_TO_TEXT_PROTOCOL_GUID;
static const EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static const EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;

#define ENTRIES_PATH   "\\loader\\entries"
#define MAX_PATH_BYTES 4096

static struct disk *disk_of(const struct gpt_disk *io)
{
    return (struct disk *)((uintptr_t)io - offsetof(struct disk, io));
}

/* Some controllers want buffers aligned (IoAlign); ours in between then is. */
static int disk_read(const struct gpt_disk *io, uint64_t lba, uint64_t nr, void *buf)
{
    EFI_BLOCK_IO_PROTOCOL *block_io = disk_of(io)->block_io;
    size_t size = nr * io->block_size;
    void *pages = pages_alloc(pages_for(size));
    EFI_STATUS status;

    if (!pages)
        return -ENOMEM;
    status = block_io->ReadBlocks(block_io, block_io->Media->MediaId, lba, size, pages);
    if (!EFI_ERROR(status))
        memcpy(buf, pages, size);
    pages_free(pages, pages_for(size));
    return EFI_ERROR(status) ? -EIO : 0;
}

static void disk_name(EFI_HANDLE handle, char *name, size_t size)
{
    EFI_DEVICE_PATH *path = uefi_protocol(handle, &device_path_guid);
    EFI_DEVICE_PATH_TO_TEXT_PROTOCOL *to_text = uefi_locate(&path_to_text_guid);
    CHAR16 *text = path && to_text ? to_text->ConvertDevicePathToText(path, TRUE, TRUE) : NULL;

    if (!text) {
        snprintf(name, size, "disk");
        return;
    }
    utf8_from_utf16(name, size, text, SIZE_MAX / sizeof(*text) / 2);
    uefi_boot->FreePool(text);
}

static void report_damage(const struct disk *disk, const struct gpt_report *report, int err)
{
    char name[96];

    if (err == -ENOENT || !report->primary.text[0])
        return;
    disk_name(disk->handle, name, sizeof(name));
    say("%s: primary GPT damaged: %s", name, report->primary.text);
    if (err)
        say("%s: backup GPT damaged: %s", name, report->backup.text);
    else
        say("%s: using the backup GPT in block %llu", name,
            (unsigned long long)disk->gpt.header_lba);
}

int disk_open(struct disk *disk, EFI_HANDLE handle)
{
    EFI_BLOCK_IO_PROTOCOL *block_io = uefi_protocol(handle, &block_io_guid);
    struct gpt_report report;
    int err;

    if (!block_io || !block_io->Media || !block_io->Media->MediaPresent ||
        block_io->Media->LogicalPartition)
        return -ENODEV;
    *disk = (struct disk){
        .handle = handle,
        .block_io = block_io,
        .io = {.block_size = block_io->Media->BlockSize,
               .nr_blocks = block_io->Media->LastBlock + 1,
               .read = disk_read},
    };
    err = gpt_read(&disk->io, &disk->gpt, &report);
    report_damage(disk, &report, err);
    return err;
}

void disk_close(struct disk *disk)
{
    gpt_release(&disk->gpt);
}

static size_t node_size(const EFI_DEVICE_PATH *node)
{
    return node->Length[0] | (size_t)node->Length[1] << 8;
}

static const EFI_DEVICE_PATH *next_node(const EFI_DEVICE_PATH *node)
{
    const void *next = (const uint8_t *)node + node_size(node);

    return next;
}

static bool is_path_end(const EFI_DEVICE_PATH *node)
{
    return (node->Type & 0x7f) == END_DEVICE_PATH_TYPE || node_size(node) < sizeof(*node);
}

static bool is_gpt_partition_node(const EFI_DEVICE_PATH *node)
{
    const void *at = node;
    const HARDDRIVE_DEVICE_PATH *drive = at;

    return node->Type == MEDIA_DEVICE_PATH && node->SubType == MEDIA_HARDDRIVE_DP &&
           node_size(node) >= offsetof(HARDDRIVE_DEVICE_PATH, SignatureType) + 1 &&
           drive->SignatureType == SIGNATURE_TYPE_GUID;
}

/* The handle of the device whose path is the first @length bytes of @path. */
static EFI_HANDLE handle_of_path(const EFI_DEVICE_PATH *path, size_t length)
{
    static const EFI_DEVICE_PATH end = {
        END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, {sizeof(end), 0}};
    uint8_t *copy = length < MAX_PATH_BYTES ? mem_alloc(length + sizeof(end)) : NULL;
    void *at = copy;
    EFI_DEVICE_PATH *rest = at;
    EFI_GUID guid = block_io_guid;
    EFI_HANDLE handle = NULL;

    if (!copy)
        return NULL;
    memcpy(copy, path, length);
    memcpy(copy + length, &end, sizeof(end));
    if (EFI_ERROR(uefi_boot->LocateDevicePath(&guid, &rest, &handle)) || !is_path_end(rest))
        handle = NULL;
    mem_free(copy);
    return handle;
}

int disk_of_partition(EFI_HANDLE partition, EFI_HANDLE *disk, struct guid *partuuid)
{
    const EFI_DEVICE_PATH *path = uefi_protocol(partition, &device_path_guid);

    if (!path)
        return -ENODEV;
    for (const EFI_DEVICE_PATH *node = path; !is_path_end(node); node = next_node(node)) {
        size_t length = (size_t)((const uint8_t *)node - (const uint8_t *)path);

        if (!is_gpt_partition_node(node))
            continue;
        memcpy(partuuid, (const uint8_t *)node + offsetof(HARDDRIVE_DEVICE_PATH, Signature),
               sizeof(*partuuid));
        *disk = handle_of_path(path, length);
        return *disk ? 0 : -ENODEV;
    }
    return -ENODEV;
}

static EFI_FILE *volume_with_entries(EFI_HANDLE handle)
{
    EFI_FILE *root = volume_open(handle);
    EFI_FILE *directory = root ? directory_open(root, ENTRIES_PATH) : NULL;

    if (directory) {
        directory_close(directory);
        return root;
    }
    if (root)
        root->Close(root);
    return NULL;
}

/* Find the volume's place on its disk. It is used also when it has none. */
static void esp_identify(struct esp *esp, EFI_HANDLE handle)
{
    const struct gpt_entry *entry;
    EFI_HANDLE disk;

    if (disk_of_partition(handle, &disk, &esp->partuuid) || disk_open(&esp->disk, disk)) {
        esp->partuuid = (struct guid){{0}};
        return;
    }
    esp->on_gpt = true;
    entry = gpt_find_partuuid(&esp->disk.gpt, &esp->partuuid);
    if (!entry)
        say("the partition that it was started from is not in the disk's GPT");
    else if (!guid_equal(&entry->type, &gpt_type_esp) &&
             !guid_equal(&entry->type, &gpt_type_xbootldr))
        say("the partition that it was started from is not marked as an EFI system partition");
}

static bool is_boot_partition(const struct esp *esp)
{
    const struct gpt_entry *entry =
        esp->on_gpt ? gpt_find_partuuid(&esp->disk.gpt, &esp->partuuid) : NULL;

    return entry && (guid_equal(&entry->type, &gpt_type_esp) ||
                     guid_equal(&entry->type, &gpt_type_xbootldr));
}

static int search_volumes(struct esp *esp)
{
    EFI_HANDLE *handles;
    size_t nr = uefi_handles(&file_system_guid, &handles);
    int err = -ENOENT;

    for (size_t i = 0; i < nr && err; i++) {
        *esp = (struct esp){.root = volume_with_entries(handles[i])};
        if (!esp->root)
            continue;
        esp_identify(esp, handles[i]);
        if (is_boot_partition(esp)) {
            err = 0;
        } else {
            esp->root->Close(esp->root);
            if (esp->on_gpt)
                disk_close(&esp->disk);
        }
    }
    if (nr)
        uefi_boot->FreePool(handles);
    return err;
}

/* Firmware that boots fast attaches drivers only to what it starts from: have it do the rest. */
static void connect_all(void)
{
    EFI_HANDLE *handles;
    UINTN nr = 0;

    if (EFI_ERROR(uefi_boot->LocateHandleBuffer(AllHandles, NULL, NULL, &nr, &handles)))
        return;
    for (UINTN i = 0; i < nr; i++)
        uefi_boot->ConnectController(handles[i], NULL, NULL, TRUE);
    uefi_boot->FreePool(handles);
}

/* Nothing to boot from: say what is wrong with the disks, if anything is. */
static void report_disks(void)
{
    EFI_HANDLE *handles;
    size_t nr = uefi_handles(&block_io_guid, &handles);
    unsigned nr_disks = 0;

    for (size_t i = 0; i < nr; i++) {
        struct disk disk;
        int err = disk_open(&disk, handles[i]);

        if (err != -ENODEV)
            nr_disks++;
        if (!err)
            disk_close(&disk);
    }
    if (nr)
        uefi_boot->FreePool(handles);
    say("no EFI system partition with " ENTRIES_PATH " on any of %u disks", nr_disks);
}

int esp_find(struct esp *esp)
{
    const EFI_LOADED_IMAGE *image = uefi_protocol(uefi_image, &loaded_image_guid);
    EFI_HANDLE device = image ? image->DeviceHandle : NULL;

    *esp = (struct esp){.root = device ? volume_with_entries(device) : NULL};
    if (esp->root) {
        esp_identify(esp, device);
        return 0;
    }
    if (search_volumes(esp) == 0)
        return 0;
    connect_all();
    if (search_volumes(esp) == 0)
        return 0;
    report_disks();
    return -ENOENT;
}

static bool find_on_other_disks(const struct esp *esp, const struct guid *partuuid)
{
    EFI_HANDLE *handles;
    size_t nr = uefi_handles(&block_io_guid, &handles);
    bool found = false;

    for (size_t i = 0; i < nr && !found; i++) {
        struct disk disk;

        if ((esp->on_gpt && handles[i] == esp->disk.handle) || disk_open(&disk, handles[i]))
            continue;
        found = gpt_find_partuuid(&disk.gpt, partuuid) != NULL;
        disk_close(&disk);
    }
    if (nr)
        uefi_boot->FreePool(handles);
    return found;
}

static bool find_by_partuuid(const struct esp *esp, const struct guid *partuuid)
{
    char text[GUID_TEXT_SIZE];

    if ((esp->on_gpt && gpt_find_partuuid(&esp->disk.gpt, partuuid)) ||
        find_on_other_disks(esp, partuuid))
        return true;
    guid_format(partuuid, text);
    say("root=PARTUUID=%s: no disk that the firmware shows has this partition", text);
    return false;
}

static bool find_by_type(const struct esp *esp, struct guid *root)
{
    const struct gpt_entry *entry =
        esp->on_gpt ? gpt_find_type(&esp->disk.gpt, &gpt_type_root_x86_64) : NULL;

    if (!entry) {
        say("no root= option, and no partition of the x86-64 root type on the boot disk");
        return false;
    }
    *root = entry->partuuid;
    return true;
}

bool root_find(const struct esp *esp, const char *options, struct guid *root)
{
    static const char prefix[] = "PARTUUID=";
    const size_t prefix_length = sizeof(prefix) - 1;
    const char *value;
    size_t length;

    *root = (struct guid){{0}};
    if (!cmdline_find(options, "root", &value, &length))
        return find_by_type(esp, root);
    if (length < prefix_length || strncmp(value, prefix, prefix_length) != 0)
        return false;
    if (length != prefix_length + GUID_TEXT_SIZE - 1 || guid_parse(value + prefix_length, root)) {
        say("root=%.*s: not a PARTUUID", (int)length, value);
        *root = (struct guid){{0}};
        return false;
    }
    if (find_by_partuuid(esp, root))
        return true;
    *root = (struct guid){{0}};
    return false;
}
