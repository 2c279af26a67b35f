/* SPDX-License-Identifier: MIT */
/*
 * Arrays of bits of any length. Bits of the last word beyond the length are ignored by every
 * function that reads, and bitmap_zero/fill/copy write whole words. No locking.
 */
#ifndef KERNEL_LIB_BITMAP_H
#define KERNEL_LIB_BITMAP_H

#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>

#define DECLARE_BITMAP(name, nr_bits) unsigned long name[BITS_TO_LONGS(nr_bits)]

/* The bits of the last word that belong to a bitmap of @nr_bits (more than 0). */
#define BITMAP_LAST_WORD_MASK(nr_bits) (~0UL >> (-(nr_bits) & (BITS_PER_LONG - 1)))

static inline void bitmap_zero(unsigned long *map, size_t nr_bits)
{
    memset(map, 0, BITS_TO_LONGS(nr_bits) * sizeof(long));
}

static inline void bitmap_fill(unsigned long *map, size_t nr_bits)
{
    memset(map, 0xff, BITS_TO_LONGS(nr_bits) * sizeof(long));
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from, size_t nr_bits)
{
    memcpy(to, from, BITS_TO_LONGS(nr_bits) * sizeof(long));
}

/** bitmap_set() - sets @count bits from @start on. */
void bitmap_set(unsigned long *map, size_t start, size_t count);
void bitmap_clear(unsigned long *map, size_t start, size_t count);

/** bitmap_and() - *@to = a & b; whether any bit is set. */
bool bitmap_and(unsigned long *to, const unsigned long *a, const unsigned long *b, size_t nr_bits);
bool bitmap_andnot(unsigned long *to, const unsigned long *a, const unsigned long *b,
                   size_t nr_bits);
void bitmap_or(unsigned long *to, const unsigned long *a, const unsigned long *b, size_t nr_bits);
void bitmap_complement(unsigned long *to, const unsigned long *from, size_t nr_bits);
bool bitmap_equal(const unsigned long *a, const unsigned long *b, size_t nr_bits);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b, size_t nr_bits);
bool bitmap_subset(const unsigned long *small, const unsigned long *big, size_t nr_bits);
size_t bitmap_weight(const unsigned long *map, size_t nr_bits);

static inline bool bitmap_empty(const unsigned long *map, size_t nr_bits)
{
    return find_first_bit(map, nr_bits) == nr_bits;
}

static inline bool bitmap_full(const unsigned long *map, size_t nr_bits)
{
    return find_first_zero_bit(map, nr_bits) == nr_bits;
}

/**
 * bitmap_find_zero_area() - the first run of @count clear bits at or after @start whose first bit
 * has (bit & align_mask) == 0. Returns a number above nr_bits - count when there is none.
 */
size_t bitmap_find_zero_area(const unsigned long *map, size_t nr_bits, size_t start, size_t count,
                             size_t align_mask);

/**
 * bitmap_parse_list() - reads "0-3,8,10-12" into @map (cleared first).
 * Returns 0, -EINVAL (syntax) or -ERANGE (a bit beyond @nr_bits).
 */
int __must_check bitmap_parse_list(const char *text, unsigned long *map, size_t nr_bits);

/** bitmap_print_list() - the same form; returns what snprintf would. */
int bitmap_print_list(char *buf, size_t size, const unsigned long *map, size_t nr_bits);

/** bitmap_print_hex() - "ffffffff,00000001", most significant first, as /proc and /sys show masks.
 */
int bitmap_print_hex(char *buf, size_t size, const unsigned long *map, size_t nr_bits);

#endif
