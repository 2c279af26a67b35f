/* SPDX-License-Identifier: MIT */
// sources: efi/verify.c -Lbuild/cache/bearssl -lbearssl
// cflags: -Iefi -isystem build/cache/bearssl/include
/*
 * The key and the signature were made with openssl, as the build makes them:
 *   openssl ecparam -name prime256v1 -genkey; openssl dgst -sha256 -sign
 */
#include "verify.h"

#include "ktap.h"

static const char message[] = "the stone that the builders refused";
static const uint8_t key[SIGNING_KEY_SIZE] = {
    0x04, 0x60, 0xf9, 0xda, 0x99, 0x6c, 0x1f, 0xef, 0x17, 0x84, 0xb1, 0xad, 0xae,
    0x4a, 0xbd, 0xab, 0x30, 0x17, 0x08, 0x78, 0x8b, 0x10, 0x55, 0x56, 0xd6, 0x8f,
    0x03, 0x94, 0x09, 0x6d, 0x3b, 0x31, 0x4b, 0xb8, 0x74, 0x68, 0xf6, 0xd3, 0xef,
    0xbd, 0x31, 0x1d, 0xd1, 0x4f, 0x5b, 0xcc, 0x01, 0x4b, 0xd5, 0x80, 0x6e, 0xe8,
    0xac, 0x38, 0xee, 0xe2, 0x90, 0xc7, 0x74, 0xbd, 0x26, 0x7f, 0x63, 0x9b, 0xa7};
static const uint8_t signature[] = {
    0x30, 0x46, 0x02, 0x21, 0x00, 0x9a, 0x08, 0x3d, 0x66, 0x1d, 0xa7, 0x10, 0x08, 0xe6, 0xcb,
    0x71, 0x9e, 0xa9, 0x13, 0xd6, 0x5d, 0x36, 0xbb, 0x80, 0x27, 0xd4, 0x91, 0x17, 0xfd, 0x8f,
    0xe2, 0x62, 0x85, 0x42, 0x9c, 0x69, 0x1d, 0x02, 0x21, 0x00, 0x9d, 0x3d, 0x20, 0x39, 0x79,
    0xb5, 0xac, 0xea, 0x9d, 0x10, 0x54, 0x43, 0x5c, 0x90, 0x36, 0x2d, 0x67, 0x27, 0xb8, 0x41,
    0xc5, 0xc9, 0xe8, 0x17, 0x06, 0xc6, 0x8b, 0x66, 0x4a, 0xc1, 0x79, 0xaa};

static bool verifies(const uint8_t *key, const char *data, size_t size, const uint8_t *sig,
                     size_t sig_size)
{
    /* Exact copies, so that AddressSanitizer sees every step beyond. */
    uint8_t *sig_copy = malloc(sig_size + !sig_size);
    char *data_copy = malloc(size + !size);
    bool good;

    memcpy(sig_copy, sig, sig_size);
    memcpy(data_copy, data, size);
    good = signature_verify(key, data_copy, size, sig_copy, sig_size);
    free(data_copy);
    free(sig_copy);
    return good;
}

TEST(a_good_signature_verifies)
{
    EXPECT_TRUE(verifies(key, message, strlen(message), signature, sizeof(signature)));
}

TEST(every_flipped_bit_of_the_data_is_noticed)
{
    char copy[sizeof(message)];

    memcpy(copy, message, sizeof(copy));
    for (size_t bit = 0; bit < strlen(message) * 8; bit += 5) {
        copy[bit / 8] ^= (char)(1 << bit % 8);
        EXPECT_FALSE(verifies(key, copy, strlen(message), signature, sizeof(signature)));
        copy[bit / 8] ^= (char)(1 << bit % 8);
    }
    EXPECT_FALSE(verifies(key, message, strlen(message) - 1, signature, sizeof(signature)));
    EXPECT_FALSE(verifies(key, message, 0, signature, sizeof(signature)));
}

TEST(every_flipped_bit_of_the_signature_is_noticed)
{
    uint8_t copy[sizeof(signature)];

    memcpy(copy, signature, sizeof(copy));
    for (size_t bit = 0; bit < sizeof(signature) * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        EXPECT_FALSE(verifies(key, message, strlen(message), copy, sizeof(copy)));
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

TEST(signatures_of_another_length_are_refused)
{
    uint8_t longer[512] = {0};

    memcpy(longer, signature, sizeof(signature));
    for (size_t size = 0; size < sizeof(signature); size++)
        EXPECT_FALSE(verifies(key, message, strlen(message), signature, size));
    EXPECT_FALSE(verifies(key, message, strlen(message), longer, SIGNATURE_MAX_SIZE + 1));
    EXPECT_FALSE(verifies(key, message, strlen(message), longer, sizeof(longer)));
}

TEST(zero_signatures_and_wrong_keys_are_refused)
{
    static const uint8_t zeroes[] = {0x30, 6, 2, 1, 0, 2, 1, 0};
    uint8_t other[sizeof(key)];

    EXPECT_FALSE(verifies(key, message, strlen(message), zeroes, sizeof(zeroes)));
    memcpy(other, key, sizeof(key));
    other[64] ^= 1; /* not on the curve */
    EXPECT_FALSE(verifies(other, message, strlen(message), signature, sizeof(signature)));
    other[64] ^= 1;
    other[0] = 3;
    EXPECT_FALSE(verifies(other, message, strlen(message), signature, sizeof(signature)));
}
