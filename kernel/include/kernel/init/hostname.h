/* SPDX-License-Identifier: MIT */
/* The machine's names (sethostname(2), setdomainname(2)). Task context, may sleep. */
#ifndef KERNEL_INIT_HOSTNAME_H
#define KERNEL_INIT_HOSTNAME_H

#include <kernel/types.h>

#define HOST_NAME_MAX 64

void hostname_get(char *buf, size_t size);
void domainname_get(char *buf, size_t size);
/* 0 or -EINVAL (too long). */
int hostname_set(const char *text, size_t len);
int domainname_set(const char *text, size_t len);
#endif
