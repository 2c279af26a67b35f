// SPDX-License-Identifier: MIT
// sources: kernel/lib/kstrtox.c kernel/lib/bitmap.c kernel/lib/sort.c kernel/lib/guid.c
/* Text to numbers, bitmaps, sorting, GUIDs, integer helpers. */
#include <kernel/err.h>
#include <kernel/lib/bitmap.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/guid.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/sort.h>
#include "ktap.h"

TEST(kstrto_takes_whole_numbers_only)
{
    unsigned long long u = 77;
    long long s = 77;
    int i = 77;
    u8 b = 77;

    EXPECT_EQ(kstrtoull("0", 10, &u), 0);
    EXPECT_EQ(u, 0);
    EXPECT_EQ(kstrtoull("18446744073709551615\n", 10, &u), 0);
    EXPECT_EQ(u, ~0ULL);
    EXPECT_EQ(kstrtoull("18446744073709551616", 10, &u), -ERANGE);
    EXPECT_EQ(kstrtoull("0x10", 0, &u), 0);
    EXPECT_EQ(u, 16);
    EXPECT_EQ(kstrtoull("010", 0, &u), 0);
    EXPECT_EQ(u, 8);
    EXPECT_EQ(kstrtoull("+5", 0, &u), 0);
    EXPECT_EQ(u, 5);
    EXPECT_EQ(kstrtoull("0xFf", 16, &u), 0);
    EXPECT_EQ(u, 255);
    EXPECT_EQ(kstrtoull("ff", 16, &u), 0);
    EXPECT_EQ(kstrtoull("", 0, &u), -EINVAL);
    EXPECT_EQ(kstrtoull("-1", 0, &u), -EINVAL);
    EXPECT_EQ(kstrtoull("+-1", 0, &u), -EINVAL);
    EXPECT_EQ(kstrtoull("12 ", 0, &u), -EINVAL);
    EXPECT_EQ(kstrtoull("12\n\n", 0, &u), -EINVAL);
    EXPECT_EQ(kstrtoull("0x", 0, &u), -EINVAL);
    EXPECT_EQ(kstrtoull("08", 0, &u), -EINVAL);
    EXPECT_EQ(u, 255);
    EXPECT_EQ(kstrtoll("-9223372036854775808", 0, &s), 0);
    EXPECT_TRUE(s == -0x7fffffffffffffff - 1);
    EXPECT_EQ(kstrtoll("9223372036854775808", 0, &s), -ERANGE);
    EXPECT_EQ(kstrtoll("-9223372036854775809", 0, &s), -ERANGE);
    EXPECT_EQ(kstrtoll("9223372036854775807", 0, &s), 0);
    EXPECT_EQ(kstrtoint("2147483648", 0, &i), -ERANGE);
    EXPECT_EQ(i, 77);
    EXPECT_EQ(kstrtoint("-2147483648", 0, &i), 0);
    EXPECT_EQ(kstrtou8("256", 0, &b), -ERANGE);
    EXPECT_EQ(kstrtou8("255", 0, &b), 0);
    EXPECT_EQ(b, 255);
}

TEST(kstrtobool_takes_the_usual_words)
{
    bool b = false;

    EXPECT_EQ(kstrtobool("yes\n", &b), 0);
    EXPECT_TRUE(b);
    EXPECT_EQ(kstrtobool("OFF", &b), 0);
    EXPECT_FALSE(b);
    EXPECT_EQ(kstrtobool("maybe", &b), -EINVAL);
    EXPECT_EQ(kstrtobool("", &b), -EINVAL);
}

TEST(memparse_and_simple_strtoull_tell_where_they_stopped)
{
    char *end;

    EXPECT_EQ(memparse("128M,x", &end), 128 << 20);
    EXPECT_STREQ(end, ",x");
    EXPECT_EQ(memparse("0x10k", &end), 16384);
    EXPECT_STREQ(end, "");
    EXPECT_EQ(memparse("K", &end), 0);
    EXPECT_STREQ(end, "K");
    EXPECT_EQ(simple_strtoull("12ab", &end, 10), 12);
    EXPECT_STREQ(end, "ab");
    EXPECT_EQ(simple_strtoull("zz", &end, 10), 0);
    EXPECT_STREQ(end, "zz");
    EXPECT_EQ(simple_strtoll("-12,", &end, 10), -12);
    EXPECT_STREQ(end, ",");
    EXPECT_EQ(simple_strtoll("-", &end, 10), 0);
    EXPECT_STREQ(end, "-");
}

#define MAP_BITS 150

TEST(bit_searches_agree_with_a_walk)
{
    DECLARE_BITMAP(map, MAP_BITS);

    srand(4);
    for (int round = 0; round < 2000; round++) {
        size_t from = rand() % (MAP_BITS + 5), set = from, clear = from, last = MAP_BITS;
        size_t nr_bits = 1 + rand() % MAP_BITS;

        for (size_t i = 0; i < BITS_TO_LONGS(MAP_BITS); i++)
            map[i] = rand() % 3 ? 0 : rand() % 2 ? ~0UL : (unsigned long)rand() << 31 ^ rand();
        while (set < nr_bits && !test_bit(set, map))
            set++;
        while (clear < nr_bits && test_bit(clear, map))
            clear++;
        for (size_t i = 0; i < nr_bits; i++)
            last = test_bit(i, map) ? i : last;
        ASSERT_EQ(find_next_bit(map, nr_bits, from), from < nr_bits ? set : nr_bits);
        ASSERT_EQ(find_next_zero_bit(map, nr_bits, from), from < nr_bits ? clear : nr_bits);
        ASSERT_EQ(find_last_bit(map, nr_bits), last == MAP_BITS ? nr_bits : last);
    }
}

TEST(runs_of_bits_are_set_cleared_and_counted)
{
    srand(5);
    for (int round = 0; round < 2000; round++) {
        DECLARE_BITMAP(map, MAP_BITS) = {};
        size_t start = rand() % MAP_BITS, count = rand() % (MAP_BITS - start + 1), weight = 0;

        bitmap_set(map, start, count);
        ASSERT_EQ(bitmap_weight(map, MAP_BITS), count);
        for (size_t i = start; i < start + count; i++)
            weight += test_bit(i, map);
        ASSERT_EQ(weight, count);
        bitmap_fill(map, MAP_BITS);
        bitmap_clear(map, start, count);
        ASSERT_EQ(bitmap_weight(map, MAP_BITS), MAP_BITS - count);
        ASSERT_EQ(bitmap_full(map, MAP_BITS), count == 0);
    }
}

TEST(zero_areas_are_found_aligned)
{
    DECLARE_BITMAP(map, MAP_BITS) = {};

    bitmap_set(map, 0, 5);
    bitmap_set(map, 20, 1);
    EXPECT_EQ(bitmap_find_zero_area(map, MAP_BITS, 0, 10, 0), 5);
    EXPECT_EQ(bitmap_find_zero_area(map, MAP_BITS, 0, 10, 7), 8);
    EXPECT_EQ(bitmap_find_zero_area(map, MAP_BITS, 0, 16, 0), 21);
    EXPECT_EQ(bitmap_find_zero_area(map, MAP_BITS, 0, 16, 31), 32);
    EXPECT_TRUE(bitmap_find_zero_area(map, MAP_BITS, 0, 130, 0) > MAP_BITS - 130);
    EXPECT_TRUE(bitmap_find_zero_area(map, MAP_BITS, 0, ~(size_t)0, 0) > MAP_BITS);
}

TEST(bit_lists_read_and_print)
{
    DECLARE_BITMAP(map, MAP_BITS);
    char text[64];

    EXPECT_EQ(bitmap_parse_list("0-3,8,149\n", map, MAP_BITS), 0);
    EXPECT_EQ(bitmap_print_list(text, sizeof(text), map, MAP_BITS), 9);
    EXPECT_STREQ(text, "0-3,8,149");
    EXPECT_EQ(bitmap_print_list(text, 4, map, MAP_BITS), 9);
    EXPECT_STREQ(text, "0-3");
    bitmap_print_hex(text, sizeof(text), map, 12);
    EXPECT_STREQ(text, "10f");
    bitmap_print_hex(text, sizeof(text), map, 64);
    EXPECT_STREQ(text, "00000000,0000010f");
    EXPECT_EQ(bitmap_parse_list("", map, MAP_BITS), 0);
    EXPECT_TRUE(bitmap_empty(map, MAP_BITS));
    EXPECT_EQ(bitmap_parse_list("150", map, MAP_BITS), -ERANGE);
    EXPECT_EQ(bitmap_parse_list("99999999999999999999999", map, MAP_BITS), -ERANGE);
    EXPECT_EQ(bitmap_parse_list("3-1", map, MAP_BITS), -EINVAL);
    EXPECT_EQ(bitmap_parse_list("1x", map, MAP_BITS), -EINVAL);
    EXPECT_EQ(bitmap_parse_list("-1", map, MAP_BITS), -EINVAL);
    EXPECT_EQ(bitmap_parse_list("1-", map, MAP_BITS), -EINVAL);
}

TEST(logical_operations_ignore_bits_beyond_the_end)
{
    unsigned long a[1] = {~0UL}, b[1] = {0x3fUL}, c[1];

    EXPECT_TRUE(bitmap_equal(a, b, 6));
    EXPECT_FALSE(bitmap_equal(a, b, 7));
    EXPECT_TRUE(bitmap_subset(a, b, 6));
    EXPECT_FALSE(bitmap_subset(a, b, 7));
    EXPECT_FALSE(bitmap_andnot(c, a, b, 6));
    EXPECT_TRUE(bitmap_andnot(c, a, b, 7));
    EXPECT_EQ(c[0], 0x40);
}

TEST(logarithms_and_powers)
{
    EXPECT_EQ(ilog2(1), 0);
    EXPECT_EQ(ilog2(4095), 11);
    EXPECT_EQ(order_base_2(4096), 12);
    EXPECT_EQ(order_base_2(4097), 13);
    EXPECT_EQ(order_base_2(1), 0);
    EXPECT_EQ(roundup_pow_of_two(5), 8);
    EXPECT_EQ(roundup_pow_of_two(8), 8);
    EXPECT_EQ(rounddown_pow_of_two(9), 8);
    EXPECT_EQ(fls(0), 0);
    EXPECT_EQ(fls64(1ULL << 63), 64);
    EXPECT_EQ(hweight64(~0ULL), 64);
    EXPECT_EQ(hweight32(0x80000001), 2);
    EXPECT_EQ(ALIGN(4097UL, 4096), 8192);
    EXPECT_EQ(DIV_ROUND_UP(9, 4), 3);
    EXPECT_EQ(clamp(7, 1, 5), 5);
    EXPECT_EQ(rol32(0x80000001, 1), 3);
    EXPECT_EQ(ror64(1, 1), 1ULL << 63);
    EXPECT_EQ(be32_to_cpu(cpu_to_be32(0x12345678)), 0x12345678);
    EXPECT_EQ(get_unaligned_be16("\x12\x34"), 0x1234);
    EXPECT_EQ(get_unaligned_le64("\1\2\3\4\5\6\7\x8"), 0x0807060504030201);
}

static int compare_int(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

struct odd_size {
    unsigned char key, filler[12];
};

static int compare_odd(const void *a, const void *b)
{
    return ((const struct odd_size *)a)->key - ((const struct odd_size *)b)->key;
}

TEST(sort_orders_any_size_and_search_finds)
{
    srand(6);
    for (int round = 0; round < 500; round++) {
        int ours[100], theirs[100], n = rand() % 100;
        struct odd_size odd[50];

        for (int i = 0; i < n; i++)
            ours[i] = theirs[i] = rand() % 60;
        sort(ours, n, sizeof(int), compare_int);
        qsort(theirs, n, sizeof(int), compare_int);
        ASSERT_MEMEQ(ours, theirs, n * sizeof(int));
        for (int key = -1; key < 61; key++) {
            int *found = binary_search(&key, ours, n, sizeof(int), compare_int);
            bool there = bsearch(&key, theirs, n, sizeof(int), compare_int) != NULL;

            ASSERT_EQ(found != NULL, there);
            ASSERT_TRUE(!found || *found == key);
        }
        for (int i = 0; i < 50; i++) {
            odd[i].key = rand();
            memset(odd[i].filler, odd[i].key, sizeof(odd[i].filler));
        }
        sort(odd, 50, sizeof(*odd), compare_odd);
        for (int i = 0; i < 50; i++) {
            ASSERT_TRUE(i == 0 || odd[i - 1].key <= odd[i].key);
            ASSERT_EQ(odd[i].filler[11], odd[i].key);
        }
    }
}

TEST(guids_read_in_both_byte_orders)
{
    static const unsigned char mixed[16] = {0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d,
                                            0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09};
    guid_t guid, same = GUID_INIT(0x4f68bce3, 0xe8cd, 0x4db1, 0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84,
                                  0xb7, 0x09);
    uuid_t uuid;

    EXPECT_EQ(guid_parse("4F68BCE3-e8cd-4db1-96e7-fbcaf984b709", &guid), 0);
    EXPECT_MEMEQ(&guid, mixed, 16);
    EXPECT_TRUE(guid_equal(&guid, &same));
    EXPECT_EQ(uuid_parse("e3bc684f-cde8-b14d-96e7-fbcaf984b709\n", &uuid), 0);
    EXPECT_MEMEQ(&uuid, mixed, 16);
    EXPECT_EQ(guid_parse("", &guid), -EINVAL);
    EXPECT_EQ(guid_parse("4f68bce3e8cd4db196e7fbcaf984b709", &guid), -EINVAL);
    EXPECT_EQ(guid_parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b70", &guid), -EINVAL);
    EXPECT_EQ(guid_parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b7099", &guid), -EINVAL);
    EXPECT_FALSE(guid_is_null(&guid));
}

TEST(device_numbers_survive_the_user_encoding)
{
    dev_t dev = (dev_t)MKDEV(259U, 0x12345U);

    EXPECT_EQ(dev_encode(MKDEV(8U, 1U)), 0x801);
    EXPECT_TRUE(dev_decode(dev_encode(dev)) == dev);
    EXPECT_EQ(MAJOR(dev), 259);
    EXPECT_EQ(MINOR(dev), 0x12345);
}

TEST(errors_travel_in_pointers)
{
    EXPECT_TRUE(IS_ERR(ERR_PTR(-ENOMEM)));
    EXPECT_EQ(PTR_ERR(ERR_PTR(-ENOMEM)), -ENOMEM);
    EXPECT_FALSE(IS_ERR(NULL));
    EXPECT_TRUE(IS_ERR_OR_NULL(NULL));
    EXPECT_TRUE(IS_ERR(ERR_PTR(-MAX_ERRNO)));
    EXPECT_FALSE(IS_ERR((void *)(-4096L)));
}
