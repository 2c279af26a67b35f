// SPDX-License-Identifier: MIT
/* The kernel's string functions under names of their own, beside those of the C library. */
#define __KERNEL__ 1
#include <kernel/types.h>

#define UNDER_TEST(type, name, ...) type name(__VA_ARGS__) __asm__("kernel_" #name)

UNDER_TEST(size_t, strlen, const char *);
UNDER_TEST(size_t, strnlen, const char *, size_t);
UNDER_TEST(int, memcmp, const void *, const void *, size_t);
UNDER_TEST(void *, memchr, const void *, int, size_t);
UNDER_TEST(int, strcmp, const char *, const char *);
UNDER_TEST(int, strncmp, const char *, const char *, size_t);
UNDER_TEST(int, strcasecmp, const char *, const char *);
UNDER_TEST(int, strncasecmp, const char *, const char *, size_t);
UNDER_TEST(char *, strchr, const char *, int);
UNDER_TEST(char *, strrchr, const char *, int);
UNDER_TEST(char *, strchrnul, const char *, int);
UNDER_TEST(char *, strstr, const char *, const char *);
UNDER_TEST(char *, strpbrk, const char *, const char *);
UNDER_TEST(size_t, strspn, const char *, const char *);
UNDER_TEST(size_t, strcspn, const char *, const char *);
UNDER_TEST(char *, strsep, char **, const char *);
UNDER_TEST(ssize_t, strscpy, char *, const char *, size_t);
UNDER_TEST(char *, strnstr, const char *, const char *, size_t);
UNDER_TEST(char *, skip_spaces, const char *);
UNDER_TEST(char *, strim, char *);
UNDER_TEST(size_t, str_has_prefix, const char *, const char *);
UNDER_TEST(bool, sysfs_streq, const char *, const char *);
UNDER_TEST(int, match_string, const char *const *, size_t, const char *);
UNDER_TEST(void *, memchr_inv, const void *, int, size_t);
UNDER_TEST(void, memzero_explicit, void *, size_t);

#include "../../../kernel/lib/string.c"
