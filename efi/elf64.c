/* SPDX-License-Identifier: MIT */
/*
 * The kernel's ELF64 file (System V gABI, chapters 4 and 5; BOOT.md says what a kernel must be).
 *
 * First everything is checked (elf_check), then the image is laid out (elf_load), which can no
 * longer fail. The file's signature has been verified before, so these checks guard against a
 * broken build rather than an attacker; they are complete all the same, because a kernel that
 * starts half right is the hardest thing to debug.
 */
#include "elf64.h"
#include "mem.h"

#include <abi/boot.h>
#include <elf.h>

#define MAX_PROGRAM_HEADERS 64
#define MAX_DYNAMIC_ENTRIES 1024

static bool range_inside(uint64_t offset, uint64_t size, uint64_t limit)
{
    return offset <= limit && size <= limit - offset;
}

static int check_ident(const Elf64_Ehdr *header, struct reason *why)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return reason_set(why, -EINVAL, "is not an ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS64)
        return reason_set(why, -EINVAL, "is not a 64-bit ELF file");
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return reason_set(why, -EINVAL, "is not little endian");
    if (header->e_ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT)
        return reason_set(why, -EINVAL, "has an unknown ELF version");
    if (header->e_ident[EI_OSABI] != ELFOSABI_SYSV && header->e_ident[EI_OSABI] != ELFOSABI_GNU)
        return reason_set(why, -EINVAL, "has the unknown OS ABI %u", header->e_ident[EI_OSABI]);
    return 0;
}

static int check_header(const Elf64_Ehdr *header, uint64_t size, struct reason *why)
{
    int err;

    if (size < sizeof(*header))
        return reason_set(why, -EINVAL, "is too short for an ELF header");
    err = check_ident(header, why);
    if (err)
        return err;
    if (header->e_machine != EM_X86_64)
        return reason_set(why, -EINVAL, "is for machine %u, not x86-64", header->e_machine);
    if (header->e_type != ET_DYN && header->e_type != ET_EXEC)
        return reason_set(why, -EINVAL, "is of ELF type %u, not a program", header->e_type);
    if (header->e_ehsize != sizeof(*header) || header->e_flags != 0)
        return reason_set(why, -EINVAL, "has header size %u and flags %x", header->e_ehsize,
                          header->e_flags);
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return reason_set(why, -EINVAL, "has program headers of %u bytes", header->e_phentsize);
    if (header->e_phnum == 0 || header->e_phnum > MAX_PROGRAM_HEADERS)
        return reason_set(why, -EINVAL, "has %u program headers", header->e_phnum);
    if (header->e_phoff % 8 != 0 ||
        !range_inside(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr), size))
        return reason_set(why, -EINVAL, "has program headers outside the file");
    return 0;
}

/* Checks that concern one PT_LOAD alone. */
static int check_load(const Elf64_Phdr *ph, unsigned index, uint64_t size, struct reason *why)
{
    if (!range_inside(ph->p_offset, ph->p_filesz, size))
        return reason_set(why, -EINVAL, "segment %u lies outside the file", index);
    if (ph->p_memsz == 0 || ph->p_filesz > ph->p_memsz)
        return reason_set(why, -EINVAL, "segment %u has more in the file than in memory", index);
    if (ph->p_vaddr % PAGE_SIZE != 0 || ph->p_paddr % PAGE_SIZE != 0)
        return reason_set(why, -EINVAL, "segment %u is not page aligned", index);
    if (ph->p_align < PAGE_SIZE || (ph->p_align & (ph->p_align - 1)) != 0 ||
        (ph->p_offset - ph->p_vaddr) % ph->p_align != 0)
        return reason_set(why, -EINVAL, "segment %u has the impossible alignment %llx", index,
                          (unsigned long long)ph->p_align);
    if (ph->p_vaddr < BOOT_KERNEL_LINK_BASE ||
        !range_inside(ph->p_vaddr - BOOT_KERNEL_LINK_BASE, ph->p_memsz, BOOT_KERNEL_WINDOW_SIZE))
        return reason_set(why, -EINVAL, "segment %u at %llx lies outside the kernel's window",
                          index, (unsigned long long)ph->p_vaddr);
    if ((ph->p_flags & ~(uint32_t)(PF_R | PF_W | PF_X)) != 0 || !(ph->p_flags & PF_R))
        return reason_set(why, -EINVAL, "segment %u has flags %x", index, ph->p_flags);
    if ((ph->p_flags & PF_W) && (ph->p_flags & PF_X))
        return reason_set(why, -EINVAL, "segment %u is both writable and executable", index);
    return 0;
}

static int add_segment(struct elf_image *image, const Elf64_Phdr *ph, const Elf64_Phdr *first,
                       unsigned index, struct reason *why)
{
    if (image->nr_segments == ELF_MAX_SEGMENTS)
        return reason_set(why, -EINVAL, "has more than %d segments", ELF_MAX_SEGMENTS);
    if (image->nr_segments == 0) {
        if (ph->p_vaddr != BOOT_KERNEL_LINK_BASE)
            return reason_set(why, -EINVAL, "is linked at %llx", (unsigned long long)ph->p_vaddr);
        image->link_base = ph->p_vaddr;
    } else if (ph->p_vaddr < image->link_base + image->size) {
        return reason_set(why, -EINVAL, "segment %u overlaps the one before it", index);
    }
    if (ph->p_paddr - first->p_paddr != ph->p_vaddr - first->p_vaddr)
        return reason_set(why, -EINVAL, "segment %u is not contiguous in physical memory", index);
    image->segments[image->nr_segments++] = (struct elf_segment){
        .vaddr = ph->p_vaddr,
        .mem_size = ph->p_memsz,
        .file_offset = ph->p_offset,
        .file_size = ph->p_filesz,
        .write = ph->p_flags & PF_W,
        .execute = ph->p_flags & PF_X,
    };
    image->size = ROUND_UP(ph->p_vaddr + ph->p_memsz, PAGE_SIZE) - image->link_base;
    return 0;
}

static int check_segments(struct elf_image *image, const Elf64_Phdr *headers, unsigned nr,
                          uint64_t size, struct reason *why)
{
    const Elf64_Phdr *first = NULL;

    for (unsigned i = 0; i < nr; i++) {
        const Elf64_Phdr *ph = &headers[i];
        int err;

        if (ph->p_type == PT_INTERP || ph->p_type == PT_TLS)
            return reason_set(why, -EINVAL, "program header %u is an interpreter or TLS", i);
        if (ph->p_type == PT_GNU_STACK && (ph->p_flags & PF_X))
            return reason_set(why, -EINVAL, "asks for an executable stack");
        if (ph->p_type != PT_LOAD)
            continue;
        if (!first)
            first = ph;
        err = check_load(ph, i, size, why);
        if (!err)
            err = add_segment(image, ph, first, i, why);
        if (err)
            return err;
    }
    if (!image->nr_segments)
        return reason_set(why, -EINVAL, "has no segment to load");
    return 0;
}

/* The segment in which @size bytes at the linked address @vaddr lie; the file's part if @in_file.
 */
static const struct elf_segment *segment_of(const struct elf_image *image, uint64_t vaddr,
                                            uint64_t size, bool in_file)
{
    for (unsigned i = 0; i < image->nr_segments; i++) {
        const struct elf_segment *segment = &image->segments[i];

        if (vaddr >= segment->vaddr &&
            range_inside(vaddr - segment->vaddr, size,
                         in_file ? segment->file_size : segment->mem_size))
            return segment;
    }
    return NULL;
}

struct dynamic {
    uint64_t rela;
    uint64_t rela_size;
    uint64_t rela_entry;
    uint64_t flags_1;
};

static int read_dynamic_entry(struct dynamic *dynamic, const Elf64_Dyn *dyn, struct reason *why)
{
    switch (dyn->d_tag) {
    case DT_RELA: dynamic->rela = dyn->d_un.d_ptr; break;
    case DT_RELASZ: dynamic->rela_size = dyn->d_un.d_val; break;
    case DT_RELAENT: dynamic->rela_entry = dyn->d_un.d_val; break;
    case DT_FLAGS_1: dynamic->flags_1 = dyn->d_un.d_val; break;
    case DT_NEEDED:
    case DT_REL:
    case DT_JMPREL:
    case DT_TEXTREL:
    case DT_RELR:
        return reason_set(why, -EINVAL, "has the dynamic entry %lld, which a kernel must not have",
                          (long long)dyn->d_tag);
    default: break;
    }
    return 0;
}

static int read_dynamic(const struct elf_image *image, const Elf64_Phdr *ph,
                        struct dynamic *dynamic, struct reason *why)
{
    const struct elf_segment *segment = segment_of(image, ph->p_vaddr, ph->p_filesz, true);
    uint64_t nr = ph->p_filesz / sizeof(Elf64_Dyn);
    const void *at;
    const Elf64_Dyn *dyn;

    if (!segment || ph->p_offset - segment->file_offset != ph->p_vaddr - segment->vaddr ||
        ph->p_offset % 8 != 0 || nr > MAX_DYNAMIC_ENTRIES)
        return reason_set(why, -EINVAL, "has its dynamic section outside its segments");
    at = image->file + ph->p_offset;
    dyn = at;
    for (uint64_t i = 0; i < nr; i++) {
        int err = read_dynamic_entry(dynamic, &dyn[i], why);

        if (err)
            return err;
        if (dyn[i].d_tag == DT_NULL)
            return 0;
    }
    return reason_set(why, -EINVAL, "has a dynamic section without an end");
}

static int check_reloc(const struct elf_image *image, const Elf64_Rela *rela, struct reason *why)
{
    const struct elf_segment *segment = segment_of(image, rela->r_offset, sizeof(uint64_t), false);

    if (ELF64_R_TYPE(rela->r_info) != R_X86_64_RELATIVE || ELF64_R_SYM(rela->r_info) != 0)
        return reason_set(why, -EINVAL, "has a relocation of type %u, not R_X86_64_RELATIVE",
                          (unsigned)ELF64_R_TYPE(rela->r_info));
    if (!segment)
        return reason_set(why, -EINVAL, "has a relocation at %llx, outside its segments",
                          (unsigned long long)rela->r_offset);
    if (segment->execute)
        return reason_set(why, -EINVAL, "has a relocation at %llx, in its code",
                          (unsigned long long)rela->r_offset);
    if ((uint64_t)rela->r_addend - image->link_base > image->size)
        return reason_set(why, -EINVAL, "has a relocation to %llx, outside itself",
                          (unsigned long long)rela->r_addend);
    return 0;
}

static int check_relocs(struct elf_image *image, const struct dynamic *dynamic, struct reason *why)
{
    const struct elf_segment *segment;
    const Elf64_Rela *relocs;
    const void *at;

    if (dynamic->rela_size == 0)
        return 0;
    segment = segment_of(image, dynamic->rela, dynamic->rela_size, true);
    if (!segment || dynamic->rela % 8 != 0)
        return reason_set(why, -EINVAL, "has its relocations outside its segments");
    if (dynamic->rela_entry != sizeof(Elf64_Rela) || dynamic->rela_size % sizeof(Elf64_Rela) != 0)
        return reason_set(why, -EINVAL, "has relocations of an unknown size");
    image->relocs_offset = segment->file_offset + (dynamic->rela - segment->vaddr);
    image->nr_relocs = dynamic->rela_size / sizeof(Elf64_Rela);
    at = image->file + image->relocs_offset;
    relocs = at;
    for (uint64_t i = 0; i < image->nr_relocs; i++) {
        int err = check_reloc(image, &relocs[i], why);

        if (err)
            return err;
    }
    return 0;
}

static int check_entry(const struct elf_image *image, struct reason *why)
{
    const struct elf_segment *segment = segment_of(image, image->entry, 1, true);

    if (!segment || !segment->execute)
        return reason_set(why, -EINVAL, "has its entry point %llx outside its code",
                          (unsigned long long)image->entry);
    return 0;
}

int elf_check(struct elf_image *image, const void *file, uint64_t size, struct reason *why)
{
    const Elf64_Ehdr *header = file;
    const Elf64_Phdr *headers;
    const void *at;
    struct dynamic dynamic = {0};
    int err = check_header(header, size, why);

    if (err)
        return err;
    *image = (struct elf_image){.file = file, .entry = header->e_entry};
    at = image->file + header->e_phoff;
    headers = at;
    err = check_segments(image, headers, header->e_phnum, size, why);
    for (unsigned i = 0; !err && i < header->e_phnum; i++) {
        if (headers[i].p_type == PT_DYNAMIC)
            err = read_dynamic(image, &headers[i], &dynamic, why);
    }
    if (!err && header->e_type == ET_EXEC && !(dynamic.flags_1 & DF_1_PIE))
        err = reason_set(why, -EINVAL, "is not position independent");
    if (!err)
        err = check_relocs(image, &dynamic, why);
    if (!err)
        err = check_entry(image, why);
    return err;
}

void elf_load(const struct elf_image *image, void *dst, uint64_t slide)
{
    const void *at = image->file + image->relocs_offset;
    const Elf64_Rela *relocs = at;
    uint8_t *memory = dst;

    for (unsigned i = 0; i < image->nr_segments; i++) {
        const struct elf_segment *segment = &image->segments[i];

        memcpy(memory + (segment->vaddr - image->link_base), image->file + segment->file_offset,
               segment->file_size);
    }
    for (uint64_t i = 0; i < image->nr_relocs; i++) {
        uint64_t value = (uint64_t)relocs[i].r_addend + slide;

        memcpy(memory + (relocs[i].r_offset - image->link_base), &value, sizeof(value));
    }
}
