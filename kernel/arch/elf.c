// SPDX-License-Identifier: MIT
/* What programs are told about the processor through the auxiliary vector. */
#include <kernel/arch/elf.h>

#include "msr.h"

#include <kernel/arch/cpu.h>
#include <kernel/arch/fpu.h>

/* Frame without the vector state: ucontext, siginfo, return address, red zone, alignment. */
#define SIGFRAME_FIXED 960

u64 arch_hwcap(void)
{
    return cpuid(1, 0).edx;
}

u64 arch_hwcap2(void)
{
    return cpu_has(CPU_FSGSBASE) ? 2 : 0;
}

u64 arch_min_sigstack(void)
{
    return SIGFRAME_FIXED + fpu_user_size();
}
