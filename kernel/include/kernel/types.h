/* SPDX-License-Identifier: MIT */
/*
 * The scalar types every file uses. In a host build (no __KERNEL__) the C library's own types of
 * the same names are taken, so that kernel sources and libc headers can meet in one file.
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <kernel/compiler.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64; /* %llu, %llx */
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

/* On-disk and on-wire integers: never used without a conversion of <kernel/lib/byteorder.h>. */
typedef u16 le16;
typedef u32 le32;
typedef u64 le64;
typedef u16 be16;
typedef u32 be32;
typedef u64 be64;

#ifdef __KERNEL__
typedef long ssize_t;
typedef s64 loff_t;
typedef s64 off_t;
typedef u64 ino_t;
typedef s32 pid_t;
typedef u32 uid_t;
typedef u32 gid_t;
typedef u32 dev_t; /* MKDEV: 12 bits of major, 20 of minor */
typedef s64 time64_t;
typedef s32 clockid_t;
#else
#include <sys/types.h>
typedef s64 time64_t;
#endif

typedef unsigned short umode_t;
typedef unsigned int gfp_t;   /* allocation flags, <kernel/mm/...> */
typedef unsigned int fmode_t; /* how a file is open */
typedef unsigned int poll_t;  /* EPOLLIN and its kin */

/* Quantities that must not be mixed. */
typedef u64 paddr_t;  /* a physical address */
typedef u64 pfn_t;    /* paddr >> PAGE_SHIFT */
typedef u64 vaddr_t;  /* a virtual address as a number */
typedef u64 sector_t; /* 512 bytes, whatever the device's own block is */

/* Device numbers. stat(2) and mknod(2) spell them differently: see dev_encode/dev_decode. */
#define MINORBITS     20
#define MINORMASK     ((1U << MINORBITS) - 1)
#define MAJOR(dev)    ((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev)    ((unsigned int)((dev)&MINORMASK))
#define MKDEV(ma, mi) ((dev_t)(((ma) << MINORBITS) | (mi)))

/* A pointer into user space: only the functions of <kernel/syscall/...> follow it. */
#define __user
/* A pointer into device memory: only readl/writel and their kin follow it. */
#define __iomem
/* A pointer that must be followed through rcu_dereference. */
#define __rcu
/* A per-CPU variable: followed through this_cpu_* and per_cpu_*. */
#define __percpu

/* The 32-bit form of a device number in stat, mknod and statfs. */
static inline u32 dev_encode(dev_t dev)
{
    unsigned int major = MAJOR(dev), minor = MINOR(dev);

    return (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);
}

static inline dev_t dev_decode(u32 dev)
{
    return MKDEV((dev & 0xfff00) >> 8, (dev & 0xff) | ((dev >> 12) & 0xfff00));
}

#endif
