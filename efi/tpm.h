/* SPDX-License-Identifier: MIT */
#ifndef EFI_TPM_H
#define EFI_TPM_H

#include "libc.h"

/*
 * Where what goes (TCG PC Client Platform Firmware Profile; UAPI Group, Linux TPM PCR registry):
 * the kernel is boot manager code, as if firmware had loaded it; initrds and command line as
 * Debian's other loaders do.
 */
enum tpm_pcr {
    TPM_PCR_KERNEL = 4,
    TPM_PCR_INITRD = 9,
    TPM_PCR_CMDLINE = 12,
};

/**
 * tpm_measure() - extend @pcr by the hash of @size bytes and log it as "lintel-boot: @description".
 *
 * Without a TPM nothing happens. A TPM that fails is named once on the console and then left alone:
 * it never stops the boot.
 */
void tpm_measure(enum tpm_pcr pcr, const void *data, size_t size, const char *description);

/** tpm_copy_log() - a copy of the event log in pages of its own; NULL with *@size 0 if none. */
void *tpm_copy_log(size_t *size);

#endif
