/* SPDX-License-Identifier: MIT */
/* The page of clock data that every program can read, between kernel/time and the vDSO. */
#ifndef KERNEL_ARCH_VDSO_DATA_H
#define KERNEL_ARCH_VDSO_DATA_H

#include <kernel/types.h>

/* Readers retry while sequence is odd or has changed (seqlock). */
struct vdso_data {
    u32 sequence;
    u32 has_rdtscp;      /* RDTSCP gives the CPU number */
    u64 tsc_start;       /* monotonic time 0 */
    u64 ns_per_cycle_fp; /* 32.32; 0: clocks are not running yet */
    s64 real_offset_ns;  /* real time - monotonic time */
};

/* The data page as the vDSO itself sees it (vdso.lds). */
extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

/* Publishes the clocks' parameters. Context: the setter of the clocks, one at a time. */
void vdso_update(u64 tsc_start, u64 ns_per_cycle_fp, s64 real_offset_ns);
#endif
