// SPDX-License-Identifier: MIT
/*
 * From names to the hashes by which htree directories are sorted. Three functions, seeded by the
 * file system: the legacy one, half MD4 (the default: MD4's three rounds of eight steps) and TEA;
 * each takes the bytes of a name as signed or as unsigned, by what the machine that made the
 * directory had.
 *
 * Bit 0 of a hash is not the name's: index entries use it to say that a run of equal hashes goes on
 * from the leaf before.
 */
#include "ext4.h"
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>

/* One byte as the hash sees it. */
static u32 byte_value(const char *name, u32 i, bool is_unsigned)
{
    return is_unsigned ? (u32)(u8)name[i] : (u32)(s32)(s8)name[i];
}

/* Packs up to 4 * nr bytes into nr words, first byte highest; the rest is filled with the length.
 */
static void name_words(const char *name, u32 len, bool is_unsigned, u32 *words, u32 nr)
{
    u32 pad = (len | len << 8) * 0x00010001U, value = pad, filled = 0, i;

    len = min(len, nr * 4);
    for (i = 0; i < len; i++) {
        value = byte_value(name, i, is_unsigned) + (value << 8);
        if (i % 4 == 3) {
            words[filled++] = value;
            value = pad;
        }
    }
    if (filled < nr)
        words[filled++] = value;
    while (filled < nr)
        words[filled++] = pad;
}

static u32 legacy_hash(const char *name, u32 len, bool is_unsigned)
{
    u32 newer = 0x12a3fe2d, older = 0x37abe8f9;

    for (u32 i = 0; i < len; i++) {
        u32 hash = older + (newer ^ (byte_value(name, i, is_unsigned) * 7152373));

        if (hash & 0x80000000U)
            hash -= 0x7fffffff;
        older = newer;
        newer = hash;
    }
    return newer << 1;
}

static u32 md4_mix(unsigned int round, u32 x, u32 y, u32 z)
{
    if (round == 0)
        return z ^ (x & (y ^ z));
    if (round == 1)
        return (x & y) + ((x ^ y) & z);
    return x ^ y ^ z;
}

static void half_md4(u32 state[4], const u32 words[8])
{
    static const u8 order[3][8] = {
        {0, 1, 2, 3, 4, 5, 6, 7}, {1, 3, 5, 7, 0, 2, 4, 6}, {3, 7, 2, 6, 1, 5, 0, 4}};
    static const u8 shifts[3][4] = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
    static const u32 constants[3] = {0, 0x5a827999, 0x6ed9eba1};
    u32 r[4] = {state[0], state[1], state[2], state[3]};

    for (unsigned int round = 0; round < 3; round++) {
        for (unsigned int step = 0; step < 8; step++) {
            /* The register that changes moves down: a, d, c, b. */
            u32 *a = &r[-step & 3];
            u32 b = r[(1 - step) & 3], c = r[(2 - step) & 3], d = r[(3 - step) & 3];

            *a += md4_mix(round, b, c, d) + words[order[round][step]] + constants[round];
            *a = rol32(*a, shifts[round][step & 3]);
        }
    }
    for (int i = 0; i < 4; i++)
        state[i] += r[i];
}

static void tea(u32 state[4], const u32 words[4])
{
    u32 sum = 0, b0 = state[0], b1 = state[1];

    for (int n = 0; n < 16; n++) {
        sum += 0x9e3779b9;
        b0 += ((b1 << 4) + words[0]) ^ (b1 + sum) ^ ((b1 >> 5) + words[1]);
        b1 += ((b0 << 4) + words[2]) ^ (b0 + sum) ^ ((b0 >> 5) + words[3]);
    }
    state[0] += b0;
    state[1] += b1;
}

static void state_init(const struct ext4_fs *fs, u32 state[4])
{
    static const u32 md4_start[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    const u32 *seed = fs->hash_seed;
    bool seeded = seed[0] || seed[1] || seed[2] || seed[3];

    memcpy(state, seeded ? seed : md4_start, sizeof(md4_start));
}

static struct ext4_hash md4_hash(const struct ext4_fs *fs, const char *name, u32 len,
                                 bool is_unsigned)
{
    u32 state[4], words[8];

    state_init(fs, state);
    for (u32 at = 0; at < len; at += 32) {
        name_words(name + at, len - at, is_unsigned, words, 8);
        half_md4(state, words);
    }
    return (struct ext4_hash){state[1], state[2]};
}

static struct ext4_hash tea_hash(const struct ext4_fs *fs, const char *name, u32 len,
                                 bool is_unsigned)
{
    u32 state[4], words[4];

    state_init(fs, state);
    for (u32 at = 0; at < len; at += 16) {
        name_words(name + at, len - at, is_unsigned, words, 4);
        tea(state, words);
    }
    return (struct ext4_hash){state[0], state[1]};
}

bool ext4_name_hash(const struct ext4_fs *fs, u8 version, const char *name, u32 len,
                    struct ext4_hash *hash)
{
    switch (version) {
    case EXT4_HASH_LEGACY:
    case EXT4_HASH_LEGACY_UNSIGNED:
        *hash = (struct ext4_hash){legacy_hash(name, len, version == EXT4_HASH_LEGACY_UNSIGNED), 0};
        break;
    case EXT4_HASH_HALF_MD4:
    case EXT4_HASH_HALF_MD4_UNSIGNED:
        *hash = md4_hash(fs, name, len, version == EXT4_HASH_HALF_MD4_UNSIGNED);
        break;
    case EXT4_HASH_TEA:
    case EXT4_HASH_TEA_UNSIGNED:
        *hash = tea_hash(fs, name, len, version == EXT4_HASH_TEA_UNSIGNED);
        break;
    default: return false;
    }
    hash->major &= ~1U;
    if (hash->major == EXT4_DX_HASH_EOF << 1)
        hash->major = (EXT4_DX_HASH_EOF - 1) << 1;
    return true;
}
