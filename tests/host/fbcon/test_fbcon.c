// SPDX-License-Identifier: MIT
// The screen: descriptions of framebuffers, text into cells, cells into pixels.
// sources: drivers/fb/describe.c drivers/fbcon/grid.c drivers/fbcon/render.c kernel/lib/utf.c
#include "../../../drivers/fbcon/grid.h"
#include "../../../drivers/fbcon/render.h"

#include <abi/boot.h>

#include <errno.h>

#include "ktap.h"

/* A font of two rows: blank, full, left half, and the replacement (upper row). */
static const u8 bitmaps[] = {0x00, 0x00, 0xff, 0xff, 0xf0, 0xf0, 0xff, 0x00};
static const struct font_char chars[] = {{' ', 0}, {'#', 1}, {'<', 2}, {0x416, 1}};
static const struct font font = {.height = 2,
                                 .nr_glyphs = 4,
                                 .bitmaps = bitmaps,
                                 .nr_chars = 4,
                                 .chars = chars,
                                 .replacement = 3,
                                 .blank = 0};

#define COLUMNS 10
#define ROWS    4

static struct cell cells[COLUMNS * ROWS];

static struct grid grid_make(void)
{
    struct grid grid;

    grid_init(&grid, &font, COLUMNS, ROWS, cells);
    return grid;
}

/* A row as a string: '.' blank, '#', '<', '?' replacement. */
static const char *row_text(const struct grid *grid, unsigned int y)
{
    static char text[COLUMNS + 1];

    for (int x = 0; x < COLUMNS; x++)
        text[x] = ".#<?"[grid_row(grid, y)[x].glyph];
    return text;
}

static void put(struct grid *grid, const char *text)
{
    grid_write(grid, text, strlen(text));
}

static struct boot_framebuffer description(void)
{
    return (struct boot_framebuffer){.base = 0x80000000,
                                     .size_bytes = 4096 * 768,
                                     .width = 1024,
                                     .height = 768,
                                     .pitch_bytes = 4096,
                                     .format = BOOT_FB_BGR32};
}

TEST(framebuffers_of_every_order_are_understood)
{
    struct boot_framebuffer from = description();
    struct fb fb;

    ASSERT_EQ(fb_describe(&from, &fb), 0);
    EXPECT_EQ(fb_pixel(&fb, 0x12, 0x34, 0x56), 0x123456);
    from.format = BOOT_FB_RGB32;
    ASSERT_EQ(fb_describe(&from, &fb), 0);
    EXPECT_EQ(fb_pixel(&fb, 0x12, 0x34, 0x56), 0x563412);
    from.format = BOOT_FB_BITMASK;
    from.red_mask = 0x3ff00000;
    from.green_mask = 0x000ffc00;
    from.blue_mask = 0x000003ff;
    ASSERT_EQ(fb_describe(&from, &fb), 0);
    EXPECT_EQ(fb_pixel(&fb, 0xff, 0, 0x80), 0x3fc00200);
    from.base = 0x7000000000;
    EXPECT_EQ(fb_describe(&from, &fb), 0);
}

TEST(no_framebuffer_is_not_an_error)
{
    struct boot_framebuffer from = {};
    struct fb fb;

    EXPECT_EQ(fb_describe(&from, &fb), -ENODEV);
    from = description();
    from.format = BOOT_FB_NONE;
    EXPECT_EQ(fb_describe(&from, &fb), -ENODEV);
}

TEST(framebuffers_that_contradict_themselves_are_refused)
{
    struct boot_framebuffer from;
    struct fb fb;

    from = description();
    from.pitch_bytes = 4092;
    EXPECT_EQ(fb_describe(&from, &fb), -EINVAL);
    from = description();
    from.size_bytes = 4096 * 767;
    EXPECT_EQ(fb_describe(&from, &fb), -EINVAL);
    from = description();
    from.base = ~0ULL - 4095;
    EXPECT_EQ(fb_describe(&from, &fb), -EINVAL);
    from = description();
    from.width = 0x40000001; /* times 4 wraps */
    from.pitch_bytes = 4;
    EXPECT_EQ(fb_describe(&from, &fb), -EINVAL);
    from = description();
    from.format = BOOT_FB_BITMASK;
    from.red_mask = 0xff0000;
    from.green_mask = 0x01ff00; /* overlaps */
    from.blue_mask = 0xff;
    EXPECT_EQ(fb_describe(&from, &fb), -EINVAL);
    from.green_mask = 0x00a500; /* not one run */
    EXPECT_EQ(fb_describe(&from, &fb), -EINVAL);
    from.green_mask = 0;
    EXPECT_EQ(fb_describe(&from, &fb), -EINVAL);
}

TEST(text_wraps_and_scrolls)
{
    struct grid grid = grid_make();

    put(&grid, "##########"); /* a full line does not wrap before the next character */
    EXPECT_EQ(grid.y, 0);
    put(&grid, "<\n#\n\n##\n<<");
    EXPECT_STREQ(row_text(&grid, 0), "#.........");
    EXPECT_STREQ(row_text(&grid, 1), "..........");
    EXPECT_STREQ(row_text(&grid, 2), "##........");
    EXPECT_STREQ(row_text(&grid, 3), "<<........");
}

TEST(control_characters_move)
{
    struct grid grid = grid_make();

    put(&grid, "##\r<\t#\b\b<\a");
    EXPECT_STREQ(row_text(&grid, 0), "<#.....<#.");
    put(&grid, "\r\b\b#");
    EXPECT_STREQ(row_text(&grid, 0), "##.....<#.");
}

TEST(utf8_is_decoded_also_in_pieces_and_rubbish_shows_as_such)
{
    struct grid grid = grid_make();

    grid_write(&grid, "\xd0", 1);
    grid_write(&grid, "\x96", 1);
    put(&grid, "#\xff#\xd0#\xe2\x82#\x80");
    EXPECT_STREQ(row_text(&grid, 0), "##?#?#?#?.");
}

TEST(random_bytes_stay_inside)
{
    struct grid grid = grid_make();
    u32 seed = 7;

    for (int i = 0; i < 200000; i++) {
        char byte;

        seed = seed * 1103515245 + 12345;
        byte = seed >> 16;
        grid_write(&grid, &byte, 1);
        ASSERT_TRUE(grid.x <= COLUMNS && grid.y < ROWS);
    }
}

/* A screen with a pitch larger than its rows, margins, and nothing behind the last pixel. */
struct screen {
    struct fb fb;
    struct renderer renderer;
    struct cell shown[COLUMNS * ROWS];
};

static void screen_init(struct screen *s, u32 width, u32 height, u32 pitch)
{
    struct boot_framebuffer from = {.base = 0x1000,
                                    .width = width,
                                    .height = height,
                                    .pitch_bytes = pitch,
                                    .format = BOOT_FB_BGR32,
                                    .size_bytes = (u64)pitch * (height - 1) + width * 4};

    memset(s, 0, sizeof(*s));
    if (fb_describe(&from, &s->fb) != 0)
        abort();
    s->fb.pixels = malloc(from.size_bytes);
    memset(s->fb.pixels, 0xee, from.size_bytes);
    renderer_fit(&s->renderer, &s->fb, &font);
}

static u32 pixel(const struct screen *s, u32 x, u32 y)
{
    u32 value;

    memcpy(&value, s->fb.pixels + (size_t)y * s->fb.pitch_bytes + 4 * x, 4);
    return value;
}

TEST(pixels_are_where_the_bits_of_the_font_are)
{
    struct grid grid = grid_make();
    struct screen s;

    screen_init(&s, COLUMNS * 8 + 4, ROWS * 2 + 1, (COLUMNS * 8 + 4) * 4 + 64);
    ASSERT_EQ(s.renderer.columns, COLUMNS);
    ASSERT_EQ(s.renderer.rows, ROWS);
    renderer_clear(&s.renderer, s.shown);
    put(&grid, "\n #<");
    EXPECT_EQ(renderer_update(&s.renderer, &grid), 2);
    EXPECT_EQ(pixel(&s, 2 + 7, 2), 0);
    for (u32 x = 0; x < 8; x++) {
        EXPECT_EQ(pixel(&s, 2 + 8 + x, 2), 0xaaaaaa);
        EXPECT_EQ(pixel(&s, 2 + 16 + x, 3), x < 4 ? 0xaaaaaa : 0);
    }
    EXPECT_EQ(pixel(&s, 2 + 24, 3), 0);
    /* Between the rows of the screen nothing is touched. */
    EXPECT_EQ(*(u32 *)(s.fb.pixels + s.fb.width * 4), 0xeeeeeeee);
    free(s.fb.pixels);
}

TEST(only_what_changed_is_painted)
{
    struct grid grid = grid_make();
    struct screen s;

    screen_init(&s, COLUMNS * 8, ROWS * 2, COLUMNS * 8 * 4);
    renderer_clear(&s.renderer, s.shown);
    put(&grid, "###\n###\n###\n###");
    EXPECT_EQ(renderer_update(&s.renderer, &grid), 12);
    EXPECT_EQ(renderer_update(&s.renderer, &grid), 0);
    put(&grid, "\n##<"); /* scrolls: three rows look as before */
    EXPECT_EQ(renderer_update(&s.renderer, &grid), 1);
    free(s.fb.pixels);
}

TEST(large_screens_get_large_letters)
{
    struct grid grid = grid_make();
    struct screen s;

    screen_init(&s, 200, 1250, 800);
    EXPECT_EQ(s.renderer.scale, 2);
    s.renderer.columns = COLUMNS; /* the grid of this test, not of the screen */
    s.renderer.rows = ROWS;
    renderer_clear(&s.renderer, s.shown);
    put(&grid, "<");
    EXPECT_EQ(renderer_update(&s.renderer, &grid), 1);
    EXPECT_EQ(pixel(&s, s.renderer.left + 7, s.renderer.above + 3), 0xaaaaaa);
    EXPECT_EQ(pixel(&s, s.renderer.left + 8, s.renderer.above + 3), 0);
    EXPECT_EQ(pixel(&s, s.renderer.left + 7, s.renderer.above + 4), 0);
    free(s.fb.pixels);
}
