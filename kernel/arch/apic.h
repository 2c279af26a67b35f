/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: local APIC (SDM vol. 3A, 11) and I/O APIC. */
#ifndef ARCH_APIC_H
#define ARCH_APIC_H

#include <kernel/types.h>

/* Finds and enables this processor's local APIC; the legacy controllers are masked once. */
void apic_init_boot(void);
void apic_init_cpu(void);
u32 apic_id(void);
void apic_eoi(void);
void apic_send_ipi(u32 apic_id, u32 vector_and_mode);
void apic_send_nmi(u32 apic_id);
void apic_send_init(u32 apic_id);
void apic_send_startup(u32 apic_id, u8 page);
bool apic_is_x2apic(void);

/* The timer: one shot, in its own ticks; or by TSC deadline. */
void apic_timer_calibrate(void);
void apic_timer_setup(void);             /* on each processor */
void apic_timer_arm_ns(u64 deadline_ns); /* by ktime_ns() */

void ioapic_init(void);

#define VECTOR_TIMER      0xec
#define VECTOR_CALL       0xfb
#define VECTOR_RESCHEDULE 0xfd
#define VECTOR_APIC_ERROR 0xfe
#define VECTOR_SPURIOUS   0xff
#endif
