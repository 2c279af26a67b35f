// SPDX-License-Identifier: MIT
/*
 * Rings of TRBs that the driver fills and the controller empties (xHCI 1.2, 4.9.2).
 *
 * A TRB is the controller's when its cycle bit equals the ring's; the bit's meaning flips each time
 * the ring wraps at the link TRB, which occupies the last place. The first TRB of a chain is
 * written with the bit wrong ("held") and released when the whole chain is there. One place always
 * stays free, so that a full ring is not an empty one. Also compiled for the host.
 */
#include "xhci.h"

#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/mm/gfp.h>

#define LINK_INDEX (RING_TRBS - 1)

int xhci_ring_alloc(struct device *dev, struct xhci_ring *ring)
{
    ring->trbs =
        dma_alloc_coherent(dev, RING_TRBS * sizeof(struct trb), &ring->address, GFP_KERNEL);
    if (!ring->trbs)
        return -ENOMEM;
    xhci_ring_clear(ring);
    return 0;
}

void xhci_ring_free(struct device *dev, struct xhci_ring *ring)
{
    if (ring->trbs)
        dma_free_coherent(dev, RING_TRBS * sizeof(struct trb), ring->trbs, ring->address);
    ring->trbs = NULL;
}

void xhci_ring_clear(struct xhci_ring *ring)
{
    memset(ring->trbs, 0, RING_TRBS * sizeof(struct trb));
    ring->trbs[LINK_INDEX].parameter = ring->address;
    ring->trbs[LINK_INDEX].control = TRB_TYPE_SET(TRB_LINK) | TRB_LINK_TOGGLE;
    ring->enqueue = ring->dequeue = 0;
    ring->cycle = 1;
}

u16 xhci_ring_next(u16 index)
{
    return index + 1 == LINK_INDEX ? 0 : index + 1;
}

unsigned int xhci_ring_room(const struct xhci_ring *ring)
{
    unsigned int used = (ring->enqueue + LINK_INDEX - ring->dequeue) % LINK_INDEX;

    return LINK_INDEX - 1 - used;
}

u16 xhci_ring_put(struct xhci_ring *ring, u64 parameter, u32 status, u32 control, bool hold)
{
    u16 index = ring->enqueue;
    struct trb *trb = &ring->trbs[index], *link = &ring->trbs[LINK_INDEX];
    u32 chain = control & TRB_CHAIN;

    trb->parameter = parameter;
    trb->status = status;
    wmb();
    WRITE_ONCE(trb->control, control | (hold ? !ring->cycle : ring->cycle));
    ring->enqueue = xhci_ring_next(index);
    if (ring->enqueue == 0) {
        /* The link belongs to the chain that goes on behind it (4.11.5.1). */
        WRITE_ONCE(link->control, TRB_TYPE_SET(TRB_LINK) | TRB_LINK_TOGGLE | chain | ring->cycle);
        ring->cycle ^= 1;
    }
    return index;
}

void xhci_ring_release(struct xhci_ring *ring, u16 index)
{
    wmb();
    WRITE_ONCE(ring->trbs[index].control, ring->trbs[index].control ^ TRB_CYCLE);
}

dma_addr_t xhci_ring_trb_address(const struct xhci_ring *ring, u16 index)
{
    return ring->address + index * sizeof(struct trb);
}

int xhci_ring_trb_index(const struct xhci_ring *ring, u64 address)
{
    u64 offset = address - ring->address;

    if (address < ring->address || offset >= LINK_INDEX * sizeof(struct trb) ||
        offset % sizeof(struct trb))
        return -EINVAL;
    return offset / sizeof(struct trb);
}

void xhci_ring_void(struct xhci_ring *ring, u16 first, u16 last)
{
    for (u16 at = first;; at = xhci_ring_next(at)) {
        struct trb *trb = &ring->trbs[at];

        WRITE_ONCE(trb->control, TRB_TYPE_SET(TRB_NOOP) | (trb->control & TRB_CYCLE));
        if (at == last)
            return;
    }
}

u8 xhci_ring_cycle_at(const struct xhci_ring *ring, u16 index)
{
    /* Places before the enqueue point have been written in this round, others in the last. */
    return index <= ring->enqueue ? ring->cycle : !ring->cycle;
}
