/* SPDX-License-Identifier: MIT */
/*
 * /proc/sys: values of the kernel, read and written as text (sysctl(8)). Each is described where it
 * lives (<kernel/vfs/proc.h>); those that belong to nobody in particular are here.
 */
#include "procfs.h"

#include <kernel/arch/uaccess.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/base/random.h>
#include <kernel/base/syslog.h>
#include <kernel/err.h>
#include <kernel/init/hostname.h>
#include <kernel/init/version.h>
#include <kernel/lib/kstrtox.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/fork.h>
#include <kernel/proc/pid.h>
#include <kernel/sync/mutex.h>

#define SYSCTL_TEXT_MAX 1024

static const struct sysctl *sysctl_of(const struct file *file)
{
    return proc_node(file->inode)->sysctl;
}

/* --- to text --- */

static ssize_t numbers_get(const struct sysctl *entry, char *buf, size_t size)
{
    unsigned int n = entry->n ? entry->n : 1;
    ssize_t len = 0;

    for (unsigned int i = 0; i < n; i++) {
        const char *end = i + 1 < n ? "\t" : "\n";

        if (entry->type == SYSCTL_ULONG)
            len += scnprintf(buf + len, size - (size_t)len, "%lu%s",
                             ((unsigned long *)entry->value)[i], end);
        else if (entry->type == SYSCTL_UINT)
            len += scnprintf(buf + len, size - (size_t)len, "%u%s",
                             ((unsigned int *)entry->value)[i], end);
        else
            len += scnprintf(buf + len, size - (size_t)len, "%d%s", ((int *)entry->value)[i], end);
    }
    return len;
}

static ssize_t entry_get(const struct sysctl *entry, char *buf, size_t size)
{
    switch (entry->type) {
    case SYSCTL_CALL: return entry->get(entry, buf, size);
    case SYSCTL_STRING: return scnprintf(buf, size, "%s\n", (char *)entry->value);
    default: return numbers_get(entry, buf, size);
    }
}

static ssize_t sysctl_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
    char *text = kmalloc(SYSCTL_TEXT_MAX, GFP_KERNEL);
    ssize_t len;

    if (!text)
        return -ENOMEM;
    len = entry_get(sysctl_of(file), text, SYSCTL_TEXT_MAX);
    if (len >= 0)
        len = simple_read_from_buffer(buf, count, pos, text, (size_t)len);
    kfree(text);
    return len;
}

/* --- from text --- */

static int number_set(const struct sysctl *entry, unsigned int i, const char *word)
{
    long long value;
    int err = kstrtoll(word, 0, &value);

    if (err)
        return -EINVAL;
    if (entry->max > entry->min && (value < entry->min || value > entry->max))
        return -EINVAL;
    switch (entry->type) {
    case SYSCTL_ULONG: ((unsigned long *)entry->value)[i] = (unsigned long)value; break;
    case SYSCTL_UINT:
        if (value < 0 || value > 0xffffffffLL)
            return -EINVAL;
        ((unsigned int *)entry->value)[i] = (unsigned int)value;
        break;
    default:
        if (value != (int)value)
            return -EINVAL;
        ((int *)entry->value)[i] = (int)value;
        break;
    }
    return 0;
}

/* Fewer numbers than there are leave the rest alone. */
static int numbers_set(const struct sysctl *entry, char *text)
{
    unsigned int n = entry->n ? entry->n : 1, i = 0;
    char *word;

    while ((word = strsep(&text, " \t\n")) != NULL) {
        int err;

        if (!*word)
            continue;
        if (i == n)
            return -EINVAL;
        err = number_set(entry, i++, word);
        if (err)
            return err;
    }
    return i ? 0 : -EINVAL;
}

static int entry_set(const struct sysctl *entry, char *text)
{
    switch (entry->type) {
    case SYSCTL_CALL: return entry->set ? entry->set(entry, text) : -EPERM;
    case SYSCTL_STRING: return strscpy(entry->value, text, entry->size) < 0 ? -EINVAL : 0;
    default: return numbers_set(entry, text);
    }
}

static ssize_t sysctl_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
    char *text;
    int err;

    if (*pos || count >= SYSCTL_TEXT_MAX)
        return -EINVAL;
    text = kmalloc(count + 1, GFP_KERNEL);
    if (!text)
        return -ENOMEM;
    if (copy_from_user(text, buf, count)) {
        kfree(text);
        return -EFAULT;
    }
    text[count] = '\0';
    strim(text);
    err = entry_set(sysctl_of(file), text);
    kfree(text);
    if (err)
        return err;
    *pos += (loff_t)count;
    return (ssize_t)count;
}

const struct file_operations proc_sysctl_fops = {
    .llseek = generic_file_llseek,
    .read = sysctl_read,
    .write = sysctl_write,
};

/* --- kernel/ --- */

static ssize_t text_get(const struct sysctl *entry, char *buf, size_t size)
{
    return scnprintf(buf, size, "%s\n", (const char *)entry->value);
}

static const struct sysctl ctl_ostype = {.path = "kernel/ostype",
                                         .mode = 0444,
                                         .type = SYSCTL_CALL,
                                         .value = (void *)VERSION_SYSNAME,
                                         .get = text_get};
SYSCTL(ctl_ostype);
static const struct sysctl ctl_osrelease = {.path = "kernel/osrelease",
                                            .mode = 0444,
                                            .type = SYSCTL_CALL,
                                            .value = (void *)VERSION_RELEASE,
                                            .get = text_get};
SYSCTL(ctl_osrelease);

static ssize_t version_get(const struct sysctl *entry, char *buf, size_t size)
{
    return scnprintf(buf, size, "%s\n", version_text);
}
static const struct sysctl ctl_version = {
    .path = "kernel/version", .mode = 0444, .type = SYSCTL_CALL, .get = version_get};
SYSCTL(ctl_version);

static ssize_t hostname_text(const struct sysctl *entry, char *buf, size_t size)
{
    char name[HOST_NAME_MAX + 1];

    hostname_get(name, sizeof(name));
    return scnprintf(buf, size, "%s\n", name);
}
static int hostname_store(const struct sysctl *entry, const char *text)
{
    return hostname_set(text, strlen(text));
}
static const struct sysctl ctl_hostname = {
    .path = "kernel/hostname", .type = SYSCTL_CALL, .get = hostname_text, .set = hostname_store};
SYSCTL(ctl_hostname);

static ssize_t domainname_text(const struct sysctl *entry, char *buf, size_t size)
{
    char name[HOST_NAME_MAX + 1];

    domainname_get(name, sizeof(name));
    return scnprintf(buf, size, "%s\n", name);
}
static int domainname_store(const struct sysctl *entry, const char *text)
{
    return domainname_set(text, strlen(text));
}
static const struct sysctl ctl_domainname = {.path = "kernel/domainname",
                                             .type = SYSCTL_CALL,
                                             .get = domainname_text,
                                             .set = domainname_store};
SYSCTL(ctl_domainname);

static const struct sysctl ctl_pid_max = {.path = "kernel/pid_max",
                                          .type = SYSCTL_INT,
                                          .value = &pid_max,
                                          .min = PID_MAX_MINIMUM,
                                          .max = PID_MAX_LIMIT};
SYSCTL(ctl_pid_max);

static ssize_t tainted_get(const struct sysctl *entry, char *buf, size_t size)
{
    return scnprintf(buf, size, "%lu\n", taint_mask());
}
static const struct sysctl ctl_tainted = {
    .path = "kernel/tainted", .mode = 0444, .type = SYSCTL_CALL, .get = tainted_get};
SYSCTL(ctl_tainted);

static const struct sysctl ctl_dmesg_restrict = {.path = "kernel/dmesg_restrict",
                                                 .type = SYSCTL_INT,
                                                 .value = &dmesg_restrict,
                                                 .min = 0,
                                                 .max = 1};
SYSCTL(ctl_dmesg_restrict);

/* Console level, default level of messages, lowest and default console level. */
static ssize_t printk_get(const struct sysctl *entry, char *buf, size_t size)
{
    return scnprintf(buf, size, "%d\t4\t1\t7\n", console_loglevel);
}
static int printk_set(const struct sysctl *entry, const char *text)
{
    char *end;
    long long level = simple_strtoll(text, &end, 10);

    if (end == text || level < 1 || level > 8)
        return -EINVAL;
    console_loglevel = (int)level;
    return 0;
}
static const struct sysctl ctl_printk = {
    .path = "kernel/printk", .type = SYSCTL_CALL, .get = printk_get, .set = printk_set};
SYSCTL(ctl_printk);

/* --- kernel/random/ --- */

static ssize_t uuid_text(const u8 uuid[16], char *buf, size_t size)
{
    return scnprintf(buf, size, "%pUb\n", uuid);
}

/* Version 4, RFC 4122. */
static void uuid_make(u8 uuid[16])
{
    random_bytes(uuid, 16);
    uuid[6] = (u8)((uuid[6] & 0x0f) | 0x40);
    uuid[8] = (u8)((uuid[8] & 0x3f) | 0x80);
}

static ssize_t uuid_get(const struct sysctl *entry, char *buf, size_t size)
{
    u8 uuid[16];

    uuid_make(uuid);
    return uuid_text(uuid, buf, size);
}
static const struct sysctl ctl_uuid = {
    .path = "kernel/random/uuid", .mode = 0444, .type = SYSCTL_CALL, .get = uuid_get};
SYSCTL(ctl_uuid);

static DEFINE_MUTEX(boot_id_lock);

/* The same as long as the machine runs. */
static ssize_t boot_id_get(const struct sysctl *entry, char *buf, size_t size)
{
    static u8 boot_id[16]; /* boot_id_lock; version bits are never all zero */

    mutex_lock(&boot_id_lock);
    if (!boot_id[6])
        uuid_make(boot_id);
    mutex_unlock(&boot_id_lock);
    return uuid_text(boot_id, buf, size);
}
static const struct sysctl ctl_boot_id = {
    .path = "kernel/random/boot_id", .mode = 0444, .type = SYSCTL_CALL, .get = boot_id_get};
SYSCTL(ctl_boot_id);
