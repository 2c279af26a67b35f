// SPDX-License-Identifier: MIT
/* SHA-256, FIPS 180-4 sections 5 and 6.2. */
#include <kernel/lib/sha256.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/string.h>

/* Section 4.2.2: fractional parts of the cube roots of the first 64 primes. */
static const u32 round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline u32 big_sigma0(u32 x)
{
    return ror32(x, 2) ^ ror32(x, 13) ^ ror32(x, 22);
}

static inline u32 big_sigma1(u32 x)
{
    return ror32(x, 6) ^ ror32(x, 11) ^ ror32(x, 25);
}

static inline u32 small_sigma0(u32 x)
{
    return ror32(x, 7) ^ ror32(x, 18) ^ (x >> 3);
}

static inline u32 small_sigma1(u32 x)
{
    return ror32(x, 17) ^ ror32(x, 19) ^ (x >> 10);
}

static void expand_schedule(u32 w[64], const u8 *block)
{
    for (int t = 0; t < 16; t++)
        w[t] = get_unaligned_be32(block + 4 * t);
    for (int t = 16; t < 64; t++)
        w[t] = small_sigma1(w[t - 2]) + w[t - 7] + small_sigma0(w[t - 15]) + w[t - 16];
}

static void compress(u32 state[8], const u8 *block)
{
    u32 w[64], v[8];

    expand_schedule(w, block);
    memcpy(v, state, sizeof(v));
    for (int t = 0; t < 64; t++) {
        u32 choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
        u32 majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        u32 t1 = v[7] + big_sigma1(v[4]) + choose + round_constants[t] + w[t];
        u32 t2 = big_sigma0(v[0]) + majority;

        memmove(v + 1, v, 7 * sizeof(*v));
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        state[i] += v[i];
    memzero_explicit(w, sizeof(w));
    memzero_explicit(v, sizeof(v));
}

void sha256_init(struct sha256 *ctx)
{
    static const u32 initial[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };

    memcpy(ctx->state, initial, sizeof(initial));
    ctx->length_bytes = 0;
}

void sha256_update(struct sha256 *ctx, const void *data, size_t len)
{
    const u8 *p = data;
    size_t filled = ctx->length_bytes % SHA256_BLOCK_SIZE;

    ctx->length_bytes += len;
    if (filled) {
        size_t n = min(len, SHA256_BLOCK_SIZE - filled);

        memcpy(ctx->block + filled, p, n);
        p += n;
        len -= n;
        if (filled + n < SHA256_BLOCK_SIZE)
            return;
        compress(ctx->state, ctx->block);
    }
    for (; len >= SHA256_BLOCK_SIZE; len -= SHA256_BLOCK_SIZE, p += SHA256_BLOCK_SIZE)
        compress(ctx->state, p);
    if (len)
        memcpy(ctx->block, p, len);
}

void sha256_final(struct sha256 *ctx, u8 digest[SHA256_DIGEST_SIZE])
{
    static const u8 padding[SHA256_BLOCK_SIZE] = {0x80};
    u64 length_bits = ctx->length_bytes * 8;
    size_t filled = ctx->length_bytes % SHA256_BLOCK_SIZE;
    u8 length[8];

    put_unaligned_be64(length_bits, length);
    sha256_update(ctx, padding, (filled < 56 ? 56 : 120) - filled);
    sha256_update(ctx, length, sizeof(length));
    for (int i = 0; i < 8; i++)
        put_unaligned_be32(ctx->state[i], digest + 4 * i);
    memzero_explicit(ctx, sizeof(*ctx));
}

void sha256(const void *data, size_t len, u8 digest[SHA256_DIGEST_SIZE])
{
    struct sha256 ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, data, len);
    sha256_final(&ctx, digest);
}
