// SPDX-License-Identifier: MIT
/* Bit searches (<kernel/lib/bitops.h>) and bitmaps. */
#include <kernel/lib/bitmap.h>
#include <kernel/err.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/printf.h>

/* The first bit at or after @from that differs from the bits of @invert (0: a set one, ~0: a clear
 * one). */
static size_t find_next(const unsigned long *words, size_t nr_bits, size_t from,
                        unsigned long invert)
{
    size_t word;
    unsigned long bits;

    if (from >= nr_bits)
        return nr_bits;
    word = BIT_WORD(from);
    bits = (READ_ONCE(words[word]) ^ invert) & (~0UL << (from % BITS_PER_LONG));
    while (!bits) {
        if (++word >= BITS_TO_LONGS(nr_bits))
            return nr_bits;
        bits = READ_ONCE(words[word]) ^ invert;
    }
    return min(word * BITS_PER_LONG + __ffs(bits), nr_bits);
}

size_t find_next_bit(const unsigned long *words, size_t nr_bits, size_t from)
{
    return find_next(words, nr_bits, from, 0);
}

size_t find_next_zero_bit(const unsigned long *words, size_t nr_bits, size_t from)
{
    return find_next(words, nr_bits, from, ~0UL);
}

size_t find_last_bit(const unsigned long *words, size_t nr_bits)
{
    unsigned long mask;

    if (!nr_bits)
        return 0;
    mask = BITMAP_LAST_WORD_MASK(nr_bits);
    for (size_t word = BITS_TO_LONGS(nr_bits); word--; mask = ~0UL) {
        unsigned long bits = READ_ONCE(words[word]) & mask;

        if (bits)
            return word * BITS_PER_LONG + __fls(bits);
    }
    return nr_bits;
}

/* The bits of the word that holds @bit which belong to the run of @count bits from @bit on. */
static unsigned long run_mask(size_t bit, size_t count)
{
    size_t first = bit % BITS_PER_LONG;
    size_t n = min(count, BITS_PER_LONG - first);

    return (~0UL >> (BITS_PER_LONG - n)) << first;
}

void bitmap_set(unsigned long *map, size_t start, size_t count)
{
    for (size_t n; count; start += n, count -= n) {
        n = min(count, BITS_PER_LONG - start % BITS_PER_LONG);
        map[BIT_WORD(start)] |= run_mask(start, count);
    }
}

void bitmap_clear(unsigned long *map, size_t start, size_t count)
{
    for (size_t n; count; start += n, count -= n) {
        n = min(count, BITS_PER_LONG - start % BITS_PER_LONG);
        map[BIT_WORD(start)] &= ~run_mask(start, count);
    }
}

/* The mask of valid bits of word @i. */
static inline unsigned long valid_bits(size_t i, size_t nr_bits)
{
    return i + 1 == BITS_TO_LONGS(nr_bits) ? BITMAP_LAST_WORD_MASK(nr_bits) : ~0UL;
}

bool bitmap_and(unsigned long *to, const unsigned long *a, const unsigned long *b, size_t nr_bits)
{
    unsigned long any = 0;

    for (size_t i = 0; i < BITS_TO_LONGS(nr_bits); i++)
        any |= to[i] = a[i] & b[i] & valid_bits(i, nr_bits);
    return any;
}

bool bitmap_andnot(unsigned long *to, const unsigned long *a, const unsigned long *b,
                   size_t nr_bits)
{
    unsigned long any = 0;

    for (size_t i = 0; i < BITS_TO_LONGS(nr_bits); i++)
        any |= to[i] = a[i] & ~b[i] & valid_bits(i, nr_bits);
    return any;
}

void bitmap_or(unsigned long *to, const unsigned long *a, const unsigned long *b, size_t nr_bits)
{
    for (size_t i = 0; i < BITS_TO_LONGS(nr_bits); i++)
        to[i] = a[i] | b[i];
}

void bitmap_complement(unsigned long *to, const unsigned long *from, size_t nr_bits)
{
    for (size_t i = 0; i < BITS_TO_LONGS(nr_bits); i++)
        to[i] = ~from[i];
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b, size_t nr_bits)
{
    for (size_t i = 0; i < BITS_TO_LONGS(nr_bits); i++)
        if ((a[i] ^ b[i]) & valid_bits(i, nr_bits))
            return false;
    return true;
}

bool bitmap_intersects(const unsigned long *a, const unsigned long *b, size_t nr_bits)
{
    for (size_t i = 0; i < BITS_TO_LONGS(nr_bits); i++)
        if (a[i] & b[i] & valid_bits(i, nr_bits))
            return true;
    return false;
}

bool bitmap_subset(const unsigned long *small, const unsigned long *big, size_t nr_bits)
{
    for (size_t i = 0; i < BITS_TO_LONGS(nr_bits); i++)
        if (small[i] & ~big[i] & valid_bits(i, nr_bits))
            return false;
    return true;
}

size_t bitmap_weight(const unsigned long *map, size_t nr_bits)
{
    size_t weight = 0;

    for (size_t i = 0; i < BITS_TO_LONGS(nr_bits); i++)
        weight += hweight64(map[i] & valid_bits(i, nr_bits));
    return weight;
}

size_t bitmap_find_zero_area(const unsigned long *map, size_t nr_bits, size_t start, size_t count,
                             size_t align_mask)
{
    for (;;) {
        size_t end, used;

        start = find_next_zero_bit(map, nr_bits, start);
        start = (start + align_mask) & ~align_mask;
        if (check_add_overflow(start, count, &end) || end > nr_bits)
            return nr_bits + 1;
        used = find_next_bit(map, end, start);
        if (used >= end)
            return start;
        start = used + 1;
    }
}

/* One number of a list; *@text moves behind it. */
static int parse_list_number(const char **text, size_t *number)
{
    size_t value = 0;

    if (!isdigit((u8) * *text))
        return -EINVAL;
    for (; isdigit((u8) * *text); (*text)++)
        if (check_mul_overflow(value, (size_t)10, &value) ||
            check_add_overflow(value, (size_t)(**text - '0'), &value))
            return -ERANGE;
    *number = value;
    return 0;
}

int bitmap_parse_list(const char *text, unsigned long *map, size_t nr_bits)
{
    bitmap_zero(map, nr_bits);
    while (*text && *text != '\n') {
        size_t first, last;
        int error = parse_list_number(&text, &first);

        if (error)
            return error;
        last = first;
        if (*text == '-') {
            text++;
            error = parse_list_number(&text, &last);
            if (error)
                return error;
        }
        if (last < first)
            return -EINVAL;
        if (last >= nr_bits)
            return -ERANGE;
        bitmap_set(map, first, last - first + 1);
        if (*text == ',')
            text++;
        else if (*text && *text != '\n')
            return -EINVAL;
    }
    return 0;
}

int bitmap_print_list(char *buf, size_t size, const unsigned long *map, size_t nr_bits)
{
    size_t len = 0, first, end;

    if (size)
        buf[0] = '\0';
    for (first = find_first_bit(map, nr_bits); first < nr_bits;
         first = find_next_bit(map, nr_bits, end)) {
        char *at = buf + min(len, size);
        size_t room = size - min(len, size);
        const char *comma = len ? "," : "";

        end = find_next_zero_bit(map, nr_bits, first);
        if (end == first + 1)
            len += snprintf(at, room, "%s%zu", comma, first);
        else
            len += snprintf(at, room, "%s%zu-%zu", comma, first, end - 1);
    }
    return len;
}

int bitmap_print_hex(char *buf, size_t size, const unsigned long *map, size_t nr_bits)
{
    size_t len = 0;

    if (size)
        buf[0] = '\0';
    for (size_t group = DIV_ROUND_UP(nr_bits, (size_t)32); group--;) {
        size_t word = group / 2;
        u32 bits = (map[word] & valid_bits(word, nr_bits)) >> (group % 2 * 32);
        /* The first group shows only as many digits as it has bits for. */
        int digits = len ? 8 : (int)DIV_ROUND_UP(nr_bits - group * 32, (size_t)4);

        len += snprintf(buf + min(len, size), size - min(len, size), "%s%0*x", len ? "," : "",
                        digits, bits);
    }
    return len;
}
