/* SPDX-License-Identifier: MIT */
// sources: efi/text.c
// cflags: -Iefi
#include "text.h"

#include "ktap.h"

static bool converts(const uint16_t *units, size_t nr, const char *text)
{
    char buf[64];

    return utf8_from_utf16(buf, sizeof(buf), units, nr) == strlen(text) && !strcmp(buf, text);
}

TEST(utf16_becomes_utf8)
{
    EXPECT_TRUE(converts(u"lintel", 6, "lintel"));
    EXPECT_TRUE(converts(u"stops\0here", 10, "stops"));
    EXPECT_TRUE(converts(u"\u00e4\u20ac\U0001f600", 4, "\u00e4\u20ac\U0001f600"));
    EXPECT_TRUE(converts((const uint16_t[]){0xd83d}, 1, "\ufffd"));
    EXPECT_TRUE(converts((const uint16_t[]){0xd83d, 'a'}, 2, "\ufffda"));
    EXPECT_TRUE(converts((const uint16_t[]){0xde00}, 1, "\ufffd"));
}

TEST(utf8_is_cut_between_characters)
{
    char buf[4];

    EXPECT_EQ(utf8_from_utf16(buf, sizeof(buf), u"a\u20acb", 3), 5);
    EXPECT_STREQ(buf, "a");
    EXPECT_EQ(utf8_from_utf16(buf, 0, u"abc", 3), 3);
}

TEST(utf8_becomes_utf16)
{
    uint16_t buf[16];

    EXPECT_EQ(utf16_from_utf8(buf, 16, "a\u00e4\u20ac\U0001f600"), 5);
    EXPECT_TRUE(memcmp(buf, u"a\u00e4\u20ac\U0001f600", 12) == 0);
    EXPECT_EQ(utf16_from_utf8(buf, 16, "\xc0\xaf"), 2); /* overlong: two bad bytes */
    EXPECT_EQ(buf[0], 0xfffd);
    EXPECT_EQ(utf16_from_utf8(buf, 16, "\xe2\x82"), 1);     /* cut short */
    EXPECT_EQ(utf16_from_utf8(buf, 16, "\xed\xa0\x80"), 1); /* a surrogate */
    EXPECT_EQ(buf[0], 0xfffd);
    EXPECT_EQ(utf16_from_utf8(buf, 4, "abcdef"), 6);
    EXPECT_TRUE(memcmp(buf, u"abc", 8) == 0);
}

TEST(patterns_match)
{
    EXPECT_TRUE(glob_match("lintel*", "lintel-1.conf"));
    EXPECT_TRUE(glob_match("LINTEL*", "lintel"));
    EXPECT_TRUE(glob_match("*", ""));
    EXPECT_TRUE(glob_match("*.conf", "a.b.conf"));
    EXPECT_TRUE(glob_match("a?c", "abc"));
    EXPECT_TRUE(glob_match("a[b-d]c", "acc"));
    EXPECT_TRUE(glob_match("a[!x]c", "abc"));
    EXPECT_TRUE(glob_match("a[]]c", "a]c"));
    EXPECT_TRUE(glob_match("**a**b**", "xxaxxbxx"));
    EXPECT_FALSE(glob_match("lintel", "lintel2"));
    EXPECT_FALSE(glob_match("a?c", "ac"));
    EXPECT_FALSE(glob_match("a[b-d]c", "aec"));
    EXPECT_FALSE(glob_match("a[!b]c", "abc"));
    EXPECT_FALSE(glob_match("a[b", "ab"));
    EXPECT_FALSE(glob_match("a[", "a"));
    EXPECT_FALSE(glob_match("", "a"));
    EXPECT_TRUE(glob_match("", ""));
}

TEST(patterns_take_bounded_time)
{
    char text[4096];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

/* Each is older than the next. */
TEST(versions_are_ordered)
{
    static const char *const order[] = {
        "~1",    "",        "ab",         "abb",   "abc",     "0001",    "002",    "12",
        "122",   "122.9",   "123~rc1",    "123",   "123-a",   "123-a.1", "123-a1", "123-a1.1",
        "123-3", "123-3.1", "123^patch1", "123^1", "123.a-1", "123.1-1", "123a-1", "124"};
    size_t nr = sizeof(order) / sizeof(order[0]);

    for (size_t i = 0; i < nr; i++) {
        for (size_t j = 0; j < nr; j++) {
            int result = version_compare(order[i], order[j]);

            EXPECT_EQ((result > 0) - (result < 0), (i > j) - (i < j));
        }
    }
}

TEST(versions_that_differ_only_in_zeroes_or_odd_characters_are_equal)
{
    EXPECT_EQ(version_compare("1.01", "1.1"), 0);
    EXPECT_EQ(version_compare("1_0", "1+0"), 0);
    EXPECT_EQ(version_compare("99999999999999999999999", "99999999999999999999998") > 0, 1);
    EXPECT_EQ(version_compare("100000000000000000000000", "99999999999999999999999") > 0, 1);
}

static bool finds(const char *cmdline, const char *name, const char *expected)
{
    const char *value;
    size_t length;

    if (!cmdline_find(cmdline, name, &value, &length))
        return expected == NULL;
    return expected && strlen(expected) == length && strncmp(value, expected, length) == 0;
}

TEST(words_of_a_command_line_are_found)
{
    EXPECT_TRUE(finds("a root=x b", "root", "x"));
    EXPECT_TRUE(finds("root=x root=y", "root", "y"));
    EXPECT_TRUE(finds("nokaslr", "nokaslr", ""));
    EXPECT_TRUE(finds("nokaslrx xnokaslr", "nokaslr", NULL));
    EXPECT_TRUE(finds("rootwait", "root", NULL));
    EXPECT_TRUE(finds("root=", "root", ""));
    EXPECT_TRUE(finds("a=\"b root=no c\" root=yes", "root", "yes"));
    EXPECT_TRUE(finds("init=/x -- root=no", "root", NULL));
    EXPECT_TRUE(finds("root=a -- root=no", "root", "a"));
    EXPECT_TRUE(finds("", "root", NULL));
    EXPECT_TRUE(finds("a=\"unclosed root=x", "root", NULL));
}

static bool load_options_give(const uint16_t *units, size_t size, int err, const char *text)
{
    char buf[32];

    return options_from_load_options(buf, sizeof(buf), units, size) == err && !strcmp(buf, text);
}

TEST(load_options_are_taken_only_if_they_are_text)
{
    static const uint8_t guid[] = {0x4e, 0xac, 0x08, 0x81, 0x11, 0x9f, 0x59, 0x4d,
                                   0x85, 0x0e, 0xe2, 0x1a, 0x52, 0x2c, 0x59, 0xb2};
    uint16_t copy[sizeof(guid) / 2];

    memcpy(copy, guid, sizeof(guid));
    EXPECT_TRUE(load_options_give(u"a b=c", 12, 0, "a b=c"));
    EXPECT_TRUE(load_options_give(u"a b=c", 10, 0, "a b=c"));
    EXPECT_TRUE(load_options_give(u"  BOOTX64.EFI  quiet ", 44, 0, "quiet"));
    EXPECT_TRUE(load_options_give(u"fs0:\\x.efi", 22, 0, ""));
    EXPECT_TRUE(load_options_give(u"", 2, 0, ""));
    EXPECT_TRUE(load_options_give(u"a\001", 6, -EINVAL, ""));
    EXPECT_TRUE(load_options_give(u"abc", 5, -EINVAL, ""));
    EXPECT_TRUE(load_options_give(u"0123456789012345678901234567890123456789", 82, -ENOSPC, ""));
    /* Firmware's own mark on an option of its making: the first units are even printable. */
    EXPECT_EQ(options_from_load_options((char[64]){0}, 64, copy, sizeof(copy)), -EINVAL);
}
