/* SPDX-License-Identifier: MIT */
/*
 * Integers in a given byte order, aligned or not. The machine is little endian; the le conversions
 * cost nothing and say what the value is.
 */
#ifndef KERNEL_LIB_BYTEORDER_H
#define KERNEL_LIB_BYTEORDER_H

#include <kernel/compiler.h>
#include <kernel/types.h>

#define swab16(x) __builtin_bswap16(x)
#define swab32(x) __builtin_bswap32(x)
#define swab64(x) __builtin_bswap64(x)

#define le16_to_cpu(x) ((u16)(x))
#define le32_to_cpu(x) ((u32)(x))
#define le64_to_cpu(x) ((u64)(x))
#define cpu_to_le16(x) ((le16)(x))
#define cpu_to_le32(x) ((le32)(x))
#define cpu_to_le64(x) ((le64)(x))
#define be16_to_cpu(x) ((u16)__builtin_bswap16(x))
#define be32_to_cpu(x) ((u32)__builtin_bswap32(x))
#define be64_to_cpu(x) ((u64)__builtin_bswap64(x))
#define cpu_to_be16(x) ((be16)__builtin_bswap16(x))
#define cpu_to_be32(x) ((be32)__builtin_bswap32(x))
#define cpu_to_be64(x) ((be64)__builtin_bswap64(x))

/* Values at any address. */
#define UNALIGNED_ACCESS(order, bits)                                      \
    static inline u##bits get_unaligned_##order##bits(const void *p)       \
    {                                                                      \
        u##bits v;                                                         \
                                                                           \
        __builtin_memcpy(&v, p, sizeof(v));                                \
        return order##bits##_to_cpu(v);                                    \
    }                                                                      \
    static inline void put_unaligned_##order##bits(u##bits value, void *p) \
    {                                                                      \
        u##bits v = cpu_to_##order##bits(value);                           \
                                                                           \
        __builtin_memcpy(p, &v, sizeof(v));                                \
    }

UNALIGNED_ACCESS(le, 16)
UNALIGNED_ACCESS(le, 32)
UNALIGNED_ACCESS(le, 64)
UNALIGNED_ACCESS(be, 16)
UNALIGNED_ACCESS(be, 32)
UNALIGNED_ACCESS(be, 64)
#undef UNALIGNED_ACCESS

#define get_unaligned(ptr)                                          \
    ({                                                              \
        __typeof__(*(ptr)) unaligned__;                             \
        __builtin_memcpy(&unaligned__, (ptr), sizeof(unaligned__)); \
        unaligned__;                                                \
    })
#define put_unaligned(value, ptr)                                   \
    do {                                                            \
        __typeof__(*(ptr)) unaligned__ = (value);                   \
        __builtin_memcpy((ptr), &unaligned__, sizeof(unaligned__)); \
    } while (0)

static inline void le16_add_cpu(le16 *var, u16 value)
{
    *var = cpu_to_le16(le16_to_cpu(*var) + value);
}

static inline void le32_add_cpu(le32 *var, u32 value)
{
    *var = cpu_to_le32(le32_to_cpu(*var) + value);
}

static inline void le64_add_cpu(le64 *var, u64 value)
{
    *var = cpu_to_le64(le64_to_cpu(*var) + value);
}

#endif
