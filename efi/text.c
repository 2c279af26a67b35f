/* SPDX-License-Identifier: MIT */
#include "text.h"

#define REPLACEMENT 0xfffd

static uint32_t utf16_take(const uint16_t **src, const uint16_t *end)
{
    uint16_t unit = *(*src)++;

    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || *src == end || **src < 0xdc00 || **src > 0xdfff)
        return REPLACEMENT;
    return 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (*(*src)++ - 0xdc00);
}

static size_t utf8_put(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

size_t utf8_from_utf16(char *dst, size_t size, const uint16_t *src, size_t units)
{
    const uint16_t *end = src + units;
    size_t needed = 0;
    size_t used = 0;

    while (src < end && *src) {
        char bytes[4];
        size_t n = utf8_put(bytes, utf16_take(&src, end));

        if (used == needed && used + n < size) {
            memcpy(dst + used, bytes, n);
            used += n;
        }
        needed += n;
    }
    if (size)
        dst[used] = '\0';
    return needed;
}

static uint32_t utf8_take(const char **src)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t) * (*src)++;
    uint32_t c;
    int length;

    if (first < 0x80)
        return first;
    length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4)
        return REPLACEMENT;
    c = first & (0x7f >> length);
    for (int i = 1; i < length; i++) {
        if (((uint8_t) * *src & 0xc0) != 0x80)
            return REPLACEMENT;
        c = c << 6 | ((uint8_t) * (*src)++ & 0x3f);
    }
    if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return REPLACEMENT;
    return c;
}

size_t utf16_from_utf8(uint16_t *dst, size_t units, const char *src)
{
    size_t needed = 0;
    size_t used = 0;

    while (*src) {
        uint32_t c = utf8_take(&src);
        size_t n = c < 0x10000 ? 1 : 2;

        if (used == needed && used + n < units) {
            if (n == 1) {
                dst[used++] = (uint16_t)c;
            } else {
                dst[used++] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
                dst[used++] = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
            }
        }
        needed += n;
    }
    if (units)
        dst[used] = 0;
    return needed;
}

/* Match one character against the set that follows '['. *@pattern moves behind the ']'. */
static bool set_match(const char **pattern, char c)
{
    const char *p = *pattern;
    bool inverted = *p == '!' || *p == '^';
    bool found = false;

    if (inverted)
        p++;
    do {
        char low = ascii_lower(*p);
        char high = low;

        if (!*p)
            return false; /* no closing bracket: matches nothing */
        if (p[1] == '-' && p[2] && p[2] != ']') {
            high = ascii_lower(p[2]);
            p += 2;
        }
        if (c >= low && c <= high)
            found = true;
        p++;
    } while (*p != ']');
    *pattern = p + 1;
    return found != inverted;
}

/* Match the one pattern element at *@pattern, not a '*'; it moves behind the element. */
static bool element_match(const char **pattern, char c)
{
    char element = *(*pattern)++;

    if (element == '?')
        return true;
    if (element == '[')
        return set_match(pattern, ascii_lower(c));
    return ascii_lower(element) == ascii_lower(c);
}

bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL; /* what follows the last '*' seen */
    const char *retry = NULL;

    for (;;) {
        const char *next = pattern;

        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
            continue;
        }
        if (*text && *pattern && element_match(&next, *text)) {
            pattern = next;
            text++;
            continue;
        }
        if (!*text && !*pattern)
            return true;
        if (!star || !*retry)
            return false;
        pattern = star;
        text = ++retry;
    }
}

static bool is_alpha(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static bool is_version_char(char c)
{
    return is_alpha(c) || ascii_is_digit(c) || (c && strchr("-~^.", c));
}

/* Compare the numbers that both begin with, of any length; both move behind them. */
static int compare_numbers(const char **a, const char **b)
{
    size_t length_a = 0, length_b = 0;
    int order;

    while (**a == '0')
        (*a)++;
    while (**b == '0')
        (*b)++;
    while (ascii_is_digit((*a)[length_a]))
        length_a++;
    while (ascii_is_digit((*b)[length_b]))
        length_b++;
    if (length_a != length_b)
        return length_a < length_b ? -1 : 1;
    order = strncmp(*a, *b, length_a);
    *a += length_a;
    *b += length_b;
    return order;
}

/* Compare the runs of letters that both begin with; both move behind them. */
static int compare_letters(const char **a, const char **b)
{
    for (;; (*a)++, (*b)++) {
        char x = is_alpha(**a) ? **a : '\0';
        char y = is_alpha(**b) ? **b : '\0';

        if (x != y)
            return x < y ? -1 : 1;
        if (!x)
            return 0;
    }
}

/*
 * Separators in the order in which the specification looks at them: one that only one side has
 * makes that side the older one. Before them comes "~", which sorts even below the end.
 */
static int compare_separator(const char **a, const char **b, char separator)
{
    bool in_a = **a == separator;
    bool in_b = **b == separator;

    if (in_a && in_b) {
        (*a)++;
        (*b)++;
        return 0;
    }
    return in_b - in_a;
}

int version_compare(const char *a, const char *b)
{
    for (;;) {
        int order;

        while (*a && !is_version_char(*a))
            a++;
        while (*b && !is_version_char(*b))
            b++;
        order = compare_separator(&a, &b, '~');
        if (order)
            return order;
        if (!*a || !*b)
            return !!*a - !!*b;
        for (const char *separator = "-^."; *separator && !order; separator++)
            order = compare_separator(&a, &b, *separator);
        if (!order && (ascii_is_digit(*a) || ascii_is_digit(*b)))
            order = compare_numbers(&a, &b);
        else if (!order)
            order = compare_letters(&a, &b);
        if (order)
            return order;
    }
}

static const char *word_end(const char *word)
{
    bool quoted = false;

    for (; *word && (quoted || !ascii_is_space(*word)); word++) {
        if (*word == '"')
            quoted = !quoted;
    }
    return word;
}

bool cmdline_find(const char *cmdline, const char *name, const char **value, size_t *length)
{
    size_t name_length = strlen(name);
    bool found = false;

    for (;;) {
        const char *word, *end;

        while (ascii_is_space(*cmdline))
            cmdline++;
        word = cmdline;
        end = word_end(word);
        if (word == end || (end - word == 2 && strncmp(word, "--", 2) == 0))
            return found;
        cmdline = end;
        if ((size_t)(end - word) < name_length || strncmp(word, name, name_length) != 0)
            continue;
        word += name_length;
        if (word != end && *word != '=')
            continue;
        *value = word == end ? word : word + 1;
        *length = (size_t)(end - *value);
        found = true;
    }
}

static bool ends_in_efi(const char *word, const char *end)
{
    return end - word > 4 && end[-4] == '.' && ascii_lower(end[-3]) == 'e' &&
           ascii_lower(end[-2]) == 'f' && ascii_lower(end[-1]) == 'i';
}

/*
 * How many units of text there are, or -EINVAL if it is not text: control characters, or mostly
 * characters beyond ASCII, as a GUID in binary has.
 */
static int text_units(const uint16_t *units, size_t nr_units)
{
    size_t length = 0, nr_ascii = 0;

    for (; length < nr_units && units[length]; length++) {
        uint16_t unit = units[length];

        if ((unit < 0x20 && !ascii_is_space((char)unit)) || (unit >= 0x7f && unit < 0xa0))
            return -EINVAL;
        nr_ascii += unit < 0x7f;
    }
    return nr_ascii * 2 < length || length > INT32_MAX ? -EINVAL : (int)length;
}

int options_from_load_options(char *dst, size_t dst_size, const void *data, size_t size)
{
    const uint16_t *units = data;
    int nr_units = size % sizeof(*units) ? -EINVAL : text_units(units, size / sizeof(*units));
    const char *start = dst;

    dst[0] = '\0';
    if (nr_units < 0)
        return nr_units;
    if (utf8_from_utf16(dst, dst_size, units, (size_t)nr_units) >= dst_size) {
        dst[0] = '\0';
        return -ENOSPC;
    }
    while (ascii_is_space(*start))
        start++;
    if (ends_in_efi(start, word_end(start)))
        start = word_end(start);
    while (ascii_is_space(*start))
        start++;
    memmove(dst, start, strlen(start) + 1);
    for (size_t length = strlen(dst); length && ascii_is_space(dst[length - 1]); length--)
        dst[length - 1] = '\0';
    return 0;
}
