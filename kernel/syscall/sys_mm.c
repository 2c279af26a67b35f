// SPDX-License-Identifier: MIT
/* Calls that change the address space. */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/errno.h>
#include <abi/linux/mman.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/mmap.h>
#include <kernel/sched/task.h>
#include <kernel/vfs/file.h>

/* What MAP_SHARED_VALIDATE must refuse to know. */
#define MAP_KNOWN                                                                            \
    (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN | MAP_DENYWRITE |      \
     MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | \
     MAP_FIXED_NOREPLACE)

long sys_mmap(unsigned long addr, unsigned long len, unsigned long prot, unsigned long flags,
              unsigned long fd, unsigned long offset)
{
    struct file *file = NULL;
    unsigned long result;

    if (offset & ~PAGE_MASK)
        return -EINVAL;
    if (flags & MAP_HUGETLB)
        return flags & MAP_ANONYMOUS ? -ENOMEM : -EINVAL; /* the pool of huge pages is empty */
    if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE && flags & ~(unsigned long)MAP_KNOWN)
        return -EOPNOTSUPP;
    if (!(flags & MAP_ANONYMOUS)) {
        file = file_get_fd((unsigned int)fd);
        if (!file)
            return -EBADF;
    }
    result =
        do_mmap(file, addr, len, (unsigned int)prot, (unsigned int)flags, offset >> PAGE_SHIFT);
    if (file)
        file_put(file);
    return (long)result;
}

long sys_munmap(unsigned long addr, size_t len)
{
    return do_munmap(current->mm, addr, len);
}

long sys_mprotect(unsigned long start, size_t len, unsigned long prot)
{
    return do_mprotect(start, len, prot);
}

long sys_brk(unsigned long brk)
{
    return (long)do_brk(brk);
}

long sys_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len,
                unsigned long flags, unsigned long new_addr)
{
    return (long)do_mremap(addr, old_len, new_len, flags, new_addr);
}

long sys_madvise(unsigned long start, size_t len, int advice)
{
    return do_madvise(start, len, advice);
}

long sys_msync(unsigned long start, size_t len, int flags)
{
    return do_msync(start, len, flags);
}

long sys_mincore(unsigned long start, size_t len, unsigned char __user *vec)
{
    return do_mincore(start, len, vec);
}

long sys_mlock(unsigned long start, size_t len)
{
    return do_mlock(start, len, true, false);
}

long sys_mlock2(unsigned long start, size_t len, int flags)
{
    if (flags & ~MLOCK_ONFAULT)
        return -EINVAL;
    return do_mlock(start, len, true, flags & MLOCK_ONFAULT);
}

long sys_munlock(unsigned long start, size_t len)
{
    return do_mlock(start, len, false, false);
}

long sys_mlockall(int flags)
{
    if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT)
        return -EINVAL;
    return do_mlockall(flags);
}

long sys_munlockall(void)
{
    return do_mlockall(0);
}
