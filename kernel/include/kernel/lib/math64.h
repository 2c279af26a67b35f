/* SPDX-License-Identifier: MIT */
/* Products of 64-bit numbers that do not fit 64 bits. */
#ifndef KERNEL_LIB_MATH64_H
#define KERNEL_LIB_MATH64_H

#include <kernel/types.h>

/** mul_div_u64() - a * b / c with a 128-bit product. The quotient must fit 64 bits. Any context. */
static inline u64 mul_div_u64(u64 a, u64 b, u64 c)
{
    u64 high, low;

    __asm__("mulq %3\n\tdivq %4" : "=&a"(low), "=&d"(high) : "0"(a), "rm"(b), "rm"(c) : "cc");
    return low;
}

/** mul_shift_u64() - a * b >> shift with a 128-bit product; the upper bits are lost. */
static inline u64 mul_shift_u64(u64 a, u64 b, unsigned int shift)
{
    return (u64)(((unsigned __int128)a * b) >> shift);
}
#endif
