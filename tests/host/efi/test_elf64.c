/* SPDX-License-Identifier: MIT */
// sources: efi/elf64.c
// cflags: -Iefi
#include "elf64.h"

#include <abi/boot.h>
#include <elf.h>

#include "ktap.h"

#define BASE      BOOT_KERNEL_LINK_BASE
#define FILE_SIZE 0x4000
#define NR_RELOCS 3

/*
 * A kernel in miniature: text at BASE, rodata with the dynamic section and the relocations at
 * BASE + 0x1000, data at BASE + 0x2000 with a .bss behind it.
 */
struct kernel {
    union {
        uint8_t bytes[FILE_SIZE];
        uint64_t align;
        struct {
            Elf64_Ehdr header;
            Elf64_Phdr segments[5];
        };
    };
};

#define DYNAMIC_OFFSET 0x2000
#define RELOCS_OFFSET  0x2800

static Elf64_Dyn *dynamic(struct kernel *kernel)
{
    return (Elf64_Dyn *)(void *)(kernel->bytes + DYNAMIC_OFFSET);
}

static Elf64_Rela *relocs(struct kernel *kernel)
{
    return (Elf64_Rela *)(void *)(kernel->bytes + RELOCS_OFFSET);
}

static Elf64_Phdr load(unsigned page, uint64_t file_size, uint64_t mem_size, uint32_t flags)
{
    return (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = flags,
        .p_offset = 0x1000 * (page + 1),
        .p_vaddr = BASE + 0x1000 * page,
        .p_paddr = 0x200000 + 0x1000 * page,
        .p_filesz = file_size,
        .p_memsz = mem_size,
        .p_align = 0x1000,
    };
}

static struct kernel *kernel_make(void)
{
    struct kernel *kernel = calloc(1, sizeof(*kernel));

    kernel->header = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_entry = BASE + 0x10,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 5,
    };
    kernel->segments[0] = load(0, 0x800, 0x800, PF_R | PF_X);
    kernel->segments[1] = load(1, 0x1000, 0x1000, PF_R);
    kernel->segments[2] = load(2, 0x100, 0x3000, PF_R | PF_W);
    kernel->segments[3] = (Elf64_Phdr){
        .p_type = PT_DYNAMIC,
        .p_flags = PF_R,
        .p_offset = DYNAMIC_OFFSET,
        .p_vaddr = BASE + 0x1000,
        .p_paddr = 0x201000,
        .p_filesz = 8 * sizeof(Elf64_Dyn),
        .p_memsz = 8 * sizeof(Elf64_Dyn),
        .p_align = 8,
    };
    kernel->segments[4] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
    dynamic(kernel)[0] = (Elf64_Dyn){DT_RELA, {.d_ptr = BASE + 0x1800}};
    dynamic(kernel)[1] = (Elf64_Dyn){DT_RELASZ, {NR_RELOCS * sizeof(Elf64_Rela)}};
    dynamic(kernel)[2] = (Elf64_Dyn){DT_RELAENT, {sizeof(Elf64_Rela)}};
    for (int i = 0; i < NR_RELOCS; i++) {
        relocs(kernel)[i] = (Elf64_Rela){
            .r_offset = BASE + 0x2000 + 8 * i,
            .r_info = ELF64_R_INFO(0, R_X86_64_RELATIVE),
            .r_addend = (int64_t)(BASE + 0x100 * i),
        };
    }
    memset(kernel->bytes + 0x1000, 0x90, 0x800);
    memset(kernel->bytes + 0x3000, 0xda, 0x100);
    return kernel;
}

static int check(struct kernel *kernel, uint64_t size, struct reason *why)
{
    struct elf_image image;
    /* Exactly @size bytes, so that AddressSanitizer sees every step beyond. */
    void *copy = malloc(size);
    int err;

    memcpy(copy, kernel, size);
    err = elf_check(&image, copy, size, why);
    free(copy);
    return err;
}

/* Is the file refused for a reason that contains @text? Frees it. */
static bool refused(struct kernel *kernel, const char *text)
{
    struct reason why = {""};
    int err = check(kernel, sizeof(*kernel), &why);

    free(kernel);
    if (err == -EINVAL && strstr(why.text, text))
        return true;
    printf("# got %d, \"%s\"\n", err, why.text);
    return false;
}

#define EXPECT_REFUSED(change, text)      \
    do {                                  \
        struct kernel *k = kernel_make(); \
                                          \
        change;                           \
        EXPECT_TRUE(refused(k, text));    \
    } while (0)

TEST(a_good_kernel_is_described)
{
    struct kernel *kernel = kernel_make();
    struct elf_image image;
    struct reason why;

    ASSERT_EQ(elf_check(&image, kernel, sizeof(*kernel), &why), 0);
    EXPECT_EQ(image.link_base, BASE);
    EXPECT_EQ(image.size, 0x5000);
    EXPECT_EQ(image.entry, BASE + 0x10);
    EXPECT_EQ(image.nr_segments, 3);
    EXPECT_EQ(image.nr_relocs, NR_RELOCS);
    EXPECT_TRUE(image.segments[0].execute && !image.segments[0].write);
    EXPECT_TRUE(!image.segments[1].execute && !image.segments[1].write);
    EXPECT_TRUE(!image.segments[2].execute && image.segments[2].write);
    free(kernel);
}

TEST(a_kernel_is_laid_out_and_relocated)
{
    const uint64_t slide = 0x1400000;
    struct kernel *kernel = kernel_make();
    struct elf_image image;
    struct reason why;
    uint8_t *memory;

    ASSERT_EQ(elf_check(&image, kernel, sizeof(*kernel), &why), 0);
    memory = calloc(1, image.size);
    elf_load(&image, memory, slide);
    EXPECT_EQ(memory[0x7ff], 0x90);
    EXPECT_EQ(memory[0x800], 0);
    EXPECT_EQ(memory[0x20ff], 0xda);
    EXPECT_EQ(memory[0x2100], 0);
    EXPECT_EQ(memory[0x4fff], 0);
    for (int i = 0; i < NR_RELOCS; i++) {
        uint64_t value;

        memcpy(&value, memory + 0x2000 + 8 * i, 8);
        EXPECT_EQ(value, BASE + 0x100 * i + slide);
    }
    free(memory);
    free(kernel);
}

TEST(wrong_headers_are_refused)
{
    EXPECT_REFUSED(k->bytes[0] = 0, "not an ELF file");
    EXPECT_REFUSED(k->header.e_ident[EI_CLASS] = ELFCLASS32, "not a 64-bit");
    EXPECT_REFUSED(k->header.e_ident[EI_DATA] = ELFDATA2MSB, "not little endian");
    EXPECT_REFUSED(k->header.e_ident[EI_VERSION] = 2, "unknown ELF version");
    EXPECT_REFUSED(k->header.e_version = 0, "unknown ELF version");
    EXPECT_REFUSED(k->header.e_ident[EI_OSABI] = 9, "OS ABI 9");
    EXPECT_REFUSED(k->header.e_machine = EM_AARCH64, "machine 183");
    EXPECT_REFUSED(k->header.e_type = ET_REL, "type 1");
    EXPECT_REFUSED(k->header.e_type = ET_EXEC, "not position independent");
    EXPECT_REFUSED(k->header.e_flags = 1, "flags 1");
    EXPECT_REFUSED(k->header.e_ehsize = 63, "header size 63");
    EXPECT_REFUSED(k->header.e_phentsize = 57, "program headers of 57 bytes");
    EXPECT_REFUSED(k->header.e_phnum = 0, "0 program headers");
    EXPECT_REFUSED(k->header.e_phnum = 65, "65 program headers");
    EXPECT_REFUSED(k->header.e_phoff = FILE_SIZE - 8, "outside the file");
    EXPECT_REFUSED(k->header.e_phoff = UINT64_MAX - 7, "outside the file");
    EXPECT_REFUSED(k->header.e_phoff = 65, "outside the file");
    EXPECT_REFUSED(k->header.e_entry = BASE + 0x800, "entry point");
    EXPECT_REFUSED(k->header.e_entry = BASE + 0x1000, "entry point");
    EXPECT_REFUSED(k->header.e_entry = 0, "entry point");
}

TEST(a_pie_that_the_linker_called_et_exec_is_accepted)
{
    struct kernel *kernel = kernel_make();
    struct reason why;

    kernel->header.e_type = ET_EXEC;
    dynamic(kernel)[3] = (Elf64_Dyn){DT_FLAGS_1, {DF_1_PIE}};
    EXPECT_EQ(check(kernel, sizeof(*kernel), &why), 0);
    free(kernel);
}

TEST(wrong_segments_are_refused)
{
    EXPECT_REFUSED(k->segments[0].p_flags |= PF_W, "both writable and executable");
    EXPECT_REFUSED(k->segments[0].p_flags = PF_X, "flags 1");
    EXPECT_REFUSED(k->segments[0].p_flags |= 8, "flags d");
    EXPECT_REFUSED(k->segments[2].p_filesz = UINT64_MAX, "outside the file");
    EXPECT_REFUSED(k->segments[2].p_offset = UINT64_MAX - 0xfff, "outside the file");
    EXPECT_REFUSED(k->segments[2].p_memsz = 0xff, "more in the file");
    EXPECT_REFUSED(k->segments[2].p_memsz = UINT64_MAX, "outside the kernel's window");
    EXPECT_REFUSED(k->segments[2].p_memsz = BOOT_KERNEL_WINDOW_SIZE, "outside the kernel's window");
    EXPECT_REFUSED(k->segments[2].p_vaddr = 0x400000, "outside the kernel's window");
    EXPECT_REFUSED(k->segments[2].p_vaddr += 8, "not page aligned");
    EXPECT_REFUSED(k->segments[2].p_align = 0x1800, "alignment");
    EXPECT_REFUSED(k->segments[2].p_align = 16, "alignment");
    EXPECT_REFUSED(k->segments[2].p_align = 0x200000, "alignment");
    EXPECT_REFUSED(k->segments[2].p_offset += 8, "alignment");
    EXPECT_REFUSED(k->segments[1].p_vaddr = BASE, "overlaps");
    EXPECT_REFUSED(k->segments[0].p_memsz = 0x1001, "overlaps");
    EXPECT_REFUSED(k->segments[2].p_paddr += 0x1000, "not contiguous");
    EXPECT_REFUSED(k->segments[0].p_type = PT_NULL, "linked at");
    EXPECT_REFUSED(k->segments[4].p_flags |= PF_X, "executable stack");
    EXPECT_REFUSED(k->segments[4].p_type = PT_INTERP, "interpreter");
    EXPECT_REFUSED(k->segments[4].p_type = PT_TLS, "TLS");
    EXPECT_REFUSED(k->header.e_phnum = 1; k->segments[0].p_type = PT_NOTE, "no segment");
}

TEST(wrong_dynamic_sections_and_relocations_are_refused)
{
    EXPECT_REFUSED(k->segments[3].p_offset += 8, "dynamic section outside");
    EXPECT_REFUSED(k->segments[3].p_vaddr = BASE + 0x10000, "dynamic section outside");
    EXPECT_REFUSED(k->segments[3].p_filesz = UINT64_MAX, "dynamic section outside");
    EXPECT_REFUSED(k->segments[3].p_filesz = 3 * sizeof(Elf64_Dyn), "without an end");
    EXPECT_REFUSED(dynamic(k)[3].d_tag = DT_NEEDED, "dynamic entry 1");
    EXPECT_REFUSED(dynamic(k)[3].d_tag = DT_JMPREL, "dynamic entry 23");
    EXPECT_REFUSED(dynamic(k)[0].d_un.d_ptr = 0, "relocations outside");
    EXPECT_REFUSED(dynamic(k)[0].d_un.d_ptr += 4, "relocations outside");
    EXPECT_REFUSED(dynamic(k)[1].d_un.d_val = UINT64_MAX, "relocations outside");
    EXPECT_REFUSED(dynamic(k)[1].d_un.d_val = 25, "unknown size");
    EXPECT_REFUSED(dynamic(k)[2].d_un.d_val = 16, "unknown size");
    EXPECT_REFUSED(relocs(k)[1].r_info = ELF64_R_INFO(0, R_X86_64_64), "type 1");
    EXPECT_REFUSED(relocs(k)[1].r_info = ELF64_R_INFO(5, R_X86_64_RELATIVE), "type 8");
    EXPECT_REFUSED(relocs(k)[1].r_offset = BASE + 0x4ffc, "outside its segments");
    EXPECT_REFUSED(relocs(k)[1].r_offset = UINT64_MAX - 3, "outside its segments");
    EXPECT_REFUSED(relocs(k)[1].r_offset = BASE, "in its code");
    EXPECT_REFUSED(relocs(k)[1].r_addend = 0, "outside itself");
    EXPECT_REFUSED(relocs(k)[1].r_addend = (int64_t)(BASE + 0x5001), "outside itself");
}

TEST(every_truncation_is_refused)
{
    struct kernel *kernel = kernel_make();
    struct reason why;

    for (uint64_t size = 0; size < 0x3100; size += size < 0x200 ? 1 : 61)
        EXPECT_EQ(check(kernel, size, &why), -EINVAL);
    EXPECT_EQ(check(kernel, 0x3100, &why), 0);
    free(kernel);
}

/* No single damaged byte of the headers leads the checks or the layout astray. */
TEST(damaged_bytes_do_no_harm)
{
    struct kernel *kernel = kernel_make();

    for (size_t at = 0; at < sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr); at++) {
        for (int bit = 0; bit < 8; bit++) {
            struct elf_image image;
            struct reason why;
            uint8_t *memory;

            kernel->bytes[at] ^= (uint8_t)(1 << bit);
            if (elf_check(&image, kernel, sizeof(*kernel), &why) == 0) {
                memory = calloc(1, image.size);
                if (memory)
                    elf_load(&image, memory, 0x200000);
                free(memory);
            }
            kernel->bytes[at] ^= (uint8_t)(1 << bit);
        }
    }
    free(kernel);
}
