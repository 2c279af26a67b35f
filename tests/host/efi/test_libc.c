/* SPDX-License-Identifier: MIT */
// cflags: -Iefi -fno-builtin
#include "libc.h"

/* The loader's own functions under names of their own, beside the C library's. */
#define memcpy    loader_memcpy
#define memmove   loader_memmove
#define memset    loader_memset
#define memcmp    loader_memcmp
#define strlen    loader_strlen
#define strcmp    loader_strcmp
#define strncmp   loader_strncmp
#define strchr    loader_strchr
#define snprintf  loader_snprintf
#define vsnprintf loader_vsnprintf
static void *memcpy(void *restrict dst, const void *restrict src, size_t size);
static void *memmove(void *dst, const void *src, size_t size);
static void *memset(void *dst, int byte, size_t size);
static int memcmp(const void *a, const void *b, size_t size);
static size_t strlen(const char *s);
static int strcmp(const char *a, const char *b);
static int strncmp(const char *a, const char *b, size_t size);
static char *strchr(const char *s, int c);
static int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
static int snprintf(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#include "../../../efi/libc.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr
#undef snprintf
#undef vsnprintf

#include "ktap.h"

#define EXPECT_SAME(...)                                                     \
    do {                                                                     \
        char theirs[256], ours[256];                                         \
        int length = snprintf(theirs, sizeof(theirs), __VA_ARGS__);          \
                                                                             \
        EXPECT_EQ(loader_snprintf(ours, sizeof(ours), __VA_ARGS__), length); \
        EXPECT_STREQ(ours, theirs);                                          \
    } while (0)

TEST(formats_are_those_of_the_c_library)
{
    EXPECT_SAME("plain %% text");
    EXPECT_SAME("%s|%10s|%-10s|%.*s|%-*.*s|", "abc", "abc", "abc", 2, "abc", 6, 2, "abc");
    EXPECT_SAME("%c|%3c|", 'x', 'y');
    EXPECT_SAME("%d %d %d %d", 0, 42, -42, INT32_MIN);
    EXPECT_SAME("%lld %lld", (long long)INT64_MIN, (long long)INT64_MAX);
    EXPECT_SAME("%u %u %llu %zu", 0U, UINT32_MAX, (unsigned long long)UINT64_MAX, (size_t)7);
    EXPECT_SAME("%x %X %08x %2x %llx", 0xbeefU, 0xbeefU, 0x12U, 0x123U, 0x123456789abcULL);
    EXPECT_SAME("%02x|%5u|%-5u|%05d", 5, 5U, 5U, 5);
}

TEST(output_is_cut_with_a_nul)
{
    char buf[5];

    memset(buf, 'z', sizeof(buf));
    EXPECT_EQ(loader_snprintf(buf, sizeof(buf), "%s", "abcdefgh"), 8);
    EXPECT_STREQ(buf, "abcd");
    EXPECT_EQ(loader_snprintf(buf, 1, "abc"), 3);
    EXPECT_STREQ(buf, "");
    buf[0] = 'z';
    EXPECT_EQ(loader_snprintf(buf, 0, "abc"), 3);
    EXPECT_EQ(buf[0], 'z');
}

TEST(memory_moves_in_both_directions)
{
    char buf[] = "0123456789";

    loader_memmove(buf + 2, buf, 5);
    EXPECT_STREQ(buf, "0101234789");
    loader_memmove(buf, buf + 2, 5);
    EXPECT_STREQ(buf, "0123434789");
    loader_memset(buf, 'x', 3);
    loader_memcpy(buf + 7, "abc", 3);
    EXPECT_STREQ(buf, "xxx3434abc");
    EXPECT_EQ(loader_memcmp("abc", "abd", 2), 0);
    EXPECT_LT(loader_memcmp("ab\x7f", "ab\xff", 3), 0);
}

TEST(strings_compare)
{
    EXPECT_EQ(loader_strcmp("a", "a"), 0);
    EXPECT_LT(loader_strcmp("a", "ab"), 0);
    EXPECT_GT(loader_strcmp("\xff", "a"), 0);
    EXPECT_EQ(loader_strncmp("abc", "abd", 2), 0);
    EXPECT_EQ(loader_strlen("four"), 4);
    EXPECT_TRUE(loader_strchr("abc", 'd') == NULL);
    EXPECT_STREQ(loader_strchr("abc", 'b'), "bc");
    EXPECT_STREQ(loader_strchr("abc", '\0'), "");
}
