/* SPDX-License-Identifier: MIT */
/*
 * I/O on the host: port accesses go to functions that the test defines (a model of the device),
 * and memory-mapped registers are plain memory.
 */
#ifndef TESTS_HOST_SHIM_KERNEL_ARCH_IO_H
#define TESTS_HOST_SHIM_KERNEL_ARCH_IO_H

#include <kernel/types.h>

u8 inb(u16 port);
u16 inw(u16 port);
u32 inl(u16 port);
void outb(u8 v, u16 port);
void outw(u16 v, u16 port);
void outl(u32 v, u16 port);

static inline void outsb(u16 port, const void *from, size_t count)
{
    const u8 *bytes = from;

    while (count--)
        outb(*bytes++, port);
}

#define MMIO_ACCESSORS(bits, type)                                \
    static inline type mmio_read##bits(const volatile void *p)    \
    {                                                             \
        return *(const volatile type *)p;                         \
    }                                                             \
    static inline void mmio_write##bits(volatile void *p, type v) \
    {                                                             \
        *(volatile type *)p = v;                                  \
    }
MMIO_ACCESSORS(8, u8)
MMIO_ACCESSORS(16, u16)
MMIO_ACCESSORS(32, u32)
MMIO_ACCESSORS(64, u64)
#undef MMIO_ACCESSORS
#endif
