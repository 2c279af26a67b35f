/* SPDX-License-Identifier: MIT */
/* Errors carried in pointers: the last 4095 addresses are never objects. */
#ifndef KERNEL_ERR_H
#define KERNEL_ERR_H

#include <abi/linux/errno.h>
#include <kernel/compiler.h>
#include <kernel/types.h>

#define MAX_ERRNO 4095

#define IS_ERR_VALUE(x) unlikely((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)

/** ERR_PTR() - a pointer that says why there is none. @error: -errno. */
static inline void *__must_check ERR_PTR(long error)
{
    return (void *)error;
}

/** PTR_ERR() - the -errno inside a pointer for which IS_ERR() holds. */
static inline long __must_check PTR_ERR(const void *ptr)
{
    return (long)ptr;
}

static inline bool __must_check IS_ERR(const void *ptr)
{
    return IS_ERR_VALUE(ptr);
}

static inline bool __must_check IS_ERR_OR_NULL(const void *ptr)
{
    return unlikely(!ptr) || IS_ERR_VALUE(ptr);
}

/** ERR_CAST() - the same error as a pointer of another type. */
static inline void *__must_check ERR_CAST(const void *ptr)
{
    return (void *)(unsigned long)ptr;
}

/** PTR_ERR_OR_ZERO() - -errno for an error pointer, 0 for any other. */
static inline int __must_check PTR_ERR_OR_ZERO(const void *ptr)
{
    return IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0;
}

#endif
