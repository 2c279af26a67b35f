// SPDX-License-Identifier: MIT
// sources: fs/initramfs/cpio.c
/* The cpio reader: well-formed archives give their entries, everything else an error and no harm.
 */
#include "../../../fs/initramfs/cpio.h"
#include <kernel/err.h>
#include "ktap.h"

static unsigned char archive[65536];
static size_t size;

static void align(size_t to)
{
    while (size % to)
        archive[size++] = 0;
}

struct wanted {
    const char *magic, *name;
    unsigned int mode, inode, links, rdev_major, rdev_minor, check;
    const void *data;
    unsigned int data_size;
};

static void put(struct wanted w)
{
    size_t name_size = strlen(w.name) + 1;

    size +=
        sprintf((char *)archive + size, "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08zx%08x",
                w.magic ? w.magic : "070701", w.inode, w.mode, 1000, 100, w.links, 77, w.data_size,
                3, 1, w.rdev_major, w.rdev_minor, name_size, w.check);
    memcpy(archive + size, w.name, name_size);
    size += name_size;
    align(4);
    if (w.data_size)
        memcpy(archive + size, w.data, w.data_size);
    size += w.data_size;
    align(4);
}

static void put_file(const char *name, const char *text)
{
    put((struct wanted){.name = name,
                        .mode = 0100644,
                        .inode = 5,
                        .links = 1,
                        .data = text,
                        .data_size = strlen(text)});
}

static void put_trailer(void)
{
    put((struct wanted){.name = "TRAILER!!!", .links = 1});
}

/* Copies to the heap, so that the sanitizer sees one byte too many. */
static void *exact_copy(size_t n)
{
    return memcpy(malloc(n ? n : 1), archive, n);
}

/* Reads all; how many entries, or the error. The names go to @names, spaces between. */
static int read_all(size_t n, char *names)
{
    void *copy = exact_copy(n);
    struct cpio_reader reader = cpio_reader_init(copy, n);
    struct cpio_entry entry;
    int count = 0, found;

    names[0] = '\0';
    while ((found = cpio_next(&reader, &entry)) > 0) {
        unsigned int sum = 0;

        for (u32 i = 0; i < entry.size; i++)
            sum += entry.data[i]; /* touches every byte that was promised */
        if (sum == 0xffffffff)
            abort();
        if (strlen(names) + strlen(entry.name) < 200)
            sprintf(names + strlen(names), "%s ", entry.name);
        count++;
    }
    if (found < 0 && !reader.trouble)
        abort();
    free(copy);
    return found < 0 ? found : count;
}

TEST(entries_come_with_all_their_fields)
{
    struct cpio_reader reader;
    struct cpio_entry entry;
    void *copy;

    put((struct wanted){.name = "dev/console",
                        .mode = 020600,
                        .inode = 9,
                        .links = 2,
                        .rdev_major = 5,
                        .rdev_minor = 1});
    put_file("/etc//motd", "hello");
    put_trailer();
    align(512);
    copy = exact_copy(size);
    reader = cpio_reader_init(copy, size);
    ASSERT_EQ(cpio_next(&reader, &entry), 1);
    EXPECT_STREQ(entry.name, "dev/console");
    EXPECT_EQ(entry.mode, 020600);
    EXPECT_EQ(entry.uid, 1000);
    EXPECT_EQ(entry.gid, 100);
    EXPECT_EQ(entry.mtime, 77);
    EXPECT_EQ(entry.nr_links, 2);
    EXPECT_EQ(entry.rdev_major, 5);
    EXPECT_EQ(entry.rdev_minor, 1);
    EXPECT_EQ(entry.size, 0);
    ASSERT_EQ(cpio_next(&reader, &entry), 1);
    EXPECT_STREQ(entry.name, "etc//motd");
    EXPECT_EQ(entry.size, 5);
    EXPECT_MEMEQ(entry.data, "hello", 5);
    EXPECT_EQ(cpio_next(&reader, &entry), 0);
    EXPECT_EQ(cpio_next(&reader, &entry), 0);
    free(copy);
}

TEST(archives_follow_one_another)
{
    char names[256];

    put_file("a", "1");
    put_trailer();
    align(512);
    put_file("b", "22");
    put_trailer();
    put_file("./c", "");
    put_file(".", "");
    put_trailer();
    EXPECT_EQ(read_all(size, names), 4);
    EXPECT_STREQ(names, "a b c  ");
}

TEST(an_empty_or_zero_buffer_holds_nothing)
{
    char names[256];

    EXPECT_EQ(read_all(0, names), 0);
    EXPECT_EQ(read_all(1000, names), 0);
}

TEST(every_cut_is_noticed)
{
    char names[256];
    size_t whole;

    put_file("first", "some data");
    put_file("second", "more");
    put_trailer();
    whole = size;
    for (size_t n = 1; n < whole - 3; n++) /* the last padding may be missing */
        ASSERT_EQ(read_all(n, names), -EINVAL);
    EXPECT_EQ(read_all(whole, names), 2);
}

TEST(names_that_lead_out_are_refused)
{
    static const char *const bad[] = {"..", "../etc/passwd", "a/../../b", "/..", "a/.."};
    static const char *const good[] = {"..a", "a..", "...", "a/..b/c"};
    char names[256];

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        size = 0;
        put_file(bad[i], "");
        put_trailer();
        EXPECT_EQ(read_all(size, names), -EINVAL);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        size = 0;
        put_file(good[i], "");
        put_trailer();
        EXPECT_EQ(read_all(size, names), 1);
    }
}

TEST(impossible_fields_are_refused)
{
    static const struct {
        int field;
        const char *digits;
    } bad[] = {{6, "ffffffff"},  {6, "7fffffff"},  {11, "00000000"}, {11, "ffffffff"},
               {11, "00001001"}, {11, "00000001"}, {11, "00000006"}, {0, "0000000g"},
               {12, "-0000001"}, {1, "    81a4"}};
    char names[256];

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        size = 0;
        put_file("name", "data");
        put_trailer();
        memcpy(archive + 6 + 8 * bad[i].field, bad[i].digits, 8);
        EXPECT_EQ(read_all(size, names), -EINVAL);
    }
}

TEST(check_sums_are_checked)
{
    char names[256];

    put((struct wanted){.magic = "070702",
                        .name = "x",
                        .mode = 0100644,
                        .links = 1,
                        .data = "ab",
                        .data_size = 2,
                        .check = 'a' + 'b'});
    put_trailer();
    EXPECT_EQ(read_all(size, names), 1);
    archive[112]++;
    EXPECT_EQ(read_all(size, names), -EINVAL);
}

TEST(compressed_archives_are_refused_by_name)
{
    static const struct {
        const char *bytes, *format;
    } formats[] = {{"\x1f\x8b\x08", "gzip"},
                   {"\x28\xb5\x2f\xfd", "zstd"},
                   {"\xfd"
                    "7zXZ",
                    "xz"},
                   {"BZh9", "bzip2"},
                   {"\x02\x21\x4c\x18", "lz4"}};

    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        struct cpio_reader reader;
        struct cpio_entry entry;

        memset(archive, 0, 64);
        memcpy(archive, formats[i].bytes, strlen(formats[i].bytes));
        reader = cpio_reader_init(archive, 64);
        EXPECT_EQ(cpio_next(&reader, &entry), -EOPNOTSUPP);
        EXPECT_TRUE(strstr(reader.trouble, formats[i].format) != NULL);
    }
    size = 0;
}

TEST(a_damaged_byte_anywhere_does_no_harm)
{
    char names[256];
    size_t whole;

    put_file("first", "some data");
    put((struct wanted){.magic = "070702",
                        .name = "second",
                        .mode = 0100644,
                        .links = 1,
                        .data = "ab",
                        .data_size = 2,
                        .check = 'a' + 'b'});
    put_trailer();
    align(512);
    whole = size;
    srand(10);
    for (int round = 0; round < 20000; round++) {
        unsigned char saved[65536 / 32];
        int changes = 1 + rand() % 3;

        memcpy(saved, archive, whole);
        for (int i = 0; i < changes; i++)
            archive[rand() % whole] = rand() % 2 ? rand() : "0123456789abcdef"[rand() % 16];
        read_all(whole, names);
        memcpy(archive, saved, whole);
    }
}
