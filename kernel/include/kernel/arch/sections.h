/* SPDX-License-Identifier: MIT */
/* Borders of the image's sections, from kernel/kernel.lds. */
#ifndef KERNEL_ARCH_SECTIONS_H
#define KERNEL_ARCH_SECTIONS_H

extern char __image_start[], __image_end[];
extern char __rodata_start[], __rodata_end[];
extern char __text_start[], __text_end[];
extern char __init_start[], __init_end[], __init_text_start[], __init_text_end[];
extern char __init_data_start[], __init_data_end[];
extern char __percpu_start[], __percpu_end[];
extern char __data_start[], __data_end[], __bss_start[], __bss_end[];
extern char __ro_after_init_start[], __ro_after_init_end[];
extern char __symbols_start[], __symbols_end[];
#endif
