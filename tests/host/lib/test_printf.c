// SPDX-License-Identifier: MIT
// sources: kernel/lib/printf.c
/* The kernel's printf against the C library's, and what only ours has. */
#include <stdio.h>
#include <stdarg.h>
#include "ktap.h"

static int libc_format(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return len;
}

#include <kernel/lib/printf.h>

/* Formats that the compiler would complain about are part of the test. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
#pragma GCC diagnostic ignored "-Wformat-overflow"

#define SAME(fmt, ...)                                                         \
    do {                                                                       \
        char ours[256], theirs[256];                                           \
        int n = ksnprintf(ours, sizeof(ours), fmt, ##__VA_ARGS__);             \
        EXPECT_EQ(n, libc_format(theirs, sizeof(theirs), fmt, ##__VA_ARGS__)); \
        EXPECT_STREQ(ours, theirs);                                            \
    } while (0)

#define GIVES(text, fmt, ...)                              \
    do {                                                   \
        char ours[256];                                    \
        ksnprintf(ours, sizeof(ours), fmt, ##__VA_ARGS__); \
        EXPECT_STREQ(ours, text);                          \
    } while (0)

TEST(integers_print_as_in_c)
{
    static const char *const formats[] = {
        "%lld",    "%5lld",     "%-5lld|",   "%05lld", "%+lld",   "% lld",  "%.3lld",
        "%8.3lld", "%-8.3lld|", "%+08lld",   "%llu",   "%llx",    "%#llx",  "%#010llx",
        "%llX",    "%#llX",     "%llo",      "%#llo",  "%#.5llo", "%.0lld", "%#.0llx",
        "%#18llx", "%-#18llx|", "%20.10llu", "%.20llx"};
    static const long long values[] = {0,
                                       1,
                                       -1,
                                       7,
                                       8,
                                       9,
                                       10,
                                       255,
                                       -255,
                                       99999,
                                       1LL << 31,
                                       -(1LL << 31),
                                       0x7fffffffffffffff,
                                       -0x7fffffffffffffff - 1};

    for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++)
        for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++)
            SAME(formats[f], values[v]);
}

TEST(sizes_cut_and_extend_as_in_c)
{
    SAME("%hhd %hhu %hd %hu", 0x1ff, 0x1ff, 0x1ffff, 0x1ffff);
    SAME("%d %u %x", -1, -1, -1);
    SAME("%ld %lu %zu %zd %td %jd", -1L, -1L, (size_t)5, (ssize_t)-5, (ptrdiff_t)-7, (intmax_t)-9);
    SAME("%hhx %hx %lx", -1, -1, -1L);
}

TEST(strings_and_characters_pad_and_cut)
{
    SAME("%s|%10s|%-10s|%.2s|%10.2s|%-10.2s|", "abc", "abc", "abc", "abc", "abc", "abc");
    SAME("%c%5c%-5c|", 'x', 'y', 'z');
    SAME("%*d|%-*d|%*d|%.*s|%.*d", 6, 42, 6, 42, -6, 42, 2, "abc", -1, 5);
    SAME("100%% %s", "sure");
    SAME("%.3s", "ab\0c");
    GIVES("(null)", "%s", (char *)NULL);
}

TEST(a_short_buffer_is_cut_and_ended)
{
    char buf[8];

    memset(buf, 'z', sizeof(buf));
    EXPECT_EQ(ksnprintf(buf, 4, "%d", 123456), 6);
    EXPECT_MEMEQ(buf, "123\0zzzz", 8);
    EXPECT_EQ(ksnprintf(buf, 0, "%s", "abc"), 3);
    EXPECT_EQ(buf[0], '1');
    EXPECT_EQ(ksnprintf(NULL, 0, "%s", "abc"), 3);
    EXPECT_EQ(scnprintf(buf, 4, "%s", "abcdef"), 3);
    EXPECT_EQ(scnprintf(buf, 8, "%s", "abc"), 3);
    EXPECT_EQ(scnprintf(buf, 0, "%s", "abc"), 0);
    EXPECT_EQ(ksnprintf(buf, 8, "%20d", 1), 20);
}

static bool name_of(const void *address, char *buf, size_t size)
{
    if (address != (void *)0x1234)
        return false;
    libc_format(buf, size, "kernel_entry+0x4/0x10");
    return true;
}

TEST(pointers_and_their_extensions)
{
    static const unsigned char guid[16] = {0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d,
                                           0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09};
    static const unsigned char mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    static const unsigned char ip[4] = {10, 0, 2, 15};

    GIVES("ffff800000001000", "%p", (void *)0xffff800000001000);
    GIVES("0000000000000010,", "%p,", (void *)16);
    GIVES("0x1234", "%ps", (void *)0x1234);
    printf_set_symbol_hook(name_of);
    GIVES("kernel_entry+0x4/0x10.", "%ps.", (void *)0x1234);
    GIVES("0x1235", "%ps", (void *)0x1235);
    GIVES("4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "%pU", guid);
    GIVES("e3bc684f-cde8-b14d-96e7-fbcaf984b709", "%pUb", guid);
    GIVES("52:54:00:12:34:56", "%pM", mac);
    GIVES("10.0.2.15", "%pI4", ip);
}

TEST(what_is_no_conversion_is_shown_as_it_stands)
{
    GIVES("50%", "50%");
    GIVES("%y 7", "%y %d", 7);
    GIVES("%5", "%5");
}
