/* SPDX-License-Identifier: MIT */
/*
 * GUIDs as UEFI and GPT store them (the first three groups little endian) and UUIDs as file systems
 * store them (plain byte order). %pU and %pUb print them.
 */
#ifndef KERNEL_LIB_GUID_H
#define KERNEL_LIB_GUID_H

#include <kernel/compiler.h>
#include <kernel/types.h>

typedef struct {
    u8 b[16];
} guid_t;

typedef struct {
    u8 b[16];
} uuid_t;

#define UUID_STRING_LEN 36

#define GUID_INIT(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)                                    \
    {                                                                                         \
        {                                                                                     \
            (a) & 0xff, ((a) >> 8) & 0xff, ((a) >> 16) & 0xff, ((a) >> 24) & 0xff, (b)&0xff,  \
                ((b) >> 8) & 0xff, (c)&0xff, ((c) >> 8) & 0xff, (d0), (d1), (d2), (d3), (d4), \
                (d5), (d6), (d7)                                                              \
        }                                                                                     \
    }

/** guid_parse() - reads xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx. Returns 0 or -EINVAL. */
int __must_check guid_parse(const char *text, guid_t *guid);
int __must_check uuid_parse(const char *text, uuid_t *uuid);

static inline bool guid_equal(const guid_t *a, const guid_t *b)
{
    return __builtin_memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool uuid_equal(const uuid_t *a, const uuid_t *b)
{
    return __builtin_memcmp(a, b, sizeof(*a)) == 0;
}

bool guid_is_null(const guid_t *guid);

#endif
