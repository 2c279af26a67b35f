/* SPDX-License-Identifier: MIT */
/* Private to kernel/proc: how many tasks each user has (RLIMIT_NPROC). */
#ifndef PROC_USER_H
#define PROC_USER_H

#include <kernel/types.h>

/* 0 or -ENOMEM. A user's account lives as long as it has tasks. */
int user_tasks_inc(uid_t uid);
void user_tasks_dec(uid_t uid);
unsigned int user_tasks(uid_t uid);
#endif
