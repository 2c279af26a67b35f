// SPDX-License-Identifier: MIT
/* UTF-8 and UTF-16: The Unicode Standard, section 3.9, tables 3-6 and 3-7; RFC 2781. */
#include <kernel/lib/utf.h>
#include <kernel/err.h>

#define SURROGATE_FIRST 0xd800
#define SURROGATE_LOW   0xdc00
#define SURROGATE_LAST  0xdfff
#define CODE_POINT_MAX  0x10ffff

static bool is_surrogate(u32 cp)
{
    return cp >= SURROGATE_FIRST && cp <= SURROGATE_LAST;
}

int utf8_decode(const char *s, size_t len, u32 *cp)
{
    /* The smallest code point that needs so many bytes: what is smaller is an overlong form. */
    static const u32 smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const u8 *p = (const u8 *)s;
    u32 value;
    int n;

    if (!len)
        return -EILSEQ;
    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        n = 2;
    else if ((p[0] & 0xf0) == 0xe0)
        n = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        n = 4;
    else
        return -EILSEQ;
    if (len < (size_t)n)
        return -EILSEQ;
    value = p[0] & (0x7f >> n);
    for (int i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return -EILSEQ;
        value = value << 6 | (p[i] & 0x3f);
    }
    if (value < smallest[n] || value > CODE_POINT_MAX || is_surrogate(value))
        return -EILSEQ;
    *cp = value;
    return n;
}

int utf8_encode(u32 cp, char out[4])
{
    int n;

    if (cp > CODE_POINT_MAX || is_surrogate(cp))
        return -EILSEQ;
    if (cp < 0x80) {
        out[0] = cp;
        return 1;
    }
    n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = 0x80 | (cp & 0x3f);
    out[0] = (u8)(0xf00 >> n) | cp;
    return n;
}

ssize_t utf8_to_utf16(const char *s, size_t len, u16 *out, size_t max)
{
    size_t units = 0;

    while (len) {
        u32 cp;
        int n = utf8_decode(s, len, &cp);

        if (n < 0)
            return n;
        s += n;
        len -= n;
        if (units + (cp > 0xffff) >= max)
            return -ENAMETOOLONG;
        if (cp > 0xffff) {
            cp -= 0x10000;
            out[units++] = SURROGATE_FIRST | cp >> 10;
            out[units++] = SURROGATE_LOW | (cp & 0x3ff);
        } else {
            out[units++] = cp;
        }
    }
    return units;
}

/* One code point of @s[@len], lone surrogates replaced; units used. */
static size_t utf16_decode(const u16 *s, size_t len, u32 *cp)
{
    *cp = s[0];
    if (!is_surrogate(s[0]))
        return 1;
    if (s[0] < SURROGATE_LOW && len > 1 && s[1] >= SURROGATE_LOW && s[1] <= SURROGATE_LAST) {
        *cp = 0x10000 + ((u32)(s[0] & 0x3ff) << 10 | (s[1] & 0x3ff));
        return 2;
    }
    *cp = UTF_REPLACEMENT;
    return 1;
}

ssize_t utf16_to_utf8(const u16 *s, size_t len, char *out, size_t max)
{
    size_t bytes = 0;

    while (len) {
        char encoded[4];
        u32 cp;
        size_t used = utf16_decode(s, len, &cp);
        int n = utf8_encode(cp, encoded);

        s += used;
        len -= used;
        if (bytes + n > max)
            return -ENAMETOOLONG;
        for (int i = 0; i < n; i++)
            out[bytes++] = encoded[i];
    }
    return bytes;
}

/* Ranges whose lower-case letters lie @distance above their upper-case ones. */
struct case_range {
    u16 first, last;
    s16 distance;
};

static const struct case_range case_ranges[] = {
    {'a', 'z', 32},
    {0xe0, 0xf6, 32},
    {0xf8, 0xfe, 32},
    {0x3ac, 0x3ac, 38},
    {0x3ad, 0x3af, 37},
    {0x3b1, 0x3c1, 32},
    {0x3c3, 0x3cb, 32},
    {0x3cc, 0x3cc, 64},
    {0x3cd, 0x3ce, 63},
    {0x430, 0x44f, 32},
    {0x450, 0x45f, 80},
    {0x561, 0x586, 48},
    {0xff, 0xff, 0xff - 0x178},
};

/* Ranges where upper and lower case alternate; the lower case is odd or even. */
static const struct {
    u16 first, last;
    bool lower_is_odd;
} case_pairs[] = {
    {0x100, 0x12f, true},  {0x132, 0x137, true},   {0x139, 0x148, false},  {0x14a, 0x177, true},
    {0x179, 0x17e, false}, {0x460, 0x481, true},   {0x48a, 0x4bf, true},   {0x4c1, 0x4ce, false},
    {0x4d0, 0x52f, true},  {0x1e00, 0x1e95, true}, {0x1ea0, 0x1eff, true},
};

u32 utf_upcase(u32 cp)
{
    for (size_t i = 0; i < ARRAY_SIZE(case_ranges); i++)
        if (cp >= case_ranges[i].first && cp <= case_ranges[i].last)
            return cp - case_ranges[i].distance;
    for (size_t i = 0; i < ARRAY_SIZE(case_pairs); i++)
        if (cp >= case_pairs[i].first && cp <= case_pairs[i].last)
            return (cp & 1) == case_pairs[i].lower_is_odd ? cp - 1 : cp;
    return cp;
}
