/* SPDX-License-Identifier: MIT */
/* Sorting in place, without recursion or allocation (heap sort; not stable), and binary search. */
#ifndef KERNEL_LIB_SORT_H
#define KERNEL_LIB_SORT_H

#include <kernel/types.h>

typedef int (*sort_cmp_fn)(const void *a, const void *b);

/** sort() - @n elements of @size bytes by @cmp (negative: a before b). O(n log n) always. */
void sort(void *base, size_t n, size_t size, sort_cmp_fn cmp);

/** binary_search() - an element for which @cmp(key, element) is 0, or NULL. */
void *binary_search(const void *key, const void *base, size_t n, size_t size, sort_cmp_fn cmp);

#endif
