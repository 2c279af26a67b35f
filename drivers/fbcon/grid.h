/* SPDX-License-Identifier: MIT */
/* Text on a grid of cells: what should be on the screen. */
#ifndef DRIVERS_FBCON_GRID_H
#define DRIVERS_FBCON_GRID_H

#include <kernel/types.h>

#include "font.h"

struct cell {
    u16 glyph;
    u8 fg, bg; /* indices of the 16 colours */
};

/*
 * Rows form a ring, so that scrolling moves nothing: row y of the screen is cells row
 * (top + y) % rows.
 */
struct grid {
    const struct font *font;
    unsigned int columns, rows;
    unsigned int top;
    unsigned int x, y; /* where the next character goes; x == columns: wraps before it */
    u8 fg, bg;
    char partial[4]; /* bytes of a UTF-8 sequence that is not complete */
    unsigned int nr_partial;
    struct cell *cells; /* columns * rows */
};

/** grid_init() - an empty grid over @cells, columns * rows of them. */
void grid_init(struct grid *grid, const struct font *font, unsigned int columns, unsigned int rows,
               struct cell *cells);
/** grid_write() - UTF-8 text; \n begins a new line, \r, \b and \t move; others are shown. */
void grid_write(struct grid *grid, const char *text, size_t len);
/** grid_row() - the cells of row @y of the screen. */
struct cell *grid_row(const struct grid *grid, unsigned int y);
#endif
