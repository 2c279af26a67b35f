/* SPDX-License-Identifier: MIT */
#ifndef EFI_VERIFY_H
#define EFI_VERIFY_H

#include "libc.h"

#define SIGNING_KEY_SIZE   65  /* an uncompressed point of P-256: 4, x, y */
#define SIGNATURE_MAX_SIZE 128 /* DER of two numbers of 32 bytes takes at most 72 */

/** The public half of the key that signs kernels and initrds of this build (generated). */
extern const uint8_t signing_key[SIGNING_KEY_SIZE];

/**
 * signature_verify() - does the detached ECDSA P-256/SHA-256 signature fit the data?
 *
 * @key: the public key; @signature: DER, as "openssl dgst -sha256 -sign" writes it.
 */
bool signature_verify(const uint8_t key[SIGNING_KEY_SIZE], const void *data, size_t size,
                      const void *signature, size_t signature_size);

#endif
