// SPDX-License-Identifier: MIT
/*
 * The split virtqueue (VIRTIO 1.2, 2.7).
 *
 * The driver writes chains of descriptors and puts the first one's number into the available ring;
 * the device puts it into the used ring when it is done. Both rings are indexed by free-running
 * 16-bit counters. The device can write to all of that memory at any time, so nothing in it is
 * read back and trusted: which descriptors form a chain, which are free and what is outstanding
 * is kept in slots[], private memory. A used index that runs ahead of what is outstanding, or a
 * number that is not that of an outstanding chain, breaks the ring: it is said once, and no more
 * comes from it until the device has been reset.
 *
 * With EVENT_IDX each side says at which index it wants to be told; otherwise by a flag. The
 * full barriers between publishing an index and reading the other's wish are what keeps a wake-up
 * from being lost. Pure: also compiled for the host.
 */
#include "split_ring.h"

#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/lib/barrier.h>
#include <kernel/lib/string.h>

#define NO_SLOT 0xffff

void split_ring_layout(u16 size, struct split_layout *layout)
{
    layout->avail = sizeof(struct virtio_desc) * size;
    /* Each area ends in an event field. The device area is aligned to 4. */
    layout->used = ALIGN(layout->avail + sizeof(struct avail_ring) + 2UL * size + 2, 64);
    layout->total =
        layout->used + sizeof(struct used_ring) + sizeof(struct used_element) * size + 2;
}

static u16 *used_event(struct split_ring *ring)
{
    return &ring->avail->ring[ring->size];
}

static u16 *avail_event(struct split_ring *ring)
{
    return (u16 *)&ring->used->ring[ring->size];
}

void split_ring_init(struct split_ring *ring, u16 size, void *memory, struct ring_slot *slots,
                     bool event_idx, bool indirect)
{
    struct split_layout layout;

    split_ring_layout(size, &layout);
    memset(ring, 0, sizeof(*ring));
    ring->size = size;
    ring->nr_free = size;
    ring->event_idx = event_idx;
    ring->indirect = indirect;
    ring->descs = memory;
    ring->avail = (void *)((u8 *)memory + layout.avail);
    ring->used = (void *)((u8 *)memory + layout.used);
    ring->slots = slots;
    for (u16 i = 0; i < size; i++)
        slots[i] = (struct ring_slot){.next = i + 1 < size ? i + 1 : NO_SLOT};
}

static void desc_fill(struct virtio_desc *desc, const struct virtio_buffer *buffer, bool write,
                      bool more, u16 next)
{
    desc->address = buffer->address;
    desc->len = buffer->len;
    desc->flags = (write ? DESC_F_WRITE : 0) | (more ? DESC_F_NEXT : 0);
    desc->next = more ? next : 0;
}

static void add_indirect(struct split_ring *ring, u16 head, const struct virtio_buffer *buffers,
                         unsigned int nr_out, unsigned int nr, struct virtio_desc *table,
                         dma_addr_t table_address)
{
    for (unsigned int i = 0; i < nr; i++)
        desc_fill(&table[i], &buffers[i], i >= nr_out, i + 1 < nr, i + 1);
    ring->descs[head].address = table_address;
    ring->descs[head].len = nr * sizeof(*table);
    ring->descs[head].flags = DESC_F_INDIRECT;
    ring->descs[head].next = 0;
    ring->slots[head].nr_descs = 1;
    ring->free_head = ring->slots[head].next;
    ring->nr_free--;
}

static void add_direct(struct split_ring *ring, u16 head, const struct virtio_buffer *buffers,
                       unsigned int nr_out, unsigned int nr)
{
    u16 at = head;

    for (unsigned int i = 0; i < nr; i++) {
        u16 next = ring->slots[at].next;

        desc_fill(&ring->descs[at], &buffers[i], i >= nr_out, i + 1 < nr, next);
        at = next;
    }
    ring->slots[head].nr_descs = nr;
    ring->free_head = at;
    ring->nr_free -= nr;
}

int split_ring_add(struct split_ring *ring, const struct virtio_buffer *buffers,
                   unsigned int nr_out, unsigned int nr_in, void *token, struct virtio_desc *table,
                   dma_addr_t table_address)
{
    unsigned int nr = nr_out + nr_in;
    bool indirect = table && ring->indirect && nr > 1;
    u16 head = ring->free_head;

    if (ring->broken)
        return -EIO;
    if (nr == 0 || nr > ring->size || !token)
        return -EINVAL;
    if (ring->nr_free < (indirect ? 1 : nr))
        return -ENOSPC;
    if (indirect)
        add_indirect(ring, head, buffers, nr_out, nr, table, table_address);
    else
        add_direct(ring, head, buffers, nr_out, nr);
    ring->slots[head].token = token;
    ring->avail->ring[ring->avail_index & (ring->size - 1)] = head;
    ring->avail_index++;
    /* The device sees descriptors and ring entry before the index that covers them. */
    smp_wmb();
    WRITE_ONCE(ring->avail->index, ring->avail_index);
    return 0;
}

bool split_ring_kick_needed(struct split_ring *ring)
{
    u16 new = ring->avail_index, old = ring->kicked_index;

    if (ring->broken || new == old)
        return false;
    ring->kicked_index = new;
    smp_mb();
    if (!ring->event_idx)
        return !(READ_ONCE(ring->used->flags) & USED_F_NO_NOTIFY);
    /* Whether the index that the device waits for lies in (old, new] (2.7.10). */
    return (u16)(new - READ_ONCE(*avail_event(ring)) - 1) < (u16)(new - old);
}

/* Chain @head goes back to the free ones. */
static void slots_free(struct split_ring *ring, u16 head)
{
    u16 nr = ring->slots[head].nr_descs, last = head;

    for (u16 i = 1; i < nr; i++)
        last = ring->slots[last].next;
    ring->slots[last].next = ring->free_head;
    ring->slots[head].token = NULL;
    ring->free_head = head;
    ring->nr_free += nr;
}

static void *ring_break(struct split_ring *ring, const char *why, u32 value)
{
    ring->broken = true;
    pr_err("virtio: the device broke its queue: %s %u\n", why, value);
    return NULL;
}

void *split_ring_get(struct split_ring *ring, u32 *len)
{
    struct used_element *element;
    u16 index = READ_ONCE(ring->used->index);
    void *token;
    u32 id;

    if (ring->broken || index == ring->used_seen)
        return NULL;
    if ((u16)(index - ring->used_seen) > ring->size - ring->nr_free)
        return ring_break(ring, "used index", index);
    smp_rmb();
    element = &ring->used->ring[ring->used_seen & (ring->size - 1)];
    id = READ_ONCE(element->id);
    *len = READ_ONCE(element->len);
    if (id >= ring->size)
        return ring_break(ring, "used id", id);
    token = ring->slots[id].token;
    if (!token)
        return ring_break(ring, "id that is not outstanding", id);
    slots_free(ring, id);
    ring->used_seen++;
    return token;
}

bool split_ring_callback_enable(struct split_ring *ring)
{
    if (ring->event_idx)
        WRITE_ONCE(*used_event(ring), ring->used_seen);
    else
        WRITE_ONCE(ring->avail->flags, 0);
    smp_mb();
    return ring->broken || READ_ONCE(ring->used->index) == ring->used_seen;
}

void split_ring_callback_disable(struct split_ring *ring)
{
    /* With EVENT_IDX the device goes by the event field, which is in the past already. */
    if (!ring->event_idx)
        WRITE_ONCE(ring->avail->flags, AVAIL_F_NO_NOTICE);
}

void *split_ring_detach_unused(struct split_ring *ring)
{
    for (u16 i = 0; i < ring->size; i++) {
        void *token = ring->slots[i].token;

        if (!token)
            continue;
        slots_free(ring, i);
        return token;
    }
    return NULL;
}
