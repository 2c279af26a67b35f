// SPDX-License-Identifier: MIT
// sources: fs/initramfs/cpio.c kernel/lib/string.c
/* The cpio reader: it ends, stays inside its buffer, and says why when it fails. */
#include "../../../fs/initramfs/cpio.h"
#include <kernel/lib/string.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpio_reader reader = cpio_reader_init(data, size);
    struct cpio_entry entry;
    size_t before = 0;
    int found;

    while ((found = cpio_next(&reader, &entry)) > 0) {
        unsigned int sum = 0;

        if (reader.offset <= before || strlen(entry.name) >= CPIO_NAME_MAX)
            abort();
        before = reader.offset;
        for (uint32_t i = 0; i < entry.size; i++)
            sum += entry.data[i];
        __asm__ volatile("" : : "r"(sum));
    }
    if (found < 0 && !reader.trouble)
        abort();
    return 0;
}
