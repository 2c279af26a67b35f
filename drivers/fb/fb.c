// SPDX-License-Identifier: MIT
/*
 * The framebuffer that the firmware set up and the starter handed over. It is mapped once,
 * write-combining, and kept.
 */
#include <fb/fb.h>

#include <kernel/base/boot_info.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/err.h>
#include <kernel/mm/page.h>
#include <kernel/mm/vmalloc.h>

static struct fb primary;

/* Drawing over memory would be worse than no screen. */
static bool lies_over_memory(const struct fb *fb)
{
    return pfn_valid(fb->base >> PAGE_SHIFT) ||
           pfn_valid((fb->base + fb->size_bytes - 1) >> PAGE_SHIFT);
}

struct fb *fb_primary(void)
{
    static bool tried;
    int error;

    if (tried)
        return primary.pixels ? &primary : NULL;
    tried = true;
    error = fb_describe(&boot_info_get()->framebuffer, &primary);
    if (error == -EINVAL || (!error && lies_over_memory(&primary))) {
        pr_warn("fb: what the firmware says of the framebuffer cannot be, no screen\n");
        return NULL;
    }
    if (error)
        return NULL;
    primary.pixels = ioremap(primary.base, primary.size_bytes, CACHE_WC);
    if (!primary.pixels)
        return NULL;
    pr_info("fb: %ux%u at %#llx, pitch %u\n", primary.width, primary.height, primary.base,
            primary.pitch_bytes);
    return &primary;
}
