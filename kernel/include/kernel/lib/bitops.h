/* SPDX-License-Identifier: MIT */
/*
 * Single bits and bit searches in arrays of unsigned long. Names without underscores are atomic and
 * full barriers; names with two leading underscores are not atomic. Bit @nr of an array is bit
 * nr % 64 of word nr / 64.
 */
#ifndef KERNEL_LIB_BITOPS_H
#define KERNEL_LIB_BITOPS_H

#include <kernel/compiler.h>
#include <kernel/lib/barrier.h>
#include <kernel/types.h>

#define BITS_PER_BYTE     8
#define BITS_PER_LONG     64
#define BITS_TO_LONGS(nr) DIV_ROUND_UP((size_t)(nr), BITS_PER_LONG)
#define BIT_WORD(nr)      ((size_t)(nr) / BITS_PER_LONG)
#define BIT_MASK(nr)      (1UL << ((nr) % BITS_PER_LONG))

static __always_inline bool test_bit(size_t nr, const unsigned long *words)
{
    return READ_ONCE(words[BIT_WORD(nr)]) & BIT_MASK(nr);
}

static __always_inline bool test_bit_acquire(size_t nr, const unsigned long *words)
{
    return smp_load_acquire(&words[BIT_WORD(nr)]) & BIT_MASK(nr);
}

static __always_inline void set_bit(size_t nr, unsigned long *words)
{
    __atomic_fetch_or(&words[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_SEQ_CST);
}

static __always_inline void clear_bit(size_t nr, unsigned long *words)
{
    __atomic_fetch_and(&words[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_SEQ_CST);
}

/** clear_bit_unlock() - what was done before is visible before the bit is seen clear. */
static __always_inline void clear_bit_unlock(size_t nr, unsigned long *words)
{
    __atomic_fetch_and(&words[BIT_WORD(nr)], ~BIT_MASK(nr), __ATOMIC_RELEASE);
}

static __always_inline void change_bit(size_t nr, unsigned long *words)
{
    __atomic_fetch_xor(&words[BIT_WORD(nr)], BIT_MASK(nr), __ATOMIC_SEQ_CST);
}

/** test_and_set_bit() - sets the bit; whether it was set before. */
static __always_inline bool test_and_set_bit(size_t nr, unsigned long *words)
{
    unsigned long mask = BIT_MASK(nr);

    return __atomic_fetch_or(&words[BIT_WORD(nr)], mask, __ATOMIC_SEQ_CST) & mask;
}

static __always_inline bool test_and_clear_bit(size_t nr, unsigned long *words)
{
    unsigned long mask = BIT_MASK(nr);

    return __atomic_fetch_and(&words[BIT_WORD(nr)], ~mask, __ATOMIC_SEQ_CST) & mask;
}

static __always_inline bool test_and_change_bit(size_t nr, unsigned long *words)
{
    unsigned long mask = BIT_MASK(nr);

    return __atomic_fetch_xor(&words[BIT_WORD(nr)], mask, __ATOMIC_SEQ_CST) & mask;
}

/* Like test_and_set_bit, but reads first: cheaper when the bit is mostly set already. */
static __always_inline bool test_and_set_bit_lock(size_t nr, unsigned long *words)
{
    return test_bit(nr, words) || test_and_set_bit(nr, words);
}

static __always_inline void __set_bit(size_t nr, unsigned long *words)
{
    words[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static __always_inline void __clear_bit(size_t nr, unsigned long *words)
{
    words[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static __always_inline void __change_bit(size_t nr, unsigned long *words)
{
    words[BIT_WORD(nr)] ^= BIT_MASK(nr);
}

static __always_inline void __assign_bit(size_t nr, unsigned long *words, bool value)
{
    if (value)
        __set_bit(nr, words);
    else
        __clear_bit(nr, words);
}

static __always_inline bool __test_and_set_bit(size_t nr, unsigned long *words)
{
    bool old = words[BIT_WORD(nr)] & BIT_MASK(nr);

    __set_bit(nr, words);
    return old;
}

static __always_inline bool __test_and_clear_bit(size_t nr, unsigned long *words)
{
    bool old = words[BIT_WORD(nr)] & BIT_MASK(nr);

    __clear_bit(nr, words);
    return old;
}

/** __ffs() - number of the lowest set bit, 0 to 63; @word is not 0. */
static __always_inline unsigned int __ffs(unsigned long word)
{
    return __builtin_ctzl(word);
}

/** __fls() - number of the highest set bit, 0 to 63; @word is not 0. */
static __always_inline unsigned int __fls(unsigned long word)
{
    return 63 - __builtin_clzl(word);
}

/** ffz() - number of the lowest clear bit; @word is not ~0. */
static __always_inline unsigned int ffz(unsigned long word)
{
    return __ffs(~word);
}

/* 1 to 64 for the bit found, 0 for none. */
static __always_inline int fls(u32 word)
{
    return word ? 32 - __builtin_clz(word) : 0;
}

static __always_inline int fls64(u64 word)
{
    return word ? 64 - __builtin_clzll(word) : 0;
}

#ifdef __KERNEL__
static __always_inline int ffs(int word)
{
    return __builtin_ffs(word);
}
#endif

/* Floor of the base-2 logarithm; @n is not 0. Usable in constants. */
#define ilog2(n) (63 - __builtin_clzll((unsigned long long)(n)))
/* The smallest order with (1 << order) >= n. */
#define order_base_2(n) ((n) > 1 ? ilog2((n)-1) + 1 : 0)

static inline u64 roundup_pow_of_two(u64 n)
{
    return n <= 1 ? 1 : 1ULL << fls64(n - 1);
}

static inline u64 rounddown_pow_of_two(u64 n)
{
    return 1ULL << (fls64(n) - 1);
}

/* Set bits in a word. Without POPCNT, which the first x86-64 processors lack. */
static inline unsigned int hweight64(u64 w)
{
    w -= (w >> 1) & 0x5555555555555555ULL;
    w = (w & 0x3333333333333333ULL) + ((w >> 2) & 0x3333333333333333ULL);
    w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
    return (w * 0x0101010101010101ULL) >> 56;
}

static inline unsigned int hweight32(u32 w)
{
    return hweight64(w);
}

static inline unsigned int hweight8(u8 w)
{
    return hweight64(w);
}

#define hweight_long(w) hweight64(w)

static inline u32 rol32(u32 v, unsigned int n)
{
    return (v << (n & 31)) | (v >> (-n & 31));
}

static inline u32 ror32(u32 v, unsigned int n)
{
    return (v >> (n & 31)) | (v << (-n & 31));
}

static inline u64 rol64(u64 v, unsigned int n)
{
    return (v << (n & 63)) | (v >> (-n & 63));
}

static inline u64 ror64(u64 v, unsigned int n)
{
    return (v >> (n & 63)) | (v << (-n & 63));
}

/*
 * Searches in the first @nr_bits bits, from bit @from on. They return @nr_bits when there is none.
 * Other CPUs may change bits meanwhile; the answer is then one that was true at some moment.
 */
size_t find_next_bit(const unsigned long *words, size_t nr_bits, size_t from);
size_t find_next_zero_bit(const unsigned long *words, size_t nr_bits, size_t from);
size_t find_last_bit(const unsigned long *words, size_t nr_bits);

#define find_first_bit(words, nr_bits)      find_next_bit(words, nr_bits, 0)
#define find_first_zero_bit(words, nr_bits) find_next_zero_bit(words, nr_bits, 0)

#define for_each_set_bit(bit, words, nr_bits)                       \
    for ((bit) = find_first_bit(words, nr_bits); (bit) < (nr_bits); \
         (bit) = find_next_bit(words, nr_bits, (bit) + 1))
#define for_each_clear_bit(bit, words, nr_bits)                          \
    for ((bit) = find_first_zero_bit(words, nr_bits); (bit) < (nr_bits); \
         (bit) = find_next_zero_bit(words, nr_bits, (bit) + 1))

#endif
