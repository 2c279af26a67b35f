/* SPDX-License-Identifier: MIT */
/* Kernel stacks under watch: canaries, and how deep stacks were used. Nothing in a release. */
#ifndef KERNEL_DEBUG_STACK_H
#define KERNEL_DEBUG_STACK_H

#include <kernel/compiler.h>
#include <kernel/types.h>

#if CONFIG_DEBUG
/* A canary for this boot, from the starter's entropy and the clock. The caller and its callers must
 * never return: their frames hold the old one. */
void stack_guard_seed(const u8 *entropy);
/* A stack of a new task, unused; and one whose task is gone: how deep it was is measured. Any
 * context. */
void stack_watch_begin(void *stack);
void stack_watch_end(const void *stack);
/* Bytes at the low end of a watched stack that were never used. */
size_t stack_unused(const void *stack);
/* The least that any stack had left so far. */
size_t stack_unused_least(void);
/* The compiler's names: the canary, and what is called when a copy of it changed. */
extern unsigned long __stack_chk_guard;
void __stack_chk_fail(void) __noreturn;
#else
#define stack_guard_seed(entropy) ((void)0)
#define stack_watch_begin(stack)  ((void)0)
#define stack_watch_end(stack)    ((void)0)
#endif
#endif
