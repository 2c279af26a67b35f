// SPDX-License-Identifier: MIT
/*
 * Access checks. The compiler calls a function before each load and store (-fsanitize=kernel-
 * address, outlined); it looks at the shadow: one byte for each 8 of kernel memory, at
 * (address >> 3) + SHADOW_OFFSET. Whoever owns memory says what may be accessed:
 *
 *   page allocator  free pages are poisoned
 *   slab            objects are poisoned while free and wait in quarantine before they are used
 *                   again; so is what lies between them, and what kmalloc() gave too much
 *   vmalloc         ranges that are not mapped
 *   compiler        red zones around variables on the stack (its code writes the shadow itself) and
 *                   around globals (it calls __asan_register_globals())
 *
 * Shadow exists for memory, the image and the used part of the vmalloc window; everything else
 * reads as accessible through one shared page of zeros (kasan_shadow.c).
 *
 * Exempt (kernel/module.mk): this folder, what runs before the shadow is there, slab.c, which works
 * on free objects, and walkers over stacks. memcpy and its kind are assembly: instrumented code
 * gets the checked ones below, exempt code the plain ones (<kernel/lib/string.h>).
 */
#include "kasan.h"

#include <kernel/base/sections.h>
#include <kernel/debug/report.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>

static bool ready __read_mostly;

/* --- changing the shadow --- */

void kasan_poison(const void *p, size_t size, u8 value)
{
    if (ready)
        memset(shadow_of(p), value, DIV_ROUND_UP(size, GRANULE));
}

void kasan_unpoison(const void *p, size_t size)
{
    if (!ready)
        return;
    memset(shadow_of(p), 0, size / GRANULE);
    if (size % GRANULE)
        *shadow_of((const char *)p + size) = size % GRANULE;
}

void kasan_pages_alloc(struct page *page, unsigned int order)
{
    kasan_unpoison(page_address(page), PAGE_SIZE << order);
}

void kasan_pages_free(struct page *page, unsigned int order)
{
    kasan_poison(page_address(page), PAGE_SIZE << order, SHADOW_PAGE_FREE);
}

/* --- checks --- */

static __always_inline bool byte_is_bad(unsigned long address)
{
    s8 shadow = (s8)*shadow_of((void *)address);

    return unlikely(shadow) && (s8)(address & (GRANULE - 1)) >= shadow;
}

/* Sizes up to 8: the last byte decides, and the first granule if there are two. */
static __always_inline bool small_is_bad(unsigned long address, size_t size)
{
    if (byte_is_bad(address + size - 1))
        return true;
    return unlikely((address & (GRANULE - 1)) + size > GRANULE) && *shadow_of((void *)address) != 0;
}

const void *kasan_find_bad(const void *p, size_t size)
{
    unsigned long at = (unsigned long)p, end = at + size;

    while (at < end) {
        /* Eight granules at once where nothing is wrong. */
        while (!(at & (8 * GRANULE - 1)) && at + 8 * GRANULE <= end &&
               !*(const u64 *)shadow_of((void *)at))
            at += 8 * GRANULE;
        if (at >= end)
            break;
        if (byte_is_bad(at))
            return (const void *)at;
        at++;
        if (!*shadow_of((void *)at))
            at = ALIGN(at, GRANULE);
    }
    return NULL;
}

static __always_inline void check(unsigned long address, size_t size, bool write, unsigned long ip)
{
    bool bad;

    if (unlikely(!ready || address < DIRECT_MAP_BASE || !size))
        return; /* an address below faults by itself */
    bad = __builtin_constant_p(size) && size <= 8 ? small_is_bad(address, size)
                                                  : kasan_find_bad((void *)address, size) != NULL;
    if (unlikely(bad))
        kasan_report((void *)address, size, write, ip);
}

#define CALLER ((unsigned long)__builtin_return_address(0))

noinline void kasan_check_read(const void *p, size_t size)
{
    check((unsigned long)p, size, false, CALLER);
}

noinline void kasan_check_write(const void *p, size_t size)
{
    check((unsigned long)p, size, true, CALLER);
}

/* The compiler's names. */
#define ACCESS_CHECKS(size)                                   \
    void __asan_load##size##_noabort(unsigned long address);  \
    void __asan_store##size##_noabort(unsigned long address); \
    void __asan_load##size##_noabort(unsigned long address)   \
    {                                                         \
        check(address, size, false, CALLER);                  \
    }                                                         \
    void __asan_store##size##_noabort(unsigned long address)  \
    {                                                         \
        check(address, size, true, CALLER);                   \
    }
ACCESS_CHECKS(1)
ACCESS_CHECKS(2)
ACCESS_CHECKS(4)
ACCESS_CHECKS(8)
ACCESS_CHECKS(16)

void __asan_loadN_noabort(unsigned long address, size_t size);
void __asan_storeN_noabort(unsigned long address, size_t size);
void __asan_handle_no_return(void);
void __asan_poison_stack_memory(const void *p, size_t size);
void __asan_unpoison_stack_memory(const void *p, size_t size);

void __asan_loadN_noabort(unsigned long address, size_t size)
{
    check(address, size, false, CALLER);
}

void __asan_storeN_noabort(unsigned long address, size_t size)
{
    check(address, size, true, CALLER);
}

/* What frames leave behind that are never returned to: stacks are cleared before they are used
 * again (stack_watch_begin()). */
void __asan_handle_no_return(void)
{
}

void __asan_poison_stack_memory(const void *p, size_t size)
{
    kasan_poison(p, size, SHADOW_STACK_SCOPE);
}

void __asan_unpoison_stack_memory(const void *p, size_t size)
{
    kasan_unpoison(p, size);
}

/* --- the memory functions, for instrumented code --- */

#undef memcpy
#undef memmove
#undef memset

void *memcpy(void *to, const void *from, size_t n)
{
    check((unsigned long)from, n, false, CALLER);
    check((unsigned long)to, n, true, CALLER);
    return memcpy_unchecked(to, from, n);
}

void *memmove(void *to, const void *from, size_t n)
{
    check((unsigned long)from, n, false, CALLER);
    check((unsigned long)to, n, true, CALLER);
    return memmove_unchecked(to, from, n);
}

void *memset(void *to, int c, size_t n)
{
    check((unsigned long)to, n, true, CALLER);
    return memset_unchecked(to, c, n);
}

/* --- globals --- */

/* One description of a global: the compiler's layout. */
struct asan_global {
    const char *start;
    size_t size, size_with_zone;
    const char *name, *module;
    unsigned long has_initialiser;
    const void *place, *indicator;
};

/* Each file's array, for reports. */
#define GLOBAL_ARRAYS 1024
static struct {
    const struct asan_global *first;
    size_t count;
} global_arrays[GLOBAL_ARRAYS];
static unsigned int nr_global_arrays;

void __asan_register_globals(const struct asan_global *globals, size_t count);
void __asan_unregister_globals(const struct asan_global *globals, size_t count);

void __asan_register_globals(const struct asan_global *globals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t whole = ALIGN(globals[i].size, GRANULE);

        kasan_unpoison(globals[i].start, globals[i].size);
        kasan_poison(globals[i].start + whole, globals[i].size_with_zone - whole, SHADOW_GLOBAL);
    }
    if (nr_global_arrays < GLOBAL_ARRAYS) {
        global_arrays[nr_global_arrays].first = globals;
        global_arrays[nr_global_arrays++].count = count;
    }
}

void __asan_unregister_globals(const struct asan_global *globals, size_t count)
{
}

bool kasan_describe_global(const void *p)
{
    for (unsigned int i = 0; i < nr_global_arrays; i++) {
        for (size_t k = 0; k < global_arrays[i].count; k++) {
            const struct asan_global *g = &global_arrays[i].first[k];

            if ((unsigned long)p - (unsigned long)g->start >= g->size_with_zone)
                continue;
            report_line("%ld bytes from the start of \"%s\" in %s, which has %zu",
                        (long)((const char *)p - g->start), g->name, g->module, g->size);
            return true;
        }
    }
    return false;
}

void kasan_start(void)
{
    typedef void (*constructor_t)(void);
    const constructor_t *fn = (const constructor_t *)(const void *)__constructors_start;

    ready = true;
    for (; fn < (const constructor_t *)(const void *)__constructors_end; fn++)
        (*fn)();
}
