/* SPDX-License-Identifier: MIT */
#include "video_mode.h"

#define EDID_SIZE     128
#define EDID_TIMING   54
#define READABLE_AREA (1920U * 1200U)
#define MIN_WIDTH     1024
#define MIN_HEIGHT    768

bool edid_preferred(const uint8_t *edid, size_t size, uint32_t *width, uint32_t *height)
{
    static const uint8_t magic[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    const uint8_t *timing = edid + EDID_TIMING;
    uint8_t sum = 0;

    if (!edid || size < EDID_SIZE || memcmp(edid, magic, sizeof(magic)) != 0)
        return false;
    for (size_t i = 0; i < EDID_SIZE; i++)
        sum = (uint8_t)(sum + edid[i]);
    if (sum != 0 || (timing[0] == 0 && timing[1] == 0))
        return false;
    *width = timing[2] | (timing[4] & 0xf0U) << 4;
    *height = timing[5] | (timing[7] & 0xf0U) << 4;
    return *width && *height;
}

static uint64_t area(const struct video_mode *mode)
{
    return (uint64_t)mode->width * mode->height;
}

static bool is_better(const struct video_mode *a, const struct video_mode *b)
{
    bool a_readable = area(a) <= READABLE_AREA;
    bool b_readable = area(b) <= READABLE_AREA;

    if (a_readable != b_readable)
        return a_readable;
    return a_readable ? area(a) > area(b) : area(a) < area(b);
}

int video_mode_choose(const struct video_mode *modes, unsigned nr, unsigned current, uint32_t width,
                      uint32_t height)
{
    int best = -1;

    if (!width && current < nr && modes[current].linear && modes[current].width >= MIN_WIDTH &&
        modes[current].height >= MIN_HEIGHT)
        return (int)current;
    for (unsigned i = 0; i < nr; i++) {
        if (!modes[i].linear || !modes[i].width || !modes[i].height)
            continue;
        if (modes[i].width == width && modes[i].height == height)
            return (int)i;
        if (best < 0 || is_better(&modes[i], &modes[best]))
            best = (int)i;
    }
    return best;
}

bool pixel_masks_usable(uint32_t red, uint32_t green, uint32_t blue, uint32_t reserved)
{
    uint32_t all = red | green | blue | reserved;

    if (!red || !green || !blue || (red & green) || (green & blue) || (red & blue))
        return false;
    return !((red | green | blue) & reserved) && all >= 1U << 24;
}
