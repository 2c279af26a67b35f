/* SPDX-License-Identifier: MIT */
/* The split virtqueue: memory shared with the device, and what the driver remembers of it. */
#ifndef DRIVERS_VIRTIO_SPLIT_RING_H
#define DRIVERS_VIRTIO_SPLIT_RING_H

#include <virtio/virtio.h>

#define DESC_F_NEXT       1
#define DESC_F_WRITE      2
#define DESC_F_INDIRECT   4
#define AVAIL_F_NO_NOTICE 1 /* the driver needs no interrupt */
#define USED_F_NO_NOTIFY  1 /* the device needs no kick */

struct avail_ring { /* driver area (2.7.6) */
    u16 flags, index, ring[];
    /* u16 used_event behind the ring */
};
struct used_element {
    u32 id, len;
};
struct used_ring { /* device area (2.7.8) */
    u16 flags, index;
    struct used_element ring[];
    /* u16 avail_event behind the ring */
};

/*
 * What is outstanding: one slot a descriptor, in memory that the device cannot reach. next chains
 * the descriptors of a chain, and the free ones.
 */
struct ring_slot {
    void *token; /* of the chain that begins here; NULL: none does */
    u16 next;
    u16 nr_descs;
};

struct split_ring {
    u16 size; /* a power of two */
    u16 free_head, nr_free;
    u16 avail_index;  /* next place in the driver area, free-running */
    u16 kicked_index; /* avail_index at the last kick */
    u16 used_seen;    /* next place in the device area, free-running */
    bool event_idx, indirect;
    bool broken;
    struct virtio_desc *descs;
    struct avail_ring *avail;
    struct used_ring *used;
    struct ring_slot *slots;
};

/* Bytes of shared memory, and where its parts lie in it. */
struct split_layout {
    size_t avail, used, total;
};
void split_ring_layout(u16 size, struct split_layout *layout);

/* memory: layout.total zeroed bytes; slots: size of them. size is a power of two. */
void split_ring_init(struct split_ring *ring, u16 size, void *memory, struct ring_slot *slots,
                     bool event_idx, bool indirect);
int __must_check split_ring_add(struct split_ring *ring, const struct virtio_buffer *buffers,
                                unsigned int nr_out, unsigned int nr_in, void *token,
                                struct virtio_desc *table, dma_addr_t table_address);
/* Whether the device wants to know of what was added since the last call. */
bool split_ring_kick_needed(struct split_ring *ring);
void *split_ring_get(struct split_ring *ring, u32 *len);
bool split_ring_callback_enable(struct split_ring *ring);
void split_ring_callback_disable(struct split_ring *ring);
void *split_ring_detach_unused(struct split_ring *ring);
#endif
