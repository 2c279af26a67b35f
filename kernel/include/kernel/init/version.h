/* SPDX-License-Identifier: MIT */
/* What this kernel calls itself (uname(2)). */
#ifndef KERNEL_INIT_VERSION_H
#define KERNEL_INIT_VERSION_H

/* Programs compare release with what they need of Linux, so it begins with the version whose
 * interface is implemented. */
#define VERSION_SYSNAME "Linux"
#define VERSION_RELEASE "6.1.0-lintel"
extern const char version_text[];   /* uname -v */
extern const char version_banner[]; /* first log line */
#endif
