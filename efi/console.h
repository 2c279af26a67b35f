/* SPDX-License-Identifier: MIT */
#ifndef EFI_CONSOLE_H
#define EFI_CONSOLE_H

#include "uefi.h"

/** console_print() - print UTF-8 text; "\n" ends a line. Cut at 512 bytes. */
void console_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** say() - print one line of the loader's own: "lintel-boot: " before it, a line end behind it. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** console_clear() - clear the screen and put the cursor at the top. */
void console_clear(void);

/** console_move() - put the cursor there; best effort. */
void console_move(unsigned column, unsigned row);

/** console_invert() - print dark on light from here, or light on dark again. */
void console_invert(bool inverted);

/** console_size() - the text screen's size; 80 x 25 if firmware does not say. */
void console_size(unsigned *columns, unsigned *rows);

/** console_poll_key() - take a key if one has been pressed. */
bool console_poll_key(EFI_INPUT_KEY *key);

/**
 * console_wait_key() - wait for a key, for at most @timeout_ms (0: for ever).
 * Returns false when the time is over or there is no keyboard to wait for.
 */
bool console_wait_key(EFI_INPUT_KEY *key, uint64_t timeout_ms);

#endif
