// SPDX-License-Identifier: MIT
/*
 * The CMOS clock of a PC (MC146818 and its descendants), behind ports 0x70 and 0x71.
 *
 * While the chip updates its registers, once a second for up to 2 ms, what is read may be half
 * old. So a reading is taken only outside of an update, and repeated until two agree. All waits
 * are bounded: a board without the clock reads ones for ever.
 */
#include "rtc.h"

#include <kernel/arch/io.h>
#include <kernel/dev/acpi.h>
#include <kernel/err.h>
#include <kernel/lib/string.h>
#include <kernel/sync/spinlock.h>
#include <kernel/time/clock.h>

#define CMOS_INDEX     0x70
#define CMOS_DATA      0x71
#define REG_SECOND     0x00
#define REG_MINUTE     0x02
#define REG_HOUR       0x04
#define REG_DAY        0x07
#define REG_MONTH      0x08
#define REG_YEAR       0x09
#define REG_A          0x0a
#define REG_A_UPDATING 0x80
#define REG_B          0x0b
#define REG_B_24H      0x02
#define REG_B_BINARY   0x04
#define REG_B_SET      0x80
#define REG_D          0x0d
#define CENTURY_MAX    0x7f
#define UPDATE_US      10000
#define STEP_US        10
#define TRIES          10

static DEFINE_SPINLOCK(cmos_lock); /* index and data port belong together */

static u8 cmos_read(u8 reg)
{
    outb(reg, CMOS_INDEX);
    return inb(CMOS_DATA);
}

static void cmos_write(u8 reg, u8 value)
{
    outb(reg, CMOS_INDEX);
    outb(value, CMOS_DATA);
}

static u8 century_register(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();

    return fadt && fadt->century > REG_D && fadt->century <= CENTURY_MAX ? fadt->century : 0;
}

static bool update_wait(void)
{
    for (unsigned int us = 0; us < UPDATE_US; us += STEP_US) {
        if (!(cmos_read(REG_A) & REG_A_UPDATING))
            return true;
        udelay(STEP_US);
    }
    return false;
}

static void raw_format(struct cmos_raw *raw)
{
    u8 format = cmos_read(REG_B);

    memset(raw, 0, sizeof(*raw));
    raw->binary = format & REG_B_BINARY;
    raw->hours24 = format & REG_B_24H;
    raw->has_century = century_register() != 0;
}

static void raw_read(struct cmos_raw *raw)
{
    raw_format(raw);
    raw->second = cmos_read(REG_SECOND);
    raw->minute = cmos_read(REG_MINUTE);
    raw->hour = cmos_read(REG_HOUR);
    raw->day = cmos_read(REG_DAY);
    raw->month = cmos_read(REG_MONTH);
    raw->year = cmos_read(REG_YEAR);
    if (raw->has_century)
        raw->century = cmos_read(century_register());
}

static int raw_read_stable(struct cmos_raw *raw)
{
    struct cmos_raw again;

    for (unsigned int i = 0; i < TRIES; i++) {
        if (!update_wait())
            return -EIO;
        raw_read(raw);
        raw_read(&again);
        if (memcmp(raw, &again, sizeof(again)) == 0)
            return 0;
    }
    return -EIO;
}

static int cmos_time_read(struct linux_rtc_time *tm)
{
    struct cmos_raw raw;
    unsigned long flags;
    int error;

    spin_lock_irqsave(&cmos_lock, flags);
    error = raw_read_stable(&raw);
    spin_unlock_irqrestore(&cmos_lock, flags);
    return error ?: cmos_raw_decode(&raw, tm);
}

static int cmos_time_set(const struct linux_rtc_time *tm)
{
    struct cmos_raw raw;
    unsigned long flags;
    u8 control;

    spin_lock_irqsave(&cmos_lock, flags);
    raw_format(&raw);
    cmos_raw_encode(tm, &raw);
    control = cmos_read(REG_B);
    cmos_write(REG_B, control | REG_B_SET);
    cmos_write(REG_SECOND, raw.second);
    cmos_write(REG_MINUTE, raw.minute);
    cmos_write(REG_HOUR, raw.hour);
    cmos_write(REG_DAY, raw.day);
    cmos_write(REG_MONTH, raw.month);
    cmos_write(REG_YEAR, raw.year);
    if (raw.has_century)
        cmos_write(century_register(), raw.century);
    cmos_write(REG_B, control & ~REG_B_SET);
    spin_unlock_irqrestore(&cmos_lock, flags);
    return 0;
}

static const struct rtc_source cmos_source = {
    .name = "rtc_cmos", .read = cmos_time_read, .set = cmos_time_set};

const struct rtc_source *rtc_cmos_probe(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    unsigned long flags;
    u8 a, d;

    if (fadt && !fadt->has_cmos_rtc)
        return NULL;
    spin_lock_irqsave(&cmos_lock, flags);
    a = cmos_read(REG_A);
    d = cmos_read(REG_D);
    spin_unlock_irqrestore(&cmos_lock, flags);
    if (a == 0xff && d == 0xff)
        return NULL;
    return &cmos_source;
}
