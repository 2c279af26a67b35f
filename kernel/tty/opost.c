/* SPDX-License-Identifier: MIT */
/*
 * Output processing (OPOST) and the column of the cursor, which erasing a tab needs to know.
 */
#include <kernel/tty/line.h>

#include <kernel/lib/string.h>

static bool is_control(u8 c)
{
    return c < 0x20 || c == 0x7f;
}

/* ISO 8859-1, as with Linux. */
static bool is_lower(u8 c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7);
}

/* The second and later bytes of a character take no column. */
static bool is_continuation(const struct line *line, u8 c)
{
    return (line->termios.c_iflag & IUTF8) && (c & 0xc0) == 0x80;
}

static size_t opost_newline(struct line *line, u8 *out)
{
    unsigned int flags = line->termios.c_oflag;
    size_t n = 0;

    if (flags & (ONLRET | ONLCR))
        line->column = 0;
    line->canon_column = line->column;
    if (flags & ONLCR)
        out[n++] = '\r';
    out[n++] = '\n';
    return n;
}

static size_t opost_return(struct line *line, u8 *out)
{
    unsigned int flags = line->termios.c_oflag;

    if ((flags & ONOCR) && line->column == 0)
        return 0;
    if (flags & OCRNL) {
        if (flags & ONLRET)
            line->canon_column = line->column = 0;
        out[0] = '\n';
        return 1;
    }
    line->canon_column = line->column = 0;
    out[0] = '\r';
    return 1;
}

static size_t opost_tab(struct line *line, u8 *out)
{
    size_t spaces = 8 - (line->column & 7);

    line->column += (unsigned int)spaces;
    if ((line->termios.c_oflag & TABDLY) == XTABS) {
        memset(out, ' ', spaces);
        return spaces;
    }
    out[0] = '\t';
    return 1;
}

size_t opost_char(struct line *line, u8 c, u8 *out)
{
    unsigned int flags = line->termios.c_oflag;

    if (!(flags & OPOST)) {
        out[0] = c;
        return 1;
    }
    switch (c) {
    case '\n': return opost_newline(line, out);
    case '\r': return opost_return(line, out);
    case '\t': return opost_tab(line, out);
    case '\b':
        if (line->column > 0)
            line->column--;
        break;
    default:
        if (is_control(c))
            break;
        if ((flags & OLCUC) && is_lower(c))
            c -= 0x20;
        if (!is_continuation(line, c))
            line->column++;
        break;
    }
    out[0] = c;
    return 1;
}

size_t line_write(struct line *line, const u8 *buf, size_t count)
{
    u8 out[256];
    size_t done = 0;

    line_echo_flush(line);
    if (line->echo_head != line->echo_tail)
        return 0;
    if (!(line->termios.c_oflag & OPOST)) {
        count = min(count, line->ops->output_room(line));
        return count ? line->ops->output(line, buf, count) : 0;
    }
    while (done < count) {
        size_t room = min(line->ops->output_room(line), sizeof(out)), n = 0;

        while (done < count && n + OPOST_MAX <= room)
            n += opost_char(line, buf[done++], out + n);
        if (!n && room < OPOST_MAX)
            break;
        if (n)
            line->ops->output(line, out, n);
    }
    return done;
}
