/* SPDX-License-Identifier: MIT */
/* A framebuffer: pixels in memory that show on a screen. */
#ifndef DRIVERS_FB_H
#define DRIVERS_FB_H

#include <kernel/arch/io.h>
#include <kernel/types.h>

struct boot_framebuffer;

struct fb {
    paddr_t base;
    u64 size_bytes;
    u32 width, height; /* pixels */
    u32 pitch_bytes;   /* from one row to the next */
    /* Where each colour lies in a 32-bit pixel: lowest bit, and how many. */
    u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
    u8 __iomem *pixels; /* mapped, write-combining */
};

/**
 * fb_describe() - checks what the starter says of the framebuffer and fills *@fb, unmapped.
 * 0, -ENODEV (there is none) or -EINVAL (what is said cannot be). Pure.
 */
int fb_describe(const struct boot_framebuffer *from, struct fb *fb);

/** fb_pixel() - the pixel for a colour of 8 bits each. Pure. */
u32 fb_pixel(const struct fb *fb, u8 red, u8 green, u8 blue);

/** fb_primary() - the screen that the firmware set up, mapped; NULL: none. From INIT_CORE on. */
struct fb *fb_primary(void);
#endif
