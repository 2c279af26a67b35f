/* SPDX-License-Identifier: MIT */
/* How memory is asked for. */
#ifndef KERNEL_MM_GFP_H
#define KERNEL_MM_GFP_H

#define GFP_DMA32    0x01U /* below 4 GiB */
#define GFP_WAIT     0x02U /* may sleep and reclaim */
#define GFP_HIGHPRIO 0x04U /* may use the reserve */
#define GFP_ZERO     0x08U /* zeroed */
#define GFP_FS_OK    0x10U /* reclaim may call into file systems */
#define GFP_NOFAIL   0x20U /* never NULL: waits; small sizes only, needs GFP_WAIT */
#define GFP_NOWARN   0x40U
#define GFP_MOVABLE  0x80U /* user and page-cache pages */
#define GFP_ACCOUNT  0x100U
#define GFP_IO_OK    0x200U /* reclaim may start I/O */
#define GFP_NORETRY  0x400U /* give up rather than kill somebody: there is another way */

#define GFP_KERNEL (GFP_WAIT | GFP_FS_OK | GFP_IO_OK)
#define GFP_NOFS   (GFP_WAIT | GFP_IO_OK)
#define GFP_NOIO   GFP_WAIT
#define GFP_ATOMIC GFP_HIGHPRIO
#define GFP_NOWAIT 0U
#define GFP_USER   (GFP_KERNEL | GFP_MOVABLE)
#endif
