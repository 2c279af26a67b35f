// SPDX-License-Identifier: MIT
/* Characters into cells. Pure: also compiled for the host. */
#include "grid.h"

#include <kernel/lib/string.h>
#include <kernel/lib/utf.h>

#define TAB_WIDTH 8
#define COLOUR_FG 7
#define COLOUR_BG 0

u16 font_glyph(const struct font *font, u32 code_point)
{
    unsigned int low = 0, high = font->nr_chars;

    while (low < high) {
        unsigned int mid = (low + high) / 2;

        if (font->chars[mid].code_point == code_point)
            return font->chars[mid].glyph;
        if (font->chars[mid].code_point < code_point)
            low = mid + 1;
        else
            high = mid;
    }
    return font->replacement;
}

struct cell *grid_row(const struct grid *grid, unsigned int y)
{
    return grid->cells + (size_t)((grid->top + y) % grid->rows) * grid->columns;
}

static void row_clear(struct grid *grid, unsigned int y)
{
    struct cell *row = grid_row(grid, y);

    for (unsigned int x = 0; x < grid->columns; x++)
        row[x] = (struct cell){grid->font->blank, grid->fg, grid->bg};
}

void grid_init(struct grid *grid, const struct font *font, unsigned int columns, unsigned int rows,
               struct cell *cells)
{
    memset(grid, 0, sizeof(*grid));
    grid->font = font;
    grid->columns = columns;
    grid->rows = rows;
    grid->cells = cells;
    grid->fg = COLOUR_FG;
    grid->bg = COLOUR_BG;
    for (unsigned int y = 0; y < rows; y++)
        row_clear(grid, y);
}

static void line_feed(struct grid *grid)
{
    grid->x = 0;
    if (grid->y + 1 < grid->rows) {
        grid->y++;
        return;
    }
    grid->top = (grid->top + 1) % grid->rows;
    row_clear(grid, grid->rows - 1);
}

static void put_character(struct grid *grid, u32 code_point)
{
    if (grid->x == grid->columns)
        line_feed(grid);
    grid_row(grid, grid->y)[grid->x++] =
        (struct cell){font_glyph(grid->font, code_point), grid->fg, grid->bg};
}

static void handle(struct grid *grid, u32 code_point)
{
    switch (code_point) {
    case '\n': line_feed(grid); return;
    case '\r': grid->x = 0; return;
    case '\b':
        if (grid->x)
            grid->x--;
        return;
    case '\t': grid->x = min((grid->x / TAB_WIDTH + 1) * TAB_WIDTH, grid->columns); return;
    default:
        if (code_point >= ' ' && code_point != 0x7f)
            put_character(grid, code_point);
    }
}

/* How many bytes a sequence that begins so has; 1 for what begins none. */
static unsigned int sequence_length(u8 first)
{
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 1;
}

/* Decodes what is gathered; an ill-formed sequence shows as one replacement character. */
static void partial_flush(struct grid *grid)
{
    u32 code_point;

    if (utf8_decode(grid->partial, grid->nr_partial, &code_point) < 0)
        code_point = UTF_REPLACEMENT;
    grid->nr_partial = 0;
    handle(grid, code_point);
}

void grid_write(struct grid *grid, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        u8 byte = text[i];

        /* Whatever cuts a sequence short ends it. */
        if (grid->nr_partial && (byte & 0xc0) != 0x80)
            partial_flush(grid);
        if (byte < 0x80) {
            handle(grid, byte);
            continue;
        }
        grid->partial[grid->nr_partial++] = byte;
        if (grid->nr_partial >= sequence_length(grid->partial[0]))
            partial_flush(grid);
    }
}
