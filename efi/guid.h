/* SPDX-License-Identifier: MIT */
/*
 * GUIDs as 16 bytes in the order in which disks and firmware store them: the first three fields
 * little endian (UEFI 2.10, appendix A).
 */
#ifndef EFI_GUID_H
#define EFI_GUID_H

#include "libc.h"

#define GUID_SIZE      16
#define GUID_TEXT_SIZE 37 /* with the NUL */

struct guid {
    uint8_t bytes[GUID_SIZE];
};

static inline bool guid_equal(const struct guid *a, const struct guid *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool guid_is_zero(const struct guid *a)
{
    return guid_equal(a, &(const struct guid){{0}});
}

/** guid_format() - write @guid as lower-case text with a NUL. */
void guid_format(const struct guid *guid, char text[GUID_TEXT_SIZE]);

/** guid_parse() - read exactly 36 characters at @text. Returns 0, or -EINVAL. */
int guid_parse(const char *text, struct guid *guid);

#endif
