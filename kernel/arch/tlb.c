// SPDX-License-Identifier: MIT
/*
 * Translation look-aside buffers. A processor may hold translations of an address space from the
 * time it loads its tables (its bit in mm->cpu_mask) until it loads others. A flush acts here and,
 * when other bits are set, asks those processors by interrupt and waits until all have done it.
 *
 * Requests are batched by range: up to TLB_FLUSH_PAGES pages are flushed one by one, more at once.
 */
#include <kernel/arch/pgtable.h>

#include "msr.h"
#include "smp.h"

#include <kernel/mm/mm.h>
#include <kernel/sched/task.h>

#define TLB_FLUSH_PAGES 32

struct flush_request {
    struct mm *mm; /* NULL: kernel addresses */
    unsigned long start, end;
};

/* Everything, global entries included: CR4.PGE off and on (SDM vol. 3A, 4.10.4.1). */
static void flush_all_local(void)
{
    u64 cr4 = read_cr4();

    write_cr4(cr4 & ~CR4_PGE);
    write_cr4(cr4);
}

static void flush_local(const struct flush_request *request)
{
    if ((request->end - request->start) >> PAGE_SHIFT <= TLB_FLUSH_PAGES) {
        for (unsigned long at = request->start; at < request->end; at += PAGE_SIZE)
            invlpg(at);
    } else if (request->mm) {
        write_cr3(read_cr3());
    } else {
        flush_all_local();
    }
}

static void flush_remote(void *arg)
{
    const struct flush_request *request = arg;

    if (!request->mm || current->active_mm == request->mm)
        flush_local(request);
}

static void flush(struct mm *mm, unsigned long start, unsigned long end)
{
    struct flush_request request = {mm, start, end};
    u64 others;

    preempt_disable();
    /* The entries were changed before this; the mask is read after (pairs with arch_switch_mm). */
    smp_mb();
    others = mm ? READ_ONCE(mm->cpu_mask) : READ_ONCE(cpu_online_mask);
    others &= ~BIT(smp_processor_id());
    if (!mm || current->active_mm == mm)
        flush_local(&request);
    if (others)
        smp_call_mask(others, flush_remote, &request, true);
    preempt_enable();
}

void tlb_flush_page(struct mm *mm, unsigned long address)
{
    address &= PAGE_MASK;
    flush(mm, address, address + PAGE_SIZE);
}

void tlb_flush_range(struct mm *mm, unsigned long start, unsigned long end)
{
    flush(mm, start & PAGE_MASK, ALIGN(end, PAGE_SIZE));
}

void tlb_flush_mm(struct mm *mm)
{
    flush(mm, 0, ~0UL & PAGE_MASK);
}

void tlb_flush_local(unsigned long address)
{
    invlpg(address);
}

void tlb_flush_kernel_range(unsigned long start, unsigned long end)
{
    flush(NULL, start & PAGE_MASK, ALIGN(end, PAGE_SIZE));
}
