/* SPDX-License-Identifier: MIT */
/*
 * Start-up as data: functions run in order of level, inside a level in link order. What exists from
 * each level on:
 *
 *   INIT_CORE    memory, scheduler, timers, RCU; interrupts on; the boot processor alone
 *   INIT_SUBSYS  device model, block layer, VFS, tty core: what drivers and file systems register
 * with INIT_FS      file systems register; from its end on the root tmpfs is mounted INIT_DEVICE
 * buses are walked, drivers probe; then the initrd is unpacked INIT_LATE    everything else is up:
 * consoles handed over, self tests, statistics
 *
 * After each function the locks held, the preemption count and the interrupt flag must be what they
 * were. A function returns 0 or -errno; an error is logged and start-up goes on (-ENODEV silently).
 */
#ifndef KERNEL_BASE_INITCALL_H
#define KERNEL_BASE_INITCALL_H

#include <kernel/base/registry.h>

enum init_level { INIT_CORE, INIT_SUBSYS, INIT_FS, INIT_DEVICE, INIT_LATE, NR_INIT_LEVELS };

struct initcall {
    int (*fn)(void);
    const char *name;
};

SECTION_ARRAY_DECLARE(const struct initcall, initcalls_INIT_CORE);
SECTION_ARRAY_DECLARE(const struct initcall, initcalls_INIT_SUBSYS);
SECTION_ARRAY_DECLARE(const struct initcall, initcalls_INIT_FS);
SECTION_ARRAY_DECLARE(const struct initcall, initcalls_INIT_DEVICE);
SECTION_ARRAY_DECLARE(const struct initcall, initcalls_INIT_LATE);

#define initcall(level, function)                                             \
    static const struct initcall initcall_##function = {function, #function}; \
    SECTION_ARRAY_ADD(const struct initcall, initcalls_##level, initcall_##function)

/** initcalls_run() - runs one level. Context: the first kernel thread, may sleep. */
void initcalls_run(enum init_level level);

#endif
