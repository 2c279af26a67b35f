// SPDX-License-Identifier: MIT
/*
 * Hashes over bytes. hash_bytes takes 8 bytes at a time: mixed in, multiplied by an odd constant,
 * high half folded down; every input bit reaches every output bit after the final two rounds.
 */
#include <kernel/lib/hash.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/string.h>

static inline u64 hash_mix(u64 h, u64 word)
{
    h = (h ^ word) * 0x9ddfea08eb382d69ULL;
    return h ^ (h >> 32);
}

/* The last 0 to 7 bytes as a little-endian number. */
static inline u64 load_tail(const u8 *p, size_t n)
{
    u64 word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (u64)p[i] << (8 * i);
    return word;
}

u64 hash_bytes(const void *data, size_t len, u64 seed)
{
    const u8 *p = data;
    u64 h = seed ^ (len * GOLDEN_RATIO_64);

    for (; len >= 8; len -= 8, p += 8)
        h = hash_mix(h, get_unaligned_le64(p));
    if (len)
        h = hash_mix(h, load_tail(p, len));
    h = hash_mix(h, h >> 29);
    return hash_mix(h, h >> 31);
}

u64 hash_string(const char *s, u64 seed)
{
    return hash_bytes(s, strlen(s), seed);
}

struct sip_state {
    u64 v0, v1, v2, v3;
};

static inline void sip_rounds(struct sip_state *s, int n)
{
    while (n--) {
        s->v0 += s->v1;
        s->v1 = rol64(s->v1, 13) ^ s->v0;
        s->v0 = rol64(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rol64(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rol64(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rol64(s->v1, 17) ^ s->v2;
        s->v2 = rol64(s->v2, 32);
    }
}

static inline void sip_word(struct sip_state *s, u64 word)
{
    s->v3 ^= word;
    sip_rounds(s, 2);
    s->v0 ^= word;
}

u64 siphash(const void *data, size_t len, const siphash_key_t *key)
{
    const u8 *p = data;
    u64 last = (u64)len << 56;
    struct sip_state s = {
        .v0 = key->key[0] ^ 0x736f6d6570736575ULL,
        .v1 = key->key[1] ^ 0x646f72616e646f6dULL,
        .v2 = key->key[0] ^ 0x6c7967656e657261ULL,
        .v3 = key->key[1] ^ 0x7465646279746573ULL,
    };

    for (; len >= 8; len -= 8, p += 8)
        sip_word(&s, get_unaligned_le64(p));
    sip_word(&s, last | load_tail(p, len));
    s.v2 ^= 0xff;
    sip_rounds(&s, 4);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

u64 siphash_1u64(u64 value, const siphash_key_t *key)
{
    le64 word = cpu_to_le64(value);

    return siphash(&word, sizeof(word), key);
}
