/* SPDX-License-Identifier: MIT */
/*
 * The kernel log: a ring of records, written from any context (NMI included), shown on the
 * registered consoles, and read by syslog(2), /dev/kmsg and the panic screen.
 *
 * A file may define LOG_PREFIX as a string literal before it includes this header; each of its
 * messages then begins with it. Messages end in \n or not, all the same.
 */
#ifndef KERNEL_BASE_LOG_H
#define KERNEL_BASE_LOG_H

#include <kernel/compiler.h>
#include <kernel/types.h>
#include <stdarg.h>

/* syslog(3) severities. */
enum log_level {
    LOG_LEVEL_EMERG,
    LOG_LEVEL_ALERT,
    LOG_LEVEL_CRIT,
    LOG_LEVEL_ERR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

#ifndef LOG_PREFIX
#define LOG_PREFIX ""
#endif

/* The longest message; what is longer is cut. */
#define LOG_TEXT_MAX 976

/** klog() - adds one message. Context: any. */
void klog(enum log_level level, const char *fmt, ...) __printf(2, 3);
void vklog(enum log_level level, const char *fmt, va_list args) __printf(2, 0);

/** klog_user() - a message that a user program wrote to /dev/kmsg: @facility as in syslog(3). */
void klog_user(unsigned int facility, enum log_level level, const char *text, size_t len);

#define pr_emerg(fmt, ...)  klog(LOG_LEVEL_EMERG, LOG_PREFIX fmt, ##__VA_ARGS__)
#define pr_alert(fmt, ...)  klog(LOG_LEVEL_ALERT, LOG_PREFIX fmt, ##__VA_ARGS__)
#define pr_crit(fmt, ...)   klog(LOG_LEVEL_CRIT, LOG_PREFIX fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)    klog(LOG_LEVEL_ERR, LOG_PREFIX fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)   klog(LOG_LEVEL_WARNING, LOG_PREFIX fmt, ##__VA_ARGS__)
#define pr_notice(fmt, ...) klog(LOG_LEVEL_NOTICE, LOG_PREFIX fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)   klog(LOG_LEVEL_INFO, LOG_PREFIX fmt, ##__VA_ARGS__)
#if defined(CONFIG_DEBUG) && CONFIG_DEBUG
#define pr_debug(fmt, ...) klog(LOG_LEVEL_DEBUG, LOG_PREFIX fmt, ##__VA_ARGS__)
#else
#define pr_debug(fmt, ...)                                        \
    do {                                                          \
        if (0)                                                    \
            klog(LOG_LEVEL_DEBUG, LOG_PREFIX fmt, ##__VA_ARGS__); \
    } while (0)
#endif

/* The first time this line is reached only. */
#define klog_once(level, fmt, ...)                                   \
    do {                                                             \
        static bool logged__;                                        \
        if (!__atomic_exchange_n(&logged__, true, __ATOMIC_RELAXED)) \
            klog(level, LOG_PREFIX fmt, ##__VA_ARGS__);              \
    } while (0)
#define pr_err_once(fmt, ...)  klog_once(LOG_LEVEL_ERR, fmt, ##__VA_ARGS__)
#define pr_warn_once(fmt, ...) klog_once(LOG_LEVEL_WARNING, fmt, ##__VA_ARGS__)
#define pr_info_once(fmt, ...) klog_once(LOG_LEVEL_INFO, fmt, ##__VA_ARGS__)

/* At most @burst messages from one place in each @interval_ns; how many were left out is said. */
struct ratelimit {
    u64 interval_ns;
    u64 window_start_ns;
    int burst;
    int printed;
    int missed;
};
#define RATELIMIT_INIT(interval, n)             \
    {                                           \
        .interval_ns = (interval), .burst = (n) \
    }
/** ratelimit_allow() - whether the message may be printed now. Context: any. */
bool ratelimit_allow(struct ratelimit *limit, const char *what);
#define klog_ratelimited(level, fmt, ...)                                    \
    do {                                                                     \
        static struct ratelimit limit__ = RATELIMIT_INIT(5000000000ULL, 10); \
        if (ratelimit_allow(&limit__, __func__))                             \
            klog(level, LOG_PREFIX fmt, ##__VA_ARGS__);                      \
    } while (0)
#define pr_err_ratelimited(fmt, ...)  klog_ratelimited(LOG_LEVEL_ERR, fmt, ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...) klog_ratelimited(LOG_LEVEL_WARNING, fmt, ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...) klog_ratelimited(LOG_LEVEL_INFO, fmt, ##__VA_ARGS__)

/*
 * Consoles. A console's write is called by one CPU at a time (except during a panic), with
 * interrupts off, from any context: it polls, it does not sleep, it takes no lock that a caller of
 * klog may hold. Lines end in \n; a serial driver adds \r itself.
 */
#define CONSOLE_BOOT      0x1 /* unregistered when the real console of its name comes */
#define CONSOLE_PREFERRED 0x2 /* /dev/console: the last console= on the command line */
#define CONSOLE_ENABLED   0x4
#define CONSOLE_REPLAY    0x8 /* wants the records from before it was registered */

struct console {
    char name[8]; /* "ttyS", "tty": with index this is what console= names */
    int index;
    unsigned int flags;
    void (*write)(struct console *con, const char *buf, size_t len);
    /* Options behind the comma in console=ttyS0,115200n8; may be NULL. 0 or -errno. */
    int (*setup)(struct console *con, const char *options);
    /*
     * For consoles that put work off in write(): does it, now or only if enough time has passed
     * (idle: now, nobody else needs the processor); false while some is left. Called under the same
     * rules as write, when all records have been written, and then from interrupt exit and the
     * idle loop until it returns true. May be NULL.
     */
    bool (*refresh)(struct console *con, bool idle);
    /* The character device behind /dev/console; 0 when there is none. */
    dev_t device;
    /* The log's own. */
    u64 next_seq;
    struct console *next;
};

/**
 * console_register() - from now on @con shows the log. It is enabled when console= names it, or
 * when there is no console= at all; boot consoles always are, until a real console of the same name
 * and index takes over. Returns 0 or -errno. Context: task or early boot.
 */
int console_register(struct console *con);
void console_unregister(struct console *con);
/**
 * console_device() - the device number of /dev/console: that of the last console= which is there,
 * else of a screen (tty), else of any console; 0: none.
 */
dev_t console_device(void);
/** console_first() - head of the list, for /proc/consoles; walk with ->next. */
struct console *console_first(void);

/* Messages of a level below this number go to the consoles. 1 to 8. */
extern int console_loglevel;

/*
 * Reading. Records are numbered from 0; a reader keeps the number that it wants next. A record that
 * the ring has overwritten is skipped (the reader sees a later seq).
 */
struct log_record {
    u64 seq;
    u64 time_ns;
    u8 level;
    u8 facility; /* 0: the kernel */
    u16 len;     /* of text, no NUL counted */
    char text[LOG_TEXT_MAX + 1];
};

/** log_read() - the first record at or after @seq. False when there is none yet. Any context. */
bool log_read(u64 seq, struct log_record *record);
/** log_first_seq() and log_next_seq() - the oldest record kept, and the number the next one gets.
 */
u64 log_first_seq(void);
u64 log_next_seq(void);
/** log_wait() - sleeps until a record @seq exists. 0 or -ERESTARTSYS. */
int __must_check log_wait(u64 seq);

/** log_format_console() - "[    1.234567] text\n", one prefix for each line; length as scnprintf.
 */
size_t log_format_console(const struct log_record *record, char *buf, size_t size);
/** log_format_syslog() - the same with "<6>" before each line: syslog(2) and /proc/kmsg. */
size_t log_format_syslog(const struct log_record *record, char *buf, size_t size);
/** log_format_kmsg() - "6,339,5140900,-;text\n" as /dev/kmsg gives it (escapes as Linux's). */
size_t log_format_kmsg(const struct log_record *record, char *buf, size_t size);

/* Bytes that all records would take in syslog's form (SYSLOG_ACTION_SIZE_BUFFER). */
size_t log_buffer_size(void);

struct wait_queue;
/* Woken when a record arrived: for poll on /dev/kmsg. */
struct wait_queue *log_wait_queue(void);

/**
 * log_wake_pending() - wakes readers when records came that could not wake them where they were
 * written. Called from the timer interrupt's exit and the idle loop. Context: no run queue lock
 * held.
 */
void log_wake_pending(void);

/** log_console_flush() - writes what consoles have not shown yet, if nobody is at it. Any context.
 */
void log_console_flush(void);

/** log_panic_begin() - from now on the panicking CPU writes to consoles without locks. */
void log_panic_begin(void);

#endif
