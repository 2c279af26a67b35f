/* SPDX-License-Identifier: MIT */
/*
 * The hand-over from whoever starts the kernel (the UEFI loader, or the kernel's own PVH stub) to
 * the kernel. BOOT.md describes the contract in prose; this file is the layout. Every address in
 * it is physical. Everything it points to lies in memory that the map calls EFI_LOADER_DATA (or,
 * for tables of the firmware, in a type that the kernel keeps), and inside the direct map that the
 * starter set up.
 */
#ifndef ABI_BOOT_H
#define ABI_BOOT_H

#define BOOT_INFO_MAGIC   0x4f464e494c544e4cULL /* "LNTLINFO", little endian */
#define BOOT_INFO_VERSION 1

/*
 * Virtual addresses that the starter maps before the jump (see BOOT.md, "State at entry").
 * BOOT_DIRECT_MAP_BASE + p is physical address p: writable, never executable.
 * The kernel is linked at BOOT_KERNEL_LINK_BASE and may be slid upwards inside the window.
 */
#define BOOT_DIRECT_MAP_BASE    0xffff800000000000
#define BOOT_KERNEL_LINK_BASE   0xffffffff80000000
#define BOOT_KERNEL_WINDOW_SIZE 0x40000000
#define BOOT_KERNEL_ALIGN       0x200000

#ifndef __ASSEMBLER__
#include <stdint.h>

/* UEFI 2.10, table 7.10: EFI_MEMORY_TYPE. */
enum boot_mem_type {
    BOOT_MEM_RESERVED = 0,
    BOOT_MEM_LOADER_CODE = 1,
    BOOT_MEM_LOADER_DATA = 2,
    BOOT_MEM_BOOT_SERVICES_CODE = 3,
    BOOT_MEM_BOOT_SERVICES_DATA = 4,
    BOOT_MEM_RUNTIME_SERVICES_CODE = 5,
    BOOT_MEM_RUNTIME_SERVICES_DATA = 6,
    BOOT_MEM_CONVENTIONAL = 7,
    BOOT_MEM_UNUSABLE = 8,
    BOOT_MEM_ACPI_RECLAIM = 9,
    BOOT_MEM_ACPI_NVS = 10,
    BOOT_MEM_MMIO = 11,
    BOOT_MEM_MMIO_PORT = 12,
    BOOT_MEM_PAL_CODE = 13,
    BOOT_MEM_PERSISTENT = 14,
    BOOT_MEM_UNACCEPTED = 15,
    /* OEM and OS loader types (0x70000000 and up) are kept as reserved. */
};

#define BOOT_MEM_ATTR_RUNTIME (1ULL << 63)

/* One EFI_MEMORY_DESCRIPTOR. Walk the map with boot_info.mem_map_stride, never sizeof. */
struct boot_mem_desc {
    uint32_t type; /* enum boot_mem_type */
    uint32_t pad;
    uint64_t phys_start;
    uint64_t virt_start;
    uint64_t nr_pages; /* of 4 KiB */
    uint64_t attributes;
};

enum boot_fb_format {
    BOOT_FB_NONE = 0,    /* no framebuffer, or one that can only be blitted to */
    BOOT_FB_RGB32 = 1,   /* bytes in memory: red, green, blue, unused */
    BOOT_FB_BGR32 = 2,   /* bytes in memory: blue, green, red, unused */
    BOOT_FB_BITMASK = 3, /* 32-bit pixels by the masks */
};

struct boot_framebuffer {
    uint64_t base;
    uint64_t size_bytes;
    uint32_t width;
    uint32_t height;
    uint32_t pitch_bytes;
    uint32_t format; /* enum boot_fb_format */
    uint32_t red_mask, green_mask, blue_mask, reserved_mask;
};

/* A point in the boot, by the time stamp counter. The kernel converts when it knows the rate. */
#define BOOT_NR_STAMPS       32
#define BOOT_STAMP_NAME_SIZE 24
struct boot_stamp {
    char name[BOOT_STAMP_NAME_SIZE]; /* NUL-terminated: what begins here */
    uint64_t tsc;
};

enum boot_flags {
    BOOT_FLAG_EFI = 1 << 0,         /* efi_system_table is valid, boot services have been exited */
    BOOT_FLAG_SECURE_BOOT = 1 << 1, /* firmware enforced Secure Boot */
    BOOT_FLAG_VERIFIED = 1 << 2,    /* the starter verified kernel and initrd */
    BOOT_FLAG_KASLR = 1 << 3,       /* the kernel was slid */
    BOOT_FLAG_PVH = 1 << 4,         /* started through the PVH entry */
};

#define BOOT_SEED_SIZE 64
#define BOOT_GUID_SIZE 16

struct boot_info {
    uint64_t magic;
    uint32_t version;
    uint32_t size_bytes; /* of this structure as the starter knew it */
    uint64_t flags;      /* enum boot_flags */

    uint64_t kernel_phys; /* where the image's first byte lies; BOOT_KERNEL_ALIGN-aligned */
    uint64_t kernel_virt; /* where it is mapped: BOOT_KERNEL_LINK_BASE + slide */
    uint64_t kernel_size; /* bytes of memory, .bss included */

    uint64_t mem_map; /* struct boot_mem_desc[], mem_map_stride apart; unsorted, as firmware gave */
    uint32_t mem_map_count;
    uint32_t mem_map_stride;
    uint32_t mem_map_desc_version;
    uint32_t cmdline_size; /* without the NUL */

    uint64_t cmdline; /* UTF-8, NUL-terminated */
    uint64_t initrd;  /* 0: none */
    uint64_t initrd_size;

    uint64_t acpi_rsdp;        /* 0: none */
    uint64_t smbios3;          /* the _SM3_ anchor, 0: none */
    uint64_t smbios;           /* the _SM_ anchor, 0: none */
    uint64_t efi_system_table; /* 0: none */

    struct boot_framebuffer framebuffer;

    uint64_t low_page; /* one free page below 1 MiB for starting processors, 0: none */
    uint64_t tpm_log;  /* TCG2 event log, crypto-agile format, 0: none */
    uint64_t tpm_log_size;
    uint8_t seed[BOOT_SEED_SIZE];          /* entropy; all zero: the starter had none */
    uint8_t esp_partuuid[BOOT_GUID_SIZE];  /* as stored in the GPT; zero: unknown */
    uint8_t root_partuuid[BOOT_GUID_SIZE]; /* the root partition the starter chose; zero: unknown */
    char loader[32];                       /* name and version of the starter */

    uint32_t nr_stamps;
    uint32_t pad;
    struct boot_stamp stamps[BOOT_NR_STAMPS];
};

_Static_assert(sizeof(struct boot_mem_desc) == 40, "EFI_MEMORY_DESCRIPTOR");
_Static_assert(sizeof(struct boot_framebuffer) == 48, "boot_framebuffer");
_Static_assert(sizeof(struct boot_stamp) == 32, "boot_stamp");
_Static_assert(sizeof(struct boot_info) == 1360, "boot_info");
#endif
#endif
