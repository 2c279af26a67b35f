/* SPDX-License-Identifier: MIT */
/*
 * Formatted output into memory. C's conversions without floating point; and
 *   %p    a pointer: 16 hexadecimal digits
 *   %ps   the symbol at an address, name+0xoffset/0xsize; the bare number where there is no table
 *   %pU   a GUID as GPT stores it (mixed endian), %pUb a UUID in plain byte order (ext4)
 *   %pI4  an IPv4 address of 4 bytes, %pM a MAC address of 6 bytes
 * In a host build the functions carry the prefix k, beside those of the C library.
 */
#ifndef KERNEL_LIB_PRINTF_H
#define KERNEL_LIB_PRINTF_H

#include <kernel/compiler.h>
#include <kernel/types.h>
#include <stdarg.h>

#ifndef __KERNEL__
#include <stdio.h>
#define vsnprintf kvsnprintf
#define snprintf  ksnprintf
#endif

/**
 * vsnprintf() - formats into @buf[@size], NUL-terminated when @size is not 0.
 * Returns the length that it would have had in a buffer large enough.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/** scnprintf() - returns the length that was written, without the NUL. */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);

/**
 * printf_symbol_hook - how %ps spells an address; set once by whoever has the symbols.
 * Writes a NUL-terminated name into @buf[@size] and returns true, or false for "unknown".
 */
typedef bool (*printf_symbol_fn)(const void *address, char *buf, size_t size);
void printf_set_symbol_hook(printf_symbol_fn hook);

#endif
