/* SPDX-License-Identifier: MIT */
/*
 * Random numbers fit for keys. Context: any but NMI. Before INIT_CORE the
 * numbers are the same at every start.
 */
#ifndef KERNEL_BASE_RANDOM_H
#define KERNEL_BASE_RANDOM_H

#include <kernel/types.h>

void random_bytes(void *buf, size_t size);
u64 random_u64(void);
/* Below limit, which is not 0; evenly spread. */
u32 random_below(u32 limit);
/* Mixes bytes of unknown quality in: they cannot do harm. */
void random_mix(const void *data, size_t size);

/* The pure part, for tests: one ChaCha20 block (RFC 8439, 2.3). */
void chacha20_block(const u32 state[16], u8 out[64]);
#endif
