// SPDX-License-Identifier: MIT
/*
 * The log on the screen.
 *
 * Text goes into the grid at once; painting is put off while lines come fast, because of lines
 * that scroll by within a frame's time nobody sees more than the last. The log calls refresh when
 * it has nothing more to show, and again from interrupts and the idle loop until it is done. In a
 * panic everything is painted at once. The log calls one of these at a time, interrupts off, so
 * nothing here takes a lock.
 */
#include <fb/fb.h>

#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/err.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/time/clock.h>

#include "grid.h"
#include "render.h"

#define FRAME_NS (20 * NSEC_PER_MSEC)

static struct grid grid;
static struct renderer renderer;
static u64 painted_ns; /* when last */
static bool dirty;

static void paint(void)
{
    renderer_update(&renderer, &grid);
    wmb(); /* out of the write-combining buffers */
    painted_ns = ktime_ns();
    dirty = false;
}

static void fbcon_write(struct console *con, const char *buf, size_t len)
{
    grid_write(&grid, buf, len);
    dirty = true;
    if (panic_in_progress())
        paint();
}

/* Whether nothing is left to paint. */
static bool fbcon_refresh(struct console *con, bool idle)
{
    if (dirty && (idle || ktime_ns() - painted_ns >= FRAME_NS))
        paint();
    return !dirty;
}

static struct console fbcon = {
    .name = "tty",
    .index = 0,
    .flags = CONSOLE_ENABLED | CONSOLE_REPLAY,
    .write = fbcon_write,
    .refresh = fbcon_refresh,
};

static int __init fbcon_init(void)
{
    struct fb *fb = fb_primary();
    struct cell *cells, *shown;
    size_t size;

    if (!fb)
        return -ENODEV;
    renderer_fit(&renderer, fb, &console_font);
    if (!renderer.columns || !renderer.rows)
        return -ENODEV;
    size = (size_t)renderer.columns * renderer.rows * sizeof(struct cell);
    cells = vmalloc(size);
    shown = vmalloc(size);
    if (!cells || !shown) {
        vfree(cells);
        vfree(shown);
        return -ENOMEM;
    }
    grid_init(&grid, &console_font, renderer.columns, renderer.rows, cells);
    renderer_clear(&renderer, shown);
    return console_register(&fbcon);
}
initcall(INIT_CORE, fbcon_init);
