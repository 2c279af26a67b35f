// SPDX-License-Identifier: MIT
// Dates and seconds against the C library, and the CMOS clock's formats.
// sources: drivers/rtc/convert.c
#include "../../../drivers/rtc/rtc.h"

#include <errno.h>
#include <time.h>

#include "ktap.h"

TEST(every_day_agrees_with_the_library)
{
    for (time_t t = 0; t < 253402300800LL; t += 86400 - 7919) {
        struct linux_rtc_time tm;
        struct tm want;

        gmtime_r(&t, &want);
        rtc_time_from_seconds(t, &tm);
        ASSERT_EQ(tm.tm_year, want.tm_year);
        ASSERT_EQ(tm.tm_mon, want.tm_mon);
        ASSERT_EQ(tm.tm_mday, want.tm_mday);
        ASSERT_EQ(tm.tm_hour, want.tm_hour);
        ASSERT_EQ(tm.tm_min, want.tm_min);
        ASSERT_EQ(tm.tm_sec, want.tm_sec);
        ASSERT_EQ(tm.tm_wday, want.tm_wday);
        ASSERT_EQ(tm.tm_yday, want.tm_yday);
        ASSERT_TRUE(rtc_time_valid(&tm));
        ASSERT_EQ(rtc_time_to_seconds(&tm), t);
    }
}

TEST(dates_that_do_not_exist_are_invalid)
{
    static const struct linux_rtc_time wrong[] = {
        {.tm_mday = 29, .tm_mon = 1, .tm_year = 123}, /* 2023 */
        {.tm_mday = 29, .tm_mon = 1, .tm_year = 200}, /* 2100 */
        {.tm_mday = 31, .tm_mon = 3, .tm_year = 124},
        {.tm_mday = 0, .tm_mon = 3, .tm_year = 124},
        {.tm_mday = 1, .tm_mon = 12, .tm_year = 124},
        {.tm_mday = 1, .tm_mon = -1, .tm_year = 124},
        {.tm_mday = 1, .tm_year = 69},
        {.tm_mday = 1, .tm_year = 124, .tm_hour = 24},
        {.tm_mday = 1, .tm_year = 124, .tm_sec = 60},
        {.tm_mday = 1, .tm_year = 124, .tm_min = -1},
    };
    struct linux_rtc_time leap = {.tm_mday = 29, .tm_mon = 1, .tm_year = 100};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        EXPECT_FALSE(rtc_time_valid(&wrong[i]));
    EXPECT_TRUE(rtc_time_valid(&leap));
}

TEST(cmos_formats_are_read)
{
    struct cmos_raw raw = {.second = 0x59,
                           .minute = 0x30,
                           .hour = 0x23,
                           .day = 0x31,
                           .month = 0x12,
                           .year = 0x24,
                           .century = 0x20,
                           .has_century = true,
                           .hours24 = true};
    struct linux_rtc_time tm;

    ASSERT_EQ(cmos_raw_decode(&raw, &tm), 0);
    EXPECT_EQ(tm.tm_year, 124);
    EXPECT_EQ(tm.tm_mon, 11);
    EXPECT_EQ(tm.tm_mday, 31);
    EXPECT_EQ(tm.tm_hour, 23);
    EXPECT_EQ(tm.tm_min, 30);
    EXPECT_EQ(tm.tm_sec, 59);
    EXPECT_EQ(tm.tm_wday, 2);
    raw.hours24 = false;
    raw.hour = 0x12; /* midnight */
    ASSERT_EQ(cmos_raw_decode(&raw, &tm), 0);
    EXPECT_EQ(tm.tm_hour, 0);
    raw.hour = 0x92; /* noon */
    ASSERT_EQ(cmos_raw_decode(&raw, &tm), 0);
    EXPECT_EQ(tm.tm_hour, 12);
    raw.hour = 0x91;
    ASSERT_EQ(cmos_raw_decode(&raw, &tm), 0);
    EXPECT_EQ(tm.tm_hour, 23);
}

TEST(cmos_century_that_is_rubbish_is_guessed)
{
    struct cmos_raw raw = {.day = 1,
                           .month = 1,
                           .year = 24,
                           .century = 0,
                           .has_century = true,
                           .binary = true,
                           .hours24 = true};
    struct linux_rtc_time tm;

    ASSERT_EQ(cmos_raw_decode(&raw, &tm), 0);
    EXPECT_EQ(tm.tm_year, 124);
    raw.has_century = false;
    raw.year = 99;
    ASSERT_EQ(cmos_raw_decode(&raw, &tm), 0);
    EXPECT_EQ(tm.tm_year, 99);
}

TEST(cmos_registers_of_ones_hold_no_date)
{
    struct cmos_raw raw;
    struct linux_rtc_time tm;

    memset(&raw, 0xff, sizeof(raw));
    raw.has_century = raw.hours24 = true;
    raw.binary = false;
    EXPECT_EQ(cmos_raw_decode(&raw, &tm), -EINVAL);
    raw.binary = true;
    EXPECT_EQ(cmos_raw_decode(&raw, &tm), -EINVAL);
}

TEST(cmos_every_format_reads_back_what_was_written)
{
    for (int format = 0; format < 4; format++) {
        for (time_t t = 0; t < 4102444800LL; t += 40000003) {
            struct cmos_raw raw = {
                .has_century = true, .binary = format & 1, .hours24 = format & 2};
            struct linux_rtc_time tm, back;

            rtc_time_from_seconds(t, &tm);
            cmos_raw_encode(&tm, &raw);
            ASSERT_EQ(cmos_raw_decode(&raw, &back), 0);
            ASSERT_MEMEQ(&tm, &back, sizeof(tm));
        }
    }
}
