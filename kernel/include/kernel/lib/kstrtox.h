/* SPDX-License-Identifier: MIT */
/*
 * Strings to numbers, strictly: the whole string is one number (a trailing newline is allowed, a
 * leading plus too), nothing else. @base 0 takes 0x, 0 (octal) or decimal. On failure *result is
 * left alone. -EINVAL: not a number; -ERANGE: too large.
 */
#ifndef KERNEL_LIB_KSTRTOX_H
#define KERNEL_LIB_KSTRTOX_H

#include <kernel/compiler.h>
#include <kernel/types.h>

int __must_check kstrtoull(const char *s, unsigned int base, unsigned long long *result);
int __must_check kstrtoll(const char *s, unsigned int base, long long *result);
int __must_check kstrtoul(const char *s, unsigned int base, unsigned long *result);
int __must_check kstrtol(const char *s, unsigned int base, long *result);
int __must_check kstrtouint(const char *s, unsigned int base, unsigned int *result);
int __must_check kstrtoint(const char *s, unsigned int base, int *result);
int __must_check kstrtou16(const char *s, unsigned int base, u16 *result);
int __must_check kstrtou8(const char *s, unsigned int base, u8 *result);
#define kstrtou64(s, base, result) kstrtoull(s, base, result)
#define kstrtou32(s, base, result) kstrtouint(s, base, result)
#define kstrtos64(s, base, result) kstrtoll(s, base, result)
#define kstrtos32(s, base, result) kstrtoint(s, base, result)

/** kstrtobool() - y, yes, on, 1, true and n, no, off, 0, false. */
int __must_check kstrtobool(const char *s, bool *result);

/**
 * simple_strtoull() - the number at the start of @s; *@end (if given) becomes the first character
 * that does not belong to it (@s itself when there is no digit). Wraps at 2^64.
 */
unsigned long long simple_strtoull(const char *s, char **end, unsigned int base);
long long simple_strtoll(const char *s, char **end, unsigned int base);

/** memparse() - the same with a suffix K, M, G, T, P or E (powers of 1024). */
unsigned long long memparse(const char *s, char **end);

#endif
