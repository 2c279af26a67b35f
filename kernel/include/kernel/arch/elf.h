/* SPDX-License-Identifier: MIT */
/* What programs are told about the processor, and the vDSO. */
#ifndef KERNEL_ARCH_ELF_H
#define KERNEL_ARCH_ELF_H

#include <kernel/types.h>

struct mm;

u64 arch_hwcap(void);        /* CPUID 1, EDX */
u64 arch_hwcap2(void);       /* bit 1: FSGSBASE may be used */
u64 arch_min_sigstack(void); /* bytes a signal frame can take */
/* Maps the vDSO, if there is one, and notes it in mm->vdso. 0 or -errno. */
int arch_map_vdso(struct mm *mm);
#endif
