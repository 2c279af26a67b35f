/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: uaccess.S and fault recovery. */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <kernel/types.h>

size_t user_copy(void *to, const void *from, size_t size);
size_t user_clear(void *to, size_t size);
ssize_t user_string_copy(char *to, const char *from, size_t size);
size_t user_string_length(const char *s, size_t max);
int user_cmpxchg32(u32 *p, u32 *old, u32 new_value);

/* Where to continue after a fault at rip that cannot be resolved; 0: nowhere, it is a bug. */
unsigned long extable_fixup(unsigned long rip);

/* Between two patchable sites: NOPs, or STAC and CLAC. */
extern char *const stac_sites[], *const stac_sites_end[];
extern char *const clac_sites[], *const clac_sites_end[];

#if CONFIG_DEBUG
void might_fault(void);
#else
#define might_fault() ((void)0)
#endif
#endif
