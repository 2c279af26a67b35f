/* SPDX-License-Identifier: MIT */
/* Between the parts of the access checks. See kasan.c. */
#ifndef DEBUG_KASAN_H
#define DEBUG_KASAN_H

#include <kernel/arch/paging.h>
#include <kernel/debug/kasan.h>

#define SHADOW_SHIFT  3
#define GRANULE       (1UL << SHADOW_SHIFT)
#define SHADOW_OFFSET 0xdffffc0000000000UL /* also in kernel/module.mk */
#define SHADOW_SIZE   (16UL << 40)

/* What a shadow byte says of its 8 bytes: 0 all, 1..7 the first n, else none may be accessed, and
 * why. The 0xf1 to 0xf8 ones are written by the compiler's own code. */
#define SHADOW_STACK_LEFT   0xf1
#define SHADOW_STACK_MIDDLE 0xf2
#define SHADOW_STACK_RIGHT  0xf3
#define SHADOW_STACK_SCOPE  0xf8
#define SHADOW_GLOBAL       0xf9
#define SHADOW_VMALLOC      0xfa
#define SHADOW_SLAB_FREE    0xfb
#define SHADOW_SLAB_ZONE    0xfc
#define SHADOW_PAGE_FREE    0xff

static inline u8 *shadow_of(const void *p)
{
    return (u8 *)(((unsigned long)p >> SHADOW_SHIFT) + SHADOW_OFFSET);
}

/* p is aligned to 8; the size is rounded up. */
void kasan_poison(const void *p, size_t size, u8 value);
/* The first byte of the range that may not be accessed, or NULL. */
const void *kasan_find_bad(const void *p, size_t size);
void kasan_report(const void *p, size_t size, bool write, unsigned long ip);
/* Describes the slab object around p, if there is one. */
bool kasan_describe_slab(const void *p);
/* The global behind whose end p lies, if one does. */
bool kasan_describe_global(const void *p);
#endif
