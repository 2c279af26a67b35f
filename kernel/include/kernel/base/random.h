/* SPDX-License-Identifier: MIT */
/*
 * Random numbers fit for keys. Context of random_bytes() and random_u64(): any but NMI, from
 * random_init() on.
 */
#ifndef KERNEL_BASE_RANDOM_H
#define KERNEL_BASE_RANDOM_H

#include <kernel/types.h>

/* Takes the starter's seed over, and what the processor gives. Called once, on one CPU. */
void random_init(void);
void random_bytes(void *buf, size_t size);
u64 random_u64(void);
/* Below limit, which is not 0; evenly spread. */
u32 random_below(u32 limit);
/* Mixes bytes of unknown quality in: they cannot do harm. */
void random_mix(const void *data, size_t size);

/* The pure part, for tests: one ChaCha20 block (RFC 8439, 2.3). */
void chacha20_block(const u32 state[16], u8 out[64]);
#endif
