/* SPDX-License-Identifier: MIT */
/*
 * Small text tools of the loader: UTF-16 (which firmware speaks) to UTF-8 and back, patterns and
 * version comparison (Boot Loader Specification), words of a command line.
 */
#ifndef EFI_TEXT_H
#define EFI_TEXT_H

#include "libc.h"

/**
 * utf8_from_utf16() - convert @units code units at @src, or up to a NUL if that comes earlier.
 *
 * Unpaired surrogates become U+FFFD. Writes at most @size bytes to @dst, always with a NUL, cut at
 * a character's boundary. Returns the bytes that the whole would need, without the NUL.
 */
size_t utf8_from_utf16(char *dst, size_t size, const uint16_t *src, size_t units);

/**
 * utf16_from_utf8() - convert the string @src; malformed bytes become U+FFFD.
 *
 * Writes at most @units code units to @dst, always with a NUL. Returns the units that the whole
 * would need, without the NUL.
 */
size_t utf16_from_utf8(uint16_t *dst, size_t units, const char *src);

/**
 * glob_match() - does @text match the pattern?
 *
 * '*' stands for any run, '?' for any character, [a-z] and [!a-z] for one of a set; letters match
 * in either case, since the names come from FAT. No path rules. Time is at most the product of the
 * lengths.
 */
bool glob_match(const char *pattern, const char *text);

/**
 * version_compare() - order two versions by the UAPI Group's Version Format Specification.
 *
 * Returns less than, equal to or greater than zero as @a is older than, equal to or newer than @b.
 */
int version_compare(const char *a, const char *b);

/**
 * cmdline_find() - find the last word "@name=value", or "@name" alone, of a command line.
 *
 * Words end at white space outside double quotes; nothing after a word "--" is looked at. Returns
 * false if there is none, else true with the value (empty for "@name" alone) in *@value and
 * *@length. The value is not copied and keeps its quotes.
 */
bool cmdline_find(const char *cmdline, const char *name, const char **value, size_t *length);

/**
 * options_from_load_options() - take the options out of what started the loader.
 *
 * @data: LoadOptions of the loaded image; @size: its size in bytes; @dst_size is
 * not 0. Some firmware passes binary
 * data there, and shells pass the program's own name first: anything that is not printable text is
 * dropped, and so is a first word that ends in ".efi". Returns 0 with the rest in @dst, maybe
 * empty; -EINVAL if it was not text; -ENOSPC if it does not fit.
 */
int options_from_load_options(char *dst, size_t dst_size, const void *data, size_t size);

#endif
