/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <bearssl.h>

bool signature_verify(const uint8_t key[SIGNING_KEY_SIZE], const void *data, size_t size,
                      const void *signature, size_t signature_size)
{
    uint8_t point[SIGNING_KEY_SIZE];
    br_ec_public_key public_key = {
        .curve = BR_EC_secp256r1,
        .q = point,
        .qlen = sizeof(point),
    };
    unsigned char digest[br_sha256_SIZE];
    br_sha256_context hash;

    if (signature_size > SIGNATURE_MAX_SIZE)
        return false;
    memcpy(point, key, sizeof(point));
    br_sha256_init(&hash);
    br_sha256_update(&hash, data, size);
    br_sha256_out(&hash, digest);
    return br_ecdsa_i31_vrfy_asn1(&br_ec_p256_m31, digest, sizeof(digest), &public_key, signature,
                                  signature_size) == 1;
}
