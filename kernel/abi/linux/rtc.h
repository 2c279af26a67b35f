/* SPDX-License-Identifier: MIT */
/* Real-time clocks: rtc(4). */
#ifndef ABI_LINUX_RTC_H
#define ABI_LINUX_RTC_H

struct linux_rtc_time {
    int tm_sec;
    int tm_min;
    int tm_hour;
    int tm_mday;
    int tm_mon;  /* 0 to 11 */
    int tm_year; /* since 1900 */
    int tm_wday;
    int tm_yday;
    int tm_isdst;
};
_Static_assert(sizeof(struct linux_rtc_time) == 36, "rtc_time");

#define RTC_AIE_ON   0x7001
#define RTC_AIE_OFF  0x7002
#define RTC_UIE_ON   0x7003
#define RTC_UIE_OFF  0x7004
#define RTC_PIE_ON   0x7005
#define RTC_PIE_OFF  0x7006
#define RTC_RD_TIME  0x80247009
#define RTC_SET_TIME 0x4024700a

#endif
