/* SPDX-License-Identifier: MIT */
/*
 * Files through the firmware's Simple File System protocol (UEFI 2.10, section 13.4).
 */
#include "file.h"
#include "mem.h"
#include "text.h"

#define PATH_UNITS 512
#define READ_PIECE (1UL << 20) /* some firmware fails on larger reads */

/* What the firmware fills in for a directory entry: the fixed part and the longest name. */
union info_buffer {
    EFI_FILE_INFO info;
    uint8_t bytes[sizeof(EFI_FILE_INFO) + 260 * sizeof(CHAR16)];
};

static EFI_GUID file_info_guid = EFI_FILE_INFO_ID;
static const EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;

EFI_FILE *volume_open(EFI_HANDLE handle)
{
    EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume = uefi_protocol(handle, &file_system_guid);
    EFI_FILE *root = NULL;

    if (!volume || EFI_ERROR(volume->OpenVolume(volume, &root)))
        return NULL;
    return root;
}

static EFI_STATUS open_path(EFI_FILE *root, const char *path, uint64_t mode, EFI_FILE **file)
{
    uint16_t units[PATH_UNITS];

    if (utf16_from_utf8(units, ARRAY_SIZE(units), path) >= ARRAY_SIZE(units))
        return EFI_INVALID_PARAMETER;
    for (uint16_t *unit = units; *unit; unit++) {
        if (*unit == '/')
            *unit = '\\';
    }
    return root->Open(root, file, units, mode, 0);
}

static EFI_STATUS read_all(EFI_FILE *handle, struct file_buffer *file)
{
    size_t done = 0;

    while (done < file->size) {
        size_t left = file->size - done;
        UINTN piece = left < READ_PIECE ? left : READ_PIECE;
        EFI_STATUS status = handle->Read(handle, &piece, file->data + done);

        if (EFI_ERROR(status))
            return status;
        if (piece == 0)
            return EFI_VOLUME_CORRUPTED; /* shorter than its directory entry says */
        done += piece;
    }
    return EFI_SUCCESS;
}

static int read_open_file(EFI_FILE *handle, uint64_t max_size, struct file_buffer *file,
                          struct reason *why)
{
    union info_buffer info;
    UINTN size = sizeof(info);
    EFI_STATUS status = handle->GetInfo(handle, &file_info_guid, &size, &info);

    if (EFI_ERROR(status))
        return reason_set(why, -EIO, "cannot be examined (%s)", uefi_status_text(status));
    if (info.info.Attribute & EFI_FILE_DIRECTORY)
        return reason_set(why, -EIO, "is a directory");
    if (info.info.FileSize > max_size)
        return reason_set(why, -EFBIG, "has %llu bytes, more than the limit of %llu",
                          (unsigned long long)info.info.FileSize, (unsigned long long)max_size);
    *file = (struct file_buffer){.size = info.info.FileSize};
    if (!file->size)
        return 0;
    file->data = pages_alloc(pages_for(file->size));
    if (!file->data)
        return reason_set(why, -ENOMEM, "has %llu bytes, for which there is no memory",
                          (unsigned long long)file->size);
    status = read_all(handle, file);
    if (EFI_ERROR(status)) {
        file_free(file);
        return reason_set(why, -EIO, "cannot be read (%s)", uefi_status_text(status));
    }
    return 0;
}

int file_read(EFI_FILE *root, const char *path, uint64_t max_size, struct file_buffer *file,
              struct reason *why)
{
    EFI_FILE *handle;
    EFI_STATUS status = open_path(root, path, EFI_FILE_MODE_READ, &handle);
    int err;

    *file = (struct file_buffer){0};
    if (status == EFI_NOT_FOUND)
        return reason_set(why, -ENOENT, "is missing");
    if (EFI_ERROR(status))
        return reason_set(why, -EIO, "cannot be opened (%s)", uefi_status_text(status));
    err = read_open_file(handle, max_size, file, why);
    handle->Close(handle);
    return err;
}

void file_free(struct file_buffer *file)
{
    pages_free(file->data, pages_for(file->size));
    *file = (struct file_buffer){0};
}

EFI_FILE *directory_open(EFI_FILE *root, const char *path)
{
    EFI_FILE *directory;

    if (EFI_ERROR(open_path(root, path, EFI_FILE_MODE_READ, &directory)))
        return NULL;
    return directory;
}

void directory_close(EFI_FILE *directory)
{
    directory->Close(directory);
}

int directory_next(EFI_FILE *directory, char *name, size_t name_size)
{
    for (;;) {
        union info_buffer info;
        UINTN size = sizeof(info);
        EFI_STATUS status = directory->Read(directory, &size, &info);

        if (EFI_ERROR(status))
            return -EIO;
        if (size == 0)
            return 0;
        if (size < SIZE_OF_EFI_FILE_INFO || (info.info.Attribute & EFI_FILE_DIRECTORY))
            continue;
        if (utf8_from_utf16(name, name_size, info.info.FileName,
                            (size - SIZE_OF_EFI_FILE_INFO) / sizeof(CHAR16)) < name_size)
            return 1;
    }
}

int file_rename(EFI_FILE *directory, const char *from, const char *to, struct reason *why)
{
    union info_buffer info;
    UINTN size = sizeof(info);
    EFI_FILE *handle;
    EFI_STATUS status;
    size_t room = (sizeof(info) - SIZE_OF_EFI_FILE_INFO) / sizeof(CHAR16);
    size_t units;

    status = open_path(directory, from, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, &handle);
    if (EFI_ERROR(status))
        return reason_set(why, -EIO, "%s", uefi_status_text(status));
    status = handle->GetInfo(handle, &file_info_guid, &size, &info);
    if (!EFI_ERROR(status)) {
        units = utf16_from_utf8(info.info.FileName, room, to);
        info.info.Size = SIZE_OF_EFI_FILE_INFO + (units + 1) * sizeof(CHAR16);
        status = units < room ? handle->SetInfo(handle, &file_info_guid, info.info.Size, &info)
                              : EFI_INVALID_PARAMETER;
    }
    handle->Close(handle);
    return EFI_ERROR(status) ? reason_set(why, -EIO, "%s", uefi_status_text(status)) : 0;
}
