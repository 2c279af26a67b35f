/* SPDX-License-Identifier: MIT */
/*
 * mem.h in firmware. Everything is EfiLoaderData: BOOT.md wants what the kernel is handed in that
 * type, and some firmware stumbles over types of a loader's own.
 */
#include "mem.h"
#include "uefi.h"

void *mem_alloc(size_t size)
{
    void *ptr = NULL;

    if (EFI_ERROR(uefi_boot->AllocatePool(EfiLoaderData, size, &ptr)))
        return NULL;
    return memset(ptr, 0, size);
}

void mem_free(void *ptr)
{
    if (ptr)
        uefi_boot->FreePool(ptr);
}

void *pages_alloc(size_t nr_pages)
{
    EFI_PHYSICAL_ADDRESS address = 0;

    if (EFI_ERROR(uefi_boot->AllocatePages(AllocateAnyPages, EfiLoaderData, nr_pages, &address)))
        return NULL;
    return memset((void *)(uintptr_t)address, 0, nr_pages * PAGE_SIZE);
}

void pages_free(void *ptr, size_t nr_pages)
{
    if (ptr)
        uefi_boot->FreePages((uintptr_t)ptr, nr_pages);
}
