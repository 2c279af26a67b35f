/* SPDX-License-Identifier: MIT */
/*
 * Hash functions. hash_64 spreads the bits of a number (multiplication by 2^64 / golden ratio, top
 * bits taken); hash_bytes and hash_string are for tables whose keys nobody hostile chooses; siphash
 * with a secret key for those where somebody might.
 */
#ifndef KERNEL_LIB_HASH_H
#define KERNEL_LIB_HASH_H

#include <kernel/compiler.h>
#include <kernel/types.h>

#define GOLDEN_RATIO_64 0x61c8864680b583ebULL
#define GOLDEN_RATIO_32 0x61c88647U

static inline u32 hash_32(u32 value, unsigned int bits)
{
    return (value * GOLDEN_RATIO_32) >> (32 - bits);
}

/** hash_64() - @bits (1 to 32) bits of hash. */
static inline u32 hash_64(u64 value, unsigned int bits)
{
    return (value * GOLDEN_RATIO_64) >> (64 - bits);
}

#define hash_long(value, bits) hash_64((u64)(value), bits)
#define hash_ptr(ptr, bits)    hash_64((u64)(unsigned long)(ptr), bits)

/** hash_bytes() - 64 bits over @len bytes, from @seed. */
u64 hash_bytes(const void *data, size_t len, u64 seed);

/** hash_string() - the same over a NUL-terminated string. */
u64 hash_string(const char *s, u64 seed);

typedef struct {
    u64 key[2];
} siphash_key_t;

/** siphash() - SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"). */
u64 siphash(const void *data, size_t len, const siphash_key_t *key);
u64 siphash_1u64(u64 value, const siphash_key_t *key);

#endif
