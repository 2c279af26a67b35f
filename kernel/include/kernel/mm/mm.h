/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of user programs: struct mm, its areas (struct vm_area), and faults in them.
 *
 * Locking: mmap_lock (rwsem) protects the set of areas and their fields; faults take it shared.
 * Page tables below are protected by page_table_lock. Order: mmap_lock > i_mmap_rwsem >
 * page_table_lock > page LRU lock.
 */
#ifndef KERNEL_MM_MM_H
#define KERNEL_MM_MM_H

#include <kernel/arch/paging.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/list.h>
#include <kernel/lib/rbtree.h>
#include <kernel/sync/rwsem.h>

struct file;
struct mm;
struct page;
struct task;
struct vm_area;

/* vm_area.flags */
#define VM_READ       0x00000001UL
#define VM_WRITE      0x00000002UL
#define VM_EXEC       0x00000004UL
#define VM_SHARED     0x00000008UL
#define VM_MAYREAD    0x00000010UL
#define VM_MAYWRITE   0x00000020UL
#define VM_MAYEXEC    0x00000040UL
#define VM_MAYSHARE   0x00000080UL
#define VM_GROWSDOWN  0x00000100UL
#define VM_PFNMAP     0x00000400UL /* raw frames without struct page */
#define VM_LOCKED     0x00002000UL
#define VM_IO         0x00004000UL
#define VM_SEQ_READ   0x00008000UL
#define VM_RAND_READ  0x00010000UL
#define VM_DONTCOPY   0x00020000UL
#define VM_DONTEXPAND 0x00040000UL
#define VM_ACCOUNT    0x00100000UL
#define VM_NORESERVE  0x00200000UL
#define VM_HUGETLB    0x00400000UL
#define VM_WIPEONFORK 0x02000000UL
#define VM_DONTDUMP   0x04000000UL
#define VM_HUGEPAGE   0x20000000UL
#define VM_NOHUGEPAGE 0x40000000UL

#define FAULT_WRITE       0x01
#define FAULT_USER        0x02
#define FAULT_EXEC        0x04
#define FAULT_ALLOW_RETRY 0x08

#define VM_FAULT_OOM     0x01
#define VM_FAULT_SIGBUS  0x02
#define VM_FAULT_SIGSEGV 0x04
#define VM_FAULT_MAJOR   0x08
#define VM_FAULT_RETRY   0x10
#define VM_FAULT_NOPAGE  0x20 /* the handler installed the entry itself */
#define VM_FAULT_LOCKED  0x40 /* the page is returned locked */
#define VM_FAULT_ERROR   (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)

struct vm_fault {
    struct vm_area *vma;
    unsigned int flags; /* FAULT_* */
    unsigned long address;
    u64 pgoff;         /* in the file, pages */
    struct page *page; /* out: with a reference */
    u64 *pte;          /* map_pages: the entry of address, for vm_map_page_locked() */
};

struct vm_operations {
    void (*open)(struct vm_area *vma);  /* the area was copied or split */
    void (*close)(struct vm_area *vma); /* the area goes away */
    /* Gives the page at vmf->pgoff. VM_FAULT_*. May sleep. */
    unsigned int (*fault)(struct vm_fault *vmf);
    /* Maps cached up-to-date pages of [start_pgoff, end_pgoff] around a fault by
     * vm_map_page_locked(). Page table lock held: does not sleep. VM_FAULT_NOPAGE when vmf->pgoff
     * was among them. */
    unsigned int (*map_pages)(struct vm_fault *vmf, u64 start_pgoff, u64 end_pgoff);
    /* A shared page is about to become writable; page locked on VM_FAULT_LOCKED. */
    unsigned int (*page_mkwrite)(struct vm_fault *vmf);
    const char *(*name)(struct vm_area *vma);
};

struct vm_area {
    unsigned long start, end; /* [start, end), page aligned */
    struct mm *mm;
    unsigned long flags;
    u64 page_prot;     /* PTE bits */
    u64 pgoff;         /* offset of start in the file, pages; anonymous: start >> PAGE_SHIFT */
    struct file *file; /* NULL: anonymous */
    const struct vm_operations *ops;
    void *private;
    bool has_anon;             /* may hold anonymous pages: fork copies its entries */
    struct rb_node node;       /* mm->areas */
    unsigned long gap;         /* free bytes between the area before and this one */
    unsigned long gap_max;     /* the largest gap of the subtree */
    struct rb_node share_node; /* address_space.i_mmap */
    u64 share_last_max;
};

struct mm {
    struct rb_root areas;       /* by address, augmented with gap_max */
    struct vm_area *area_cache; /* last found */
    u64 *pgd;                   /* top-level table, kernel half shared */
    atomic_t users;             /* tasks using it */
    atomic_t count;             /* references to the structure */
    int nr_areas;
    spinlock_t page_table_lock;
    struct rwsem mmap_lock;
    unsigned long mmap_base, task_size;
    unsigned long total_pages, locked_pages, data_pages, exec_pages, stack_pages; /* in VMAs */
    atomic64_t rss_file, rss_anon, rss_shmem;
    atomic64_t table_bytes;
    unsigned long hiwater_rss, hiwater_vm;
    unsigned long code_start, code_end, data_start, data_end;
    unsigned long brk_start, brk, stack_start;
    unsigned long arg_start, arg_end, env_start, env_end;
    unsigned long vdso;
    u64 auxv[2 * 24];
    struct file *exe_file;   /* RCU */
    unsigned long def_flags; /* mlockall */
    u64 cpu_mask;            /* CPUs that may hold translations */
    u64 context_id;
    u64 futex_space; /* its number in keys of futexes; 0 until the first; set once, atomically */
    u32 membarrier_state;
    bool dumpable;
};

/* Reference counting of user address spaces. */
struct mm *mm_create(void);                              /* users 1; NULL on no memory */
struct mm *mm_fork(struct mm *from, struct task *child); /* copy-on-write copy; ERR_PTR */
void mm_get(struct mm *mm);
void mm_put(struct mm *mm); /* last user: unmaps everything. May sleep */
/* References to the structure alone (lazy users, /proc): the tables stay, the areas may go. */
void mm_hold(struct mm *mm);
void mm_drop(struct mm *mm);
/* The task's mm with a user reference, or NULL. */
struct mm *mm_of_task(struct task *task);

/* First area with end > address, or NULL. mmap_lock held. */
struct vm_area *vma_find(struct mm *mm, unsigned long address);
struct vm_area *vma_next(struct vm_area *vma);
struct vm_area *vma_first(struct mm *mm);

/* mmap and friends on the current mm; lock taken inside. Address or -errno. */
unsigned long do_mmap(struct file *file, unsigned long addr, size_t len, unsigned int prot,
                      unsigned int flags, u64 pgoff);
int do_munmap(struct mm *mm, unsigned long addr, size_t len);

/* The same on any mm whose mmap_lock is held for writing; flags are VM_*. */
unsigned long mmap_region(struct mm *mm, struct file *file, unsigned long addr, size_t len,
                          unsigned long vm_flags, u64 pgoff);
/* A free range of len bytes, as high as possible under mmap_base; -ENOMEM. mmap_lock held. */
unsigned long mmap_find_free(struct mm *mm, unsigned long hint, size_t len);
int do_munmap_locked(struct mm *mm, unsigned long addr, size_t len);

/* Makes the growing area above address reach down to it, whatever the stack limit says (execve). */
int mm_stack_extend(struct mm *mm, unsigned long address);

/* Maps raw frames into an area that will be VM_PFNMAP (device memory). mmap_lock held for writing.
 */
int vm_map_frames(struct vm_area *vma, unsigned long address, pfn_t pfn, size_t size,
                  u64 prot_bits);

/* Resolves a fault at address. VM_FAULT_*. mmap_lock held shared. */
unsigned int handle_mm_fault(struct vm_area *vma, unsigned long address, unsigned int flags);

/*
 * For map_pages: enters page (locked, up to date) at address of vmf's area, read-only unless the
 * area allows a shared write, when nothing is mapped there yet; takes over the reference and counts
 * the mapping. Page table lock held; address lies in the same last-level table and inside the area.
 * True if it was entered.
 */
bool vm_map_page_locked(struct vm_fault *vmf, unsigned long address, struct page *page);

/* Copies to or from another address space (ptrace, /proc/PID/mem, cmdline). Bytes copied. */
size_t mm_access(struct mm *mm, unsigned long addr, void *buf, size_t len, bool write);

/* Removes the translations of file pages [start, end] from every address space that maps them. */
struct address_space;
void unmap_mapping_pages(struct address_space *mapping, u64 start, u64 nr, bool even_cows);
#endif
