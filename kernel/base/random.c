// SPDX-License-Identifier: MIT
/*
 * The generator of random numbers: ChaCha20 with fast key erasure (Bernstein, "Fast-key-erasure
 * random-number generators").
 *
 * One 256-bit key. A request makes a block of the stream under it: its first half becomes the new
 * key at once, the rest is given out or starts a longer stream. So whoever learns the key later
 * cannot compute what was given out before.
 *
 * The key begins as SHA-256 over the starter's seed, RDSEED or RDRAND where the processor has them,
 * and the jitter of the time stamp counter. The same sources are mixed in again now and then, so
 * that a key that leaked once is worth nothing for long.
 */
#include <kernel/arch/cpu.h>
#include <kernel/base/boot_info.h>
#include <kernel/base/initcall.h>
#include <kernel/base/random.h>
#include <kernel/lib/sha256.h>
#include <kernel/lib/string.h>
#include <kernel/sync/spinlock.h>
#include <kernel/time/clock.h>

#define KEY_SIZE         32
#define RESEED_PERIOD_NS (60 * NSEC_PER_SEC)

static DEFINE_SPINLOCK(lock);
static u8 key[KEY_SIZE]; /* lock */
static u64 reseed_at_ns; /* lock */

/* A word from the processor's own generator. */
static bool hardware_random(u64 *word)
{
    bool ok = false;

    if (cpu_has(CPU_RDSEED)) {
        for (int i = 0; i < 10 && !ok; i++)
            __asm__ volatile("rdseed %0" : "=r"(*word), "=@ccc"(ok));
    }
    if (!ok && cpu_has(CPU_RDRAND)) {
        for (int i = 0; i < 10 && !ok; i++)
            __asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(ok));
    }
    return ok;
}

/* key = SHA-256(key, data, what the machine has to offer). lock held. */
static void mix_locked(const void *data, size_t size)
{
    struct sha256 hash;
    u64 words[9];
    unsigned int n = 0;

    words[n++] = tsc_read();
    while (n < 8 && hardware_random(&words[n]))
        n++;
    words[n++] = tsc_read();
    sha256_init(&hash);
    sha256_update(&hash, key, sizeof(key));
    sha256_update(&hash, data, size);
    sha256_update(&hash, words, n * sizeof(words[0]));
    sha256_final(&hash, key);
    memzero_explicit(words, sizeof(words));
    memzero_explicit(&hash, sizeof(hash));
}

void random_mix(const void *data, size_t size)
{
    unsigned long flags;

    spin_lock_irqsave(&lock, flags);
    mix_locked(data, size);
    spin_unlock_irqrestore(&lock, flags);
}

static void state_init(u32 state[16], const u8 stream_key[KEY_SIZE])
{
    static const u32 constants[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    memcpy(state, constants, sizeof(constants));
    memcpy(state + 4, stream_key, KEY_SIZE);
    memset(state + 12, 0, 4 * sizeof(u32)); /* a key is used for one stream: counter and nonce 0 */
}

/* One block under the key: the new key, and 32 bytes for the caller. */
static void take_half_block(u8 out[KEY_SIZE])
{
    unsigned long flags;
    u32 state[16];
    u8 block[64];

    spin_lock_irqsave(&lock, flags);
    if (unlikely(ktime_ns() >= reseed_at_ns)) {
        mix_locked(NULL, 0);
        reseed_at_ns = ktime_ns() + RESEED_PERIOD_NS;
    }
    state_init(state, key);
    chacha20_block(state, block);
    memcpy(key, block, KEY_SIZE);
    spin_unlock_irqrestore(&lock, flags);
    memcpy(out, block + KEY_SIZE, KEY_SIZE);
    memzero_explicit(block, sizeof(block));
    memzero_explicit(state, sizeof(state));
}

/* A stream under a key of its own, without the lock. */
static void stream(const u8 stream_key[KEY_SIZE], u8 *to, size_t size)
{
    u32 state[16];
    u8 block[64];

    state_init(state, stream_key);
    while (size) {
        size_t n = min(size, sizeof(block));

        chacha20_block(state, block);
        state[12]++;
        memcpy(to, block, n);
        to += n;
        size -= n;
    }
    memzero_explicit(block, sizeof(block));
    memzero_explicit(state, sizeof(state));
}

void random_bytes(void *buf, size_t size)
{
    u8 half[KEY_SIZE];

    take_half_block(half);
    if (size <= sizeof(half))
        memcpy(buf, half, size);
    else
        stream(half, buf, size);
    memzero_explicit(half, sizeof(half));
}

u64 random_u64(void)
{
    u64 value;

    random_bytes(&value, sizeof(value));
    return value;
}

u32 random_below(u32 limit)
{
    u64 product;

    /* Lemire's multiplication: values in the short leftover interval are drawn again. */
    do {
        product = (u64)(u32)random_u64() * limit;
    } while ((u32)product < -limit % limit);
    return product >> 32;
}

static int random_init(void)
{
    const struct boot_info *bi = boot_info_get();
    u64 jitter[64];

    for (unsigned int i = 0; i < ARRAY_SIZE(jitter); i++) {
        jitter[i] = tsc_read();
        cpu_relax();
    }
    random_mix(bi->seed, sizeof(bi->seed));
    random_mix(jitter, sizeof(jitter));
    boot_info_wipe_seed();
    return 0;
}
initcall(INIT_CORE, random_init);
