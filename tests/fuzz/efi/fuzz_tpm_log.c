/* SPDX-License-Identifier: MIT */
// sources: efi/tpm_log.c
// cflags: -Iefi
/* A TPM's event log from any bytes, after the header that the fuzzer would not guess. */
#include "tpm_log.h"

#define DATA_OFFSET 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *log = malloc(size + !size);
    size_t last = size > 2 ? (data[0] | data[1] << 8) % size : 0;

    memcpy(log, data, size);
    if (size >= DATA_OFFSET + 16)
        memcpy(log + DATA_OFFSET, "Spec ID Event03", 16);
    if (tpm_log_size(log, last, size) > size)
        abort();
    free(log);
    return 0;
}
