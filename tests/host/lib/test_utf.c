// SPDX-License-Identifier: MIT
// sources: kernel/lib/utf.c
/* UTF-8 and UTF-16: everything well formed goes round, nothing ill formed passes. */
#include <kernel/err.h>
#include <kernel/lib/utf.h>
#include "ktap.h"

TEST(every_code_point_goes_round)
{
    for (u32 cp = 0; cp <= 0x10ffff; cp++) {
        char bytes[4], again[8];
        u16 units[2];
        u32 back;
        int n = utf8_encode(cp, bytes);
        ssize_t m;

        if (cp >= 0xd800 && cp <= 0xdfff) {
            ASSERT_EQ(n, -EILSEQ);
            continue;
        }
        ASSERT_EQ(utf8_decode(bytes, n, &back), n);
        ASSERT_EQ(back, cp);
        ASSERT_EQ(utf8_decode(bytes, n - 1, &back), -EILSEQ);
        m = utf8_to_utf16(bytes, n, units, 2);
        ASSERT_EQ(m, 1 + (cp > 0xffff));
        ASSERT_EQ(utf16_to_utf8(units, m, again, sizeof(again)), n);
        ASSERT_MEMEQ(bytes, again, n);
    }
}

TEST(ill_formed_bytes_are_refused)
{
    static const char *const bad[] = {"\x80",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xe2\x28\xa1",
                                      "\xc3(",
                                      "\xff"};
    u32 cp;
    u16 out[8];

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        EXPECT_EQ(utf8_decode(bad[i], strlen(bad[i]), &cp), -EILSEQ);
        EXPECT_EQ(utf8_to_utf16(bad[i], strlen(bad[i]), out, 8), -EILSEQ);
    }
    EXPECT_EQ(utf8_decode("", 0, &cp), -EILSEQ);
}

TEST(a_lone_surrogate_becomes_the_replacement)
{
    u16 lone[] = {'a', 0xd800, 'b', 0xdc00};
    char out[16];

    EXPECT_EQ(utf16_to_utf8(lone, 4, out, sizeof(out)), 8);
    EXPECT_MEMEQ(out,
                 "a\xef\xbf\xbd"
                 "b\xef\xbf\xbd",
                 8);
}

TEST(a_full_buffer_is_an_error_not_a_cut)
{
    u16 units[2];
    char bytes[2];

    EXPECT_EQ(utf8_to_utf16("abc", 3, units, 2), -ENAMETOOLONG);
    EXPECT_EQ(utf8_to_utf16("a\xf0\x9f\x98\x80", 5, units, 2), -ENAMETOOLONG);
    EXPECT_EQ(utf16_to_utf8((u16[]){'a', 0xe4}, 2, bytes, 2), -ENAMETOOLONG);
}

TEST(upper_case_of_european_letters)
{
    static const u32 pairs[][2] = {{'a', 'A'},     {'z', 'Z'},     {0xe4, 0xc4},   {0xf7, 0xf7},
                                   {0xff, 0x178},  {0x101, 0x100}, {0x13a, 0x139}, {0x17e, 0x17d},
                                   {0x3b1, 0x391}, {0x3c9, 0x3a9}, {0x430, 0x410}, {0x44f, 0x42f},
                                   {0x451, 0x401}, {'1', '1'},     {0xdf, 0xdf},   {0x4e2d, 0x4e2d},
                                   {0x138, 0x138}};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        EXPECT_EQ(utf_upcase(pairs[i][0]), pairs[i][1]);
        EXPECT_EQ(utf_upcase(pairs[i][1]), pairs[i][1]);
    }
}
