/* SPDX-License-Identifier: MIT */
#include "line_edit.h"

static void remove_at(struct line_edit *line, size_t at)
{
    size_t length = strlen(line->text);

    if (at < length)
        memmove(line->text + at, line->text + at + 1, length - at);
}

void line_do(struct line_edit *line, enum line_key key)
{
    size_t length = strlen(line->text);

    switch (key) {
    case LINE_LEFT: line->cursor -= line->cursor > 0; break;
    case LINE_RIGHT: line->cursor += line->cursor < length; break;
    case LINE_HOME: line->cursor = 0; break;
    case LINE_END: line->cursor = length; break;
    case LINE_DELETE: remove_at(line, line->cursor); break;
    case LINE_KILL: line->text[line->cursor] = '\0'; break;
    case LINE_BACKSPACE:
        if (line->cursor > 0)
            remove_at(line, --line->cursor);
        break;
    }
}

void line_insert(struct line_edit *line, char c)
{
    size_t length = strlen(line->text);

    if (c < ' ' || c > '~' || length + 1 >= line->size)
        return;
    memmove(line->text + line->cursor + 1, line->text + line->cursor, length - line->cursor + 1);
    line->text[line->cursor++] = c;
}

size_t line_window(const struct line_edit *line, size_t width)
{
    if (width == 0 || line->cursor < width)
        return 0;
    return line->cursor - width + 1;
}
