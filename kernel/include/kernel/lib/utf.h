/* SPDX-License-Identifier: MIT */
/* UTF-8, UTF-16 and code points. Nothing ill-formed passes: surrogates, overlong forms, beyond
 * 10FFFF. */
#ifndef KERNEL_LIB_UTF_H
#define KERNEL_LIB_UTF_H

#include <kernel/compiler.h>
#include <kernel/types.h>

#define UTF_REPLACEMENT 0xfffd

/** utf8_decode() - one code point of @s[@len] into *@cp; bytes used, or -EILSEQ. */
int utf8_decode(const char *s, size_t len, u32 *cp);

/** utf8_encode() - @cp into @out (up to 4 bytes); bytes written, or -EILSEQ. */
int utf8_encode(u32 cp, char out[4]);

/**
 * utf8_to_utf16() - @s[@len] into at most @max units. Returns units, -EILSEQ or -ENAMETOOLONG.
 */
ssize_t __must_check utf8_to_utf16(const char *s, size_t len, u16 *out, size_t max);

/**
 * utf16_to_utf8() - @s[@len] units (in memory order of the CPU) into at most @max bytes, no NUL
 * added. A lone surrogate becomes U+FFFD. Returns bytes or -ENAMETOOLONG.
 */
ssize_t __must_check utf16_to_utf8(const u16 *s, size_t len, char *out, size_t max);

/** utf_upcase() - simple upper case for Latin, Greek and Cyrillic letters: enough for FAT names. */
u32 utf_upcase(u32 cp);

#endif
