/* SPDX-License-Identifier: MIT */
/*
 * From the firmware to the kernel.
 *
 * First everything that needs the firmware is done and everything that needs memory is allocated:
 * the kernel laid out, the page tables built, boot_info filled in, room for the memory map with
 * slack. Until then any failure leaves things as they were, and the next entry can be tried. Then
 * comes the point of no return: ExitBootServices wants the key of the newest memory map, and
 * firmware may change the map at any time before (timers, drivers' own exit handlers), so the pair
 * GetMemoryMap and ExitBootServices is repeated, with nothing in between (UEFI 2.10, section
 * 7.4.6). After the first try only these two may be called: no message, no allocation.
 */
#include "handover.h"
#include "console.h"
#include "graphics.h"
#include "kaslr.h"
#include "mem.h"
#include "paging.h"
#include "random.h"
#include "stamps.h"
#include "text.h"
#include "tpm.h"

#include <abi/boot.h>
#include <cpuid.h>

#define EXIT_TRIES      16
#define MAP_SLACK       64 /* descriptors: firmware may split regions while it exits */
#define PLACEMENT_TRIES 16
#define LOW_MEMORY_LAST 0xfffffULL
#define GIB             (1ULL << 30)
#define DIRECT_MAP_MIN  (4 * GIB)
#define DIRECT_MAP_MAX  (1ULL << 46) /* half of what 4-level paging leaves for it */
#define COM1            0x3f8

#define CR4_LA57 (1ULL << 12)

static const EFI_GUID acpi2_guid = ACPI_20_TABLE_GUID;
static const EFI_GUID acpi1_guid = ACPI_TABLE_GUID;
static const EFI_GUID smbios_guid = SMBIOS_TABLE_GUID;
static const EFI_GUID smbios3_guid = SMBIOS3_TABLE_GUID;

/* What is being put together for the jump. */
struct launch {
    const struct handover *handover;
    const struct elf_image *elf;
    bool randomise;
    uint8_t *kernel; /* physical and, until the switch, virtual */
    uint64_t slide;
    struct boot_info *info;
    struct page_tables tables;
    struct memory_map map;
    size_t map_room;
};

static uint64_t physical(const volatile void *ptr)
{
    return (uintptr_t)ptr;
}

static uint64_t random_number(void)
{
    uint64_t number;

    random_fill(&number, sizeof(number));
    return number;
}

/* Read the memory map into launch->map. The buffer must have room. */
static EFI_STATUS read_map(struct launch *launch, UINTN *key, UINT32 *version)
{
    UINTN size = launch->map_room;
    UINTN stride = 0;
    void *descs = launch->map.descs;
    EFI_STATUS status = uefi_boot->GetMemoryMap(&size, descs, key, &stride, version);

    if (EFI_ERROR(status))
        return status;
    launch->map.size = size;
    launch->map.stride = stride;
    return stride < sizeof(struct boot_mem_desc) ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

static int prepare_map(struct launch *launch, struct reason *why)
{
    UINTN size = 0, key = 0, stride = 0;
    UINT32 version = 0;
    EFI_STATUS status = uefi_boot->GetMemoryMap(&size, NULL, &key, &stride, &version);

    if (status != EFI_BUFFER_TOO_SMALL || stride < sizeof(struct boot_mem_desc))
        return reason_set(why, -EIO, "the firmware has no memory map (%s)",
                          uefi_status_text(status));
    launch->map_room = ROUND_UP(size + MAP_SLACK * stride, PAGE_SIZE);
    launch->map.descs = pages_alloc(pages_for(launch->map_room));
    if (!launch->map.descs)
        return reason_set(why, -ENOMEM, "no memory for the memory map");
    status = read_map(launch, &key, &version);
    if (EFI_ERROR(status))
        return reason_set(why, -EIO, "the memory map cannot be read (%s)",
                          uefi_status_text(status));
    return 0;
}

static bool place_at(struct launch *launch, uint64_t address)
{
    EFI_PHYSICAL_ADDRESS where = address;

    if (!address || EFI_ERROR(uefi_boot->AllocatePages(AllocateAddress, EfiLoaderData,
                                                       pages_for(launch->elf->size), &where)))
        return false;
    launch->kernel = (uint8_t *)(uintptr_t)where;
    return true;
}

/* Anywhere, with so much more that an aligned start is inside; the rest is given back. */
static bool place_anywhere(struct launch *launch)
{
    size_t nr = pages_for(launch->elf->size);
    size_t spare = BOOT_KERNEL_ALIGN / PAGE_SIZE;
    uint8_t *pages = pages_alloc(nr + spare);
    size_t before;

    if (!pages)
        return false;
    launch->kernel = (uint8_t *)ROUND_UP((uintptr_t)pages, (uintptr_t)BOOT_KERNEL_ALIGN);
    before = (size_t)(launch->kernel - pages) / PAGE_SIZE;
    if (before)
        uefi_boot->FreePages(physical(pages), before);
    if (spare - before)
        uefi_boot->FreePages(physical(launch->kernel) + nr * PAGE_SIZE, spare - before);
    return true;
}

static int place_kernel(struct launch *launch, struct reason *why)
{
    uint64_t nr_slots = kaslr_nr_slots(&launch->map, launch->elf->size);
    bool placed = false;

    for (int i = 0; launch->randomise && nr_slots && !placed && i < PLACEMENT_TRIES; i++)
        placed = place_at(launch,
                          kaslr_slot(&launch->map, launch->elf->size, random_number() % nr_slots));
    if (!launch->randomise && nr_slots)
        placed = place_at(launch, kaslr_slot(&launch->map, launch->elf->size, 0));
    if (!placed && !place_anywhere(launch))
        return reason_set(why, -ENOMEM, "no %llu KiB of free memory in one piece for the kernel",
                          (unsigned long long)launch->elf->size / 1024);
    if (launch->randomise)
        launch->slide = kaslr_slide(launch->elf->size, random_number());
    memset(launch->kernel, 0, launch->elf->size);
    elf_load(launch->elf, launch->kernel, launch->slide);
    return 0;
}

static void decide_kaslr(struct launch *launch)
{
    const char *value;
    size_t length;
    uint64_t probe;

    if (cmdline_find(launch->handover->cmdline, "nokaslr", &value, &length))
        return;
    launch->randomise = random_fill(&probe, sizeof(probe));
    if (!launch->randomise)
        say("no source of random numbers: the kernel's place is not randomised");
}

/* --- boot_info --------------------------------------------------------------------------- */

static int put_cmdline(struct boot_info *info, const char *cmdline, struct reason *why)
{
    size_t size = strlen(cmdline);
    char *copy = pages_alloc(pages_for(size + 1));

    if (!copy)
        return reason_set(why, -ENOMEM, "no memory for the command line");
    memcpy(copy, cmdline, size + 1);
    info->cmdline = physical(copy);
    info->cmdline_size = (uint32_t)size;
    return 0;
}

static void put_tables(struct boot_info *info)
{
    const void *rsdp = uefi_table(&acpi2_guid);

    if (!rsdp)
        rsdp = uefi_table(&acpi1_guid);
    info->acpi_rsdp = physical(rsdp);
    info->smbios3 = physical(uefi_table(&smbios3_guid));
    info->smbios = physical(uefi_table(&smbios_guid));
    info->efi_system_table = physical(uefi_system);
}

static void put_low_page(struct boot_info *info)
{
    EFI_PHYSICAL_ADDRESS address = LOW_MEMORY_LAST;

    if (EFI_ERROR(uefi_boot->AllocatePages(AllocateMaxAddress, EfiLoaderData, 1, &address)))
        say("no free page below 1 MiB: only one processor can be used");
    else
        info->low_page = address;
}

static void put_flags(struct boot_info *info, const struct launch *launch)
{
    info->flags = BOOT_FLAG_EFI | BOOT_FLAG_VERIFIED;
    if (launch->handover->secure_boot)
        info->flags |= BOOT_FLAG_SECURE_BOOT;
    if (launch->randomise)
        info->flags |= BOOT_FLAG_KASLR;
}

static int fill_info(struct launch *launch, struct reason *why)
{
    const struct handover *handover = launch->handover;
    struct boot_info *info = pages_alloc(pages_for(sizeof(*info)));
    size_t log_size;
    int err;

    if (!info)
        return reason_set(why, -ENOMEM, "no memory for boot_info");
    launch->info = info;
    info->magic = BOOT_INFO_MAGIC;
    info->version = BOOT_INFO_VERSION;
    info->size_bytes = sizeof(*info);
    info->kernel_phys = physical(launch->kernel);
    info->kernel_virt = BOOT_KERNEL_LINK_BASE + launch->slide;
    info->kernel_size = launch->elf->size;
    info->initrd = physical(handover->images->initrd.data);
    info->initrd_size = handover->images->initrd.size;
    memcpy(info->esp_partuuid, &handover->esp_partuuid, sizeof(info->esp_partuuid));
    memcpy(info->root_partuuid, &handover->root_partuuid, sizeof(info->root_partuuid));
    snprintf(info->loader, sizeof(info->loader), "lintel-boot");
    err = put_cmdline(info, handover->cmdline, why);
    if (err)
        return err;
    put_flags(info, launch);
    put_tables(info);
    put_low_page(info);
    random_fill(info->seed, sizeof(info->seed));
    info->tpm_log = physical(tpm_copy_log(&log_size));
    info->tpm_log_size = log_size;
    graphics_set_best_mode(&info->framebuffer);
    return 0;
}

/* --- page tables -------------------------------------------------------------------------- */

static bool has_1g_pages(void)
{
    uint32_t eax, ebx, ecx, edx;

    return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (edx & 1U << 26);
}

static bool has_nx(void)
{
    uint32_t eax, ebx, ecx, edx;

    return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (edx & 1U << 20);
}

static int paging_levels(void)
{
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    return cr4 & CR4_LA57 ? 5 : 4;
}

static int map_kernel(struct launch *launch)
{
    for (unsigned i = 0; i < launch->elf->nr_segments; i++) {
        const struct elf_segment *segment = &launch->elf->segments[i];
        unsigned flags =
            (segment->write ? PAGING_WRITE : 0U) | (segment->execute ? PAGING_EXECUTE : 0U);
        uint64_t offset = segment->vaddr - launch->elf->link_base;
        int err = paging_map(&launch->tables, segment->vaddr + launch->slide,
                             physical(launch->kernel) + offset,
                             ROUND_UP(segment->mem_size, PAGE_SIZE), flags);

        if (err)
            return err;
    }
    return 0;
}

static int map_direct(struct launch *launch)
{
    const struct boot_framebuffer *fb = &launch->info->framebuffer;
    uint64_t end = ROUND_UP(memory_map_end(&launch->map), GIB);
    uint64_t fb_start = fb->base / BOOT_KERNEL_ALIGN * BOOT_KERNEL_ALIGN;
    uint64_t fb_end = ROUND_UP(fb->base + fb->size_bytes, BOOT_KERNEL_ALIGN);
    int err;

    if (end < DIRECT_MAP_MIN)
        end = DIRECT_MAP_MIN;
    if (end > DIRECT_MAP_MAX)
        end = DIRECT_MAP_MAX;
    err = paging_map(&launch->tables, BOOT_DIRECT_MAP_BASE, 0, end, PAGING_WRITE);
    if (err || fb->format == BOOT_FB_NONE || fb_end <= end)
        return err;
    if (fb_start < end)
        fb_start = end;
    return paging_map(&launch->tables, BOOT_DIRECT_MAP_BASE + fb_start, fb_start, fb_end - fb_start,
                      PAGING_WRITE);
}

static int map_switch_code(struct launch *launch)
{
    uint64_t start = (uintptr_t)handover_switch / PAGE_SIZE * PAGE_SIZE;
    uint64_t end = ROUND_UP((uintptr_t)handover_switch_end, PAGE_SIZE);

    return paging_map(&launch->tables, start, start, end - start, PAGING_EXECUTE);
}

static int build_tables(struct launch *launch, struct reason *why)
{
    int err;

    if (!has_nx())
        return reason_set(why, -ENODEV,
                          "the processor has no execute-disable bit (NX), or it is "
                          "switched off in the firmware's settings");
    err = paging_init(&launch->tables, paging_levels(), has_1g_pages());
    if (!err)
        err = map_kernel(launch);
    if (!err)
        err = map_direct(launch);
    if (!err)
        err = map_switch_code(launch);
    return err ? reason_set(why, err, "no memory for page tables") : 0;
}

/* --- leaving ------------------------------------------------------------------------------ */

static void out_byte(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in_byte(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* With boot services half gone the console is gone too: the serial port's registers are left. */
static void last_words(const char *text)
{
    for (; *text; text++) {
        for (int i = 0; i < 10000 && !(in_byte(COM1 + 5) & 0x20); i++)
            ;
        out_byte(COM1, (uint8_t)*text);
    }
}

static EFI_STATUS exit_boot_services(struct launch *launch, UINT32 *version)
{
    EFI_STATUS status = EFI_ABORTED;

    for (int i = 0; i < EXIT_TRIES; i++) {
        UINTN key = 0;

        status = read_map(launch, &key, version);
        if (EFI_ERROR(status))
            break;
        status = uefi_boot->ExitBootServices(uefi_image, key);
        if (!EFI_ERROR(status))
            break;
    }
    return status;
}

static void __attribute__((noreturn)) leave(struct launch *launch)
{
    struct boot_info *info = launch->info;
    UINT32 version = 0;
    EFI_STATUS status;

    stamp("loader: exit firmware");
    status = exit_boot_services(launch, &version);
    if (EFI_ERROR(status)) {
        last_words("\r\nlintel-boot: the firmware does not let go (ExitBootServices: ");
        last_words(uefi_status_text(status));
        last_words("); resetting\r\n");
        uefi_runtime->ResetSystem(EfiResetCold, status, 0, NULL);
        for (;;)
            __asm__ volatile("hlt");
    }
    info->mem_map = physical(launch->map.descs);
    info->mem_map_count = (uint32_t)(launch->map.size / launch->map.stride);
    info->mem_map_stride = (uint32_t)launch->map.stride;
    info->mem_map_desc_version = version;
    stamp("kernel");
    stamps_store(info);
    handover_switch(physical(launch->tables.root), launch->elf->entry + launch->slide,
                    BOOT_DIRECT_MAP_BASE + physical(info));
}

int handover_start(const struct handover *handover, struct reason *why)
{
    struct launch launch = {.handover = handover, .elf = &handover->images->elf};
    int err;

    stamp("loader: lay out kernel");
    decide_kaslr(&launch);
    err = prepare_map(&launch, why);
    if (!err)
        err = place_kernel(&launch, why);
    if (!err)
        err = fill_info(&launch, why);
    if (!err)
        err = build_tables(&launch, why);
    if (!err)
        err = prepare_map(&launch, why); /* again: it has grown since */
    if (err)
        return err;
    leave(&launch);
}
