/* SPDX-License-Identifier: MIT */
/* Cells onto a framebuffer, as few as need be. */
#ifndef DRIVERS_FBCON_RENDER_H
#define DRIVERS_FBCON_RENDER_H

#include <fb/fb.h>

#include "grid.h"

#define NR_COLOURS 16

struct renderer {
    const struct fb *fb;
    const struct font *font;
    unsigned int scale;       /* pixels a font pixel is wide and high */
    unsigned int left, above; /* margins, pixels */
    u32 palette[NR_COLOURS];
    struct cell *shown; /* what is on the screen, columns * rows */
    unsigned int columns, rows;
};

/** renderer_fit() - how many cells fit, and how large; rows or columns of 0: too small. Pure. */
void renderer_fit(struct renderer *r, const struct fb *fb, const struct font *font);
/** renderer_clear() - paints the screen empty; @shown: room for columns * rows cells. */
void renderer_clear(struct renderer *r, struct cell *shown);
/** renderer_update() - paints the cells of @grid that are not yet on the screen; how many. */
unsigned int renderer_update(struct renderer *r, const struct grid *grid);
#endif
