/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4). */
#ifndef KERNEL_LIB_SHA256_H
#define KERNEL_LIB_SHA256_H

#include <kernel/types.h>

#define SHA256_DIGEST_SIZE 32
#define SHA256_BLOCK_SIZE  64

struct sha256 {
    u32 state[8];
    u64 length_bytes;
    u8 block[SHA256_BLOCK_SIZE];
};

void sha256_init(struct sha256 *ctx);
void sha256_update(struct sha256 *ctx, const void *data, size_t len);
/** sha256_final() - gives the digest and wipes @ctx. */
void sha256_final(struct sha256 *ctx, u8 digest[SHA256_DIGEST_SIZE]);
void sha256(const void *data, size_t len, u8 digest[SHA256_DIGEST_SIZE]);

#endif
