/* SPDX-License-Identifier: MIT */
/*
 * Call chains that many objects share, kept once. Context: any but NMI.
 */
#ifndef DEBUG_DEPOT_H
#define DEBUG_DEPOT_H

#include <kernel/debug/report.h>

/* The number of the caller's chain from @ip outwards; 0 when the depot is full. */
u32 depot_take(unsigned long ip);
/* The chain of a number; NULL for 0. */
const struct trace *depot_get(u32 number);
#endif
