/* SPDX-License-Identifier: MIT */
/* What a test can ask about what was logged. */
#ifndef TESTS_HOST_SHIM_LOG_H
#define TESTS_HOST_SHIM_LOG_H

/* The last message, without its newline; empty when there was none. */
const char *shim_log_last(void);
/* Messages of warning level and worse so far. */
unsigned int shim_log_troubles(void);

#endif
