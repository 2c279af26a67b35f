// SPDX-License-Identifier: MIT
/* kmalloc over the C library's malloc, so that AddressSanitizer sees every object. */
#include <kernel/mm/slab.h>
#include "slab.h"
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static long live;
static unsigned long fail_countdown;

long shim_kmalloc_live(void)
{
    return live;
}

void shim_kmalloc_fail_at(unsigned long nth)
{
    fail_countdown = nth;
}

static bool fails_now(gfp_t gfp)
{
    return !(gfp & GFP_NOFAIL) && fail_countdown && --fail_countdown == 0;
}

void *kmalloc(size_t size, gfp_t gfp)
{
    void *object = NULL;

    if (size > KMALLOC_MAX || fails_now(gfp))
        return NULL;
    if (posix_memalign(&object, 16, size ? size : 1))
        return NULL;
    live++;
    /* Uninitialised memory is not zero in the kernel: nor here. */
    memset(object, gfp & GFP_ZERO ? 0 : 0xa5, size);
    return object;
}

void kfree(const void *object)
{
    if (object)
        live--;
    free((void *)object);
}

size_t kmalloc_usable_size(const void *object)
{
    return malloc_usable_size((void *)object);
}

void *krealloc(void *object, size_t size, gfp_t gfp)
{
    size_t old_size = object ? malloc_usable_size(object) : 0;
    void *bigger = kmalloc(size, gfp);

    if (bigger && object) {
        memcpy(bigger, object, old_size < size ? old_size : size);
        kfree(object);
    }
    return bigger;
}

void *kmemdup(const void *p, size_t size, gfp_t gfp)
{
    void *copy = kmalloc(size, gfp);

    return copy ? memcpy(copy, p, size) : NULL;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
    size_t len = strnlen(s, max);
    char *copy = kmalloc(len + 1, gfp);

    if (copy) {
        memcpy(copy, s, len);
        copy[len] = '\0';
    }
    return copy;
}

char *kstrdup(const char *s, gfp_t gfp)
{
    return kstrndup(s, strlen(s), gfp);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
    void *object;

    if (size <= KMALLOC_MAX)
        return kmalloc(size, gfp);
    object = malloc(size);
    if (object) {
        live++;
        memset(object, gfp & GFP_ZERO ? 0 : 0xa5, size);
    }
    return object;
}

void kvfree(const void *p)
{
    kfree(p);
}

struct kmem_cache {
    size_t size;
    void (*ctor)(void *object);
};

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
                                     unsigned int flags, void (*ctor)(void *object))
{
    struct kmem_cache *cache = malloc(sizeof(*cache));

    *cache = (struct kmem_cache){size, ctor};
    return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
    free(cache);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
    void *object = kmalloc(cache->size, gfp);

    if (object && cache->ctor)
        cache->ctor(object);
    return object;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
    kfree(object);
}
