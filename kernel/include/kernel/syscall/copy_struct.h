/* SPDX-License-Identifier: MIT */
/* Structures that grow: the caller says how much of one it knows. */
#ifndef KERNEL_SYSCALL_COPY_STRUCT_H
#define KERNEL_SYSCALL_COPY_STRUCT_H

#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>

/*
 * Copies what both know, zeroes what the user did not give; -E2BIG when bytes that the kernel does
 * not know are not zero; -EFAULT.
 */
static inline int __must_check copy_struct_from_user(void *to, size_t size, const void __user *from,
                                                     size_t user_size)
{
    const char __user *rest = (const char __user *)from + size;

    if (user_size > 4096)
        return -E2BIG;
    for (size_t i = size; i < user_size; i++, rest++) {
        char c;

        if (get_user(c, rest))
            return -EFAULT;
        if (c)
            return -E2BIG;
    }
    memset(to, 0, size);
    return copy_from_user(to, from, min(size, user_size)) ? -EFAULT : 0;
}
#endif
