/* SPDX-License-Identifier: MIT */
/* Out of memory. */
#ifndef KERNEL_MM_OOM_H
#define KERNEL_MM_OOM_H

/* Kills the process whose end gives most memory back, as Linux weighs it, and says whom and why.
 * Task context, may sleep. */
void oom_kill_someone(void);
#endif
