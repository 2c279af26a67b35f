/* SPDX-License-Identifier: MIT */
/*
 * Page tables as mm sees them: always four levels below a root (a fifth, if the processor uses it,
 * is hidden in the root's allocation). Entries are changed with plain 64-bit stores; clearing one
 * that may be in use by a processor is an exchange, so that no accessed or dirty bit is lost.
 */
#ifndef KERNEL_ARCH_PGTABLE_H
#define KERNEL_ARCH_PGTABLE_H

#include <kernel/arch/paging.h>

#define PTRS_PER_TABLE 512

/* A root for a user address space, the kernel half filled in. NULL: no memory. */
u64 *pgd_create(void);
void pgd_destroy(u64 *pgd); /* the user half must be empty */
/* The level-4 table of user addresses (the root itself with 4 levels). */
u64 *pgd_user_table(u64 *pgd);

static inline unsigned int table_index(unsigned long address, unsigned int level)
{
    return (address >> (PAGE_SHIFT + 9 * (level - 1))) & (PTRS_PER_TABLE - 1);
}
static inline u64 *entry_table(u64 entry)
{
    return phys_to_virt(entry & PTE_PFN_MASK);
}
static inline u64 entry_load(const u64 *entry)
{
    return READ_ONCE(*entry);
}
static inline void entry_store(u64 *entry, u64 value)
{
    WRITE_ONCE(*entry, value);
}
static inline u64 entry_exchange(u64 *entry, u64 value)
{
    return __atomic_exchange_n(entry, value, __ATOMIC_SEQ_CST);
}
static inline bool entry_try_change(u64 *entry, u64 *old, u64 value)
{
    return __atomic_compare_exchange_n(entry, old, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

/* Entries that lead to the next table of a user address space. */
#define TABLE_ENTRY (PTE_P | PTE_W | PTE_U | PTE_A)

/* Flushes of user translations of one address space, on every CPU that may hold them. Preemption on
 * or off; interrupts on when other CPUs run. */
struct mm;
void tlb_flush_page(struct mm *mm, unsigned long address);
void tlb_flush_range(struct mm *mm, unsigned long start, unsigned long end);
void tlb_flush_mm(struct mm *mm);
/* This CPU's translation of one address only (an entry that became more permissive). */
void tlb_flush_local(unsigned long address);
#endif
