/* SPDX-License-Identifier: MIT */
/*
 * Names of path components, eight bytes at a time. Pure: also compiled for the host.
 *
 * They read whole words, up to seven bytes beyond a name's end, but never into another page: what a
 * symlink's text ends in is not ours.
 */
#ifndef VFS_NAME_HASH_H
#define VFS_NAME_HASH_H

#include <kernel/compiler.h>
#include <kernel/types.h>

/* What copies of names keep free behind them. */
#define PATH_PADDING 8

#define NAME_ONES  0x0101010101010101ULL
#define NAME_HIGHS 0x8080808080808080ULL

/* The high bit of the lowest zero byte is set; bits above it may be wrong. */
static inline u64 name_zero_bytes(u64 word)
{
    return (word - NAME_ONES) & ~word & NAME_HIGHS;
}

static inline __no_access_checks u64 name_load(const char *p)
{
    u64 word;

    __builtin_memcpy(&word, p, sizeof(word));
    return word;
}

static inline bool name_word_is_in_page(const char *p)
{
    return likely(((unsigned long)p & 4095) <= 4096 - 8);
}

/* The word at p, up to the NUL; what follows that is 0 or what lies there. */
static inline u64 name_load_string(const char *p)
{
    u64 word = 0;

    if (name_word_is_in_page(p))
        return name_load(p);
    for (unsigned int i = 0; i < 8 && p[i]; i++)
        word |= (u64)(u8)p[i] << (8 * i);
    return word;
}

/* The lowest n bytes (0 to 7) of the word at p, without touching the next page. */
static inline u64 name_load_tail(const char *p, unsigned int n)
{
    u64 word = 0;

    if (name_word_is_in_page(p))
        return name_load(p) & ((1ULL << (8 * n)) - 1);
    for (unsigned int i = 0; i < n; i++)
        word |= (u64)(u8)p[i] << (8 * i);
    return word;
}

static inline u64 name_hash_step(u64 hash, u64 word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
    return hash ^ (hash >> 29);
}

static inline u32 name_hash_end(u64 hash, u32 len)
{
    hash = name_hash_step(hash, len);
    return (u32)(hash ^ (hash >> 32));
}

/* Hash of a name whose length is known. */
static inline u32 name_hash(const char *name, u32 len)
{
    u64 hash = 0;
    u32 left = len;

    for (; left >= 8; left -= 8, name += 8)
        hash = name_hash_step(hash, name_load(name));
    if (left)
        hash = name_hash_step(hash, name_load_tail(name, left));
    return name_hash_end(hash, len);
}

/*
 * Hash and length of the component at the start of path, which ends at '/' or NUL; the same hash as
 * name_hash() gives.
 */
static inline u32 name_hash_component(const char *path, u32 *len_out)
{
    u64 hash = 0, word, ends;
    u32 len = 0;

    for (;;) {
        word = name_load_string(path + len);
        ends = name_zero_bytes(word) | name_zero_bytes(word ^ ('/' * NAME_ONES));
        if (ends)
            break;
        hash = name_hash_step(hash, word);
        len += 8;
    }
    ends = __builtin_ctzll(ends) & ~7U; /* bits of the component in this word */
    if (ends)
        hash = name_hash_step(hash, word & ((1ULL << ends) - 1));
    len += ends / 8;
    *len_out = len;
    return name_hash_end(hash, len);
}

static inline bool name_equal(const char *a, const char *b, u32 len)
{
    for (; len >= 8; len -= 8, a += 8, b += 8) {
        if (name_load(a) != name_load(b))
            return false;
    }
    return !len || name_load_tail(a, len) == name_load_tail(b, len);
}
#endif
