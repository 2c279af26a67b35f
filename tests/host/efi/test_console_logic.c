/* SPDX-License-Identifier: MIT */
// sources: efi/video_mode.c efi/line_edit.c
// cflags: -Iefi
#include "line_edit.h"
#include "video_mode.h"

#include "ktap.h"

static void make_edid(uint8_t edid[128], uint32_t width, uint32_t height)
{
    static const uint8_t magic[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    uint8_t sum = 0;

    memset(edid, 0, 128);
    memcpy(edid, magic, sizeof(magic));
    edid[54] = 1;
    edid[56] = (uint8_t)width;
    edid[58] = (uint8_t)(width >> 8 << 4);
    edid[59] = (uint8_t)height;
    edid[61] = (uint8_t)(height >> 8 << 4);
    for (int i = 0; i < 127; i++)
        sum = (uint8_t)(sum + edid[i]);
    edid[127] = (uint8_t)-sum;
}

TEST(the_monitors_wish_is_read)
{
    uint32_t width = 0, height = 0;
    uint8_t edid[128];

    make_edid(edid, 1280, 800);
    EXPECT_TRUE(edid_preferred(edid, sizeof(edid), &width, &height));
    EXPECT_EQ(width, 1280);
    EXPECT_EQ(height, 800);
    EXPECT_FALSE(edid_preferred(edid, 127, &width, &height));
    EXPECT_FALSE(edid_preferred(NULL, 128, &width, &height));
    edid[60]++;
    EXPECT_FALSE(edid_preferred(edid, sizeof(edid), &width, &height));
    make_edid(edid, 0, 800);
    EXPECT_FALSE(edid_preferred(edid, sizeof(edid), &width, &height));
}

TEST(the_best_mode_is_chosen)
{
    static const struct video_mode modes[] = {
        {640, 480, true},   {1280, 800, true},  {3840, 2160, true},
        {1920, 1080, true}, {1024, 768, false}, {2560, 1600, true},
    };

    EXPECT_EQ(video_mode_choose(modes, 6, 0, 0, 0), 3);
    EXPECT_EQ(video_mode_choose(modes, 6, 1, 0, 0), 1); /* good enough as it is */
    EXPECT_EQ(video_mode_choose(modes, 6, 4, 0, 0), 3); /* has no framebuffer */
    EXPECT_EQ(video_mode_choose(modes, 6, 99, 0, 0), 3);
    EXPECT_EQ(video_mode_choose(modes, 6, 0, 1280, 800), 1);
    EXPECT_EQ(video_mode_choose(modes, 6, 1, 3840, 2160), 2);
    EXPECT_EQ(video_mode_choose(modes, 6, 1, 1024, 768), 3); /* wished, but without framebuffer */
    EXPECT_EQ(video_mode_choose(modes + 4, 2, 9, 0, 0), 1);
    EXPECT_EQ(video_mode_choose(modes + 4, 1, 0, 0, 0), -1);
    EXPECT_EQ(video_mode_choose(modes, 0, 0, 0, 0), -1);
}

TEST(pixel_masks_must_make_sense)
{
    EXPECT_TRUE(pixel_masks_usable(0xff0000, 0xff00, 0xff, 0xff000000));
    EXPECT_TRUE(pixel_masks_usable(0x3ff00000, 0xffc00, 0x3ff, 0));
    EXPECT_FALSE(pixel_masks_usable(0xf800, 0x7e0, 0x1f, 0)); /* 16 bits */
    EXPECT_FALSE(pixel_masks_usable(0xff0000, 0xff00, 0, 0xff000000));
    EXPECT_FALSE(pixel_masks_usable(0xff0000, 0xffff00, 0xff, 0xff000000));
    EXPECT_FALSE(pixel_masks_usable(0xff0000, 0xff00, 0xff, 0xff0000ff));
}

TEST(a_line_is_edited)
{
    char text[8] = "ac";
    struct line_edit line = {.text = text, .size = sizeof(text)};

    line_do(&line, LINE_LEFT);
    line_do(&line, LINE_RIGHT);
    line_insert(&line, 'b');
    EXPECT_STREQ(text, "abc");
    line_do(&line, LINE_END);
    line_do(&line, LINE_RIGHT);
    line_do(&line, LINE_DELETE);
    line_do(&line, LINE_BACKSPACE);
    EXPECT_STREQ(text, "ab");
    line_do(&line, LINE_HOME);
    line_do(&line, LINE_BACKSPACE);
    line_do(&line, LINE_DELETE);
    EXPECT_STREQ(text, "b");
    for (const char *c = "123\t456789"; *c; c++)
        line_insert(&line, *c);
    EXPECT_STREQ(text, "123456b");
    line_do(&line, LINE_HOME);
    line_do(&line, LINE_RIGHT);
    line_do(&line, LINE_KILL);
    EXPECT_STREQ(text, "1");
}

TEST(the_cursor_stays_in_the_window)
{
    char text[100];
    struct line_edit line = {.text = text, .size = sizeof(text)};

    memset(text, 'x', 99);
    text[99] = '\0';
    for (line.cursor = 0; line.cursor < 100; line.cursor++) {
        size_t first = line_window(&line, 20);

        EXPECT_LE(first, line.cursor);
        EXPECT_LT(line.cursor - first, 20);
    }
}
