// SPDX-License-Identifier: MIT
// sources: kernel/lib/crc32.c kernel/lib/crc16.c kernel/lib/sha256.c kernel/lib/hash.c
/* Checksums and hashes against published vectors. */
#include "../../../kernel/lib/crc32c.c"
#include <kernel/lib/crc16.h>
#include <kernel/lib/crc32.h>
#include <kernel/lib/hash.h>
#include <kernel/lib/sha256.h>
#include "ktap.h"

static const char check[] = "123456789";

TEST(crcs_give_their_check_values)
{
    EXPECT_EQ(crc32(check, 9), 0xcbf43926);
    EXPECT_EQ(~crc32c(~0U, check, 9), 0xe3069283);
    EXPECT_EQ(crc16(0, check, 9), 0xbb3d);  /* CRC-16/ARC */
    EXPECT_EQ(crc16(~0, check, 9), 0x4b37); /* CRC-16/MODBUS */
    EXPECT_EQ(crc32(check, 0), 0);
}

/* RFC 3720, B.4. */
TEST(crc32c_gives_the_iscsi_vectors)
{
    unsigned char zeros[32] = {}, ones[32], up[32];

    memset(ones, 0xff, sizeof(ones));
    for (int i = 0; i < 32; i++)
        up[i] = i;
    EXPECT_EQ(~crc32c(~0U, zeros, 32), 0x8a9136aa);
    EXPECT_EQ(~crc32c(~0U, ones, 32), 0x62a8ab43);
    EXPECT_EQ(~crc32c(~0U, up, 32), 0x46dd794e);
}

TEST(crc32c_instruction_and_table_agree_in_any_pieces)
{
    unsigned char data[200];

    if (!have_crc32_instruction())
        SKIP("this processor has no SSE4.2");
    srand(7);
    for (int round = 0; round < 2000; round++) {
        size_t n = rand() % sizeof(data), cut = n ? rand() % n : 0;
        u32 whole;

        for (size_t i = 0; i < n; i++)
            data[i] = rand();
        whole = crc32c_by_table(rand(), data, 0);
        ASSERT_EQ(crc32c_instruction(whole, data, n), crc32c_by_table(whole, data, n));
        ASSERT_EQ(crc32c(crc32c(whole, data, cut), data + cut, n - cut),
                  crc32c_by_table(whole, data, n));
    }
}

static void expect_sha256(const void *data, size_t len, const char *hex)
{
    u8 digest[SHA256_DIGEST_SIZE];
    char text[65];

    sha256(data, len, digest);
    for (int i = 0; i < 32; i++)
        sprintf(text + 2 * i, "%02x", digest[i]);
    EXPECT_STREQ(text, hex);
}

/* FIPS 180-4 examples. */
TEST(sha256_gives_the_published_digests)
{
    char *million = malloc(1000000);

    expect_sha256("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_sha256("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', 1000000);
    expect_sha256(million, 1000000,
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

TEST(sha256_does_not_care_about_pieces)
{
    u8 data[300], whole[32], pieces[32];

    for (int i = 0; i < 300; i++)
        data[i] = i * 7;
    for (size_t n = 0; n <= 300; n += 1) {
        struct sha256 ctx;

        sha256(data, n, whole);
        sha256_init(&ctx);
        for (size_t at = 0; at < n;) {
            size_t step = 1 + (at * 31 + n) % 70;

            step = step < n - at ? step : n - at;
            sha256_update(&ctx, data + at, step);
            at += step;
        }
        sha256_final(&ctx, pieces);
        ASSERT_MEMEQ(whole, pieces, 32);
    }
}

/* The vectors of the SipHash paper's appendix: key 00..0f, message 00..(n-1). */
TEST(siphash_gives_the_published_values)
{
    siphash_key_t key = {{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL}};
    u8 message[16];

    for (int i = 0; i < 16; i++)
        message[i] = i;
    EXPECT_TRUE(siphash(message, 15, &key) == 0xa129ca6149be45e5ULL);
    EXPECT_TRUE(siphash(message, 0, &key) == 0x726fdb47dd0e0e31ULL);
    EXPECT_TRUE(siphash_1u64(0x0706050403020100ULL, &key) == siphash(message, 8, &key));
}

TEST(hashes_spread_over_their_buckets)
{
    int numbers[64] = {}, strings[64] = {};
    char name[32];

    for (int i = 0; i < 6400; i++) {
        numbers[hash_64((u64)i << 12, 6)]++;
        sprintf(name, "file%d.c", i);
        strings[hash_string(name, 0) & 63]++;
    }
    for (int i = 0; i < 64; i++) {
        EXPECT_TRUE(numbers[i] > 50 && numbers[i] < 150);
        EXPECT_TRUE(strings[i] > 50 && strings[i] < 150);
    }
    EXPECT_TRUE(hash_bytes("a\0", 2, 0) != hash_bytes("a", 1, 0));
    EXPECT_TRUE(hash_string("abc", 1) != hash_string("abc", 2));
}
