/* SPDX-License-Identifier: MIT */
/*
 * What to do when an invariant of the kernel's own is broken. Input from outside (user, disk,
 * device, firmware) is never asserted on: it gets an errno.
 *
 *   ASSERT        always compiled in; stops the machine
 *   DEBUG_ASSERT  costly checks, in the debug kernel only
 *   BUG           a place that cannot be reached
 *   WARN_ON[_ONCE] wrong, but the work can go on; fails a test run; evaluates to the condition
 */
#ifndef KERNEL_BASE_PANIC_H
#define KERNEL_BASE_PANIC_H

#include <kernel/compiler.h>
#include <kernel/types.h>

struct pt_regs;

/** panic() - says why, shows what is known, and stops or reboots. Context: any. Never returns. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;
/** panic_regs() - the same for a trap: @regs are what was interrupted. */
void panic_regs(const struct pt_regs *regs, const char *fmt, ...) __printf(2, 3) __noreturn __cold;

void assert_failed(const char *condition, const char *file, int line) __noreturn __cold;
void warn_report(const char *condition, const char *file, int line) __cold;
void warn_report_fmt(const char *file, int line, const char *fmt, ...) __printf(3, 4) __cold;

#define ASSERT(condition)                                  \
    do {                                                   \
        if (unlikely(!(condition)))                        \
            assert_failed(#condition, __FILE__, __LINE__); \
    } while (0)

#if defined(CONFIG_DEBUG) && CONFIG_DEBUG
#define DEBUG_ASSERT(condition) ASSERT(condition)
#else
#define DEBUG_ASSERT(condition) \
    do {                        \
        if (0)                  \
            (void)(condition);  \
    } while (0)
#endif

#define BUG()             assert_failed("reached", __FILE__, __LINE__)
#define BUG_ON(condition) ASSERT(!(condition))

#define WARN_ON(condition)                               \
    ({                                                   \
        bool warn__ = !!(condition);                     \
        if (unlikely(warn__))                            \
            warn_report(#condition, __FILE__, __LINE__); \
        unlikely(warn__);                                \
    })
#define WARN_ON_ONCE(condition)                                                          \
    ({                                                                                   \
        static bool warned__;                                                            \
        bool warn__ = !!(condition);                                                     \
        if (unlikely(warn__) && !__atomic_exchange_n(&warned__, true, __ATOMIC_RELAXED)) \
            warn_report(#condition, __FILE__, __LINE__);                                 \
        unlikely(warn__);                                                                \
    })
#define WARN(condition, fmt, ...)                                    \
    ({                                                               \
        bool warn__ = !!(condition);                                 \
        if (unlikely(warn__))                                        \
            warn_report_fmt(__FILE__, __LINE__, fmt, ##__VA_ARGS__); \
        unlikely(warn__);                                            \
    })
#define WARN_ONCE(condition, fmt, ...)                                                   \
    ({                                                                                   \
        static bool warned__;                                                            \
        bool warn__ = !!(condition);                                                     \
        if (unlikely(warn__) && !__atomic_exchange_n(&warned__, true, __ATOMIC_RELAXED)) \
            warn_report_fmt(__FILE__, __LINE__, fmt, ##__VA_ARGS__);                     \
        unlikely(warn__);                                                                \
    })

/* Counts a warning whose text the caller has logged itself (panics under panic_on_warn). */
void warn_count_one(void);
/* How many warnings there were since boot: a test run that ends with more than 0 has failed. */
unsigned int warn_count(void);
/* Whether a panic is under way: drivers then poll and take no locks. */
bool panic_in_progress(void);
/* Kinds of trouble so far, shown as /proc/sys/kernel/tainted: bit 9 a warning, bit 7 an oops. */
#define TAINT_DIE  7
#define TAINT_WARN 9
void taint_add(unsigned int bit);
unsigned long taint_mask(void);

/* What the architecture gives to panic; each may be NULL. Set once at start. */
struct panic_ops {
    void (*stop_other_cpus)(void);                 /* NMI or IPI; bounded wait */
    void (*show_regs)(const struct pt_regs *regs); /* registers, through klog */
    void (*show_context)(void);                    /* current task, CPU */
    void (*reboot)(void);                          /* emergency restart; may return if it fails */
};
void panic_set_ops(const struct panic_ops *ops);

/* Called in a panic after everything was said, before stop or reboot (framebuffer redraw, say). */
struct panic_notifier {
    void (*call)(struct panic_notifier *self);
    struct panic_notifier *next;
};
void panic_notifier_register(struct panic_notifier *notifier);

#endif
