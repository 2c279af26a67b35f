/* SPDX-License-Identifier: MIT */
/*
 * A line of text being edited: the part that does not know what a console is.
 */
#ifndef EFI_LINE_EDIT_H
#define EFI_LINE_EDIT_H

#include "libc.h"

/** struct line_edit - @text has room for @size bytes; @cursor is a byte offset in it. */
struct line_edit {
    char *text;
    size_t size;
    size_t cursor;
};

enum line_key {
    LINE_LEFT,
    LINE_RIGHT,
    LINE_HOME,
    LINE_END,
    LINE_BACKSPACE,
    LINE_DELETE,
    LINE_KILL
};

/** line_move() - do what a key that is no character means. */
void line_do(struct line_edit *line, enum line_key key);

/** line_insert() - insert the printable ASCII character @c; others, and too many, are ignored. */
void line_insert(struct line_edit *line, char c);

/**
 * line_window() - which part of the text is shown in @width columns, so that the cursor is in it.
 * Returns the first byte's offset.
 */
size_t line_window(const struct line_edit *line, size_t width);

#endif
