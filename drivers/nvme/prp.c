// SPDX-License-Identifier: MIT
/*
 * A request's memory as physical region pages (NVM Express Base 2.0, 4.1.1): the first may begin
 * anywhere in a page, all others begin one. One page is in PRP1; a second in PRP2; more in a list
 * that PRP2 points to. A list is 1 KiB, aligned to its size, so that it never crosses a page and
 * needs no link to another.
 */
#include "nvme.h"

#include <kernel/err.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>

struct nvme_prp_list *nvme_list_get(struct nvme_queue *queue, u16 id)
{
    struct nvme_prp_list *list = &queue->lists[id];
    size_t size = NVME_PAGES_MAX * sizeof(u64);

    if (list->entries)
        return list;
    list->entries = kmalloc(size, GFP_ATOMIC);
    if (!list->entries)
        return NULL;
    list->address = dma_map_single(&queue->nvme->pdev->dev, list->entries, size, DMA_TO_DEVICE);
    if (list->address == DMA_MAPPING_ERROR) {
        kfree(list->entries);
        list->entries = NULL;
        return NULL;
    }
    return list;
}

/* One run of memory: its first page if it is the request's first, whole pages else. */
struct prp_writer {
    struct nvme_queue *queue;
    struct request *rq;
    struct nvme_command *command;
    struct nvme_prp_list *list;
    unsigned int nr; /* pages so far */
    u64 second;      /* goes into PRP2, or becomes the list's first */
};

static int page_add(struct prp_writer *w, u64 address)
{
    if (w->nr == 0) {
        w->command->prp1 = address;
    } else if (address & (PAGE_SIZE - 1)) {
        return -EIO;
    } else if (w->nr == 1) {
        w->second = address;
    } else {
        if (w->nr > NVME_PAGES_MAX)
            return -EIO;
        if (w->nr == 2) {
            w->list = nvme_list_get(w->queue, w->command->id);
            if (!w->list)
                return -ENOMEM;
            w->list->entries[0] = w->second;
        }
        w->list->entries[w->nr - 1] = address;
    }
    w->nr++;
    return 0;
}

static int run_add(struct prp_writer *w, u64 address, u32 len)
{
    while (len) {
        u32 n = min_t(u32, len, PAGE_SIZE - (address & (PAGE_SIZE - 1)));
        int error = page_add(w, address);

        if (error)
            return error;
        address += n;
        len -= n;
    }
    return 0;
}

int nvme_prp_build(struct nvme_queue *queue, struct request *rq, struct nvme_command *command)
{
    struct prp_writer w = {.queue = queue, .rq = rq, .command = command};
    enum dma_direction direction = rq->op == BIO_READ ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
    struct request_iter it;
    paddr_t phys;
    u32 len;

    request_iter_init(&it, rq);
    while (request_iter_next(&it, &phys, &len)) {
        dma_addr_t address = dma_map_phys(&queue->nvme->pdev->dev, phys, len, direction);
        int error;

        if (address == DMA_MAPPING_ERROR)
            return -EIO;
        error = run_add(&w, address, len);
        if (error)
            return error;
    }
    command->prp2 = w.list ? w.list->address : w.second;
    return w.nr ? 0 : -EIO;
}
