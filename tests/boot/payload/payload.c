/* SPDX-License-Identifier: MIT */
/*
 * A program in the kernel's place. It checks that the starter kept what BOOT.md promises, prints
 * boot_info and what it found over COM1, and ends the virtual machine through isa-debug-exit:
 * status 33 when every promise was kept, 35 when not. Tests of the loader boot it instead of the
 * kernel.
 */
#include <abi/boot.h>
#include <stdbool.h>
#include <stddef.h>

#define COM1      0x3f8
#define EXIT_PORT 0xf4
#define EXIT_GOOD 0x10
#define EXIT_BAD  0x11
#define PAGE      4096ULL
#define PTE_LARGE (1ULL << 7)
#define PTE_NX    (1ULL << 63)
#define PTE_FRAME 0x000ffffffffff000ULL
#define RFLAGS_IF (1ULL << 9)
#define RFLAGS_DF (1ULL << 10)

void payload_main(const struct boot_info *info, uint64_t rflags);

extern const char image_start[], image_end[];

static bool failed;
static int zeroed[4096]; /* .bss must be zero */
static const char *const pointers[] = {"relocated", image_start};

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

static void put_char(char c)
{
    while (!(in_byte(COM1 + 5) & 0x20))
        ;
    out_byte(COM1, (uint8_t)c);
}

static void put(const char *text)
{
    for (; *text; text++)
        put_char(*text);
}

static void put_hex(uint64_t value)
{
    bool started = false;

    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;

        started |= digit || shift == 0;
        if (started)
            put_char("0123456789abcdef"[digit]);
    }
}

static void show(const char *name, uint64_t value)
{
    put("payload: ");
    put(name);
    put(" 0x");
    put_hex(value);
    put("\r\n");
}

static void show_text(const char *name, const char *text)
{
    put("payload: ");
    put(name);
    put(" ");
    put(text);
    put("\r\n");
}

static void check(bool good, const char *what)
{
    if (!good) {
        show_text("BROKEN PROMISE:", what);
        failed = true;
    }
}

static const void *direct(uint64_t phys)
{
    return (const void *)(BOOT_DIRECT_MAP_BASE + phys);
}

/* The leaf page table entry of @virt, 0 if it is not mapped. */
static uint64_t leaf(uint64_t virt)
{
    uint64_t cr3, cr4;
    const uint64_t *table;
    int level;

    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    table = direct(cr3 & PTE_FRAME);
    for (level = cr4 & 1 << 12 ? 5 : 4; level >= 1; level--) {
        uint64_t pte = table[virt >> (12 + 9 * (level - 1)) & 511];

        if (!(pte & 1))
            return 0;
        if (level == 1 || (pte & PTE_LARGE))
            return pte;
        table = direct(pte & PTE_FRAME);
    }
    return 0;
}

static uint64_t read_efer(void)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000080));
    return (uint64_t)high << 32 | low;
}

static void check_cpu(uint64_t rflags)
{
    uint64_t cr0;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    check(!(rflags & RFLAGS_IF), "interrupts are off");
    check(!(rflags & RFLAGS_DF), "the direction flag is clear");
    check(cr0 & 1 << 16, "CR0.WP is set");
    check(read_efer() & 1 << 11, "EFER.NXE is set");
}

static void check_mapping(const struct boot_info *info)
{
    static int writable;
    uint64_t text = leaf((uintptr_t)payload_main);
    uint64_t rodata = leaf((uintptr_t)pointers);
    uint64_t data = leaf((uintptr_t)&writable);
    uint64_t map = leaf((uintptr_t)info);

    check(text && !(text & PTE_NX) && !(text & 2), "text is executable and read-only");
    check(rodata && (rodata & PTE_NX) && !(rodata & 2), "rodata is neither");
    check(data && (data & PTE_NX) && (data & 2), "data is writable and not executable");
    check(map && (map & PTE_NX) && (map & 2), "the direct map is writable, not executable");
    check(leaf(BOOT_DIRECT_MAP_BASE + 0xfffff000ULL), "4 GiB are mapped");
    check(!leaf(0), "page 0 is not mapped");
    check((text & PTE_FRAME) == info->kernel_phys + (((uintptr_t)payload_main & ~(PAGE - 1)) -
                                                     (uintptr_t)image_start),
          "the image is contiguous");
}

static void check_image(const struct boot_info *info)
{
    const char *const *table = pointers;
    bool zero = true;

    /* The compiler must not know what the table holds: the relocations are to be seen working. */
    __asm__ volatile("" : "+r"(table));
    for (size_t i = 0; i < sizeof(zeroed) / sizeof(zeroed[0]); i++)
        zero &= zeroed[i] == 0;
    check(zero, ".bss is zeroed");
    check(table[1] == image_start && table[0][0] == 'r', "relocations are applied");
    check((uintptr_t)image_start == info->kernel_virt, "kernel_virt");
    check(info->kernel_phys % BOOT_KERNEL_ALIGN == 0, "kernel_phys is aligned");
    check(info->kernel_size == (uint64_t)(image_end - image_start), "kernel_size");
}

/* The type of the memory at @phys; the map must not be walked with sizeof. */
static uint32_t memory_type(const struct boot_info *info, uint64_t phys)
{
    for (uint32_t i = 0; i < info->mem_map_count; i++) {
        const struct boot_mem_desc *desc =
            direct(info->mem_map + (uint64_t)i * info->mem_map_stride);

        if (phys >= desc->phys_start && phys - desc->phys_start < desc->nr_pages * PAGE)
            return desc->type;
    }
    return ~0U;
}

static void check_loader_data(const struct boot_info *info, uint64_t phys, const char *what)
{
    if (phys)
        check(memory_type(info, phys) == BOOT_MEM_LOADER_DATA, what);
}

static void check_memory(const struct boot_info *info, uint64_t info_phys)
{
    check(info->mem_map_stride >= sizeof(struct boot_mem_desc), "mem_map_stride");
    check(info->mem_map_count > 0, "mem_map_count");
    check_loader_data(info, info->kernel_phys, "the kernel lies in loader data");
    check_loader_data(info, info->kernel_phys + info->kernel_size - 1, "all of it does");
    check_loader_data(info, info_phys, "boot_info lies in loader data");
    check_loader_data(info, info->initrd, "the initrd lies in loader data");
    check_loader_data(info, info->cmdline, "the command line lies in loader data");
    check_loader_data(info, info->mem_map, "the map lies in loader data");
    check_loader_data(info, info->low_page, "the low page lies in loader data");
    check_loader_data(info, info->tpm_log, "the TPM log lies in loader data");
    check(info->low_page < 0x100000, "the low page is low");
}

static void show_stamps(const struct boot_info *info)
{
    uint64_t last = 0;

    for (uint32_t i = 0; i < info->nr_stamps && i < BOOT_NR_STAMPS; i++) {
        show_text("stamp", info->stamps[i].name);
        show("tsc", info->stamps[i].tsc);
        check(info->stamps[i].tsc >= last, "stamps are in order");
        last = info->stamps[i].tsc;
    }
}

static void show_guid(const char *name, const uint8_t guid[BOOT_GUID_SIZE])
{
    put("payload: ");
    put(name);
    put(" ");
    for (int i = 0; i < BOOT_GUID_SIZE; i++) {
        put_char("0123456789abcdef"[guid[i] >> 4]);
        put_char("0123456789abcdef"[guid[i] & 15]);
    }
    put("\r\n");
}

static void show_memory(const struct boot_info *info)
{
    uint64_t free_pages = 0;
    uint32_t sum = 0;

    for (uint32_t i = 0; i < info->mem_map_count; i++) {
        const struct boot_mem_desc *desc =
            direct(info->mem_map + (uint64_t)i * info->mem_map_stride);

        if (desc->type == BOOT_MEM_CONVENTIONAL)
            free_pages += desc->nr_pages;
    }
    show("free_bytes", free_pages * PAGE);
    for (uint64_t i = 0; i < info->initrd_size; i++)
        sum = sum * 31 + *(const uint8_t *)direct(info->initrd + i);
    show("initrd_size", info->initrd_size);
    show("initrd_sum", sum);
}

static bool begins_with(const char *text, const char *prefix, uint64_t room)
{
    for (; *prefix; text++, prefix++, room--) {
        if (room == 0 || *text != *prefix)
            return false;
    }
    return true;
}

/* The loader's own events, by their texts, which end with a NUL. */
static void show_tpm_events(const struct boot_info *info)
{
    const char *log = direct(info->tpm_log);

    for (uint64_t i = 0; i < info->tpm_log_size; i++) {
        if (begins_with(log + i, "lintel-boot: ", info->tpm_log_size - i))
            show_text("tpm_event", log + i);
    }
}

static void show_info(const struct boot_info *info)
{
    bool seed = false;

    show("flags", info->flags);
    show("kernel_phys", info->kernel_phys);
    show("kernel_virt", info->kernel_virt);
    show("kernel_size", info->kernel_size);
    show("map_entries", info->mem_map_count);
    show("map_stride", info->mem_map_stride);
    show_text("cmdline", direct(info->cmdline));
    show("cmdline_size", info->cmdline_size);
    show("acpi_rsdp", info->acpi_rsdp);
    show("smbios3", info->smbios3);
    show("smbios", info->smbios);
    show("efi_system_table", info->efi_system_table);
    show("fb_format", info->framebuffer.format);
    show("fb_base", info->framebuffer.base);
    show("fb_width", info->framebuffer.width);
    show("fb_height", info->framebuffer.height);
    show("fb_pitch", info->framebuffer.pitch_bytes);
    show("low_page", info->low_page);
    show("tpm_log_size", info->tpm_log_size);
    for (int i = 0; i < BOOT_SEED_SIZE; i++)
        seed |= info->seed[i] != 0;
    show("seed_present", seed);
    show_guid("esp_partuuid", info->esp_partuuid);
    show_guid("root_partuuid", info->root_partuuid);
    show_text("loader", info->loader);
    show_memory(info);
    show_tpm_events(info);
    show_stamps(info);
}

void payload_main(const struct boot_info *info, uint64_t rflags)
{
    put("\r\npayload: started\r\n");
    check(info->magic == BOOT_INFO_MAGIC, "magic");
    check(info->version == BOOT_INFO_VERSION, "version");
    check(info->size_bytes == sizeof(*info), "size_bytes");
    check_cpu(rflags);
    check_image(info);
    check_mapping(info);
    check_memory(info, (uintptr_t)info - BOOT_DIRECT_MAP_BASE);
    show_info(info);
    show_text("verdict", failed ? "bad" : "good");
    out_byte(EXIT_PORT, failed ? EXIT_BAD : EXIT_GOOD);
    for (;;)
        __asm__ volatile("hlt");
}
