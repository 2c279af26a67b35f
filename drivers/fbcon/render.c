// SPDX-License-Identifier: MIT
/*
 * Painting cells. The screen is never read: what it shows is remembered cell by cell in `shown`,
 * and an update compares and paints what differs, so scrolling costs what changed, and nothing is
 * moved through the slow path of the bus.
 *
 * A glyph's row is eight bits. Pixels are written two at a time, as 64-bit words from a table of
 * four made for the cell's two colours: which of the four, two bits of the row say. Screens of
 * many pixels get a whole multiple of the font's size. Also compiled for the host.
 */
#include "render.h"

#include <kernel/lib/string.h>

#define SCALE_ROWS 1200 /* another step of size for each so many pixels of height */

/* The colours of the PC's text mode. */
static const struct {
    u8 red, green, blue;
} colours[NR_COLOURS] = {
    {0x00, 0x00, 0x00}, {0xaa, 0x00, 0x00}, {0x00, 0xaa, 0x00}, {0xaa, 0x55, 0x00},
    {0x00, 0x00, 0xaa}, {0xaa, 0x00, 0xaa}, {0x00, 0xaa, 0xaa}, {0xaa, 0xaa, 0xaa},
    {0x55, 0x55, 0x55}, {0xff, 0x55, 0x55}, {0x55, 0xff, 0x55}, {0xff, 0xff, 0x55},
    {0x55, 0x55, 0xff}, {0xff, 0x55, 0xff}, {0x55, 0xff, 0xff}, {0xff, 0xff, 0xff},
};

void renderer_fit(struct renderer *r, const struct fb *fb, const struct font *font)
{
    memset(r, 0, sizeof(*r));
    r->fb = fb;
    r->font = font;
    r->scale = 1 + fb->height / SCALE_ROWS;
    r->columns = fb->width / (FONT_WIDTH * r->scale);
    r->rows = fb->height / (font->height * r->scale);
    r->left = (fb->width - r->columns * FONT_WIDTH * r->scale) / 2;
    r->above = (fb->height - r->rows * font->height * r->scale) / 2;
    for (unsigned int i = 0; i < NR_COLOURS; i++)
        r->palette[i] = fb_pixel(fb, colours[i].red, colours[i].green, colours[i].blue);
}

static u8 __iomem *pixel_at(const struct renderer *r, unsigned int x, unsigned int y)
{
    return r->fb->pixels + (size_t)y * r->fb->pitch_bytes + (size_t)x * 4;
}

void renderer_clear(struct renderer *r, struct cell *shown)
{
    /* Black is 0 in every format. */
    for (unsigned int y = 0; y < r->fb->height; y++)
        memset(pixel_at(r, 0, y), 0, r->fb->width * 4UL);
    r->shown = shown;
    for (size_t i = 0; i < (size_t)r->columns * r->rows; i++)
        shown[i] = (struct cell){r->font->blank, 0, 0};
}

/* One row of pixels of a cell at the font's own size: four stores. */
static void row_paint(u8 __iomem *at, u8 bits, const u64 pairs[4])
{
    mmio_write64(at, pairs[bits >> 6]);
    mmio_write64(at + 8, pairs[(bits >> 4) & 3]);
    mmio_write64(at + 16, pairs[(bits >> 2) & 3]);
    mmio_write64(at + 24, pairs[bits & 3]);
}

static void row_paint_scaled(const struct renderer *r, u8 __iomem *at, u8 bits, u32 fg, u32 bg)
{
    for (unsigned int x = 0; x < FONT_WIDTH; x++) {
        u32 pixel = bits & (0x80 >> x) ? fg : bg;

        for (unsigned int i = 0; i < r->scale; i++, at += 4)
            mmio_write32(at, pixel);
    }
}

static void cell_paint(const struct renderer *r, unsigned int x, unsigned int y, struct cell cell)
{
    const u8 *bitmap = r->font->bitmaps + (size_t)cell.glyph * r->font->height;
    u32 fg = r->palette[cell.fg % NR_COLOURS], bg = r->palette[cell.bg % NR_COLOURS];
    /* The left pixel is the lower half of the word. */
    const u64 pairs[4] = {(u64)bg << 32 | bg, (u64)fg << 32 | bg, (u64)bg << 32 | fg,
                          (u64)fg << 32 | fg};
    u8 __iomem *at =
        pixel_at(r, r->left + x * FONT_WIDTH * r->scale, r->above + y * r->font->height * r->scale);

    for (unsigned int row = 0; row < r->font->height; row++) {
        for (unsigned int i = 0; i < r->scale; i++, at += r->fb->pitch_bytes) {
            if (r->scale == 1)
                row_paint(at, bitmap[row], pairs);
            else
                row_paint_scaled(r, at, bitmap[row], fg, bg);
        }
    }
}

/* Blank cells look alike whatever their foreground is. */
static bool cell_same(const struct renderer *r, struct cell a, struct cell b)
{
    if (a.glyph != b.glyph || a.bg != b.bg)
        return false;
    return a.fg == b.fg || a.glyph == r->font->blank;
}

static unsigned int row_update(struct renderer *r, unsigned int y, const struct cell *row)
{
    struct cell *shown = r->shown + (size_t)y * r->columns;
    unsigned int painted = 0;

    for (unsigned int x = 0; x < r->columns; x++) {
        if (cell_same(r, shown[x], row[x]))
            continue;
        cell_paint(r, x, y, row[x]);
        shown[x] = row[x];
        painted++;
    }
    return painted;
}

unsigned int renderer_update(struct renderer *r, const struct grid *grid)
{
    unsigned int painted = 0;

    for (unsigned int y = 0; y < r->rows; y++)
        painted += row_update(r, y, grid_row(grid, y));
    return painted;
}
