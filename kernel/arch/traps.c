// SPDX-License-Identifier: MIT
/*
 * Exceptions: what a program did becomes a signal, what the kernel expected becomes its recovery
 * (exception table), and the rest is a bug and stops the machine with everything known about it.
 */
#include "cpu.h"

#include "fault.h"
#include "msr.h"
#include "uaccess.h"

#include <abi/linux/signal.h>
#include <kernel/arch/ptrace.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/irq/dispatch.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/sched.h>

#define VECTOR_DEBUG      1
#define VECTOR_NMI        2
#define VECTOR_BREAKPOINT 3
#define VECTOR_DF         8
#define VECTOR_GP         13
#define VECTOR_PF         14
#define VECTOR_MF         16
#define VECTOR_MC         18
#define VECTOR_XM         19
#define VECTOR_FIRST_IRQ  32

static const struct {
    const char *name;
    u8 sig;
    s8 code; /* si_code; 0 means SI_KERNEL */
} exceptions[VECTOR_FIRST_IRQ] = {
    [0] = {"divide error", SIGFPE, FPE_INTDIV},
    [1] = {"debug", SIGTRAP, TRAP_TRACE},
    [2] = {"NMI", 0, 0},
    [3] = {"int3", SIGTRAP, 0},
    [4] = {"overflow", SIGSEGV, 0},
    [5] = {"bounds", SIGSEGV, 0},
    [6] = {"invalid opcode", SIGILL, ILL_ILLOPN},
    [7] = {"device not available", SIGSEGV, 0},
    [8] = {"double fault", 0, 0},
    [9] = {"coprocessor segment overrun", SIGFPE, 0},
    [10] = {"invalid TSS", SIGSEGV, 0},
    [11] = {"segment not present", SIGBUS, 0},
    [12] = {"stack segment", SIGBUS, 0},
    [13] = {"general protection fault", SIGSEGV, 0},
    [16] = {"x87 floating point", SIGFPE, 0},
    [17] = {"alignment check", SIGBUS, BUS_ADRALN},
    [18] = {"machine check", 0, 0},
    [19] = {"SIMD floating point", SIGFPE, 0},
    [20] = {"virtualization", 0, 0},
    [21] = {"control protection", SIGSEGV, 0},
};

static const char *trap_name(unsigned int vector)
{
    return vector < VECTOR_FIRST_IRQ && exceptions[vector].name ? exceptions[vector].name
                                                                : "unknown exception";
}

static void trap_die(struct pt_regs *regs, unsigned int vector, u64 error)
{
    panic_regs(regs, "%s in the kernel (vector %u, error code %llx)", trap_name(vector), vector,
               error);
}

/* si_code of a floating point exception, from the unmasked bits of the x87 or SSE status. */
static int fpe_code(u32 raised)
{
    if (raised & 0x01)
        return FPE_FLTINV;
    if (raised & 0x04)
        return FPE_FLTDIV;
    if (raised & 0x08)
        return FPE_FLTOVF;
    if (raised & 0x12)
        return FPE_FLTUND;
    if (raised & 0x20)
        return FPE_FLTRES;
    return 0;
}

static int math_error_code(unsigned int vector)
{
    if (vector == VECTOR_MF) {
        u16 status, control;

        asm volatile("fnstsw %0; fnstcw %1" : "=m"(status), "=m"(control));
        return fpe_code(status & ~control & 0x3f);
    }
    {
        u32 mxcsr;

        asm volatile("stmxcsr %0" : "=m"(mxcsr));
        return fpe_code(~(mxcsr >> 7) & mxcsr & 0x3f);
    }
}

static void trap_user(struct pt_regs *regs, unsigned int vector, u64 error)
{
    int code = exceptions[vector].code ? exceptions[vector].code : SI_KERNEL;
    unsigned long address = regs->rip;

    if (!exceptions[vector].sig)
        trap_die(regs, vector, error);
    current->thread.trap_nr = vector;
    current->thread.error_code = error;
    if (vector == VECTOR_MF || vector == VECTOR_XM)
        code = math_error_code(vector);
    else if (code == SI_KERNEL)
        address = 0;
    local_irq_enable();
    force_sig_fault(exceptions[vector].sig, code, (void __user *)address);
}

static void trap_debug(struct pt_regs *regs, u64 error)
{
    u64 dr6 = read_dr6();

    write_dr6(0xffff0ff0);
    if (!user_mode(regs)) {
        /* A single step that SYSCALL or an exception entry ran into: it ends here. */
        regs->rflags &= ~X86_EFLAGS_TF;
        return;
    }
    (void)dr6;
    trap_user(regs, VECTOR_DEBUG, error);
}

static void trap_gp(struct pt_regs *regs, u64 error)
{
    unsigned long fixup = extable_fixup(regs->rip);

    if (!fixup)
        trap_die(regs, VECTOR_GP, error);
    regs->rip = fixup;
}

void trap_dispatch(struct pt_regs *regs, unsigned int vector)
{
    u64 error;

    if (vector >= VECTOR_FIRST_IRQ) {
        irq_dispatch(regs, vector);
        return;
    }
    error = regs->orig_rax == ~0ULL ? 0 : regs->orig_rax;
    regs->orig_rax = ~0ULL; /* no system call to restart */
    switch (vector) {
    case VECTOR_PF: page_fault(regs, error); return;
    case VECTOR_NMI: nmi_dispatch(regs); return;
    case VECTOR_DEBUG: trap_debug(regs, error); return;
    case VECTOR_DF:
    case VECTOR_MC: trap_die(regs, vector, error);
    }
    if (user_mode(regs))
        trap_user(regs, vector, error);
    else if (vector == VECTOR_GP)
        trap_gp(regs, error);
    else
        trap_die(regs, vector, error);
}
