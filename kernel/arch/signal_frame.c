// SPDX-License-Identifier: MIT
/*
 * Signal frames: how a handler is entered, and how the interrupted program goes on.
 *
 * The frame (struct rt_sigframe) stands on the user's stack below the red zone (or on the alternate
 * stack), with the vector state above it, 64-byte aligned. At the handler's first instruction the
 * stack looks as after a call: rsp % 16 == 8, and the return address is the restorer, which calls
 * rt_sigreturn(2). The layout is Linux's, since debuggers and unwinders know it.
 *
 * What a program may change in the frame is taken back with care: only flags that user mode owns,
 * only user selectors, no instruction pointer outside user space.
 */
#include <abi/linux/signal.h>
#include <kernel/arch/fpu.h>
#include <kernel/arch/ptrace.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/string.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>
#include <kernel/syscall/return.h>
#include <kernel/syscall/syscalls.h>

#define RED_ZONE_BYTES     128
#define NR_RESTART_SYSCALL 219
#define SYSCALL_INSN_BYTES 2

#define RFLAGS_TF   0x00000100UL
#define RFLAGS_DF   0x00000400UL
#define RFLAGS_RF   0x00010000UL
#define RFLAGS_USER 0x00050dd5UL /* CF PF AF ZF SF TF DF OF RF AC: what a program may set */

static bool in_syscall(const struct pt_regs *regs)
{
    return (s64)regs->orig_rax >= 0;
}

/* The call is made again when the program goes on. */
static void syscall_again(struct pt_regs *regs, u64 nr)
{
    regs->rax = nr;
    regs->rip -= SYSCALL_INSN_BYTES;
}

static void syscall_restart_after_handler(struct pt_regs *regs, unsigned long sa_flags)
{
    if (!in_syscall(regs))
        return;
    switch ((s64)regs->rax) {
    case -ERESTART_RESTARTBLOCK:
    case -ERESTARTNOHAND: regs->rax = (u64)-EINTR; break;
    case -ERESTARTSYS:
        if (!(sa_flags & SA_RESTART)) {
            regs->rax = (u64)-EINTR;
            break;
        }
        fallthrough;
    case -ERESTARTNOINTR: syscall_again(regs, regs->orig_rax); break;
    }
}

static void syscall_restart_without_handler(struct pt_regs *regs)
{
    if (!in_syscall(regs))
        return;
    switch ((s64)regs->rax) {
    case -ERESTARTNOHAND:
    case -ERESTARTSYS:
    case -ERESTARTNOINTR: syscall_again(regs, regs->orig_rax); break;
    case -ERESTART_RESTARTBLOCK: syscall_again(regs, NR_RESTART_SYSCALL); break;
    }
}

/* Where the frame goes and, above it, the vector state; 0 when the alternate stack is too small. */
static unsigned long frame_place(const struct pt_regs *regs, unsigned long sa_flags,
                                 unsigned long *fpstate)
{
    unsigned long sp = regs->rsp - RED_ZONE_BYTES;
    bool on_altstack = altstack_is_at(regs->rsp) && current->altstack.size;

    if ((sa_flags & SA_ONSTACK) && altstack_flags(regs->rsp) == 0) {
        sp = current->altstack.sp + current->altstack.size;
        on_altstack = true;
    }
    *fpstate = round_down(sp - fpu_user_size(), 64);
    sp = round_down(*fpstate - sizeof(struct rt_sigframe), 16) - 8;
    if (on_altstack && !altstack_is_at(sp))
        return 0;
    return sp;
}

static void sigcontext_save(struct sigcontext *sc, const struct pt_regs *regs,
                            unsigned long fpstate, u64 oldmask)
{
    *sc = (struct sigcontext){
        .r8 = regs->r8,
        .r9 = regs->r9,
        .r10 = regs->r10,
        .r11 = regs->r11,
        .r12 = regs->r12,
        .r13 = regs->r13,
        .r14 = regs->r14,
        .r15 = regs->r15,
        .rdi = regs->rdi,
        .rsi = regs->rsi,
        .rbp = regs->rbp,
        .rbx = regs->rbx,
        .rdx = regs->rdx,
        .rax = regs->rax,
        .rcx = regs->rcx,
        .rsp = regs->rsp,
        .rip = regs->rip,
        .rflags = regs->rflags,
        .cs = (unsigned short)regs->cs,
        .ss = (unsigned short)regs->ss,
        .err = current->thread.error_code,
        .trapno = current->thread.trap_nr,
        .oldmask = oldmask,
        .cr2 = current->thread.cr2,
        .fpstate = (void *)fpstate,
    };
}

static void frame_fill(struct rt_sigframe *frame, const struct signal_delivery *delivery,
                       const struct pt_regs *regs, unsigned long fpstate)
{
    u64 mask = current->restore_mask ? current->saved_mask.bits : current->blocked.bits;

    memset(frame, 0, sizeof(*frame));
    frame->pretcode = (void *)delivery->action.restorer;
    frame->uc.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    frame->uc.uc_stack.ss_sp = (void *)current->altstack.sp;
    frame->uc.uc_stack.ss_flags = (int)current->altstack.flags;
    frame->uc.uc_stack.ss_size = current->altstack.size;
    sigcontext_save(&frame->uc.uc_mcontext, regs, fpstate, mask);
    frame->uc.uc_sigmask = mask;
    if (delivery->action.flags & SA_SIGINFO)
        frame->info = delivery->info;
}

static void regs_enter_handler(struct pt_regs *regs, const struct signal_delivery *delivery,
                               unsigned long sp)
{
    regs->rdi = (u64)delivery->sig;
    regs->rsi = sp + offsetof(struct rt_sigframe, info);
    regs->rdx = sp + offsetof(struct rt_sigframe, uc);
    regs->rax = 0;
    regs->rip = delivery->action.handler;
    regs->rsp = sp;
    regs->cs = USER_CS;
    regs->ss = USER_DS;
    regs->rflags &= ~(RFLAGS_DF | RFLAGS_RF | RFLAGS_TF);
}

/* 0, or -EFAULT when the handler cannot be entered. */
static int frame_setup(const struct signal_delivery *delivery, struct pt_regs *regs)
{
    struct rt_sigframe frame;
    unsigned long fpstate, sp = frame_place(regs, delivery->action.flags, &fpstate);

    if (!sp || !(delivery->action.flags & SA_RESTORER) || delivery->action.handler >= USER_ADDR_MAX)
        return -EFAULT;
    if (fpu_save_to_user((void __user *)fpstate))
        return -EFAULT;
    frame_fill(&frame, delivery, regs, fpstate);
    if (copy_to_user((void __user *)sp, &frame, sizeof(frame)))
        return -EFAULT;
    if (current->altstack.flags & SS_AUTODISARM)
        altstack_disarm();
    /* The handler begins with the initial vector state. */
    if (fpu_restore_from_user(NULL))
        return -EFAULT;
    regs_enter_handler(regs, delivery, sp);
    return 0;
}

void do_signal(struct pt_regs *regs)
{
    struct signal_delivery delivery;

    if (signal_take(&delivery)) {
        syscall_restart_after_handler(regs, delivery.action.flags);
        signal_delivered(&delivery, frame_setup(&delivery, regs) == 0);
        return;
    }
    syscall_restart_without_handler(regs);
    signal_mask_restore();
}

static void sigcontext_restore(struct pt_regs *regs, const struct sigcontext *sc)
{
    regs->r8 = sc->r8;
    regs->r9 = sc->r9;
    regs->r10 = sc->r10;
    regs->r11 = sc->r11;
    regs->r12 = sc->r12;
    regs->r13 = sc->r13;
    regs->r14 = sc->r14;
    regs->r15 = sc->r15;
    regs->rdi = sc->rdi;
    regs->rsi = sc->rsi;
    regs->rbp = sc->rbp;
    regs->rbx = sc->rbx;
    regs->rdx = sc->rdx;
    regs->rax = sc->rax;
    regs->rcx = sc->rcx;
    regs->rsp = sc->rsp;
    regs->rip = sc->rip;
    regs->rflags = (regs->rflags & ~RFLAGS_USER) | (sc->rflags & RFLAGS_USER);
    regs->cs = sc->cs == USER32_CS ? USER32_CS : USER_CS;
    regs->ss = USER_DS;
    regs->orig_rax = ~0ULL;
}

static int frame_restore(struct pt_regs *regs)
{
    const struct rt_sigframe __user *frame = (const void __user *)(regs->rsp - 8);
    struct linux_ucontext uc;

    if (copy_from_user(&uc, &frame->uc, sizeof(uc)) || uc.uc_mcontext.rip >= USER_ADDR_MAX)
        return -EFAULT;
    signal_mask_set((sigset_t){uc.uc_sigmask});
    if (fpu_restore_from_user(uc.uc_mcontext.fpstate))
        return -EFAULT;
    sigcontext_restore(regs, &uc.uc_mcontext);
    /* All registers are new: SYSRET, which needs RCX and R11, is not the way out. */
    task_work_set(current, WORK_NOTIFY_RESUME);
    /* As Linux: a stack that cannot be set is not an error here. */
    (void)!altstack_set(&uc.uc_stack, regs->rsp);
    return 0;
}

long sys_rt_sigreturn(void)
{
    struct pt_regs *regs = task_regs(current);

    if (frame_restore(regs)) {
        force_sig(SIGSEGV);
        return 0;
    }
    return (long)regs->rax;
}
