/* SPDX-License-Identifier: MIT */
#include "uefi.h"
#include "mem.h"
#include "text.h"

/* UEFI 2.10, section 3.3. */
static const EFI_GUID global_variable_guid = EFI_GLOBAL_VARIABLE;
/* Boot Loader Interface (UAPI Group). */
static const EFI_GUID loader_variable_guid = {
    0x4a67b082, 0x0a4c, 0x41cf, {0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f}};

EFI_HANDLE uefi_image;
EFI_SYSTEM_TABLE *uefi_system;
EFI_BOOT_SERVICES *uefi_boot;
EFI_RUNTIME_SERVICES *uefi_runtime;

void uefi_init(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    uefi_image = image;
    uefi_system = system;
    uefi_boot = system->BootServices;
    uefi_runtime = system->RuntimeServices;
}

const char *uefi_status_text(EFI_STATUS status)
{
    static const struct {
        EFI_STATUS status;
        const char *text;
    } texts[] = {
        {EFI_SUCCESS, "success"},
        {EFI_LOAD_ERROR, "load error"},
        {EFI_INVALID_PARAMETER, "invalid parameter"},
        {EFI_UNSUPPORTED, "not supported"},
        {EFI_BAD_BUFFER_SIZE, "bad buffer size"},
        {EFI_BUFFER_TOO_SMALL, "buffer too small"},
        {EFI_NOT_READY, "not ready"},
        {EFI_DEVICE_ERROR, "device error"},
        {EFI_WRITE_PROTECTED, "write protected"},
        {EFI_OUT_OF_RESOURCES, "out of memory"},
        {EFI_VOLUME_CORRUPTED, "the file system is damaged"},
        {EFI_VOLUME_FULL, "the file system is full"},
        {EFI_NO_MEDIA, "no medium"},
        {EFI_MEDIA_CHANGED, "the medium was changed"},
        {EFI_NOT_FOUND, "not found"},
        {EFI_ACCESS_DENIED, "access denied"},
        {EFI_TIMEOUT, "timeout"},
        {EFI_ABORTED, "aborted"},
        {EFI_SECURITY_VIOLATION, "security violation"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "firmware error";
}

/* gnu-efi declares GUID parameters without const; firmware does not write to them. */
static EFI_GUID *guid_param(const EFI_GUID *guid)
{
    return (EFI_GUID *)(uintptr_t)guid;
}

void *uefi_protocol(EFI_HANDLE handle, const EFI_GUID *guid)
{
    void *interface = NULL;

    if (EFI_ERROR(uefi_boot->HandleProtocol(handle, guid_param(guid), &interface)))
        return NULL;
    return interface;
}

void *uefi_locate(const EFI_GUID *guid)
{
    void *interface = NULL;

    if (EFI_ERROR(uefi_boot->LocateProtocol(guid_param(guid), NULL, &interface)))
        return NULL;
    return interface;
}

size_t uefi_handles(const EFI_GUID *guid, EFI_HANDLE **handles)
{
    UINTN nr = 0;

    if (EFI_ERROR(uefi_boot->LocateHandleBuffer(ByProtocol, guid_param(guid), NULL, &nr, handles)))
        return 0;
    return nr;
}

void *uefi_table(const EFI_GUID *guid)
{
    for (UINTN i = 0; i < uefi_system->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *table = &uefi_system->ConfigurationTable[i];

        if (memcmp(&table->VendorGuid, guid, sizeof(*guid)) == 0)
            return table->VendorTable;
    }
    return NULL;
}

static bool global_flag(const CHAR16 *name)
{
    UINT8 value = 0;
    UINTN size = sizeof(value);
    EFI_STATUS status = uefi_runtime->GetVariable(
        (CHAR16 *)(uintptr_t)name, guid_param(&global_variable_guid), NULL, &size, &value);

    return !EFI_ERROR(status) && size == sizeof(value) && value == 1;
}

bool uefi_secure_boot(void)
{
    return global_flag(L"SecureBoot") && !global_flag(L"SetupMode");
}

void uefi_set_loader_variable(const CHAR16 *name, const char *value)
{
    uint16_t text[256];
    size_t units = utf16_from_utf8(text, ARRAY_SIZE(text), value);

    if (units >= ARRAY_SIZE(text))
        return;
    uefi_runtime->SetVariable((CHAR16 *)(uintptr_t)name, guid_param(&loader_variable_guid),
                              EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS,
                              (units + 1) * sizeof(text[0]), text);
}
