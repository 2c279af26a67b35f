/* SPDX-License-Identifier: MIT */
#ifndef EFI_RANDOM_H
#define EFI_RANDOM_H

#include "libc.h"

/**
 * random_fill() - fill @buf with random bytes from the processor and the firmware, mixed, so that
 * one bad source does no harm. Returns false, with zeroes, if there is no source at all.
 */
bool random_fill(void *buf, size_t size);

#endif
