/* SPDX-License-Identifier: MIT */
/*
 * Copies between kernel and user space. A fault on a user address is resolved like any other, or
 * ends the copy through the exception table; SMAP is opened only inside.
 *
 * Context: task, may sleep (page faults) unless page faults are disabled, then a missing page
 * ends the copy. Any address and length may be passed: ranges outside user space fail.
 */
#ifndef KERNEL_ARCH_UACCESS_H
#define KERNEL_ARCH_UACCESS_H

#include <kernel/compiler.h>
#include <kernel/types.h>

/* One past the last user address; user programs get 47 bits. */
#define USER_ADDR_MAX 0x00007ffffffff000UL

static inline bool access_ok(const void __user *p, size_t size)
{
    return size <= USER_ADDR_MAX && (unsigned long)p <= USER_ADDR_MAX - size;
}

/* Both return the number of bytes NOT copied; copy_from_user() zeroes what it could not fill. */
size_t __must_check copy_from_user(void *to, const void __user *from, size_t size);
size_t __must_check copy_to_user(void __user *to, const void *from, size_t size);
/* The number of bytes that could not be cleared. */
size_t __must_check clear_user(void __user *to, size_t size);

/* Copies a string of at most size bytes, NUL included. Returns its length without the NUL;
 * size when there is no NUL in the first size bytes; -EFAULT. */
ssize_t __must_check strncpy_from_user(char *to, const char __user *from, size_t size);
/* Length with the NUL; more than max when there is none; 0 on a fault. */
size_t __must_check strnlen_user(const char __user *s, size_t max);

/* As the copies, but never sleep: a page that is not there ends them. */
size_t __must_check copy_from_user_nofault(void *to, const void __user *from, size_t size);
size_t __must_check copy_to_user_nofault(void __user *to, const void *from, size_t size);

/* Atomic compare-and-exchange on a user word (futex). 0 or -EFAULT; *old is what was there. */
int __must_check cmpxchg_user32(u32 __user *p, u32 *old, u32 new_value);

/* Single values: 0 or -EFAULT. */
int __must_check get_user_bytes(void *to, const void __user *from, size_t size);
int __must_check put_user_bytes(void __user *to, const void *from, size_t size);
#define get_user(x, p) \
    get_user_bytes(&(x), (p), sizeof(*(p)) + 0 * sizeof(char[sizeof(x) == sizeof(*(p)) ? 1 : -1]))
#define put_user(x, p)                            \
    ({                                            \
        typeof(*(p)) __pu = (x);                  \
        put_user_bytes((p), &__pu, sizeof(__pu)); \
    })

/* Within these a page fault on a user address fails at once instead of being resolved. */
void pagefault_disable(void);
void pagefault_enable(void);
#endif
