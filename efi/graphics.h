/* SPDX-License-Identifier: MIT */
#ifndef EFI_GRAPHICS_H
#define EFI_GRAPHICS_H

#include <abi/boot.h>

/**
 * graphics_set_best_mode() - set the best graphics mode and describe its framebuffer.
 *
 * Without a display, or with one that can only be blitted to, @fb says BOOT_FB_NONE.
 */
void graphics_set_best_mode(struct boot_framebuffer *fb);

#endif
