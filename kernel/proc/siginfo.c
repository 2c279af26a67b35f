/* SPDX-License-Identifier: MIT */
/* siginfo_t to and from user programs. Theirs is SIGINFO_SIZE bytes, of which we use the first. */
#include <kernel/proc/signal.h>

#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>

#define SIGINFO_REST (SIGINFO_SIZE - sizeof(struct siginfo))

int siginfo_to_user(void __user *to, const struct siginfo *info)
{
    if (copy_to_user(to, info, sizeof(*info)) || clear_user(to + sizeof(*info), SIGINFO_REST))
        return -EFAULT;
    return 0;
}

int siginfo_from_user(struct siginfo *info, const void __user *from)
{
    u8 rest[SIGINFO_REST];

    if (copy_from_user(info, from, sizeof(*info)))
        return -EFAULT;
    if (info->si_code >= SI_DETHREAD)
        return 0;
    if (copy_from_user(rest, from + sizeof(*info), sizeof(rest)))
        return -EFAULT;
    return memchr_inv(rest, 0, sizeof(rest)) ? -E2BIG : 0;
}
