/* SPDX-License-Identifier: MIT */
/*
 * Which graphics mode to use: the policy, apart from the firmware.
 */
#ifndef EFI_VIDEO_MODE_H
#define EFI_VIDEO_MODE_H

#include "libc.h"

/** struct video_mode - one mode; @linear: it has a framebuffer of 32-bit pixels. */
struct video_mode {
    uint32_t width;
    uint32_t height;
    bool linear;
};

/**
 * edid_preferred() - the resolution that a monitor prefers (VESA E-EDID, the first detailed
 * timing). Returns false if @edid, of @size bytes, is malformed or does not say.
 */
bool edid_preferred(const uint8_t *edid, size_t size, uint32_t *width, uint32_t *height);

/**
 * video_mode_choose() - the best of @nr modes, or -1 if none is linear.
 *
 * The one that the monitor prefers (@width x @height, 0 if unknown). Where nothing is known of the
 * monitor: mode @current, which the firmware chose, if it has at least 1024 x 768; else the largest
 * up to 1920 x 1200, beyond which text gets hard to read; else the smallest.
 */
int video_mode_choose(const struct video_mode *modes, unsigned nr, unsigned current, uint32_t width,
                      uint32_t height);

/** pixel_masks_usable() - do the masks describe pixels of exactly 32 bits without overlaps? */
bool pixel_masks_usable(uint32_t red, uint32_t green, uint32_t blue, uint32_t reserved);

#endif
