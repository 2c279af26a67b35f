/* SPDX-License-Identifier: MIT */
/*
 * Memory that devices reach. Without an IOMMU a device sees physical addresses, and x86 keeps
 * caches coherent, so what is left is the device's reach: dma_mask says which addresses it can
 * name.
 */

#include <kernel/mm/dma.h>

#include <kernel/dev/device.h>
#include <kernel/lib/bitops.h>
#include <kernel/mm/page.h>

static bool reachable(const struct device *dev, paddr_t phys, size_t size)
{
    u64 mask = dev && dev->dma_mask ? dev->dma_mask : ~0ULL;

    return phys <= mask && size - 1 <= mask - phys;
}

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp)
{
    unsigned int order;
    struct page *page;

    if (size == 0 || size > PAGE_SIZE << PAGE_ORDER_MAX)
        return NULL;
    order = order_base_2(DIV_ROUND_UP(size, PAGE_SIZE));
    page = page_alloc((gfp | GFP_ZERO) & ~GFP_MOVABLE, order);
    if (page && !reachable(dev, page_to_phys(page), size)) {
        page_free(page, order);
        page = page_alloc((gfp | GFP_ZERO | GFP_DMA32) & ~GFP_MOVABLE, order);
        if (page && !reachable(dev, page_to_phys(page), size)) {
            page_free(page, order);
            page = NULL;
        }
    }
    if (!page)
        return NULL;
    *handle = page_to_phys(page);
    return page_address(page);
}

void dma_free_coherent(struct device *dev, size_t size, void *cpu_addr, dma_addr_t handle)
{
    if (cpu_addr)
        page_free(virt_to_page(cpu_addr), order_base_2(DIV_ROUND_UP(size, PAGE_SIZE)));
}

dma_addr_t dma_map_phys(struct device *dev, paddr_t phys, size_t size, enum dma_direction dir)
{
    if (size == 0 || !reachable(dev, phys, size))
        return DMA_MAPPING_ERROR;
    return phys;
}

dma_addr_t dma_map_single(struct device *dev, void *p, size_t size, enum dma_direction dir)
{
    return dma_map_phys(dev, virt_to_phys(p), size, dir);
}

void dma_unmap(struct device *dev, dma_addr_t handle, size_t size, enum dma_direction dir)
{
    /* Coherent caches, no IOMMU: there is nothing to undo. */
}
