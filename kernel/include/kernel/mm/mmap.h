/* SPDX-License-Identifier: MIT */
/* What the memory system calls do, on current's address space. Task context, may sleep. */
#ifndef KERNEL_MM_MMAP_H
#define KERNEL_MM_MMAP_H

#include <kernel/types.h>

struct mm;

/* The new break, or the old one if it cannot be had (brk(2)). */
unsigned long do_brk(unsigned long brk);
int do_mprotect(unsigned long start, size_t len, unsigned long prot);
unsigned long do_mremap(unsigned long addr, size_t old_len, size_t new_len, unsigned long flags,
                        unsigned long new_addr);
int do_madvise(unsigned long start, size_t len, int advice);
int do_msync(unsigned long start, size_t len, int flags);
int do_mincore(unsigned long start, size_t len, unsigned char __user *vec);
int do_mlock(unsigned long start, size_t len, bool lock, bool on_fault);
int do_mlockall(int flags);
/* Faults a range in. 0, -ENOMEM (not mapped, or no memory), -EFAULT, -EINTR. */
int mm_populate(struct mm *mm, unsigned long start, size_t len);
/* PROT_* as VM_*. */
unsigned long mmap_prot_flags(unsigned int prot);
/* Pages promised to all address spaces: Committed_AS. */
u64 mm_committed_pages(void);
#endif
