// SPDX-License-Identifier: MIT
/*
 * The firmware's clock, for machines without the CMOS one. Its time may be local: then it says how
 * far from UTC (UEFI 2.10, 8.3). What zone it was given is kept when it is set.
 */
#include "rtc.h"

#include <kernel/dev/efi.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>

#define SECONDS_PER_MINUTE 60

static s64 zone_seconds(const struct efi_time *time)
{
    if (time->timezone == EFI_TIMEZONE_UNKNOWN || time->timezone < -1440 || time->timezone > 1440)
        return 0;
    return (s64)time->timezone * SECONDS_PER_MINUTE;
}

static int efi_clock_read(struct linux_rtc_time *tm)
{
    struct efi_time time;
    int error = efi_time_get(&time);

    if (error)
        return error;
    memset(tm, 0, sizeof(*tm));
    tm->tm_year = time.year - 1900;
    tm->tm_mon = time.month - 1;
    tm->tm_mday = time.day;
    tm->tm_hour = time.hour;
    tm->tm_min = time.minute;
    tm->tm_sec = time.second;
    if (!rtc_time_valid(tm))
        return -EINVAL;
    rtc_time_from_seconds(rtc_time_to_seconds(tm) + zone_seconds(&time), tm);
    return 0;
}

static int efi_clock_set(const struct linux_rtc_time *tm)
{
    struct linux_rtc_time local;
    struct efi_time time;
    int error = efi_time_get(&time);

    if (error)
        return error;
    rtc_time_from_seconds(rtc_time_to_seconds(tm) - zone_seconds(&time), &local);
    time.year = local.tm_year + 1900;
    time.month = local.tm_mon + 1;
    time.day = local.tm_mday;
    time.hour = local.tm_hour;
    time.minute = local.tm_min;
    time.second = local.tm_sec;
    time.nanosecond = 0;
    return efi_time_set(&time);
}

static const struct rtc_source efi_source = {
    .name = "rtc-efi", .read = efi_clock_read, .set = efi_clock_set};

const struct rtc_source *rtc_efi_probe(void)
{
    return efi_runtime_available() ? &efi_source : NULL;
}
