/* SPDX-License-Identifier: MIT */
/*
 * Access checks (the compiler's kernel-address sanitizer): what the rest of the kernel tells them.
 * Nothing of it is in a release. See kernel/debug/kasan.c.
 */
#ifndef KERNEL_DEBUG_KASAN_H
#define KERNEL_DEBUG_KASAN_H

#include <kernel/types.h>

struct kmem_cache;
struct page;

/* Bytes that the checks keep behind each slab object. */
#define KASAN_TRACK_BYTES 16

#ifndef CONFIG_KASAN
#define CONFIG_KASAN 0 /* host builds */
#endif
#if CONFIG_KASAN
/* --- start-up --- */
/* Everything gets shadow, of no meaning yet; on the starter's tables. First C code of all. */
struct boot_info;
void kasan_early_init(const struct boot_info *bi);
/* The kernel's own tables get the shadow of memory and of the image; others read as accessible. */
void kasan_map_shadow(u64 *level4);
/* Those tables are loaded: accesses are checked from here on. */
void kasan_start(void);

/* --- accesses that the compiler does not see (assembly) --- */
void kasan_check_read(const void *p, size_t size);
void kasan_check_write(const void *p, size_t size);

/* --- who owns memory --- */
void kasan_unpoison(const void *p, size_t size);
void kasan_pages_alloc(struct page *page, unsigned int order);
void kasan_pages_free(struct page *page, unsigned int order);
/* A range of the vmalloc window is about to be mapped (0 or -ENOMEM; may sleep), or is not any
 * more. */
int kasan_vmalloc_map(unsigned long start, size_t size);
void kasan_vmalloc_unmap(unsigned long start, size_t size);
/* A fresh slab: all of it is out of bounds. */
void kasan_slab_created(struct kmem_cache *cache, struct page *slab);
void kasan_slab_alloc(struct kmem_cache *cache, void *object);
/* Of an allocated object (NULL is fine) only size bytes are to be used. Returns it. */
void *kasan_slab_trim(void *object, size_t size);
/* False: the free is wrong, was reported, and must not go on. */
bool kasan_slab_free(struct kmem_cache *cache, void *object);
/* True: the object waits in quarantine, slab_object_release() comes later. */
bool kasan_quarantine(struct kmem_cache *cache, void *object);
/* Everything in quarantine (NULL), or of one cache, goes back to its slabs. */
void kasan_quarantine_flush(struct kmem_cache *cache);
/* The reports that slab.c makes of objects: who allocated and freed it. */
void kasan_report_object(struct kmem_cache *cache, void *object);
#else
#define kasan_early_init(bi)               ((void)0)
#define kasan_map_shadow(level4)           ((void)0)
#define kasan_start()                      ((void)0)
#define kasan_check_read(p, size)          ((void)0)
#define kasan_check_write(p, size)         ((void)0)
#define kasan_unpoison(p, size)            ((void)0)
#define kasan_pages_alloc(page, order)     ((void)0)
#define kasan_pages_free(page, order)      ((void)0)
#define kasan_vmalloc_map(start, size)     0
#define kasan_vmalloc_unmap(start, size)   ((void)0)
#define kasan_slab_created(cache, slab)    ((void)0)
#define kasan_slab_alloc(cache, object)    ((void)0)
#define kasan_slab_trim(object, size)      (object)
#define kasan_slab_free(cache, object)     true
#define kasan_quarantine(cache, object)    false
#define kasan_quarantine_flush(cache)      ((void)0)
#define kasan_report_object(cache, object) ((void)0)
#endif
#endif
