/* SPDX-License-Identifier: MIT */
/* Private to kernel/mm: the tree of areas, and the page tables below them. */
#ifndef MM_AREAS_H
#define MM_AREAS_H

#include <kernel/mm/mm.h>

extern struct kmem_cache *vma_cache;

/* --- areas (vma.c); mmap_lock held for writing --- */
struct vm_area *vma_alloc(struct mm *mm);
void vma_free(struct vm_area *vma); /* and its file reference */
void vma_link(struct mm *mm, struct vm_area *vma);
void vma_unlink(struct mm *mm, struct vm_area *vma);
/* Cuts an area at address, which lies inside: the new one is the lower part if lower, else the
 * upper. */
int vma_split(struct vm_area *vma, unsigned long address, bool lower);
/* Joins an area with neighbours that continue it; returns the one that covers it now. */
struct vm_area *vma_merge(struct vm_area *vma);
/* Moves borders of a linked area. */
void vma_set_range(struct vm_area *vma, unsigned long start, unsigned long end);
/* Splits so that no area crosses start or end. */
int vma_cut(struct mm *mm, unsigned long start, unsigned long end);
u64 vma_prot_bits(unsigned long vm_flags);
void mm_account(struct mm *mm, unsigned long vm_flags, long nr_pages);
/* Whether nr more pages may be promised (overcommit); charges them. */
int mm_commit(struct mm *mm, unsigned long nr_pages);
void mm_uncommit(unsigned long nr_pages);

/* --- page tables (pagetable.c) --- */

/* The entry for an address; tables are made on the way if alloc. NULL: none, or no memory. */
u64 *pte_walk(struct mm *mm, unsigned long address, bool alloc);
/* Clears the entries of a range of one area and lets go of the pages. */
void zap_range(struct vm_area *vma, unsigned long start, unsigned long end);
/* The same for file pages only, and for private copies if even_cows; from truncation. */
void zap_file_range(struct vm_area *vma, unsigned long start, unsigned long end, bool even_cows);
/* Copies an area's entries to a child, for copy-on-write. 0 or -ENOMEM. */
int copy_range(struct vm_area *to, struct vm_area *from);
/* Changes the protection of present entries. */
void protect_range(struct vm_area *vma, unsigned long start, unsigned long end);
/* Moves entries between two ranges of one mm (mremap). 0 or -ENOMEM. */
int move_range(struct mm *mm, struct vm_area *from_vma, unsigned long from, unsigned long to,
               size_t len);
/* Frees the tables that only covered [start, end); [floor, ceiling) is what the neighbours leave
 * free. */
void free_tables(struct mm *mm, unsigned long start, unsigned long end, unsigned long floor,
                 unsigned long ceiling);

/* One page entry into mm's counters. */
void rss_add(struct mm *mm, const struct page *page, long n);
bool is_zero_page(pfn_t pfn);
pfn_t zero_page_pfn(void);
#endif
