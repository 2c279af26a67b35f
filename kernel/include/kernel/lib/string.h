/* SPDX-License-Identifier: MIT */
/*
 * Memory and strings. The names that C has mean what C says. In a host build they are the C
 * library's; the others are ours in both.
 */
#ifndef KERNEL_LIB_STRING_H
#define KERNEL_LIB_STRING_H

#include <kernel/compiler.h>
#include <kernel/types.h>

#ifdef __KERNEL__
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strchrnul(const char *s, int c);
char *strstr(const char *haystack, const char *needle);
char *strpbrk(const char *s, const char *accept);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strsep(char **sp, const char *delimiters);

#if defined(CONFIG_KASAN) && CONFIG_KASAN
/* Without access checks: what files that are exempt from them get. */
void *memcpy_unchecked(void *to, const void *from, size_t n);
void *memmove_unchecked(void *to, const void *from, size_t n);
void *memset_unchecked(void *to, int c, size_t n);
#endif
#if defined(CONFIG_KASAN) && CONFIG_KASAN && !defined(__SANITIZE_ADDRESS__)
#define memcpy(to, from, n)  memcpy_unchecked(to, from, n)
#define memmove(to, from, n) memmove_unchecked(to, from, n)
#define memset(to, c, n)     memset_unchecked(to, c, n)
#else
#define memcpy(to, from, n)  __builtin_memcpy(to, from, n)
#define memmove(to, from, n) __builtin_memmove(to, from, n)
#define memset(to, c, n)     __builtin_memset(to, c, n)
#endif
#define memcmp(a, b, n) __builtin_memcmp(a, b, n)
#define strlen(s)       __builtin_strlen(s)
#define strcmp(a, b)    __builtin_strcmp(a, b)
#else
#include <string.h>
#include <strings.h>
#endif

/**
 * strscpy() - copies @from into @to[@size], always ends it with a NUL.
 * Returns the length copied, or -E2BIG when it was cut (or @size is 0).
 */
ssize_t strscpy(char *to, const char *from, size_t size);

/** strnstr() - the first @needle inside the first @len bytes of @haystack, or NULL. */
char *strnstr(const char *haystack, const char *needle, size_t len);

/** skip_spaces() - the first character of @s that is not white space. */
char *skip_spaces(const char *s);

/** strim() - cuts white space off the end in place; returns the first character that is none. */
char *strim(char *s);

/** str_has_prefix() - the length of @prefix when @s begins with it, else 0. */
size_t str_has_prefix(const char *s, const char *prefix);

/** sysfs_streq() - whether the two are equal, one trailing newline aside. */
bool sysfs_streq(const char *a, const char *b);

/** match_string() - the index of @s in @names[@n], or -EINVAL. */
int match_string(const char *const *names, size_t n, const char *s);

/** memchr_inv() - the first byte that is not @c, or NULL. */
void *memchr_inv(const void *s, int c, size_t n);

/** memzero_explicit() - wipes secrets; never optimised away. */
void memzero_explicit(void *s, size_t n);

#endif
