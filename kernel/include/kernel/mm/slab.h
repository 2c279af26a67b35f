/* SPDX-License-Identifier: MIT */
/*
 * Object caches (slab) and kmalloc. Allocation and free in the common case touch only this CPU's
 * magazine and take no lock. Context: any; may sleep with GFP_WAIT.
 */
#ifndef KERNEL_MM_SLAB_H
#define KERNEL_MM_SLAB_H

#include <kernel/compiler.h>
#include <kernel/mm/gfp.h>
#include <kernel/types.h>

struct kmem_cache;

#define SLAB_HWCACHE_ALIGN 0x1
#define SLAB_PANIC         0x2 /* panic if the cache cannot be made */
#define SLAB_TYPESAFE_RCU  0x4 /* slabs are returned only after a grace period */
#define SLAB_RECLAIMABLE   0x8
#define SLAB_ACCOUNT       0x10

/* ctor, if given, runs once per object when its slab is made. name must stay valid. */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
                                     unsigned int flags, void (*ctor)(void *object));
void kmem_cache_destroy(struct kmem_cache *cache); /* all objects must be free */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp) __attribute__((malloc));
void kmem_cache_free(struct kmem_cache *cache, void *object);

/* KMALLOC_MAX bytes at most; larger: kvmalloc(). Aligned to 16, powers of two to their size. */
#define KMALLOC_MAX (4UL << 20)
void *kmalloc(size_t size, gfp_t gfp) __attribute__((malloc, alloc_size(1)));
void kfree(const void *object); /* NULL is fine */
size_t kmalloc_usable_size(const void *object);
void *krealloc(void *object, size_t size, gfp_t gfp);
static inline void *kzalloc(size_t size, gfp_t gfp)
{
    return kmalloc(size, gfp | GFP_ZERO);
}
static inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
    size_t bytes;

    return __builtin_mul_overflow(n, size, &bytes) ? NULL : kmalloc(bytes, gfp);
}
static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
    return kmalloc_array(n, size, gfp | GFP_ZERO);
}
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);
void *kmemdup(const void *p, size_t size, gfp_t gfp);

/* kmalloc where it fits, vmalloc where it does not. Task context. */
void *kvmalloc(size_t size, gfp_t gfp) __attribute__((malloc, alloc_size(1)));
void kvfree(const void *p);
#endif
