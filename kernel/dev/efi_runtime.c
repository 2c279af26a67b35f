// SPDX-License-Identifier: MIT
/*
 * Calls into the firmware.
 *
 * A call runs with interrupts off, in the firmware's address space and on a stack of the size that
 * the specification promises it, with the vector registers saved around it. Buffers must be where
 * the firmware can reach them, so every argument that is a pointer goes through one page of memory
 * that is mapped 1:1 like the stack (the bounce area), under one mutex: variables larger than that
 * are refused, which none in practice is.
 *
 * The tables are checked when found: signature, checksum where the firmware keeps it sound, and
 * that the functions lie in runtime memory. What does not pass is not called.
 * Specification: UEFI 2.10, 4.3, 4.5, 8; 2.3.4 for the calling convention.
 */
#include <kernel/dev/efi.h>

#include <kernel/arch/cpu.h>
#include <kernel/arch/paging.h>
#include <kernel/base/boot_info.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/base/params.h>
#include <kernel/base/reboot.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/sync/mutex.h>

#include "efi_map.h"

#define SYSTEM_TABLE_SIGNATURE  0x5453595320494249ULL
#define RUNTIME_TABLE_SIGNATURE 0x56524553544e5552ULL
#define STACK_SIZE              (128UL << 10)
#define BOUNCE_ORDER            4 /* 64 KiB: the largest variables are signature databases */
#define BOUNCE_SIZE             (PAGE_SIZE << BOUNCE_ORDER)
#define NAME_BYTES              1024

struct table_header {
    u64 signature;
    u32 revision, header_size, crc32, reserved;
};
struct system_table {
    struct table_header header;
    u64 vendor;
    u32 firmware_revision, pad;
    u64 console[6];
    u64 runtime, boot;
    u64 nr_config;
    u64 config;
};
static_assert(offsetof(struct system_table, runtime) == 88, "UEFI 2.10, 4.3");

struct runtime_table {
    struct table_header header;
    u64 get_time, set_time, get_wakeup, set_wakeup;
    u64 set_virtual_address_map, convert_pointer;
    u64 get_variable, get_next_variable, set_variable;
    u64 get_monotonic_count, reset_system;
};
static_assert(offsetof(struct runtime_table, reset_system) == 104, "UEFI 2.10, 4.5");

/* In the bounce area: what arguments point to. */
struct bounce {
    u16 name[NAME_BYTES / 2];
    guid_t vendor;
    u64 size;
    u32 attributes;
    struct efi_time time;
    u8 data[];
};
#define DATA_MAX (BOUNCE_SIZE - sizeof(struct bounce))

u64 efi_call_on(u64 function, const u64 args[6], u64 root, u64 stack);

static struct runtime_table runtime; /* a copy */
static bool available;
static bool disabled; /* efi=noruntime */
static paddr_t root;
static u8 *stack; /* its lowest byte */
static struct bounce *bounce;
static DEFINE_MUTEX(efi_mutex); /* one call at a time; the bounce area */

static int __init efi_param(const char *value)
{
    if (value && strcmp(value, "noruntime") == 0)
        disabled = true;
    return 0;
}
BOOT_PARAM("efi", efi_param);

static u64 call(u64 function, u64 a, u64 b, u64 c, u64 d, u64 e)
{
    static u8 vectors[512] __aligned(16); /* FXSAVE; the mutex, or the end of the machine */
    const u64 args[6] = {a, b, c, d, e};
    unsigned long flags = local_irq_save();
    u64 status;

    asm volatile("fxsave64 %0" : "=m"(vectors));
    status = efi_call_on(function, args, root, (u64)stack + STACK_SIZE);
    asm volatile("fxrstor64 %0" : : "m"(vectors));
    local_irq_restore(flags);
    return status;
}

/* Physical address of a part of the bounce area: it lies in the direct map. */
static u64 bounced(const void *p)
{
    return virt_to_phys(p);
}

/* UEFI 2.10, appendix D. */
static int status_to_errno(u64 status)
{
    switch (status & ~(1ULL << 63)) {
    case 0: return 0;
    case 2: return -EINVAL;
    case 3: return -ENODEV; /* unsupported */
    case 5: return -ENOSPC; /* buffer too small */
    case 7: return -EIO;
    case 8: return -EROFS;
    case 9: return -ENOSPC; /* out of resources */
    case 14: return -ENOENT;
    case 26: return -EACCES;
    default: return -EIO;
    }
}

bool efi_runtime_available(void)
{
    return available;
}

int efi_time_get(struct efi_time *time)
{
    int error;

    if (!available)
        return -ENODEV;
    mutex_lock(&efi_mutex);
    error = status_to_errno(call(runtime.get_time, bounced(&bounce->time), 0, 0, 0, 0));
    *time = bounce->time;
    mutex_unlock(&efi_mutex);
    return error;
}

int efi_time_set(const struct efi_time *time)
{
    int error;

    if (!available)
        return -ENODEV;
    mutex_lock(&efi_mutex);
    bounce->time = *time;
    error = status_to_errno(call(runtime.set_time, bounced(&bounce->time), 0, 0, 0, 0));
    mutex_unlock(&efi_mutex);
    return error;
}

/* -EINVAL for a name that does not end. */
static int name_bounce(const u16 *name)
{
    size_t n = 0;

    while (name[n]) {
        if (n + 1 >= ARRAY_SIZE(bounce->name))
            return -EINVAL;
        bounce->name[n] = name[n];
        n++;
    }
    bounce->name[n] = 0;
    return n ? 0 : -EINVAL;
}

int efi_variable_get(const u16 *name, const guid_t *vendor, u32 *attributes, void *data,
                     size_t *size)
{
    size_t room = min_t(size_t, *size, DATA_MAX);
    int error;

    if (!available)
        return -ENODEV;
    mutex_lock(&efi_mutex);
    error = name_bounce(name);
    if (error)
        goto out;
    bounce->vendor = *vendor;
    bounce->size = room;
    bounce->attributes = 0;
    error = status_to_errno(call(runtime.get_variable, bounced(bounce->name),
                                 bounced(&bounce->vendor), bounced(&bounce->attributes),
                                 bounced(&bounce->size), bounced(bounce->data)));
    if (!error && bounce->size > room)
        error = -EIO;
    if (!error)
        memcpy(data, bounce->data, bounce->size);
    if (attributes)
        *attributes = bounce->attributes;
    *size = bounce->size;
out:
    mutex_unlock(&efi_mutex);
    return error;
}

int efi_variable_set(const u16 *name, const guid_t *vendor, u32 attributes, const void *data,
                     size_t size)
{
    int error;

    if (!available)
        return -ENODEV;
    if (size > DATA_MAX)
        return -ENOSPC;
    mutex_lock(&efi_mutex);
    error = name_bounce(name);
    if (!error) {
        bounce->vendor = *vendor;
        memcpy(bounce->data, data, size);
        error = status_to_errno(call(runtime.set_variable, bounced(bounce->name),
                                     bounced(&bounce->vendor), attributes, size,
                                     bounced(bounce->data)));
    }
    mutex_unlock(&efi_mutex);
    return error;
}

int efi_variable_next(u16 *name, size_t *name_size, guid_t *vendor)
{
    size_t room = min_t(size_t, *name_size, sizeof(bounce->name));
    int error;

    if (!available)
        return -ENODEV;
    mutex_lock(&efi_mutex);
    memcpy(bounce->name, name, room);
    bounce->name[room / 2 - 1] = 0;
    bounce->vendor = *vendor;
    bounce->size = room;
    error = status_to_errno(call(runtime.get_next_variable, bounced(&bounce->size),
                                 bounced(bounce->name), bounced(&bounce->vendor), 0, 0));
    *name_size = bounce->size;
    if (!error) {
        memcpy(name, bounce->name, room);
        name[room / 2 - 1] = 0;
        *vendor = bounce->vendor;
    }
    mutex_unlock(&efi_mutex);
    return error;
}

/* EFI_RESET_TYPE; ways are called at the end, or in a panic: no mutex. */
static void efi_reset(u64 type)
{
    if (available)
        call(runtime.reset_system, type, 0, 0, 0, 0);
}

static void efi_restart(void)
{
    efi_reset(0); /* EfiResetCold */
}

static void efi_off(void)
{
    efi_reset(2); /* EfiResetShutdown */
}

static struct power_way efi_way = {
    .name = "efi", .order = POWER_ORDER_EFI, .off = efi_off, .restart = efi_restart};

/* Copies a table out of runtime memory, or says why not. */
static int table_copy(paddr_t at, void *to, size_t size, u64 signature)
{
    const struct table_header *header;

    if (!efi_map_covers(at, size)) {
        pr_warn("efi: table at %#llx is not in runtime memory\n", at);
        return -ENODEV;
    }
    header = phys_to_virt(at);
    if (header->signature != signature || header->header_size < size) {
        pr_warn("efi: table at %#llx is not valid\n", at);
        return -ENODEV;
    }
    memcpy(to, header, size);
    return 0;
}

static bool functions_sound(void)
{
    const u64 functions[] = {runtime.get_time,     runtime.set_time,     runtime.get_variable,
                             runtime.set_variable, runtime.reset_system, runtime.get_next_variable};

    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (!efi_map_covers(functions[i], 1))
            return false;
    return true;
}

static int efi_memory_alloc(void)
{
    stack = page_alloc_address(GFP_KERNEL, 5);
    bounce = page_alloc_address(GFP_KERNEL | GFP_ZERO, BOUNCE_ORDER);
    if (!stack || !bounce)
        return -ENOMEM;
    return efi_map_create(&root, virt_to_phys(bounce), BOUNCE_SIZE);
}

static int __init efi_runtime_init(void)
{
    const struct boot_info *bi = boot_info_get();
    struct system_table system;
    int error;

    if (!(bi->flags & BOOT_FLAG_EFI) || !bi->efi_system_table || disabled)
        return -ENODEV;
    error = table_copy(bi->efi_system_table, &system, sizeof(system), SYSTEM_TABLE_SIGNATURE);
    if (!error)
        error = table_copy(system.runtime, &runtime, sizeof(runtime), RUNTIME_TABLE_SIGNATURE);
    if (error)
        return error;
    if (!functions_sound()) {
        pr_warn("efi: runtime services are not in runtime memory\n");
        return -ENODEV;
    }
    error = efi_memory_alloc();
    if (error)
        return error;
    available = true;
    power_way_register(&efi_way);
    return 0;
}
initcall(INIT_SUBSYS, efi_runtime_init);
