/* SPDX-License-Identifier: MIT */
/* Addresses that kernel/kernel.lds defines. Each is the address of a byte, never a value. */
#ifndef KERNEL_BASE_SECTIONS_H
#define KERNEL_BASE_SECTIONS_H

extern char __image_start[], __image_end[];
extern char __rodata_start[], __rodata_end[];
extern char __text_start[], __text_end[];
/* Freed when init starts: start-up code, then start-up data. Page aligned. */
extern char __init_start[], __init_end[];
extern char __init_text_start[], __init_text_end[];
extern char __init_data_start[], __init_data_end[];
extern char __percpu_start[], __percpu_end[];
extern char __data_start[], __data_end[];
extern char __ro_after_init_start[], __ro_after_init_end[];
extern char __bss_start[], __bss_end[];
extern char __symbols_start[], __symbols_end[];
extern char __rela_start[], __rela_end[];
extern char __constructors_start[], __constructors_end[];
extern char __ex_table_start[], __ex_table_end[];

#endif
