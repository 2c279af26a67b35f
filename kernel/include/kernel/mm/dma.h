/* SPDX-License-Identifier: MIT */
/*
 * Memory that devices reach. x86 is cache coherent, so mapping is translation and checking of the
 * device's reach; an IOMMU would hook in here.
 */
#ifndef KERNEL_MM_DMA_H
#define KERNEL_MM_DMA_H

#include <kernel/types.h>

struct device;
typedef u64 dma_addr_t;

enum dma_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE };
#define DMA_MAPPING_ERROR (~(dma_addr_t)0)

/* Zeroed, page aligned, within the device's dma_mask. NULL on failure. Task context. */
void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp);
void dma_free_coherent(struct device *dev, size_t size, void *cpu_addr, dma_addr_t handle);
/* p must be direct-map memory. DMA_MAPPING_ERROR when out of the device's reach. Any context. */
dma_addr_t dma_map_single(struct device *dev, void *p, size_t size, enum dma_direction dir);
dma_addr_t dma_map_phys(struct device *dev, paddr_t phys, size_t size, enum dma_direction dir);
void dma_unmap(struct device *dev, dma_addr_t handle, size_t size, enum dma_direction dir);
#endif
