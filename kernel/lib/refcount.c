// SPDX-License-Identifier: MIT
/* The slow path of reference counts: saturate, so that the object is never freed again, and report.
 */
#include <kernel/lib/refcount.h>
#include <kernel/base/panic.h>

void refcount_report(refcount_t *r, enum refcount_fault fault)
{
    static const char *const faults[] = {
        [REFCOUNT_INC_FROM_ZERO] = "taken from zero (use after free)",
        [REFCOUNT_OVERFLOW] = "overflow (leak)",
        [REFCOUNT_UNDERFLOW] = "below zero (use after free)",
        [REFCOUNT_NOT_ONE] = "dropped the last reference unawares",
    };

    refcount_set(r, REFCOUNT_SATURATED);
    WARN_ONCE(true, "refcount: %s", faults[fault]);
}
