/* SPDX-License-Identifier: MIT */
/*
 * Included before everything else by the compiler's command line. The kernel is one position-
 * independent image: with every symbol hidden, each reference is relative to the instruction
 * pointer and neither a GOT nor a PLT is needed.
 */
#ifndef KERNEL_HIDDEN_H
#define KERNEL_HIDDEN_H
#ifndef __ASSEMBLER__
#pragma GCC visibility push(hidden)
#endif
#endif
