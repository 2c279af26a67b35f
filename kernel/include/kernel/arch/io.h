/* SPDX-License-Identifier: MIT */
/* Port and memory-mapped I/O. Context: any. */
#ifndef KERNEL_ARCH_IO_H
#define KERNEL_ARCH_IO_H

#include <kernel/types.h>

static inline u8 inb(u16 port)
{
    u8 v;
    asm volatile("inb %w1, %b0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline u16 inw(u16 port)
{
    u16 v;
    asm volatile("inw %w1, %w0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline u32 inl(u16 port)
{
    u32 v;
    asm volatile("inl %w1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline void outb(u8 v, u16 port)
{
    asm volatile("outb %b0, %w1" : : "a"(v), "Nd"(port));
}
static inline void outw(u16 v, u16 port)
{
    asm volatile("outw %w0, %w1" : : "a"(v), "Nd"(port));
}
static inline void outl(u32 v, u16 port)
{
    asm volatile("outl %0, %w1" : : "a"(v), "Nd"(port));
}
/* Writes count bytes to one port. */
static inline void outsb(u16 port, const void *from, size_t count)
{
    asm volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(port) : "memory");
}

#define MMIO_ACCESSORS(bits, type)                                                        \
    static inline type mmio_read##bits(const volatile void __iomem *p)                    \
    {                                                                                     \
        type v;                                                                           \
        asm volatile("mov %1, %0" : "=r"(v) : "m"(*(const volatile type *)p) : "memory"); \
        return v;                                                                         \
    }                                                                                     \
    static inline void mmio_write##bits(volatile void __iomem *p, type v)                 \
    {                                                                                     \
        asm volatile("mov %1, %0" : "=m"(*(volatile type *)p) : "r"(v) : "memory");       \
    }
MMIO_ACCESSORS(8, u8)
MMIO_ACCESSORS(16, u16)
MMIO_ACCESSORS(32, u32)
MMIO_ACCESSORS(64, u64)
#undef MMIO_ACCESSORS
#endif
