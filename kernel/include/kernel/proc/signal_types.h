/* SPDX-License-Identifier: MIT */
/* The parts of signal state that live inside struct task; the rest is in <kernel/proc/signal.h>. */
#ifndef KERNEL_PROC_SIGNAL_TYPES_H
#define KERNEL_PROC_SIGNAL_TYPES_H

#include <kernel/lib/list.h>
#include <kernel/types.h>

#ifndef __KERNEL__
#define sigset_t kernel_sigset_t /* the C library has its own of that name */
#endif

/* Signal n is bit n - 1. */
typedef struct sigset {
    u64 bits;
} sigset_t;

struct sigpending {
    struct list_head queue;
    sigset_t set;
};

struct altstack {
    unsigned long sp;
    size_t size;
    u32 flags;
};
#endif
