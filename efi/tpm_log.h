/* SPDX-License-Identifier: MIT */
#ifndef EFI_TPM_LOG_H
#define EFI_TPM_LOG_H

#include "libc.h"

#define TPM_LOG_MAX_SIZE (1U << 20)

/**
 * tpm_log_size() - how long is a crypto-agile event log?
 *
 * Firmware tells where the log begins and where its last event begins, but no length, so the events
 * have to be walked. @last_offset is the last event's offset; nothing beyond @limit is read.
 * Returns the bytes up to the end of the last event, or 0 if the log is malformed.
 */
size_t tpm_log_size(const void *log, size_t last_offset, size_t limit);

#endif
