// SPDX-License-Identifier: MIT
/*
 * Dates, seconds and CMOS registers into one another. Days are counted in the proleptic Gregorian
 * calendar; a year is taken to begin in March, so that the leap day is its last and month lengths
 * follow one formula (153 days in five months). Pure: also compiled for the host.
 */
#include "rtc.h"

#include <kernel/err.h>
#include <kernel/lib/string.h>

#define SECONDS_PER_DAY 86400
#define DAYS_PER_ERA    146097 /* 400 years */
#define DAYS_TO_1970    719468 /* from 1 March of year 0 */
#define CMOS_AFTERNOON  0x80
#define CMOS_PIVOT_YEAR 70 /* without a century: 70 to 99 are 19xx */

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int month, int year)
{
    static const u8 days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month] + (month == 1 && is_leap(year));
}

bool rtc_time_valid(const struct linux_rtc_time *tm)
{
    int year = tm->tm_year + 1900;

    if (tm->tm_year < 70 || tm->tm_year > 9999 - 1900 || tm->tm_mon < 0 || tm->tm_mon > 11)
        return false;
    if (tm->tm_mday < 1 || tm->tm_mday > month_days(tm->tm_mon, year))
        return false;
    return tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 &&
           tm->tm_sec >= 0 && tm->tm_sec < 60;
}

/* Days since 1970-01-01. month: 0 to 11. */
static s64 days_from_date(int year, int month, int day)
{
    int march_month = (month + 10) % 12;
    s64 march_year = year - (month < 2);
    s64 era = march_year / 400, year_of_era = march_year % 400;
    s64 day_of_year = (153 * march_month + 2) / 5 + day - 1;
    s64 day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

time64_t rtc_time_to_seconds(const struct linux_rtc_time *tm)
{
    s64 days = days_from_date(tm->tm_year + 1900, tm->tm_mon, tm->tm_mday);

    return days * SECONDS_PER_DAY + tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
}

void rtc_time_from_seconds(time64_t seconds, struct linux_rtc_time *tm)
{
    s64 days = seconds / SECONDS_PER_DAY;
    int rest = seconds % SECONDS_PER_DAY;
    s64 shifted = days + DAYS_TO_1970, era = shifted / DAYS_PER_ERA;
    int day_of_era = shifted % DAYS_PER_ERA;
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * day_of_year + 2) / 153;
    int year;

    memset(tm, 0, sizeof(*tm));
    tm->tm_mday = day_of_year - (153 * march_month + 2) / 5 + 1;
    tm->tm_mon = (march_month + 2) % 12;
    year = year_of_era + era * 400 + (tm->tm_mon < 2);
    tm->tm_year = year - 1900;
    tm->tm_hour = rest / 3600;
    tm->tm_min = rest % 3600 / 60;
    tm->tm_sec = rest % 60;
    tm->tm_wday = (days + 4) % 7; /* 1970 began on a Thursday */
    tm->tm_yday = days - days_from_date(year, 0, 1);
}

/* -1 for what is no packed decimal number. */
static int field_decode(const struct cmos_raw *raw, u8 value)
{
    if (raw->binary)
        return value;
    if ((value & 0x0f) > 9 || value >> 4 > 9)
        return -1;
    return (value >> 4) * 10 + (value & 0x0f);
}

static u8 field_encode(const struct cmos_raw *raw, int value)
{
    return raw->binary ? value : (value / 10) << 4 | value % 10;
}

static int hour_decode(const struct cmos_raw *raw)
{
    int hour;

    if (raw->hours24)
        return field_decode(raw, raw->hour);
    hour = field_decode(raw, raw->hour & ~CMOS_AFTERNOON);
    if (hour < 1 || hour > 12)
        return -1;
    return hour % 12 + (raw->hour & CMOS_AFTERNOON ? 12 : 0);
}

int cmos_raw_decode(const struct cmos_raw *raw, struct linux_rtc_time *tm)
{
    int year = field_decode(raw, raw->year);
    int century = raw->has_century ? field_decode(raw, raw->century) : -1;

    memset(tm, 0, sizeof(*tm));
    if (year < 0 || year > 99)
        return -EINVAL;
    /* Boards that say they have a century register, and do not keep it, leave rubbish there. */
    if (century >= 19 && century <= 99)
        tm->tm_year = century * 100 + year - 1900;
    else
        tm->tm_year = year < CMOS_PIVOT_YEAR ? year + 100 : year;
    tm->tm_mon = field_decode(raw, raw->month) - 1;
    tm->tm_mday = field_decode(raw, raw->day);
    tm->tm_hour = hour_decode(raw);
    tm->tm_min = field_decode(raw, raw->minute);
    tm->tm_sec = field_decode(raw, raw->second);
    if (!rtc_time_valid(tm))
        return -EINVAL;
    rtc_time_from_seconds(rtc_time_to_seconds(tm), tm);
    return 0;
}

void cmos_raw_encode(const struct linux_rtc_time *tm, struct cmos_raw *raw)
{
    int year = tm->tm_year + 1900, hour = tm->tm_hour;

    raw->second = field_encode(raw, tm->tm_sec);
    raw->minute = field_encode(raw, tm->tm_min);
    raw->day = field_encode(raw, tm->tm_mday);
    raw->month = field_encode(raw, tm->tm_mon + 1);
    raw->year = field_encode(raw, year % 100);
    raw->century = field_encode(raw, year / 100);
    if (raw->hours24)
        raw->hour = field_encode(raw, hour);
    else
        raw->hour = field_encode(raw, hour % 12 ?: 12) | (hour >= 12 ? CMOS_AFTERNOON : 0);
}
