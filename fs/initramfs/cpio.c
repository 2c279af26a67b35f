// SPDX-License-Identifier: MIT
/*
 * The newc format (cpio(5), Linux's "initramfs buffer format"): a header of 110 ASCII characters (a
 * magic and 13 numbers of 8 hexadecimal digits), the name with its NUL, padding to 4 bytes, the
 * data, padding to 4 bytes. Alignment counts from the start of the whole buffer. An entry named
 * TRAILER!!! ends an archive; zero bytes and further archives may follow.
 */
#include "cpio.h"
#include <kernel/compiler.h>
#include <kernel/err.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/string.h>

#define HEADER_SIZE  110
#define MAGIC_SIZE   6
#define MAGIC_NEWC   "070701"
#define MAGIC_CRC    "070702" /* the check field holds the sum of the data's bytes */
#define NR_FIELDS    13
#define TRAILER_NAME "TRAILER!!!"

enum field {
    FIELD_INODE,
    FIELD_MODE,
    FIELD_UID,
    FIELD_GID,
    FIELD_LINKS,
    FIELD_MTIME,
    FIELD_SIZE,
    FIELD_DEV_MAJOR,
    FIELD_DEV_MINOR,
    FIELD_RDEV_MAJOR,
    FIELD_RDEV_MINOR,
    FIELD_NAME_SIZE,
    FIELD_CHECK,
};

static const struct {
    u8 magic[6];
    u8 size;
    const char *trouble;
} compressions[] = {
    {{0x1f, 0x8b}, 2, "compressed with gzip, which is not supported"},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, "compressed with zstd, which is not supported"},
    {{0x02, 0x21, 0x4c, 0x18}, 4, "compressed with lz4, which is not supported"},
    {{0x04, 0x22, 0x4d, 0x18}, 4, "compressed with lz4, which is not supported"},
    {{0xfd, '7', 'z', 'X', 'Z', 0}, 6, "compressed with xz, which is not supported"},
    {{'B', 'Z', 'h'}, 3, "compressed with bzip2, which is not supported"},
    {{0x5d, 0, 0}, 3, "compressed with lzma, which is not supported"},
    {{0x89, 'L', 'Z', 'O'}, 4, "compressed with lzo, which is not supported"},
};

static int fail(struct cpio_reader *reader, int error, const char *trouble)
{
    reader->trouble = trouble;
    return error;
}

/* What stands where a header should be. */
static int fail_magic(struct cpio_reader *reader)
{
    const u8 *at = reader->data + reader->offset;
    size_t left = reader->size - reader->offset;

    for (size_t i = 0; i < ARRAY_SIZE(compressions); i++)
        if (left >= compressions[i].size &&
            memcmp(at, compressions[i].magic, compressions[i].size) == 0)
            return fail(reader, -EOPNOTSUPP, compressions[i].trouble);
    return fail(reader, -EINVAL, "not a cpio archive in the newc format");
}

static bool parse_field(const u8 *digits, u32 *value)
{
    *value = 0;
    for (int i = 0; i < 8; i++) {
        int digit = hex_to_bin(digits[i]);

        if (digit < 0)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static int parse_header(struct cpio_reader *reader, u32 fields[NR_FIELDS])
{
    const u8 *header = reader->data + reader->offset;
    size_t left = reader->size - reader->offset;

    if (left < MAGIC_SIZE ||
        (memcmp(header, MAGIC_NEWC, MAGIC_SIZE) != 0 && memcmp(header, MAGIC_CRC, MAGIC_SIZE) != 0))
        return fail_magic(reader);
    if (left < HEADER_SIZE)
        return fail(reader, -EINVAL, "cut off inside a header");
    for (int i = 0; i < NR_FIELDS; i++)
        if (!parse_field(header + MAGIC_SIZE + 8 * i, &fields[i]))
            return fail(reader, -EINVAL, "a header field is no hexadecimal number");
    return 0;
}

/* The name behind the header, checked; *end becomes the offset of the data. */
static int parse_name(struct cpio_reader *reader, u32 name_size, const char **name, size_t *end)
{
    size_t start = reader->offset + HEADER_SIZE;

    if (name_size < 1 || name_size > CPIO_NAME_MAX)
        return fail(reader, -EINVAL, "a name has an impossible length");
    if (name_size > reader->size - start)
        return fail(reader, -EINVAL, "cut off inside a name");
    *name = (const char *)reader->data + start;
    if (strnlen(*name, name_size) != name_size - 1)
        return fail(reader, -EINVAL, "a name does not end where it should");
    *end = ALIGN(start + name_size, 4);
    return 0;
}

static bool check_sum_is_right(const u8 *data, u32 size, u32 check)
{
    u32 sum = 0;

    for (u32 i = 0; i < size; i++)
        sum += data[i];
    return sum == check;
}

/* The data at offset @at; moves the reader behind it. */
static int parse_data(struct cpio_reader *reader, const u32 *fields, size_t at,
                      struct cpio_entry *entry)
{
    bool has_check = memcmp(reader->data + reader->offset, MAGIC_CRC, MAGIC_SIZE) == 0;

    entry->size = fields[FIELD_SIZE];
    if (entry->size && (at > reader->size || entry->size > reader->size - at))
        return fail(reader, -EINVAL, "cut off inside a file's data");
    entry->data = entry->size ? reader->data + at : NULL;
    if (has_check && !check_sum_is_right(entry->data, entry->size, fields[FIELD_CHECK]))
        return fail(reader, -EINVAL, "a file's check sum is wrong");
    reader->offset = min(ALIGN(at + entry->size, 4), reader->size);
    return 0;
}

/* Slashes in front and a lone dot mean the root. */
static const char *strip_name(const char *name)
{
    for (;;) {
        if (name[0] == '/')
            name++;
        else if (name[0] == '.' && (name[1] == '/' || !name[1]))
            name++;
        else
            return name;
    }
}

bool cpio_name_is_safe(const char *name)
{
    while (*name) {
        size_t len = strcspn(name, "/");

        if (len == 2 && name[0] == '.' && name[1] == '.')
            return false;
        name += len + (name[len] == '/');
    }
    return true;
}

static void take_fields(struct cpio_entry *entry, const u32 *fields)
{
    entry->mode = fields[FIELD_MODE];
    entry->uid = fields[FIELD_UID];
    entry->gid = fields[FIELD_GID];
    entry->nr_links = fields[FIELD_LINKS];
    entry->mtime = fields[FIELD_MTIME];
    entry->rdev_major = fields[FIELD_RDEV_MAJOR];
    entry->rdev_minor = fields[FIELD_RDEV_MINOR];
    entry->id = ((u64)fields[FIELD_DEV_MAJOR] << 52) ^ ((u64)fields[FIELD_DEV_MINOR] << 32) ^
                fields[FIELD_INODE];
}

/* Zero bytes stand between archives, and at the end. */
static void skip_padding(struct cpio_reader *reader)
{
    while (reader->offset < reader->size && !reader->data[reader->offset])
        reader->offset++;
}

int cpio_next(struct cpio_reader *reader, struct cpio_entry *entry)
{
    u32 fields[NR_FIELDS];
    const char *name;
    size_t data_at;
    int error;

    for (;;) {
        skip_padding(reader);
        if (reader->offset == reader->size)
            return reader->in_archive ? fail(reader, -EINVAL, "cut off before its trailer") : 0;
        if (!IS_ALIGNED(reader->offset, 4))
            return fail(reader, -EINVAL, "an archive does not begin at a multiple of 4 bytes");
        error = parse_header(reader, fields);
        if (!error)
            error = parse_name(reader, fields[FIELD_NAME_SIZE], &name, &data_at);
        if (!error)
            error = parse_data(reader, fields, data_at, entry);
        if (error)
            return error;
        reader->in_archive = strcmp(name, TRAILER_NAME) != 0;
        if (!reader->in_archive)
            continue;
        if (!cpio_name_is_safe(name))
            return fail(reader, -EINVAL, "a name leads out of the archive");
        entry->name = strip_name(name);
        take_fields(entry, fields);
        return 1;
    }
}
