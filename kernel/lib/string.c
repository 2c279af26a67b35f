// SPDX-License-Identifier: MIT
/*
 * Strings. memcpy, memmove and memset are in memops.S. strlen and its kin read whole aligned words,
 * which never cross into a page that the string does not touch.
 */
#include <kernel/lib/string.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/ctype.h>

#ifdef __KERNEL__
/* Or the compiler would see the loop in strlen and call strlen. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#undef memcmp
#undef strlen
#undef strcmp

#define WORD_ONES  0x0101010101010101UL
#define WORD_HIGHS 0x8080808080808080UL

/* Nonzero when a byte of @w is 0; the lowest set bit is then that of the first such byte. */
static inline unsigned long word_zero_bytes(unsigned long w)
{
    return (w - WORD_ONES) & ~w & WORD_HIGHS;
}

__attribute__((no_sanitize("address"))) size_t strlen(const char *s)
{
    const unsigned long *word = (const unsigned long *)ALIGN_DOWN((unsigned long)s, 8);
    unsigned int skip_bits = ((unsigned long)s & 7) * 8;
    /* Bytes before the string are made nonzero. */
    unsigned long zeros = word_zero_bytes(*word | ((1UL << skip_bits) - 1));

    while (!zeros)
        zeros = word_zero_bytes(*++word);
    return (const char *)word + __builtin_ctzl(zeros) / 8 - s;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const u8 *x = a, *y = b;

    for (; n >= 8; n -= 8, x += 8, y += 8) {
        u64 v = get_unaligned_be64(x), w = get_unaligned_be64(y);

        if (v != w)
            return v < w ? -1 : 1;
    }
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *memchr(const void *s, int c, size_t n)
{
    const u8 *p = s;

    for (; n; n--, p++)
        if (*p == (u8)c)
            return (void *)p;
    return NULL;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b)
            return (u8)*a - (u8)*b;
        if (!*a)
            break;
    }
    return 0;
}

int strncasecmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        int difference = tolower((u8)*a) - tolower((u8)*b);

        if (difference || !*a)
            return difference;
    }
    return 0;
}

int strcasecmp(const char *a, const char *b)
{
    return strncasecmp(a, b, ~(size_t)0 >> 1);
}

char *strchrnul(const char *s, int c)
{
    while (*s && *s != (char)c)
        s++;
    return (char *)s;
}

char *strchr(const char *s, int c)
{
    s = strchrnul(s, c);
    return *s == (char)c ? (char *)s : NULL;
}

char *strrchr(const char *s, int c)
{
    const char *last = NULL;

    do {
        if (*s == (char)c)
            last = s;
    } while (*s++);
    return (char *)last;
}

char *strstr(const char *haystack, const char *needle)
{
    size_t len = strlen(needle);

    for (; *haystack || !len; haystack++)
        if (strncmp(haystack, needle, len) == 0)
            return (char *)haystack;
    return NULL;
}

size_t strspn(const char *s, const char *accept)
{
    size_t n = 0;

    while (s[n] && strchr(accept, s[n]))
        n++;
    return n;
}

size_t strcspn(const char *s, const char *reject)
{
    size_t n = 0;

    while (s[n] && !strchr(reject, s[n]))
        n++;
    return n;
}

char *strpbrk(const char *s, const char *accept)
{
    s += strcspn(s, accept);
    return *s ? (char *)s : NULL;
}

char *strsep(char **sp, const char *delimiters)
{
    char *start = *sp, *end;

    if (!start)
        return NULL;
    end = strpbrk(start, delimiters);
    if (end)
        *end++ = '\0';
    *sp = end;
    return start;
}
#endif

ssize_t strscpy(char *to, const char *from, size_t size)
{
    size_t len;

    if (!size)
        return -E2BIG;
    len = strnlen(from, size);
    if (len == size) {
        memcpy(to, from, size - 1);
        to[size - 1] = '\0';
        return -E2BIG;
    }
    memcpy(to, from, len + 1);
    return len;
}

char *strnstr(const char *haystack, const char *needle, size_t len)
{
    size_t needle_len = strlen(needle);

    len = strnlen(haystack, len);
    for (; len >= needle_len; haystack++, len--)
        if (memcmp(haystack, needle, needle_len) == 0)
            return (char *)haystack;
    return NULL;
}

char *skip_spaces(const char *s)
{
    while (isspace((u8)*s))
        s++;
    return (char *)s;
}

char *strim(char *s)
{
    size_t len = strlen(s);

    while (len && isspace((u8)s[len - 1]))
        len--;
    s[len] = '\0';
    return skip_spaces(s);
}

size_t str_has_prefix(const char *s, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(s, prefix, len) == 0 ? len : 0;
}

bool sysfs_streq(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);

    if (la && a[la - 1] == '\n')
        la--;
    if (lb && b[lb - 1] == '\n')
        lb--;
    return la == lb && memcmp(a, b, la) == 0;
}

int match_string(const char *const *names, size_t n, const char *s)
{
    for (size_t i = 0; i < n; i++)
        if (names[i] && strcmp(names[i], s) == 0)
            return i;
    return -EINVAL;
}

void *memchr_inv(const void *s, int c, size_t n)
{
    const u8 *p = s;

    for (; n; n--, p++)
        if (*p != (u8)c)
            return (void *)p;
    return NULL;
}

void memzero_explicit(void *s, size_t n)
{
    memset(s, 0, n);
    __asm__ volatile("" : : "r"(s) : "memory");
}
