/* SPDX-License-Identifier: MIT */
/* Real-time clocks: what each source offers, and dates as numbers. */
#ifndef DRIVERS_RTC_RTC_H
#define DRIVERS_RTC_RTC_H

#include <abi/linux/rtc.h>
#include <kernel/types.h>

/* A clock. read and set: task context, may sleep; 0 or -errno. Times are UTC. */
struct rtc_source {
    const char *name;
    int (*read)(struct linux_rtc_time *tm);
    int (*set)(const struct linux_rtc_time *tm);
};
/* The machine's, or NULL when it has none that works. */
const struct rtc_source *rtc_cmos_probe(void);
const struct rtc_source *rtc_efi_probe(void);

/** rtc_time_valid() - whether it is a date that exists, from 1970 to 9999. */
bool rtc_time_valid(const struct linux_rtc_time *tm);
/** rtc_time_to_seconds() - since 1970, of a valid time. */
time64_t rtc_time_to_seconds(const struct linux_rtc_time *tm);
/** rtc_time_from_seconds() - the reverse, week day and day of year too. */
void rtc_time_from_seconds(time64_t seconds, struct linux_rtc_time *tm);

/* The CMOS clock's registers as they are read. */
struct cmos_raw {
    u8 second, minute, hour, day, month, year, century;
    bool has_century;
    bool binary;  /* else packed decimal */
    bool hours24; /* else bit 7 of hour is the afternoon */
};
/** cmos_raw_decode() - 0, or -EINVAL when the registers hold no date. */
int cmos_raw_decode(const struct cmos_raw *raw, struct linux_rtc_time *tm);
/** cmos_raw_encode() - in the format that *@raw says. */
void cmos_raw_encode(const struct linux_rtc_time *tm, struct cmos_raw *raw);
#endif
