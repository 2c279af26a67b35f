// SPDX-License-Identifier: MIT
/*
 * Namespaces as disks: nvme0n1...
 *
 * Namespaces share the controller's queues, so each gets a range of command ids in every queue, as
 * long as its disk's tags. What a namespace says of its format is checked before a disk is made of
 * it: block sizes from 512 bytes to a page, no metadata. Specification: NVM Command Set 1.0.
 */
#include "nvme.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>

#define DISK_MAJOR      259
#define DISK_MINORS     64
#define DISCARD_SECTORS (1U << 24)
#define ZEROES_BLOCKS   (1U << 16)

/* Offsets in the identify namespace data (NVM 1.0, figure 97). */
enum { NS_SIZE = 0, NS_NR_FORMATS = 25, NS_FORMAT = 26, NS_PROTECTION = 29, NS_FORMATS = 128 };

int nvme_status_to_errno(u16 status)
{
    unsigned int type = NVME_STATUS_TYPE(status), code = NVME_STATUS_CODE(status);

    if (type == 0) {
        switch (code) {
        case 0x00: return 0;
        case 0x01:
        case 0x02: return -EOPNOTSUPP;
        case 0x82: return -EAGAIN; /* namespace not ready */
        default: return status & NVME_STATUS_NO_RETRY ? -EIO : -EAGAIN;
        }
    }
    /* Media errors, what the path says, and vendors' own: asking again changes nothing. */
    return -EIO;
}

static u64 to_block(const struct nvme_namespace *ns, sector_t sector)
{
    return sector >> (ns->block_shift - SECTOR_SHIFT);
}

static u32 to_count(const struct nvme_namespace *ns, u32 bytes)
{
    return bytes >> ns->block_shift;
}

static int fill_transfer(struct nvme_namespace *ns, struct nvme_queue *queue, struct request *rq,
                         struct nvme_command *command)
{
    u64 block = to_block(ns, rq->sector);

    command->opcode = rq->op == BIO_READ ? NVME_READ : NVME_WRITE;
    command->dword10 = block;
    command->dword11 = block >> 32;
    command->dword12 = to_count(ns, rq->size_bytes) - 1;
    if (rq->op == BIO_WRITE && (rq->flags & BIO_FUA))
        command->dword12 |= NVME_RW_FUA;
    return nvme_prp_build(queue, rq, command);
}

static int fill_discard(struct nvme_namespace *ns, struct nvme_queue *queue, struct request *rq,
                        struct nvme_command *command)
{
    struct nvme_prp_list *list = nvme_list_get(queue, command->id);
    struct nvme_range range = {.nr_blocks = to_count(ns, rq->size_bytes),
                               .block = to_block(ns, rq->sector)};

    if (!list)
        return -ENOMEM;
    memcpy(list->entries, &range, sizeof(range));
    command->opcode = NVME_DATASET;
    command->prp1 = list->address;
    command->dword10 = 0; /* one range */
    command->dword11 = NVME_DATASET_DEALLOCATE;
    return 0;
}

static void fill_zeroes(struct nvme_namespace *ns, struct request *rq, struct nvme_command *command)
{
    u64 block = to_block(ns, rq->sector);

    command->opcode = NVME_WRITE_ZEROES;
    command->dword10 = block;
    command->dword11 = block >> 32;
    command->dword12 = (to_count(ns, rq->size_bytes) - 1) | NVME_WRITE_ZEROES_UNMAP;
}

static int command_fill(struct nvme_namespace *ns, struct nvme_queue *queue, struct request *rq,
                        struct nvme_command *command)
{
    command->namespace = ns->id;
    command->id = ns->first_command + rq->tag;
    switch (rq->op) {
    case BIO_READ:
    case BIO_WRITE: return fill_transfer(ns, queue, rq, command);
    case BIO_FLUSH: command->opcode = NVME_FLUSH; return 0;
    case BIO_DISCARD: return fill_discard(ns, queue, rq, command);
    case BIO_WRITE_ZEROES: fill_zeroes(ns, rq, command); return 0;
    }
    return -EOPNOTSUPP;
}

static enum queue_result nvme_queue_request(struct hw_queue *hctx, struct request *rq, bool last)
{
    struct nvme_hctx *context = hctx->driver_data;
    struct nvme_namespace *ns = context->ns;
    struct nvme_queue *queue = context->queue;
    struct nvme_command command = {};
    int error;

    if (READ_ONCE(ns->nvme->state) == NVME_DEAD)
        return QUEUE_ERROR;
    error = command_fill(ns, queue, rq, &command);
    if (error)
        return error == -ENOMEM ? QUEUE_BUSY : QUEUE_ERROR;
    /* Before the controller can answer. */
    smp_store_release(&queue->inflight[command.id], rq);
    if (nvme_queue_submit(queue, &command, last))
        return QUEUE_OK;
    WRITE_ONCE(queue->inflight[command.id], NULL);
    return QUEUE_BUSY;
}

static void nvme_commit(struct hw_queue *hctx)
{
    struct nvme_hctx *context = hctx->driver_data;

    nvme_queue_ring(context->queue);
}

static enum timeout_result nvme_timeout(struct request *rq)
{
    struct nvme_hctx *context = rq->hctx->driver_data;
    struct nvme_namespace *ns = context->ns;
    struct nvme_queue *queue = context->queue;
    u16 id = ns->first_command + rq->tag;

    nvme_queue_poll(queue);
    if (READ_ONCE(queue->inflight[id]) != rq)
        return TIMEOUT_DONE;
    dev_err(&ns->nvme->pdev->dev, "%s: no answer to a request\n", ns->disk->name);
    nvme_reset(ns->nvme);
    return TIMEOUT_DONE;
}

static int nvme_init_hctx(struct hw_queue *hctx, void *driver_data, unsigned int index)
{
    struct nvme_namespace *ns = driver_data;

    ns->hctxs[index] = (struct nvme_hctx){ns, &ns->nvme->io[index]};
    hctx->driver_data = &ns->hctxs[index];
    return 0;
}

const struct blk_ops nvme_blk_ops = {
    .queue_request = nvme_queue_request,
    .commit = nvme_commit,
    .timeout = nvme_timeout,
    .init_hctx = nvme_init_hctx,
};

/* Block size and number of blocks; 0, or -EINVAL for a format that cannot be used. */
static int format_check(struct nvme_namespace *ns, const u8 *data, u64 *nr_blocks)
{
    unsigned int index = data[NS_FORMAT] & 0xf;
    const u8 *format = data + NS_FORMATS + 4 * index;
    unsigned int shift = format[2], metadata = get_unaligned_le16(format);

    *nr_blocks = get_unaligned_le64(data + NS_SIZE);
    if (!*nr_blocks)
        return -EINVAL; /* not active */
    if (index > data[NS_NR_FORMATS] || shift < SECTOR_SHIFT || shift > PAGE_SHIFT ||
        *nr_blocks > ~0ULL >> (shift + 1)) {
        dev_warn(&ns->nvme->pdev->dev, "namespace %u: format cannot be used\n", ns->id);
        return -EINVAL;
    }
    if (metadata || (data[NS_PROTECTION] & 7)) {
        dev_warn(&ns->nvme->pdev->dev, "namespace %u: blocks with metadata are not supported\n",
                 ns->id);
        return -EINVAL;
    }
    ns->block_shift = shift;
    return 0;
}

static void limits_fill(struct nvme_namespace *ns, struct queue_limits *limits)
{
    const struct nvme *nvme = ns->nvme;
    /* One page less than the list has: data may begin inside a page. */
    u32 max_bytes = max(nvme->max_pages - 1, 1U) * PAGE_SIZE;

    *limits = (struct queue_limits){
        .logical_block_size = 1U << ns->block_shift,
        .physical_block_size = 1U << ns->block_shift,
        .max_sectors = max_bytes >> SECTOR_SHIFT,
        .max_segments = nvme->max_pages,
        .max_segment_size = max_bytes,
        .gap_boundary = PAGE_SIZE,
        .volatile_cache = nvme->volatile_cache,
        .fua = nvme->volatile_cache,
    };
    if (nvme->has_dataset)
        limits->max_discard_sectors = DISCARD_SECTORS;
    if (nvme->has_write_zeroes)
        limits->max_write_zeroes_sectors =
            min(ZEROES_BLOCKS << (ns->block_shift - SECTOR_SHIFT), limits->max_sectors);
}

static int disk_add(struct nvme_namespace *ns, u64 nr_blocks, u16 depth)
{
    static atomic_t next_slot;
    struct nvme *nvme = ns->nvme;
    struct disk *disk = disk_alloc(&nvme_blk_ops, nvme->nr_io, depth, ns, &nvme->pdev->dev);
    int error;

    if (!disk)
        return -ENOMEM;
    snprintf(disk->name, sizeof(disk->name), "nvme%un%u", nvme->index, ns->id);
    disk->major = DISK_MAJOR;
    disk->first_minor = atomic_fetch_inc(&next_slot) * DISK_MINORS;
    disk->minors = DISK_MINORS;
    disk->nr_sectors = nr_blocks << (ns->block_shift - SECTOR_SHIFT);
    disk->private = ns;
    strscpy(disk->model, nvme->model, sizeof(disk->model));
    strscpy(disk->serial, nvme->serial, sizeof(disk->serial));
    strscpy(disk->firmware, nvme->firmware, sizeof(disk->firmware));
    limits_fill(ns, &disk->limits);
    ns->disk = disk;
    error = disk_register(disk);
    if (error) {
        ns->disk = NULL;
        disk_put(disk);
    }
    return error;
}

/* position of count: which range of command ids is its own. */
static int namespace_add(struct nvme *nvme, u32 id, unsigned int position, unsigned int count,
                         u8 *page, dma_addr_t address)
{
    u16 depth = (nvme->io_depth - 1) / count;
    struct nvme_namespace *ns;
    u64 nr_blocks;
    int error;

    if (nvme_identify(nvme, id, NVME_IDENTIFY_NAMESPACE, page, address) != 0)
        return -EIO;
    ns = kzalloc(sizeof(*ns), GFP_KERNEL);
    if (!ns)
        return -ENOMEM;
    ns->nvme = nvme;
    ns->id = id;
    ns->first_command = position * depth;
    ns->hctxs = kcalloc(nvme->nr_io, sizeof(*ns->hctxs), GFP_KERNEL);
    error = ns->hctxs ? format_check(ns, page, &nr_blocks) : -ENOMEM;
    if (error)
        goto free;
    list_add_tail(&ns->link, &nvme->namespaces);
    error = disk_add(ns, nr_blocks, depth);
    if (!error)
        return 0;
    list_del(&ns->link);
free:
    kfree(ns->hctxs);
    kfree(ns);
    return error;
}

/* The list of active namespaces; a controller older than the list has its first. */
static unsigned int list_read(struct nvme *nvme, u32 *ids, u8 *page, dma_addr_t address)
{
    unsigned int n = 0;

    if (nvme_identify(nvme, 0, NVME_IDENTIFY_LIST, page, address) != 0) {
        ids[0] = 1;
        return 1;
    }
    while (n < NVME_NAMESPACES_MAX) {
        ids[n] = get_unaligned_le32(page + 4 * n);
        if (!ids[n] || (n && ids[n] <= ids[n - 1]))
            break;
        n++;
    }
    return n;
}

int nvme_namespaces_scan(struct nvme *nvme)
{
    u32 ids[NVME_NAMESPACES_MAX];
    dma_addr_t address;
    u8 *page = dma_alloc_coherent(&nvme->pdev->dev, PAGE_SIZE, &address, GFP_KERNEL);
    unsigned int n;

    if (!page)
        return -ENOMEM;
    n = list_read(nvme, ids, page, address);
    for (unsigned int i = 0; i < n; i++)
        namespace_add(nvme, ids[i], i, n, page, address);
    dma_free_coherent(&nvme->pdev->dev, PAGE_SIZE, page, address);
    return 0;
}

void nvme_namespaces_remove(struct nvme *nvme)
{
    struct nvme_namespace *ns, *next;

    list_for_each_entry_safe (ns, next, &nvme->namespaces, link) {
        list_del(&ns->link);
        disk_unregister(ns->disk);
        disk_put(ns->disk);
        kfree(ns->hctxs);
        kfree(ns);
    }
}
