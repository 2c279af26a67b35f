/* SPDX-License-Identifier: MIT */
/*
 * Signals that a thread causes by what it does: a fault, a bad signal frame. It cannot block or
 * ignore them, since it would only cause them again: then they do what they do by default.
 */
#include "signal_internal.h"

#include <kernel/err.h>

/* current's action for @sig becomes SIG_DFL, and it is not blocked. signal->lock held. */
static void signal_make_default(int sig)
{
    struct sighand *hand = current->signal->sighand;

    spin_lock(&hand->lock);
    hand->action[sig - 1].handler = SIG_DFL;
    spin_unlock(&hand->lock);
}

static void force_sig_locked(struct siginfo *info, bool fatal)
{
    struct signal_state *signal = current->signal;
    int sig = info->si_signo;
    bool blocked = sigset_has(&current->blocked, sig);
    unsigned long handler = signal_handler_get(signal, sig);

    if (blocked || handler == SIG_IGN || fatal) {
        signal_make_default(sig);
        handler = SIG_DFL;
        sigset_del(&current->blocked, sig);
    }
    /* Even init dies of its own faults. */
    if (handler == SIG_DFL)
        signal->flags &= ~SIGNAL_UNKILLABLE;
    signal_send_locked(sig, info, current, PIDTYPE_PID);
    /* It may have been pending, blocked, before. */
    signal_work_update();
}

static void force_sig_common(struct siginfo *info, bool fatal)
{
    unsigned long flags;

    spin_lock_irqsave(&current->signal->lock, flags);
    force_sig_locked(info, fatal);
    spin_unlock_irqrestore(&current->signal->lock, flags);
}

void force_sig_info(struct siginfo *info)
{
    force_sig_common(info, false);
}

void force_sig(int sig)
{
    struct siginfo info = {.si_signo = sig, .si_code = SI_KERNEL};

    force_sig_common(&info, false);
}

void force_fatal_sig(int sig)
{
    struct siginfo info = {.si_signo = sig, .si_code = SI_KERNEL};

    force_sig_common(&info, true);
}

void force_sig_fault(int sig, int code, void __user *addr)
{
    struct siginfo info = {.si_signo = sig, .si_code = code};

    info.si_addr = addr;
    force_sig_common(&info, false);
}

void force_sigsegv(int sig)
{
    if (sig == SIGSEGV)
        force_fatal_sig(SIGSEGV);
    else
        force_sig(SIGSEGV);
}
