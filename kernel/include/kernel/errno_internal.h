/* SPDX-License-Identifier: MIT */
/*
 * Error numbers that never reach a user program: the way out of the kernel turns each into a
 * restart of the system call or into one of <abi/linux/errno.h>. The numbers are Linux's, because a
 * tracer (strace) sees them.
 */
#ifndef KERNEL_ERRNO_INTERNAL_H
#define KERNEL_ERRNO_INTERNAL_H

#include <abi/linux/errno.h>

#define ERESTARTSYS           512 /* restart if the handler has SA_RESTART, else EINTR */
#define ERESTARTNOINTR        513 /* always restart */
#define ERESTARTNOHAND        514 /* restart when no handler runs, else EINTR */
#define ENOIOCTLCMD           515 /* no such ioctl here: try the next layer, else ENOTTY */
#define ERESTART_RESTARTBLOCK 516 /* restart through restart_syscall(2) */
#define EPROBE_DEFER          517 /* a driver's dependency is not there yet */
#define EOPENSTALE            518
#define ENOPARAM              519 /* a mount option that the file system does not know */
#define EBADHANDLE            521
#define ENOTSUPP              524 /* the operation is not there: becomes EOPNOTSUPP */
#define EIOCBQUEUED           529 /* the request was queued and completes by itself */

#endif
