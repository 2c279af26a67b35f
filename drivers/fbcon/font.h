/* SPDX-License-Identifier: MIT */
/* A bitmap font, 8 pixels wide. The one there is comes from tools/build/gen-font. */
#ifndef DRIVERS_FBCON_FONT_H
#define DRIVERS_FBCON_FONT_H

#include <kernel/types.h>

#define FONT_WIDTH 8

struct font_char {
    u16 code_point, glyph;
};

struct font {
    unsigned int height, nr_glyphs;
    const u8 *bitmaps; /* height bytes a glyph, most significant bit left */
    unsigned int nr_chars;
    const struct font_char *chars; /* by code point, ascending */
    u16 replacement, blank;        /* glyphs */
};

extern const struct font console_font;

/** font_glyph() - the glyph of a character; the replacement for one the font lacks. */
u16 font_glyph(const struct font *font, u32 code_point);
#endif
