// SPDX-License-Identifier: MIT
/*
 * Virtio block devices (VIRTIO 1.2, 5.2): vda, vdb...
 *
 * Each hardware queue of the disk is a virtqueue with an interrupt of its own. A request's driver
 * data holds the header and status byte that the device reads and writes, and the indirect table,
 * so starting a request allocates nothing. A virtqueue is shared by dispatch (the block layer's
 * dispatch lock held) and by the interrupt, hence queue->lock; completions are taken in batches
 * under it and reported without it, because reporting one may dispatch the next.
 *
 * Device's word: sizes and limits are checked when the disk is made; a completion counts only as
 * far as the ring lets it through (outstanding, once), and then by the status byte alone: the
 * length the device says it wrote is not used for anything.
 *
 * A device that breaks its queue is reset, everything outstanding fails, and it stays dead.
 */
#include <virtio/virtio.h>

#include <kernel/arch/percpu.h>
#include <kernel/base/log.h>
#include <kernel/block/blkdev.h>
#include <kernel/err.h>
#include <kernel/irq/workqueue.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/completion.h>
#include <kernel/time/clock.h>

#include "config.h"

#define SEGMENTS_MAX 62 /* with header and status: a table of 1 KiB */
#define DEPTH_MAX    128
#define QUEUES_MAX   NR_CPUS_MAX
#define BATCH        16
#define DISK_MAJOR   254
#define DISK_MINORS  16
#define ID_WAIT_NS   (5 * NSEC_PER_SEC)

/* Request types and status (5.2.6). */
enum {
    TYPE_IN = 0,
    TYPE_OUT = 1,
    TYPE_FLUSH = 4,
    TYPE_GET_ID = 8,
    TYPE_DISCARD = 11,
    TYPE_WRITE_ZEROES = 13
};
enum { STATUS_OK = 0, STATUS_IOERR = 1, STATUS_UNSUPPORTED = 2, STATUS_NONE = 0xff };
#define RANGE_UNMAP 1
#define ID_SIZE     20

struct request_header {
    u32 type, reserved;
    u64 sector;
};

struct request_range {
    u64 sector;
    u32 nr_sectors, flags;
};

/* Lies in memory that the device reaches: request.driver_data. */
struct vblk_request {
    struct request_header header;
    struct request_range range; /* discard, write zeroes */
    u8 status;
    dma_addr_t address; /* of this structure, 0: not yet mapped */
    struct virtio_desc table[SEGMENTS_MAX + 2];
};

struct vblk_queue {
    spinlock_t lock; /* vq, stopped */
    struct virtio_queue *vq;
    struct hw_queue *hctx;
    bool stopped; /* dispatch waits for room */
};

struct vblk {
    struct virtio_device *vdev;
    struct disk *disk;
    struct vblk_limits limits;
    unsigned int index;
    unsigned int nr_queues;
    struct vblk_queue *queues;
    struct work config_work;
    struct completion id_done;
    bool dead;
};

/* The token of the one request that is not the block layer's. */
#define ID_TOKEN(vblk) ((void *)&(vblk)->id_done)

static u64 disk_indices; /* bit n: vd(n) is taken; changed atomically */

static int status_to_errno(u8 status)
{
    switch (status) {
    case STATUS_OK: return 0;
    case STATUS_UNSUPPORTED: return -EOPNOTSUPP;
    default: return -EIO;
    }
}

static struct vblk *queue_vblk(const struct virtio_queue *vq)
{
    return virtio_queue_device(vq)->private;
}

/* Up to BATCH requests that the device is done with. */
static unsigned int completions_take(struct vblk *vblk, struct vblk_queue *queue,
                                     struct request **done, bool *kick)
{
    unsigned int n = 0;
    unsigned long flags;
    void *token;
    u32 len;

    spin_lock_irqsave(&queue->lock, flags);
    while (n < BATCH) {
        token = virtio_queue_get(queue->vq, &len);
        if (!token && virtio_queue_callback_enable(queue->vq))
            break;
        if (token == ID_TOKEN(vblk))
            complete(&vblk->id_done);
        else if (token)
            done[n++] = token;
    }
    *kick = n && queue->stopped;
    if (n)
        queue->stopped = false;
    spin_unlock_irqrestore(&queue->lock, flags);
    return n;
}

static void queue_complete(struct vblk *vblk, struct vblk_queue *queue)
{
    struct request *done[BATCH];
    unsigned int n;
    bool kick;

    do {
        n = completions_take(vblk, queue, done, &kick);
        for (unsigned int i = 0; i < n; i++) {
            struct vblk_request *vreq = done[i]->driver_data;

            request_complete(done[i], status_to_errno(READ_ONCE(vreq->status)));
        }
        if (kick)
            hw_queue_kick(queue->hctx);
    } while (n == BATCH);
}

static void vblk_callback(struct virtio_queue *vq)
{
    struct vblk *vblk = queue_vblk(vq);

    queue_complete(vblk, &vblk->queues[virtio_queue_index(vq)]);
}

static bool request_map(struct vblk *vblk, struct vblk_request *vreq)
{
    if (!vreq->address)
        vreq->address = dma_map_single(&vblk->vdev->dev, vreq, sizeof(*vreq), DMA_BIDIRECTIONAL);
    if (vreq->address == DMA_MAPPING_ERROR)
        vreq->address = 0;
    return vreq->address != 0;
}

static struct virtio_buffer part_of(const struct vblk_request *vreq, size_t offset, u32 len)
{
    return (struct virtio_buffer){vreq->address + offset, len};
}

static u32 header_fill(struct request *rq, struct vblk_request *vreq)
{
    static const u32 types[] = {
        [BIO_READ] = TYPE_IN,
        [BIO_WRITE] = TYPE_OUT,
        [BIO_FLUSH] = TYPE_FLUSH,
        [BIO_DISCARD] = TYPE_DISCARD,
        [BIO_WRITE_ZEROES] = TYPE_WRITE_ZEROES,
    };
    u32 type = types[rq->op];

    vreq->status = STATUS_NONE;
    vreq->header.type = type;
    vreq->header.reserved = 0;
    vreq->header.sector = type == TYPE_IN || type == TYPE_OUT ? rq->sector : 0;
    vreq->range.sector = rq->sector;
    vreq->range.nr_sectors = rq->size_bytes >> SECTOR_SHIFT;
    vreq->range.flags = type == TYPE_WRITE_ZEROES ? RANGE_UNMAP : 0;
    return type;
}

/* The request's memory as buffers; how many, or -EIO when there are more than was promised. */
static int data_fill(struct vblk *vblk, struct request *rq, struct virtio_buffer *buffers)
{
    struct request_iter it;
    paddr_t phys;
    u32 len;
    int n = 0;

    request_iter_init(&it, rq);
    while (request_iter_next(&it, &phys, &len)) {
        dma_addr_t address = dma_map_phys(&vblk->vdev->dev, phys, len,
                                          rq->op == BIO_READ ? DMA_FROM_DEVICE : DMA_TO_DEVICE);

        if (n == SEGMENTS_MAX || address == DMA_MAPPING_ERROR)
            return -EIO;
        buffers[n++] = (struct virtio_buffer){address, len};
    }
    return n;
}

/* Fills buffers: what the device reads first. Returns their number, or -errno. */
static int buffers_fill(struct vblk *vblk, struct request *rq, struct virtio_buffer *buffers,
                        unsigned int *nr_out)
{
    struct vblk_request *vreq = rq->driver_data;
    u32 type = header_fill(rq, vreq);
    int n = 1, data = 0;

    buffers[0] = part_of(vreq, offsetof(struct vblk_request, header), sizeof(vreq->header));
    if (type == TYPE_IN || type == TYPE_OUT) {
        data = data_fill(vblk, rq, &buffers[1]);
        if (data < 0)
            return data;
    } else if (type != TYPE_FLUSH) {
        buffers[1] = part_of(vreq, offsetof(struct vblk_request, range), sizeof(vreq->range));
        data = 1;
    }
    n += data;
    *nr_out = type == TYPE_IN ? 1 : n;
    buffers[n++] = part_of(vreq, offsetof(struct vblk_request, status), 1);
    return n;
}

static enum queue_result vblk_queue_request(struct hw_queue *hctx, struct request *rq, bool last)
{
    struct vblk_queue *queue = hctx->driver_data;
    struct vblk *vblk = queue_vblk(queue->vq);
    struct vblk_request *vreq = rq->driver_data;
    struct virtio_buffer buffers[SEGMENTS_MAX + 2];
    unsigned long flags;
    unsigned int nr_out;
    int n, error;

    if (READ_ONCE(vblk->dead) || !request_map(vblk, vreq))
        return QUEUE_ERROR;
    n = buffers_fill(vblk, rq, buffers, &nr_out);
    if (n < 0)
        return QUEUE_ERROR;
    spin_lock_irqsave(&queue->lock, flags);
    error = virtio_queue_add(queue->vq, buffers, nr_out, n - nr_out, rq, vreq->table,
                             vreq->address + offsetof(struct vblk_request, table));
    if (error == -ENOSPC)
        queue->stopped = true;
    if (last || error)
        virtio_queue_kick(queue->vq);
    spin_unlock_irqrestore(&queue->lock, flags);
    if (!error)
        return QUEUE_OK;
    return error == -ENOSPC ? QUEUE_BUSY : QUEUE_ERROR;
}

static void vblk_commit(struct hw_queue *hctx)
{
    struct vblk_queue *queue = hctx->driver_data;
    unsigned long flags;

    spin_lock_irqsave(&queue->lock, flags);
    virtio_queue_kick(queue->vq);
    spin_unlock_irqrestore(&queue->lock, flags);
}

static int vblk_init_hctx(struct hw_queue *hctx, void *driver_data, unsigned int index)
{
    struct vblk *vblk = driver_data;

    hctx->driver_data = &vblk->queues[index];
    vblk->queues[index].hctx = hctx;
    return 0;
}

/* After a reset nothing comes back any more: what was outstanding fails. */
static void vblk_fail_all(struct vblk *vblk)
{
    for (unsigned int i = 0; i < vblk->nr_queues; i++) {
        struct vblk_queue *queue = &vblk->queues[i];
        unsigned long flags;
        void *token;

        do {
            spin_lock_irqsave(&queue->lock, flags);
            token = virtio_queue_detach_unused(queue->vq);
            spin_unlock_irqrestore(&queue->lock, flags);
            if (token && token != ID_TOKEN(vblk))
                request_complete(token, -EIO);
        } while (token);
    }
}

static void vblk_kill(struct vblk *vblk)
{
    if (__atomic_exchange_n(&vblk->dead, true, __ATOMIC_ACQ_REL))
        return;
    virtio_device_reset(vblk->vdev);
    vblk_fail_all(vblk);
}

/* There is no way to take a request back: an interrupt may have been lost, or the host is slow. */
static enum timeout_result vblk_timeout(struct request *rq)
{
    struct vblk_queue *queue = rq->hctx->driver_data;
    struct vblk *vblk = queue_vblk(queue->vq);

    queue_complete(vblk, queue);
    if (virtio_queue_broken(queue->vq)) {
        dev_err(&vblk->vdev->dev, "%s is taken out of service\n", vblk->disk->name);
        vblk_kill(vblk);
        return TIMEOUT_DONE;
    }
    return TIMEOUT_RESET_TIMER;
}

static const struct blk_ops vblk_ops = {
    .queue_request = vblk_queue_request,
    .commit = vblk_commit,
    .timeout = vblk_timeout,
    .init_hctx = vblk_init_hctx,
    .request_size = sizeof(struct vblk_request),
};

/* vda to vdz, vdaa... */
static void disk_name_make(char *name, size_t size, unsigned int index)
{
    char letters[8];
    unsigned int n = 0;

    do {
        letters[n++] = 'a' + index % 26;
        index /= 26;
    } while (index-- && n < sizeof(letters));
    strscpy(name, "vd", size);
    for (size_t at = 2; n && at + 1 < size; at++) {
        name[at] = letters[--n];
        name[at + 1] = '\0';
    }
}

static int index_take(unsigned int *index)
{
    u64 taken = READ_ONCE(disk_indices);

    do {
        if (taken == ~0ULL)
            return -ENOSPC;
        *index = __builtin_ctzll(~taken);
    } while (!try_cmpxchg(&disk_indices, &taken, taken | 1ULL << *index));
    return 0;
}

static void index_release(unsigned int index)
{
    __atomic_fetch_and(&disk_indices, ~(1ULL << index), __ATOMIC_RELEASE);
}

/* The serial number; a device that has none, or does not answer, leaves it empty. */
static void disk_read_id(struct vblk *vblk, char *serial, size_t size)
{
    struct vblk_queue *queue = &vblk->queues[0];
    struct {
        struct request_header header;
        char id[ID_SIZE + 4];
        u8 status;
    } *ask = kzalloc(sizeof(*ask), GFP_KERNEL);
    struct virtio_buffer buffers[3];
    dma_addr_t address;
    int error;

    if (!ask)
        return;
    address = dma_map_single(&vblk->vdev->dev, ask, sizeof(*ask), DMA_BIDIRECTIONAL);
    ask->header.type = TYPE_GET_ID;
    ask->status = STATUS_NONE;
    buffers[0] = (struct virtio_buffer){address, sizeof(ask->header)};
    buffers[1] = (struct virtio_buffer){address + offsetof(typeof(*ask), id), ID_SIZE};
    buffers[2] = (struct virtio_buffer){address + offsetof(typeof(*ask), status), 1};
    spin_lock_irq(&queue->lock);
    error = address == DMA_MAPPING_ERROR
                ? -EIO
                : virtio_queue_add(queue->vq, buffers, 1, 2, ID_TOKEN(vblk), NULL, 0);
    if (!error)
        virtio_queue_kick(queue->vq);
    spin_unlock_irq(&queue->lock);
    if (!error)
        error = wait_for_completion_until(&vblk->id_done, ktime_ns() + ID_WAIT_NS);
    if (error == -ETIMEDOUT)
        return; /* the device may still write there: the memory stays its own */
    if (!error && READ_ONCE(ask->status) == STATUS_OK)
        strscpy(serial, ask->id, size);
    kfree(ask);
}

static void disk_fill(struct vblk *vblk, struct disk *disk)
{
    const struct vblk_limits *from = &vblk->limits;

    disk_name_make(disk->name, sizeof(disk->name), vblk->index);
    disk->major = DISK_MAJOR;
    disk->first_minor = vblk->index * DISK_MINORS;
    disk->minors = DISK_MINORS;
    disk->nr_sectors = from->nr_sectors;
    disk->read_only = from->read_only;
    disk->private = vblk;
    disk->limits = (struct queue_limits){
        .logical_block_size = from->block_size,
        .physical_block_size = from->physical_block_size,
        .io_min = from->io_min,
        .io_opt = from->io_opt,
        .max_sectors = from->max_sectors,
        .max_segments = from->max_segments,
        .max_segment_size = from->max_segment_size,
        .max_discard_sectors = from->max_discard_sectors,
        .max_write_zeroes_sectors = from->max_write_zeroes_sectors,
        .volatile_cache = from->volatile_cache,
    };
}

static void config_work(struct work *work)
{
    struct vblk *vblk = container_of(work, struct vblk, config_work);
    struct vblk_limits limits;

    if (READ_ONCE(vblk->dead) || vblk_limits_read(vblk->vdev, SEGMENTS_MAX, &limits) != 0)
        return;
    if (limits.nr_sectors == vblk->limits.nr_sectors)
        return;
    dev_info(&vblk->vdev->dev, "%s: capacity %llu -> %llu sectors\n", vblk->disk->name,
             vblk->limits.nr_sectors, limits.nr_sectors);
    vblk->limits.nr_sectors = limits.nr_sectors;
    disk_set_capacity(vblk->disk, limits.nr_sectors);
}

static void vblk_config_changed(struct virtio_device *vdev)
{
    struct vblk *vblk = vdev->private;

    work_schedule(&vblk->config_work);
}

static int queues_setup(struct vblk *vblk)
{
    static const char *const name = "virtio-blk";
    unsigned int nr = hweight64(READ_ONCE(cpu_online_mask));
    struct virtio_queue_spec *specs;
    int error;

    nr = min3(nr, vblk->limits.nr_queues, (unsigned int)QUEUES_MAX);
    specs = kcalloc(nr, sizeof(*specs), GFP_KERNEL);
    vblk->queues = kcalloc(nr, sizeof(*vblk->queues), GFP_KERNEL);
    if (!specs || !vblk->queues) {
        kfree(specs);
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < nr; i++)
        specs[i] = (struct virtio_queue_spec){.name = name, .callback = vblk_callback};
    error = virtio_queues_create(vblk->vdev, nr, specs);
    kfree(specs);
    if (error)
        return error;
    vblk->nr_queues = nr;
    for (unsigned int i = 0; i < nr; i++) {
        spin_lock_init(&vblk->queues[i].lock);
        vblk->queues[i].vq = vblk->vdev->queues[i];
    }
    return 0;
}

static unsigned int queue_depth(const struct vblk *vblk)
{
    unsigned int places = virtio_queue_size(vblk->queues[0].vq);

    /* Without indirect tables a request takes at least three places. */
    if (!virtio_has_feature(vblk->vdev, VIRTIO_F_INDIRECT_DESC))
        places /= 3;
    return clamp(places, 1U, (unsigned int)DEPTH_MAX);
}

static int vblk_disk_add(struct vblk *vblk)
{
    struct disk *disk =
        disk_alloc(&vblk_ops, vblk->nr_queues, queue_depth(vblk), vblk, &vblk->vdev->dev);
    int error;

    if (IS_ERR_OR_NULL(disk))
        return disk ? (int)PTR_ERR(disk) : -ENOMEM;
    vblk->disk = disk;
    disk_fill(vblk, disk);
    virtio_device_ready(vblk->vdev);
    disk_read_id(vblk, disk->serial, sizeof(disk->serial));
    error = disk_register(disk);
    if (error) {
        vblk_kill(vblk);
        disk_put(disk);
    }
    return error;
}

static int vblk_probe(struct virtio_device *vdev)
{
    struct vblk *vblk = kzalloc(sizeof(*vblk), GFP_KERNEL);
    int error;

    if (!vblk)
        return -ENOMEM;
    vblk->vdev = vdev;
    vdev->private = vblk;
    work_init(&vblk->config_work, config_work);
    completion_init(&vblk->id_done);
    error = vblk_limits_read(vdev, SEGMENTS_MAX, &vblk->limits);
    if (!error)
        error = index_take(&vblk->index);
    if (error)
        goto free;
    error = queues_setup(vblk);
    if (!error)
        error = vblk_disk_add(vblk);
    if (!error)
        return 0;
    index_release(vblk->index);
free:
    vdev->private = NULL;
    kfree(vblk->queues);
    kfree(vblk);
    return error;
}

static void vblk_remove(struct virtio_device *vdev)
{
    struct vblk *vblk = vdev->private;

    disk_unregister(vblk->disk);
    vblk_kill(vblk);
    work_cancel_sync(&vblk->config_work);
    disk_put(vblk->disk);
    index_release(vblk->index);
    kfree(vblk->queues);
    kfree(vblk);
}

static struct virtio_driver vblk_driver = {
    .drv = {.name = "virtio_blk"},
    .id = VIRTIO_ID_BLOCK,
    .features = VBLK_FEATURES,
    .probe = vblk_probe,
    .remove = vblk_remove,
    .config_changed = vblk_config_changed,
};
VIRTIO_DRIVER(vblk_driver);
