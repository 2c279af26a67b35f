// SPDX-License-Identifier: MIT
/* The ChaCha20 block function, RFC 8439 section 2.3. */
#include <kernel/base/random.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>

static inline void quarter_round(u32 *a, u32 *b, u32 *c, u32 *d)
{
    *a += *b;
    *d = rol32(*d ^ *a, 16);
    *c += *d;
    *b = rol32(*b ^ *c, 12);
    *a += *b;
    *d = rol32(*d ^ *a, 8);
    *c += *d;
    *b = rol32(*b ^ *c, 7);
}

void chacha20_block(const u32 state[16], u8 out[64])
{
    u32 x[16];

    memcpy(x, state, sizeof(x));
    for (unsigned int i = 0; i < 10; i++) {
        for (unsigned int column = 0; column < 4; column++)
            quarter_round(&x[column], &x[column + 4], &x[column + 8], &x[column + 12]);
        for (unsigned int diagonal = 0; diagonal < 4; diagonal++)
            quarter_round(&x[diagonal], &x[4 + (diagonal + 1) % 4], &x[8 + (diagonal + 2) % 4],
                          &x[12 + (diagonal + 3) % 4]);
    }
    for (unsigned int i = 0; i < 16; i++)
        x[i] += state[i];
    memcpy(out, x, sizeof(x)); /* little endian, as the machine is */
}
