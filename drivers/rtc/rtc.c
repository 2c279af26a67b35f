// SPDX-License-Identifier: MIT
/*
 * The machine's real-time clock: sets the wall clock at start-up, and is /dev/rtc0.
 *
 * One clock is used: CMOS where the firmware says there is one, else the firmware's own. Its
 * interrupts (alarm, update, periodic) are not offered: hwclock(8) then polls for the edge of the
 * second, as it does on every such clock.
 */
#include "rtc.h"

#include <kernel/arch/paging.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/initcall.h>
#include <kernel/base/log.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/proc/cred.h>
#include <kernel/sync/mutex.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/chrdev.h>
#include <kernel/vfs/fs.h>

static const struct rtc_source *source;
static DEFINE_MUTEX(source_lock); /* one reading or setting at a time */

static int time_read(struct linux_rtc_time *tm)
{
    int error;

    mutex_lock(&source_lock);
    error = source->read(tm);
    mutex_unlock(&source_lock);
    return error;
}

static int time_set(struct linux_rtc_time *tm)
{
    int error;

    if (!rtc_time_valid(tm))
        return -EINVAL;
    mutex_lock(&source_lock);
    error = source->set(tm);
    mutex_unlock(&source_lock);
    return error;
}

static long rtc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
    void __user *user = (void __user *)arg;
    struct linux_rtc_time tm;
    int error;

    switch (cmd) {
    case RTC_RD_TIME:
        error = time_read(&tm);
        if (error)
            return error;
        return copy_to_user(user, &tm, sizeof(tm)) ? -EFAULT : 0;
    case RTC_SET_TIME:
        if (!capable(CAP_SYS_TIME))
            return -EACCES;
        if (copy_from_user(&tm, user, sizeof(tm)))
            return -EFAULT;
        return time_set(&tm);
    case RTC_AIE_ON:
    case RTC_UIE_ON:
    case RTC_PIE_ON: return -EINVAL;
    case RTC_AIE_OFF:
    case RTC_UIE_OFF:
    case RTC_PIE_OFF: return 0; /* they are off */
    default: return -ENOTTY;
    }
}

static const struct file_operations rtc_fops = {.ioctl = rtc_ioctl};

enum field { FIELD_NAME, FIELD_DATE, FIELD_TIME, FIELD_EPOCH, FIELD_HCTOSYS };

static ssize_t field_show(struct device *dev, const struct attribute *attr, char *buf)
{
    struct linux_rtc_time tm;
    int error;

    if (attr->arg == FIELD_NAME)
        return scnprintf(buf, PAGE_SIZE, "%s\n", source->name);
    if (attr->arg == FIELD_HCTOSYS)
        return scnprintf(buf, PAGE_SIZE, "1\n");
    error = time_read(&tm);
    if (error)
        return error;
    switch ((enum field)attr->arg) {
    case FIELD_DATE:
        return scnprintf(buf, PAGE_SIZE, "%04d-%02d-%02d\n", tm.tm_year + 1900, tm.tm_mon + 1,
                         tm.tm_mday);
    case FIELD_TIME:
        return scnprintf(buf, PAGE_SIZE, "%02d:%02d:%02d\n", tm.tm_hour, tm.tm_min, tm.tm_sec);
    default: return scnprintf(buf, PAGE_SIZE, "%lld\n", rtc_time_to_seconds(&tm));
    }
}

#define FIELD_ATTRIBUTE(attribute_name, field)              \
    static const struct attribute attribute_name##_attr = { \
        .name = #attribute_name, .mode = 0444, .show = field_show, .arg = (field)}

FIELD_ATTRIBUTE(name, FIELD_NAME);
FIELD_ATTRIBUTE(date, FIELD_DATE);
FIELD_ATTRIBUTE(time, FIELD_TIME);
FIELD_ATTRIBUTE(since_epoch, FIELD_EPOCH);
FIELD_ATTRIBUTE(hctosys, FIELD_HCTOSYS);
static const struct attribute *const rtc_attrs[] = {&name_attr,        &date_attr,    &time_attr,
                                                    &since_epoch_attr, &hctosys_attr, NULL};
static const struct attribute_group rtc_group = {.attrs = rtc_attrs};
static const struct attribute_group *const rtc_groups[] = {&rtc_group, NULL};
static struct class rtc_class = {.name = "rtc", .dev_groups = rtc_groups};

static void wall_clock_set(void)
{
    struct linux_rtc_time tm;
    struct timespec64 ts = {};

    if (time_read(&tm) != 0) {
        pr_warn("rtc: %s holds no valid time\n", source->name);
        return;
    }
    ts.tv_sec = rtc_time_to_seconds(&tm);
    if (clock_set_real(&ts) == 0)
        pr_info("rtc: %04d-%02d-%02d %02d:%02d:%02d UTC from %s\n", tm.tm_year + 1900,
                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, source->name);
}

static int rtc_node_create(void)
{
    int major = chrdev_major_alloc("rtc"), error;
    struct device *dev;

    if (major < 0)
        return major;
    error = class_register(&rtc_class);
    if (!error)
        error = chrdev_register(MKDEV(major, 0), 1, "rtc", &rtc_fops);
    if (error)
        return error;
    dev = device_create(&rtc_class, NULL, MKDEV(major, 0), NULL, "rtc0");
    return IS_ERR(dev) ? (int)PTR_ERR(dev) : 0;
}

static int __init rtc_init(void)
{
    source = rtc_cmos_probe() ?: rtc_efi_probe();
    if (!source)
        return -ENODEV;
    wall_clock_set();
    return rtc_node_create();
}
initcall(INIT_DEVICE, rtc_init);
