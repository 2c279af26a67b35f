/* SPDX-License-Identifier: MIT */
/*
 * Why something failed, as one line for the person in front of the machine. Code that can refuse
 * its input takes a struct reason and returns reason_set(...): the number is for the program, the
 * text for the console.
 */
#ifndef EFI_REASON_H
#define EFI_REASON_H

#include "libc.h"

struct reason {
    char text[240];
};

/** reason_set() - fill in @why (which may be NULL). Returns @err, so that it can be returned. */
static inline __attribute__((format(printf, 3, 4))) int reason_set(struct reason *why, int err,
                                                                   const char *fmt, ...)
{
    va_list args;

    if (why) {
        va_start(args, fmt);
        vsnprintf(why->text, sizeof(why->text), fmt, args);
        va_end(args);
    }
    return err;
}

#endif
