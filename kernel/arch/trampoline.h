/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: trampoline.S, the original in the image. */
#ifndef ARCH_TRAMPOLINE_H
#define ARCH_TRAMPOLINE_H

#include <kernel/types.h>

extern char trampoline_start[], trampoline_end[];
/* Words to be filled in, or moved by the page's address, in the copy. */
extern u32 trampoline_base, trampoline_gdt_base, trampoline_far32, trampoline_far64;
extern u32 trampoline_cr3, trampoline_cr4, trampoline_efer;
extern u64 trampoline_gs, trampoline_stack, trampoline_entry;
#endif
