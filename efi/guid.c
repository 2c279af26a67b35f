/* SPDX-License-Identifier: MIT */
#include "guid.h"

/* Which stored byte stands at each place of the text; -1 is a hyphen. */
static const int8_t text_order[] = {3,  2, 1, 0,  -1, 5,  4,  -1, 7,  6,
                                    -1, 8, 9, -1, 10, 11, 12, 13, 14, 15};

void guid_format(const struct guid *guid, char text[GUID_TEXT_SIZE])
{
    char *at = text;

    for (size_t i = 0; i < ARRAY_SIZE(text_order); i++) {
        if (text_order[i] < 0) {
            *at++ = '-';
            continue;
        }
        snprintf(at, 3, "%02x", guid->bytes[text_order[i]]);
        at += 2;
    }
    *at = '\0';
}

static int hex_digit(char c)
{
    c = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int guid_parse(const char *text, struct guid *guid)
{
    for (size_t i = 0; i < ARRAY_SIZE(text_order); i++) {
        int high, low;

        if (text_order[i] < 0) {
            if (*text++ != '-')
                return -EINVAL;
            continue;
        }
        high = hex_digit(*text++);
        if (high < 0)
            return -EINVAL;
        low = hex_digit(*text++);
        if (low < 0)
            return -EINVAL;
        guid->bytes[text_order[i]] = (uint8_t)(high << 4 | low);
    }
    return 0;
}
