/* SPDX-License-Identifier: MIT */
// sources: efi/elf64.c
// cflags: -Iefi
/* Kernel files from any bytes: what passes the checks must be laid out without a step aside. */
#include "elf64.h"

#define MAX_IMAGE (16U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image image;
    struct reason why;
    uint8_t *file = malloc(size + !size);

    memcpy(file, data, size);
    if (elf_check(&image, file, size, &why) == 0 && image.size <= MAX_IMAGE) {
        uint8_t *memory = calloc(1, image.size);

        elf_load(&image, memory, 0x200000);
        free(memory);
    }
    free(file);
    return 0;
}
