/* SPDX-License-Identifier: MIT */
// sources: efi/gpt.c efi/guid.c efi/crc32.c tests/host/efi/host_mem.c
// cflags: -Iefi
/*
 * The loader's partition tables from any bytes. The CRCs are made to fit where the fuzzer asks for
 * it, since it would never guess them.
 */
#include "crc32.h"
#include "gpt.h"

#define BLOCK 512

struct memory_disk {
    struct gpt_disk io;
    const uint8_t *bytes;
};

static int read_memory(const struct gpt_disk *io, uint64_t lba, uint64_t nr, void *buf)
{
    const struct memory_disk *disk = (const struct memory_disk *)io;

    if (lba >= io->nr_blocks || nr > io->nr_blocks - lba)
        return -EIO;
    memcpy(buf, disk->bytes + lba * BLOCK, nr * BLOCK);
    return 0;
}

static void mend_header(uint8_t *header)
{
    uint32_t size, crc;

    memcpy(&size, header + 12, 4);
    if (size < 92 || size > BLOCK)
        return;
    memset(header + 16, 0, 4);
    crc = crc32(header, size);
    memcpy(header + 16, &crc, 4);
}

static void mend_array(uint8_t *bytes, size_t nr_blocks, uint8_t *header)
{
    uint64_t lba;
    uint32_t nr, size, crc;

    memcpy(&lba, header + 72, 8);
    memcpy(&nr, header + 80, 4);
    memcpy(&size, header + 84, 4);
    if (lba >= nr_blocks || (uint64_t)nr * size > (nr_blocks - lba) * BLOCK)
        return;
    crc = crc32(bytes + lba * BLOCK, (size_t)nr * size);
    memcpy(header + 88, &crc, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t nr_blocks = size / BLOCK;
    struct gpt_report report;
    struct memory_disk disk;
    uint32_t slot = 0;
    uint8_t *bytes;
    struct gpt gpt;

    if (nr_blocks < 3)
        return 0;
    bytes = malloc(nr_blocks * BLOCK);
    memcpy(bytes, data, nr_blocks * BLOCK);
    if (data[0] & 1) {
        mend_array(bytes, nr_blocks, bytes + BLOCK);
        mend_header(bytes + BLOCK);
    }
    if (data[0] & 2) {
        mend_array(bytes, nr_blocks, bytes + (nr_blocks - 1) * BLOCK);
        mend_header(bytes + (nr_blocks - 1) * BLOCK);
    }
    disk = (struct memory_disk){
        .io = {.block_size = BLOCK, .nr_blocks = nr_blocks, .read = read_memory}, .bytes = bytes};
    if (gpt_read(&disk.io, &gpt, &report) == 0) {
        while (gpt_next(&gpt, &slot))
            ;
        gpt_find_type(&gpt, &gpt_type_esp);
        gpt_release(&gpt);
    }
    free(bytes);
    return 0;
}
