/* SPDX-License-Identifier: MIT */
/* The alternate signal stack: sigaltstack(2). */
#include <kernel/proc/signal.h>

#include <kernel/err.h>

bool altstack_is_at(unsigned long sp)
{
    const struct altstack *alt = &current->altstack;

    /* The stack grows down: its highest byte is in use by a frame at sp == end. */
    return sp > alt->sp && sp - alt->sp <= alt->size;
}

static bool altstack_in_use(unsigned long sp)
{
    return !(current->altstack.flags & SS_AUTODISARM) && altstack_is_at(sp);
}

int altstack_flags(unsigned long sp)
{
    if (!current->altstack.size)
        return SS_DISABLE;
    return altstack_in_use(sp) ? SS_ONSTACK : 0;
}

void altstack_get(linux_stack_t *out, unsigned long sp)
{
    const struct altstack *alt = &current->altstack;

    *out = (linux_stack_t){
        .ss_sp = (void *)alt->sp,
        .ss_size = alt->size,
        .ss_flags = altstack_flags(sp) | (int)(alt->flags & SS_AUTODISARM),
    };
}

int altstack_set(const linux_stack_t *in, unsigned long sp)
{
    unsigned int mode = (unsigned int)in->ss_flags & ~SS_AUTODISARM;
    struct altstack alt = {
        .sp = (unsigned long)in->ss_sp,
        .size = in->ss_size,
        .flags = (u32)in->ss_flags,
    };

    if (altstack_in_use(sp))
        return -EPERM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
        return -EINVAL;
    if (mode == SS_DISABLE) {
        alt.sp = 0;
        alt.size = 0;
    } else if (alt.size < MINSIGSTKSZ) {
        return -ENOMEM;
    }
    current->altstack = alt;
    return 0;
}

void altstack_disarm(void)
{
    current->altstack = (struct altstack){.flags = SS_DISABLE};
}
