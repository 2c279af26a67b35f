/* SPDX-License-Identifier: MIT */
/*
 * kmalloc: caches of a few sizes, and whole pages above.
 *
 * The sizes are the powers of two from 16 to 2048 and, between them, 96 and 192, where much of a
 * kernel's odd-sized structures fall. What is larger is a block of pages. kfree() finds out which
 * by the page's flags: PG_SLAB names the cache, anything else is a block.
 */
#include "internal.h"
#include "slab.h"

#include <kernel/base/panic.h>
#include <kernel/debug/kasan.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/vmalloc.h>

#define KMALLOC_CACHE_MAX 2048

static const struct {
    u16 size;
    const char *name;
} classes[] = {
    {16, "kmalloc-16"},   {32, "kmalloc-32"},   {64, "kmalloc-64"},   {96, "kmalloc-96"},
    {128, "kmalloc-128"}, {192, "kmalloc-192"}, {256, "kmalloc-256"}, {512, "kmalloc-512"},
    {1024, "kmalloc-1k"}, {2048, "kmalloc-2k"},
};

static struct kmem_cache *kmalloc_caches[ARRAY_SIZE(classes)] __ro_after_init;

/* By (size - 1) / 16, for sizes up to 192. */
static const u8 small_class[12] = {0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5};

static inline unsigned int size_class(size_t size)
{
    if (size <= 192)
        return size ? small_class[(size - 1) / 16] : 0;
    return ilog2(size - 1) - 1; /* 193..256: 6 */
}

void __init kmalloc_init(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
        size_t size = classes[i].size;
        size_t align = is_power_of_2(size) ? size : size & -size;

        kmalloc_caches[i] =
            kmem_cache_create(classes[i].name, size, max(align, (size_t)16), SLAB_PANIC, NULL);
    }
}

static noinline void *kmalloc_large(size_t size, gfp_t gfp)
{
    struct page *page;

    if (size > KMALLOC_MAX)
        return NULL;
    page = page_alloc(gfp & ~GFP_MOVABLE, order_base_2(DIV_ROUND_UP(size, PAGE_SIZE)));
    return page ? page_address(page) : NULL;
}

/* Only what was asked for is zeroed, not the whole object. */
static noinline void *kmalloc_zeroed(size_t size, gfp_t gfp)
{
    void *object = kmem_cache_alloc(kmalloc_caches[size_class(size)], gfp & ~GFP_ZERO);

    return object ? memset(kasan_slab_trim(object, size), 0, size) : NULL;
}

void *kmalloc(size_t size, gfp_t gfp)
{
    if (unlikely(size > KMALLOC_CACHE_MAX))
        return kmalloc_large(size, gfp);
    if (gfp & GFP_ZERO)
        return kmalloc_zeroed(size, gfp);
    return kasan_slab_trim(kmem_cache_alloc(kmalloc_caches[size_class(size)], gfp), size);
}

void kfree(const void *object)
{
    struct page *page;

    if (unlikely(!object))
        return;
    page = virt_to_page(object);
    if (likely(page_flag_test(page, PG_SLAB))) {
        kmem_cache_free(page->cache, (void *)object);
        return;
    }
    DEBUG_ASSERT(!page_flag_test(page, PG_TAIL) && IS_ALIGNED((unsigned long)object, PAGE_SIZE));
    page_free(page, page_flag_test(page, PG_COMPOUND) ? page->private : 0);
}

size_t kmalloc_usable_size(const void *object)
{
    struct page *page;

    if (!object)
        return 0;
    page = virt_to_page(object);
    if (page_flag_test(page, PG_SLAB))
        return page->cache->object_size;
    return PAGE_SIZE << (page_flag_test(page, PG_COMPOUND) ? page->private : 0);
}

void *krealloc(void *object, size_t size, gfp_t gfp)
{
    size_t old = kmalloc_usable_size(object);
    void *copy;

    if (object && size <= old && size > old / 4)
        return kasan_slab_trim(object, size);
    copy = kmalloc(size, gfp);
    if (!copy)
        return NULL;
    if (object)
        memcpy(copy, kasan_slab_trim(object, old), min(size, old));
    kfree(object);
    return copy;
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

    if (!copy)
        return NULL;
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *kstrdup(const char *s, gfp_t gfp)
{
    return kmemdup(s, strlen(s) + 1, gfp);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
    void *p = NULL;

    if (size <= KMALLOC_MAX)
        p = kmalloc(size, size > PAGE_SIZE ? gfp | GFP_NOWARN | GFP_NORETRY : gfp);
    if (!p && size > PAGE_SIZE)
        p = gfp & GFP_ZERO ? vzalloc(size) : vmalloc(size);
    return p;
}

void kvfree(const void *p)
{
    if (is_vmalloc_address(p))
        vfree(p);
    else
        kfree(p);
}
