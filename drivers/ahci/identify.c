// SPDX-License-Identifier: MIT
/* What a disk says of itself (ATA8-ACS, 7.16). Pure: also compiled for the host. */
#include "ahci.h"

#include <kernel/err.h>
#include <kernel/lib/string.h>

/* Words of the identify data. */
enum {
    WORD_SERIAL = 10,
    WORD_FIRMWARE = 23,
    WORD_MODEL = 27,
    WORD_SECTORS28 = 60,
    WORD_QUEUE_DEPTH = 75,
    WORD_SATA = 76,
    WORD_SET2 = 83,
    WORD_SET3 = 84,
    WORD_ENABLED1 = 85,
    WORD_ENABLED2 = 86,
    WORD_SECTORS48 = 100,
    WORD_SIZES = 106,
    WORD_BLOCK_WORDS = 117,
    WORD_TRIM = 169,
    WORD_ROTATION = 217,
};

#define SET_VALID(word) (((word)&0xc000) == 0x4000)
#define SECTORS_MAX     (1ULL << 48)

/* Two characters a word, the first in the upper half, padded with spaces. */
static void text_copy(char *to, const u16 *words, unsigned int nr_words)
{
    unsigned int len = 0;

    for (unsigned int i = 0; i < nr_words; i++) {
        to[len++] = words[i] >> 8;
        to[len++] = words[i];
    }
    for (unsigned int i = 0; i < len; i++)
        if (to[i] < ' ' || to[i] > '~')
            to[i] = ' ';
    to[len] = '\0';
    while (len && to[len - 1] == ' ')
        to[--len] = '\0';
}

static int sizes_parse(const u16 *data, struct ata_identity *id)
{
    u16 sizes = data[WORD_SIZES];
    u64 size = 512;

    if (SET_VALID(sizes) && (sizes & (1 << 12)))
        size = ((u64)data[WORD_BLOCK_WORDS + 1] << 16 | data[WORD_BLOCK_WORDS]) * 2;
    if (!is_power_of_2(size) || size < 512 || size > 4096)
        return -EINVAL;
    id->block_size = size;
    id->physical_block_size = size;
    if (SET_VALID(sizes) && (sizes & (1 << 13)))
        id->physical_block_size = id->block_size << (sizes & 0xf);
    if (id->physical_block_size > 65536)
        id->physical_block_size = id->block_size;
    return 0;
}

int ata_identify_parse(const u16 data[256], struct ata_identity *id)
{
    u16 set2 = data[WORD_SET2], enabled2 = data[WORD_ENABLED2];

    memset(id, 0, sizeof(*id));
    /* ATAPI devices set bit 15 of the first word. */
    if ((data[0] & 0x8000) || sizes_parse(data, id) != 0)
        return -EINVAL;
    text_copy(id->serial, data + WORD_SERIAL, 10);
    text_copy(id->firmware, data + WORD_FIRMWARE, 4);
    text_copy(id->model, data + WORD_MODEL, 20);
    id->lba48 = SET_VALID(set2) && (set2 & (1 << 10));
    if (!id->lba48)
        return -EINVAL; /* nothing with SATA is so old */
    id->nr_sectors = (u64)data[WORD_SECTORS48 + 3] << 48 | (u64)data[WORD_SECTORS48 + 2] << 32 |
                     (u64)data[WORD_SECTORS48 + 1] << 16 | data[WORD_SECTORS48];
    if (!id->nr_sectors || id->nr_sectors > SECTORS_MAX)
        return -EINVAL;
    id->ncq = data[WORD_SATA] != 0xffff && (data[WORD_SATA] & (1 << 8));
    id->queue_depth = id->ncq ? (data[WORD_QUEUE_DEPTH] & 0x1f) + 1 : 1;
    id->write_cache = data[WORD_ENABLED1] & (1 << 5);
    id->flush_ext = enabled2 & (1 << 13);
    id->fua = SET_VALID(data[WORD_SET3]) && (data[WORD_SET3] & (1 << 6));
    id->trim = data[WORD_TRIM] & 1;
    id->rotational = data[WORD_ROTATION] != 1;
    return 0;
}
