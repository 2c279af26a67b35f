// SPDX-License-Identifier: MIT
/*
 * Making sense of the framebuffer that the firmware describes: any pitch, any order of colours,
 * any place below 2^52. Descriptions that contradict themselves are refused, since writing by them
 * would hit something else. Also compiled for the host.
 */
#include <fb/fb.h>

#include <abi/boot.h>
#include <kernel/lib/bitops.h>
#include <kernel/err.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>

#define SIDE_MAX        16384
#define BYTES_PER_PIXEL 4
#define PHYS_MAX        (1ULL << 52)

/* One run of bits, inside 32. */
static bool mask_parse(u32 mask, u8 *shift, u8 *bits)
{
    u32 run;

    if (!mask)
        return false;
    *shift = __builtin_ctz(mask);
    run = mask >> *shift;
    *bits = hweight32(run);
    return (run & (run + 1)) == 0 && *bits <= 10;
}

static int colours_parse(const struct boot_framebuffer *from, struct fb *fb)
{
    u32 red = from->red_mask, green = from->green_mask, blue = from->blue_mask;

    if (from->format == BOOT_FB_RGB32) {
        red = 0x0000ff;
        green = 0x00ff00;
        blue = 0xff0000;
    } else if (from->format == BOOT_FB_BGR32) {
        red = 0xff0000;
        green = 0x00ff00;
        blue = 0x0000ff;
    } else if (from->format != BOOT_FB_BITMASK) {
        return -ENODEV;
    }
    if ((red & green) || (red & blue) || (green & blue))
        return -EINVAL;
    return mask_parse(red, &fb->red_shift, &fb->red_bits) &&
                   mask_parse(green, &fb->green_shift, &fb->green_bits) &&
                   mask_parse(blue, &fb->blue_shift, &fb->blue_bits)
               ? 0
               : -EINVAL;
}

int fb_describe(const struct boot_framebuffer *from, struct fb *fb)
{
    u64 needed, end;
    int error;

    memset(fb, 0, sizeof(*fb));
    if (from->format == BOOT_FB_NONE || !from->base || !from->width || !from->height)
        return -ENODEV;
    error = colours_parse(from, fb);
    if (error)
        return error;
    if (from->width > SIDE_MAX || from->height > SIDE_MAX ||
        from->pitch_bytes < from->width * BYTES_PER_PIXEL || from->pitch_bytes % BYTES_PER_PIXEL)
        return -EINVAL;
    needed = (u64)from->pitch_bytes * (from->height - 1) + from->width * BYTES_PER_PIXEL;
    if (from->size_bytes < needed || from->base % BYTES_PER_PIXEL ||
        __builtin_add_overflow(from->base, from->size_bytes, &end) || end > PHYS_MAX)
        return -EINVAL;
    fb->base = from->base;
    fb->size_bytes = (u64)from->pitch_bytes * from->height;
    if (fb->size_bytes > from->size_bytes)
        fb->size_bytes = needed;
    fb->width = from->width;
    fb->height = from->height;
    fb->pitch_bytes = from->pitch_bytes;
    return 0;
}

static u32 channel(u8 value, u8 shift, u8 bits)
{
    u32 wide = bits <= 8 ? value >> (8 - bits) : (u32)value << (bits - 8);

    return wide << shift;
}

u32 fb_pixel(const struct fb *fb, u8 red, u8 green, u8 blue)
{
    return channel(red, fb->red_shift, fb->red_bits) |
           channel(green, fb->green_shift, fb->green_bits) |
           channel(blue, fb->blue_shift, fb->blue_bits);
}
