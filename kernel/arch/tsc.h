/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: the rate of the time stamp counter. */
#ifndef ARCH_TSC_H
#define ARCH_TSC_H

/* Finds the rate; needs ACPI tables and ioremap(). clock_start() follows. */
void tsc_init(void);
#endif
