/* SPDX-License-Identifier: MIT */
/*
 * Names of the kernel's own functions by address. The table is made by tools/build/gen-symbols from
 * the first link and carried in the image by the second; addresses in it are relative to the
 * image's first byte, so that sliding the image does not change it.
 */
#ifndef KERNEL_BASE_SYMBOLS_H
#define KERNEL_BASE_SYMBOLS_H

#include <kernel/types.h>

#define SYMBOL_NAME_MAX 128

struct symbol {
    char name[SYMBOL_NAME_MAX];
    unsigned long address;
    unsigned long offset; /* of the address asked about */
    unsigned long size;   /* to the next symbol */
};

/** symbol_lookup() - the function that contains @address. Any context. */
bool symbol_lookup(unsigned long address, struct symbol *symbol);
/** symbol_get() - the @index-th symbol by address; false past the last. For /proc/kallsyms. */
bool symbol_get(unsigned int index, struct symbol *symbol);
/** symbol_address() - the address of function @name, or 0. Slow. */
unsigned long symbol_address(const char *name);
/** symbol_format() - "name+0x1c/0x80" into @buf; false (and the number) when unknown. */
bool symbol_format(const void *address, char *buf, size_t size);
/** is_kernel_text() - whether @address lies in the image's code. */
bool is_kernel_text(unsigned long address);

#endif
