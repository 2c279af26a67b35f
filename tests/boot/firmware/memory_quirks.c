/* SPDX-License-Identifier: MIT */
/*
 * Memory and the memory map as firmware that was really met has them: keys that go stale, maps that
 * are unsorted, grow, have wide descriptors, empty ones and types of an OEM's own; no memory below
 * 1 MiB; an ExitBootServices that never works.
 */
#include "hostile.h"
#include "libc.h"

#define OEM_MEMORY_TYPE 0x80000001U
#define WIDE_STRIDE     80
#define MAX_MAP_BYTES   65536

static EFI_EXIT_BOOT_SERVICES real_exit;
static EFI_GET_MEMORY_MAP real_map;
static unsigned nr_exits;

/* The map changes between the caller's GetMemoryMap and the real ExitBootServices. */
static EFI_STATUS EFIAPI exit_after_change(EFI_HANDLE image, UINTN key)
{
    void *ignored;

    if (nr_exits++ == 0)
        uefi_boot->AllocatePool(EfiBootServicesData, 100000, &ignored);
    return real_exit(image, key);
}

static EFI_STATUS EFIAPI exit_never(EFI_HANDLE image, UINTN key)
{
    (void)image;
    (void)key;
    return EFI_INVALID_PARAMETER;
}

static void exit_fails_once(void)
{
    real_exit = uefi_boot->ExitBootServices;
    uefi_boot->ExitBootServices = exit_after_change;
}

static void exit_fails_always(void)
{
    uefi_boot->ExitBootServices = exit_never;
}

/* Every look at the map leaves it larger. */
static EFI_STATUS EFIAPI map_after_growth(UINTN *size, EFI_MEMORY_DESCRIPTOR *descs, UINTN *key,
                                          UINTN *stride, UINT32 *version)
{
    static const EFI_MEMORY_TYPE types[] = {EfiBootServicesData, EfiRuntimeServicesData,
                                            EfiACPIReclaimMemory, EfiBootServicesCode};

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        EFI_PHYSICAL_ADDRESS ignored = 0;

        uefi_boot->AllocatePages(AllocateAnyPages, types[i], 1, &ignored);
    }
    return real_map(size, descs, key, stride, version);
}

static void map_grows(void)
{
    real_map = uefi_boot->GetMemoryMap;
    uefi_boot->GetMemoryMap = map_after_growth;
}

/*
 * The true map, but backwards, with descriptors of 80 bytes, each followed by an empty one, and
 * some of an unknown type.
 */
static EFI_STATUS EFIAPI map_strange(UINTN *size, EFI_MEMORY_DESCRIPTOR *descs, UINTN *key,
                                     UINTN *stride, UINT32 *version)
{
    static uint64_t room[MAX_MAP_BYTES / sizeof(uint64_t)];
    uint8_t *from = (uint8_t *)room;
    uint8_t *to = (uint8_t *)descs;
    UINTN real_size = sizeof(room), real_stride = 0;
    EFI_STATUS status = real_map(&real_size, (void *)room, key, &real_stride, version);
    UINTN nr = real_stride ? real_size / real_stride : 0;
    UINTN needed = nr * 2 * WIDE_STRIDE;

    *stride = WIDE_STRIDE;
    if (EFI_ERROR(status))
        return status;
    if (*size < needed || !descs) {
        *size = needed;
        return EFI_BUFFER_TOO_SMALL;
    }
    *size = needed;
    memset(to, 0, needed);
    for (UINTN i = 0; i < nr; i++) {
        EFI_MEMORY_DESCRIPTOR desc;

        memcpy(&desc, from + (nr - 1 - i) * real_stride, sizeof(desc));
        if (desc.Type == EfiACPIMemoryNVS)
            desc.Type = OEM_MEMORY_TYPE;
        memcpy(to + 2 * i * WIDE_STRIDE, &desc, sizeof(desc));
        desc.Type = EfiConventionalMemory;
        desc.NumberOfPages = 0;
        memcpy(to + (2 * i + 1) * WIDE_STRIDE, &desc, sizeof(desc));
    }
    return EFI_SUCCESS;
}

static void map_is_strange(void)
{
    real_map = uefi_boot->GetMemoryMap;
    uefi_boot->GetMemoryMap = map_strange;
}

static void no_low_memory(void)
{
    EFI_PHYSICAL_ADDRESS address;

    do
        address = 0xfffff;
    while (!EFI_ERROR(
        uefi_boot->AllocatePages(AllocateMaxAddress, EfiReservedMemoryType, 1, &address)));
}

/* Free memory only in pieces smaller than a kernel: every other 2 MiB is taken. */
static void memory_in_pieces(void)
{
    for (EFI_PHYSICAL_ADDRESS at = 0x1000000; at < 0x100000000; at += 0x200000) {
        EFI_PHYSICAL_ADDRESS address = at;

        uefi_boot->AllocatePages(AllocateAddress, EfiReservedMemoryType, 1, &address);
    }
}

const struct quirk memory_quirks[] = {
    {"exit-fails-once", exit_fails_once},
    {"exit-fails-always", exit_fails_always},
    {"map-grows", map_grows},
    {"map-is-strange", map_is_strange},
    {"no-low-memory", no_low_memory},
    {"memory-in-pieces", memory_in_pieces},
    {NULL, NULL},
};
