/* SPDX-License-Identifier: MIT */
/* The kernel's memory functions under names of their own, beside those of the C library. */
#define memcpy  kernel_memcpy
#define memmove kernel_memmove
#define memset  kernel_memset
#include "../../../kernel/lib/memops.S"
