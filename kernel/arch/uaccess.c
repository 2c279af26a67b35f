// SPDX-License-Identifier: MIT
/*
 * Copies between kernel and user space: range checks here, the copying in uaccess.S, the recovery
 * in the page fault handler (extable_fixup).
 */
#include <kernel/arch/uaccess.h>

#include "uaccess.h"

#include <abi/linux/errno.h>
#include <kernel/base/sections.h>
#include <kernel/debug/kasan.h>
#include <kernel/lib/string.h>
#include <kernel/sched/task.h>

struct extable_entry {
    s32 insn, fixup; /* relative to their own addresses */
};

unsigned long extable_fixup(unsigned long rip)
{
    const struct extable_entry *entry = (const void *)__ex_table_start;

    for (; entry < (const struct extable_entry *)(const void *)__ex_table_end; entry++) {
        if ((unsigned long)&entry->insn + entry->insn == rip)
            return (unsigned long)&entry->fixup + entry->fixup;
    }
    return 0;
}

size_t copy_from_user(void *to, const void __user *from, size_t size)
{
    size_t left = size;

    might_fault();
    kasan_check_write(to, size);
    if (likely(access_ok(from, size)))
        left = user_copy(to, from, size);
    if (unlikely(left))
        memset((char *)to + (size - left), 0, left);
    return left;
}

size_t copy_to_user(void __user *to, const void *from, size_t size)
{
    might_fault();
    kasan_check_read(from, size);
    return likely(access_ok(to, size)) ? user_copy(to, from, size) : size;
}

size_t clear_user(void __user *to, size_t size)
{
    might_fault();
    return likely(access_ok(to, size)) ? user_clear(to, size) : size;
}

ssize_t strncpy_from_user(char *to, const char __user *from, size_t size)
{
    size_t reach;

    might_fault();
    if ((unsigned long)from >= USER_ADDR_MAX)
        return -EFAULT;
    reach = min_t(size_t, size, USER_ADDR_MAX - (unsigned long)from);
    {
        ssize_t n = user_string_copy(to, from, reach);

        /* The string ran into the end of user space. */
        return n == (ssize_t)reach && reach < size ? -EFAULT : n;
    }
}

size_t strnlen_user(const char __user *s, size_t max)
{
    size_t reach, n;

    might_fault();
    if ((unsigned long)s >= USER_ADDR_MAX)
        return 0;
    reach = min_t(size_t, max, USER_ADDR_MAX - (unsigned long)s);
    n = user_string_length(s, reach);
    return n > reach && reach < max ? 0 : n;
}

void pagefault_disable(void)
{
    current->pagefault_disabled++;
    barrier();
}

void pagefault_enable(void)
{
    barrier();
    current->pagefault_disabled--;
}

size_t copy_from_user_nofault(void *to, const void __user *from, size_t size)
{
    size_t left = size;

    kasan_check_write(to, size);
    pagefault_disable();
    if (access_ok(from, size))
        left = user_copy(to, from, size);
    pagefault_enable();
    return left;
}

size_t copy_to_user_nofault(void __user *to, const void *from, size_t size)
{
    size_t left = size;

    kasan_check_read(from, size);
    pagefault_disable();
    if (access_ok(to, size))
        left = user_copy(to, from, size);
    pagefault_enable();
    return left;
}

int cmpxchg_user32(u32 __user *p, u32 *old, u32 new_value)
{
    if (!access_ok(p, sizeof(*p)) || (unsigned long)p & 3)
        return -EFAULT;
    return user_cmpxchg32(p, old, new_value);
}

int get_user_bytes(void *to, const void __user *from, size_t size)
{
    return copy_from_user(to, from, size) ? -EFAULT : 0;
}

int put_user_bytes(void __user *to, const void *from, size_t size)
{
    return copy_to_user(to, from, size) ? -EFAULT : 0;
}
