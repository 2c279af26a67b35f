/* SPDX-License-Identifier: MIT */
/* Between the log and its consoles. */
#ifndef KERNEL_BASE_LOG_INTERNAL_H
#define KERNEL_BASE_LOG_INTERNAL_H

#include <kernel/compiler.h>
#include <kernel/types.h>

/* Text straight to the enabled consoles, without a record or a prefix: KTAP. Task context. */
void console_print(const char *fmt, ...) __printf(1, 2);

/* Gives consoles that put work off another chance; idle: nobody else needs the processor. */
void log_console_refresh(bool idle);

#endif
