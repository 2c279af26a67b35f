// SPDX-License-Identifier: MIT
/* GUIDs and UUIDs from text. */
#include <kernel/lib/guid.h>
#include <kernel/err.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/string.h>

int uuid_parse(const char *text, uuid_t *uuid)
{
    uuid_t parsed;
    size_t at = 0;

    for (int i = 0; i < 16; i++) {
        int high, low;

        if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-')
            return -EINVAL;
        high = hex_to_bin(text[at]);
        if (high < 0)
            return -EINVAL;
        low = hex_to_bin(text[at + 1]);
        if (low < 0)
            return -EINVAL;
        parsed.b[i] = high << 4 | low;
        at += 2;
    }
    if (text[at] && !(text[at] == '\n' && !text[at + 1]))
        return -EINVAL;
    *uuid = parsed;
    return 0;
}

int guid_parse(const char *text, guid_t *guid)
{
    static const u8 order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    uuid_t plain;
    int error = uuid_parse(text, &plain);

    if (error)
        return error;
    for (int i = 0; i < 16; i++)
        guid->b[i] = plain.b[order[i]];
    return 0;
}

bool guid_is_null(const guid_t *guid)
{
    return !memchr_inv(guid, 0, sizeof(*guid));
}
