/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOST_MM_CACHE_H
#define TESTS_HOST_MM_CACHE_H

#include <stddef.h>

/* User copies fail from here on for size bytes. */
void cache_user_hole(const void *start, size_t size);
extern unsigned int cache_unmaps;
#endif
