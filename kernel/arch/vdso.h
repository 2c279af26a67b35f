/* SPDX-License-Identifier: MIT */
/* Private to kernel/arch: the vDSO's bytes in the image (vdso_image.S). */
#ifndef ARCH_VDSO_H
#define ARCH_VDSO_H

extern char vdso_image[], vdso_image_end[];
#endif
