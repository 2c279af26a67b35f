/* SPDX-License-Identifier: MIT */
/* What a test can ask of the host's kmalloc beyond <kernel/mm/slab.h>. */
#ifndef TESTS_HOST_SHIM_SLAB_H
#define TESTS_HOST_SHIM_SLAB_H

/* Objects allocated and not freed: the balance at the end of a test. */
long shim_kmalloc_live(void);
/* The @nth allocation from now on (1: the next) fails; 0: none does. */
void shim_kmalloc_fail_at(unsigned long nth);

#endif
