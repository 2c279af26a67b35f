// SPDX-License-Identifier: MIT
// sources: tests/host/lib/memops_under_test.S tests/host/lib/string_under_test.c
/* The kernel's string functions against the C library's, on edges and on random input. */
#include <kernel/types.h>
#include "ktap.h"
#include <sys/mman.h>

void *kernel_memcpy(void *, const void *, size_t);
void *kernel_memmove(void *, const void *, size_t);
void *kernel_memset(void *, int, size_t);
size_t kernel_strlen(const char *);
size_t kernel_strnlen(const char *, size_t);
int kernel_memcmp(const void *, const void *, size_t);
void *kernel_memchr(const void *, int, size_t);
int kernel_strcmp(const char *, const char *);
int kernel_strncmp(const char *, const char *, size_t);
int kernel_strcasecmp(const char *, const char *);
char *kernel_strchr(const char *, int);
char *kernel_strrchr(const char *, int);
char *kernel_strstr(const char *, const char *);
char *kernel_strpbrk(const char *, const char *);
size_t kernel_strspn(const char *, const char *);
size_t kernel_strcspn(const char *, const char *);
char *kernel_strsep(char **, const char *);
ssize_t kernel_strscpy(char *, const char *, size_t);
char *kernel_strnstr(const char *, const char *, size_t);
char *kernel_strim(char *);
size_t kernel_str_has_prefix(const char *, const char *);
bool kernel_sysfs_streq(const char *, const char *);
void *kernel_memchr_inv(const void *, int, size_t);

#define AREA 1024
static unsigned char ours[AREA], theirs[AREA];

static void fill_both(void)
{
    for (int i = 0; i < AREA; i++)
        ours[i] = theirs[i] = rand();
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

TEST(memcpy_copies_every_length_and_alignment)
{
    static unsigned char from[AREA];

    for (size_t n = 0; n <= 300; n++) {
        for (size_t shift = 0; shift < 9; shift++) {
            fill_both();
            memcpy(from, ours, AREA);
            ASSERT_TRUE(kernel_memcpy(ours + 100 + shift, from + 3, n) == ours + 100 + shift);
            memmove(theirs + 100 + shift, from + 3, n);
            ASSERT_MEMEQ(ours, theirs, AREA);
        }
    }
}

TEST(memmove_copies_overlapping_both_ways)
{
    for (size_t n = 0; n <= 200; n++) {
        for (int distance = -70; distance <= 70; distance++) {
            fill_both();
            ASSERT_TRUE(kernel_memmove(ours + 300 + distance, ours + 300, n) ==
                        ours + 300 + distance);
            memmove(theirs + 300 + distance, theirs + 300, n);
            ASSERT_MEMEQ(ours, theirs, AREA);
        }
    }
}

TEST(memset_sets_exactly_its_range)
{
    for (size_t n = 0; n <= 300; n++) {
        for (size_t at = 0; at < 9; at++) {
            fill_both();
            ASSERT_TRUE(kernel_memset(ours + at, 0x1a5, n) == ours + at);
            memset(theirs + at, 0xa5, n);
            ASSERT_MEMEQ(ours, theirs, AREA);
        }
    }
}

TEST(memcmp_orders_as_unsigned_bytes)
{
    for (int i = 0; i < 20000; i++) {
        size_t n = rand() % 40, at = rand() % 8;

        fill_both();
        if (rand() % 4 && n)
            theirs[at + rand() % n] ^= rand() % 3;
        ASSERT_EQ(sign(kernel_memcmp(ours + at, theirs + at, n)),
                  sign(memcmp(ours + at, theirs + at, n)));
    }
}

TEST(strlen_reads_no_page_beyond_the_string)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ASSERT_TRUE(pages != MAP_FAILED);
    ASSERT_EQ(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    memset(pages, 'x', 4095);
    for (int n = 0; n < 40; n++)
        EXPECT_EQ(kernel_strlen(pages + 4095 - n), n);
}

TEST(strlen_sees_bytes_above_127)
{
    char text[] = "\x80\x81\xff\x01gr\xc3\xbc\xc3\x9f\x80";

    for (size_t i = 0; i < sizeof(text); i++)
        EXPECT_EQ(kernel_strlen(text + i), strlen(text + i));
}

static void random_text(char *text, size_t max)
{
    size_t n = rand() % max;

    for (size_t i = 0; i < n; i++)
        text[i] = "abAB\xe4"[rand() % 5];
    text[n] = '\0';
}

TEST(searches_and_comparisons_agree_with_libc)
{
    for (int i = 0; i < 20000; i++) {
        char a[24], b[24];
        size_t n = rand() % 24;
        int c = "abcAB\xe4"[rand() % 7];

        random_text(a, 20);
        random_text(b, rand() % 2 ? 4 : 20);
        ASSERT_EQ(sign(kernel_strcmp(a, b)), sign(strcmp(a, b)));
        ASSERT_EQ(sign(kernel_strncmp(a, b, n)), sign(strncmp(a, b, n)));
        ASSERT_EQ(sign(kernel_strcasecmp(a, b)), sign(strcasecmp(a, b)));
        ASSERT_EQ(kernel_strnlen(a, n), strnlen(a, n));
        ASSERT_TRUE(kernel_strchr(a, c) == strchr(a, c));
        ASSERT_TRUE(kernel_strrchr(a, c) == strrchr(a, c));
        ASSERT_TRUE(kernel_strstr(a, b) == strstr(a, b));
        ASSERT_TRUE(kernel_strpbrk(a, b) == strpbrk(a, b));
        ASSERT_EQ(kernel_strspn(a, b), strspn(a, b));
        ASSERT_EQ(kernel_strcspn(a, b), strcspn(a, b));
        ASSERT_TRUE(kernel_memchr(a, c, strlen(a) + 1) == memchr(a, c, strlen(a) + 1));
        ASSERT_TRUE(kernel_strnstr(a, b, strlen(a)) == strstr(a, b));
    }
}

TEST(strscpy_always_ends_and_tells_of_a_cut)
{
    char buf[4] = "zzz";

    EXPECT_EQ(kernel_strscpy(buf, "ab", 4), 2);
    EXPECT_STREQ(buf, "ab");
    EXPECT_EQ(kernel_strscpy(buf, "abc", 4), 3);
    EXPECT_EQ(kernel_strscpy(buf, "abcd", 4), -7 /* E2BIG */);
    EXPECT_STREQ(buf, "abc");
    EXPECT_EQ(kernel_strscpy(buf, "x", 0), -7);
    EXPECT_STREQ(buf, "abc");
}

TEST(strsep_gives_empty_words_too)
{
    char text[] = "a,,b", *at = text;

    EXPECT_STREQ(kernel_strsep(&at, ","), "a");
    EXPECT_STREQ(kernel_strsep(&at, ","), "");
    EXPECT_STREQ(kernel_strsep(&at, ","), "b");
    EXPECT_TRUE(kernel_strsep(&at, ",") == NULL);
}

TEST(small_helpers_do_what_they_say)
{
    char text[] = " \t two words \n", blank[] = "  ";

    EXPECT_STREQ(kernel_strim(text), "two words");
    EXPECT_STREQ(kernel_strim(blank), "");
    EXPECT_EQ(kernel_str_has_prefix("root=x", "root="), 5);
    EXPECT_EQ(kernel_str_has_prefix("roo", "root="), 0);
    EXPECT_TRUE(kernel_sysfs_streq("none\n", "none"));
    EXPECT_FALSE(kernel_sysfs_streq("none", "non"));
    EXPECT_TRUE(kernel_memchr_inv("aaab", 'a', 3) == NULL);
    EXPECT_STREQ((char *)kernel_memchr_inv("aaab", 'a', 4), "b");
}
