/* SPDX-License-Identifier: MIT */
/*
 * Devices and protocols that fail: disks whose partition tables are damaged (also where the
 * firmware itself would have repaired them), files that end early, a TPM that answers with errors
 * or with a senseless log, no random numbers, no display, a boot partition that cannot be written.
 */
#include "hostile.h"
#include "libc.h"
#include "text.h"

#define EV_IPL        13
#define SECTOR_DAMAGE 60 /* inside the GPT header's GUID: the CRC no longer fits */

static const EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;
static const EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static const EFI_GUID rng_guid = EFI_RNG_PROTOCOL_GUID;
static const EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static const EFI_GUID tcg2_guid = {
    0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};

/* --- partition tables --------------------------------------------------------------------- */

static EFI_BLOCK_READ real_read_blocks;
static bool damage_backup;

static EFI_STATUS EFIAPI read_damaged(EFI_BLOCK_IO_PROTOCOL *self, UINT32 media, EFI_LBA lba,
                                      UINTN size, void *buf)
{
    EFI_STATUS status = real_read_blocks(self, media, lba, size, buf);
    bool is_header = lba == 1 || (damage_backup && lba == self->Media->LastBlock);

    if (!EFI_ERROR(status) && is_header && size > SECTOR_DAMAGE && !self->Media->LogicalPartition)
        ((uint8_t *)buf)[SECTOR_DAMAGE] ^= 0x40;
    return status;
}

static void gpt_primary_damaged(void)
{
    EFI_HANDLE *handles;
    size_t nr = uefi_handles(&block_io_guid, &handles);

    for (size_t i = 0; i < nr; i++) {
        EFI_BLOCK_IO_PROTOCOL *block_io = uefi_protocol(handles[i], &block_io_guid);

        if (!block_io || block_io->Media->LogicalPartition || !block_io->Media->MediaPresent)
            continue;
        real_read_blocks = block_io->ReadBlocks;
        block_io->ReadBlocks = read_damaged;
    }
}

static void gpt_both_damaged(void)
{
    damage_backup = true;
    gpt_primary_damaged();
}

/* --- files -------------------------------------------------------------------------------- */

enum file_fault { FILE_SOUND, FILE_READ_ERROR, FILE_SHORT, FILE_READ_ONLY };

static enum file_fault file_fault;
static EFI_VOLUME_OPEN real_open_volume;
static EFI_FILE_OPEN real_open;
static EFI_FILE_READ real_read;
static EFI_FILE_SET_INFO real_set_info;
static EFI_FILE *watched; /* the initrd, while it is open */

static EFI_STATUS EFIAPI read_faulty(EFI_FILE *self, UINTN *size, void *buf)
{
    if (self == watched && file_fault == FILE_READ_ERROR)
        return EFI_DEVICE_ERROR;
    if (self == watched && file_fault == FILE_SHORT) {
        *size = 0;
        return EFI_SUCCESS;
    }
    return real_read(self, size, buf);
}

static EFI_STATUS EFIAPI set_info_refused(EFI_FILE *self, EFI_GUID *type, UINTN size, void *info)
{
    if (file_fault == FILE_READ_ONLY)
        return EFI_WRITE_PROTECTED;
    return real_set_info(self, type, size, info);
}

static EFI_STATUS EFIAPI open_watched(EFI_FILE *self, EFI_FILE **file, CHAR16 *name, UINT64 mode,
                                      UINT64 attributes)
{
    EFI_STATUS status = real_open(self, file, name, mode, attributes);
    char text[128];

    if (EFI_ERROR(status))
        return status;
    utf8_from_utf16(text, sizeof(text), name, sizeof(text));
    if (glob_match("*initrd.cpio", text))
        watched = *file;
    (*file)->Open = open_watched;
    (*file)->Read = read_faulty;
    (*file)->SetInfo = set_info_refused;
    return status;
}

static EFI_STATUS EFIAPI open_volume(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *self, EFI_FILE **root)
{
    EFI_STATUS status = real_open_volume(self, root);

    if (EFI_ERROR(status))
        return status;
    if ((*root)->Open != open_watched) {
        real_open = (*root)->Open;
        real_read = (*root)->Read;
        real_set_info = (*root)->SetInfo;
    }
    (*root)->Open = open_watched;
    return status;
}

static void hook_files(enum file_fault fault)
{
    EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume = uefi_locate(&file_system_guid);

    file_fault = fault;
    if (!volume)
        return;
    real_open_volume = volume->OpenVolume;
    volume->OpenVolume = open_volume;
}

static void initrd_read_error(void)
{
    hook_files(FILE_READ_ERROR);
}

static void initrd_ends_early(void)
{
    hook_files(FILE_SHORT);
}

static void esp_read_only(void)
{
    hook_files(FILE_READ_ONLY);
}

/* --- protocols ---------------------------------------------------------------------------- */

static void remove_protocol(const EFI_GUID *guid)
{
    EFI_GUID copy = *guid;
    EFI_HANDLE *handles;
    size_t nr = uefi_handles(guid, &handles);

    for (size_t i = 0; i < nr; i++)
        uefi_boot->UninstallProtocolInterface(handles[i], &copy, uefi_protocol(handles[i], guid));
}

static void no_rng(void)
{
    remove_protocol(&rng_guid);
}

static void no_display(void)
{
    remove_protocol(&gop_guid);
}

/* A TPM in three functions; what follows them in the real protocol is never called. */
struct fake_tcg2 {
    EFI_STATUS(EFIAPI *get_capability)(struct fake_tcg2 *self, void *capability);
    EFI_STATUS(EFIAPI *get_event_log)
    (struct fake_tcg2 *self, UINT32 format, EFI_PHYSICAL_ADDRESS *start, EFI_PHYSICAL_ADDRESS *last,
     BOOLEAN *truncated);
    EFI_STATUS(EFIAPI *extend)
    (struct fake_tcg2 *self, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, void *event);
};

static EFI_STATUS extend_status;

static EFI_STATUS EFIAPI fake_capability(struct fake_tcg2 *self, void *capability)
{
    const size_t present_offset = 16;

    (void)self;
    ((uint8_t *)capability)[present_offset] = 1;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_log(struct fake_tcg2 *self, UINT32 format,
                                  EFI_PHYSICAL_ADDRESS *start, EFI_PHYSICAL_ADDRESS *last,
                                  BOOLEAN *truncated)
{
    static uint8_t log[256];

    (void)self;
    (void)format;
    memset(log, 0xff, sizeof(log));
    *start = (uintptr_t)log;
    *last = (uintptr_t)log + 100;
    *truncated = FALSE;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_extend(struct fake_tcg2 *self, UINT64 flags,
                                     EFI_PHYSICAL_ADDRESS data, UINT64 size, void *event)
{
    const size_t type_offset = 14;
    uint32_t type;

    (void)self;
    (void)flags;
    (void)data;
    (void)size;
    /* The firmware itself measures what it loads, in events of other types: leave it alone. */
    memcpy(&type, (const uint8_t *)event + type_offset, sizeof(type));
    return type == EV_IPL ? extend_status : EFI_SUCCESS;
}

static void install_tpm(EFI_STATUS status)
{
    static struct fake_tcg2 tcg2 = {fake_capability, fake_log, fake_extend};
    EFI_GUID guid = tcg2_guid;
    EFI_HANDLE handle = NULL;

    extend_status = status;
    remove_protocol(&tcg2_guid);
    uefi_boot->InstallProtocolInterface(&handle, &guid, EFI_NATIVE_INTERFACE, &tcg2);
}

static void tpm_fails(void)
{
    install_tpm(EFI_DEVICE_ERROR);
}

static void tpm_log_senseless(void)
{
    install_tpm(EFI_SUCCESS);
}

const struct quirk device_quirks[] = {
    {"gpt-primary-damaged", gpt_primary_damaged},
    {"gpt-both-damaged", gpt_both_damaged},
    {"initrd-read-error", initrd_read_error},
    {"initrd-ends-early", initrd_ends_early},
    {"esp-read-only", esp_read_only},
    {"no-rng", no_rng},
    {"no-display", no_display},
    {"tpm-fails", tpm_fails},
    {"tpm-log-senseless", tpm_log_senseless},
    {NULL, NULL},
};
