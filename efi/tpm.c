/* SPDX-License-Identifier: MIT */
/*
 * Measured boot through EFI_TCG2_PROTOCOL (TCG EFI Protocol Specification for TPM 2.0), which
 * gnu-efi does not declare.
 */
#include "tpm.h"
#include "console.h"
#include "mem.h"
#include "tpm_log.h"

#define LOG_FORMAT_CRYPTO_AGILE 2
#define EVENT_HEADER_VERSION    1
#define EV_IPL                  13
#define MAX_TEXT                256

static const EFI_GUID tcg2_guid = {
    0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};

struct tcg2_capability {
    UINT8 size;
    UINT8 structure_version[2];
    UINT8 protocol_version[2];
    UINT32 hash_algorithms;
    UINT32 event_logs;
    UINT8 tpm_present;
    UINT16 max_command_size;
    UINT16 max_response_size;
    UINT32 manufacturer;
    UINT32 nr_pcr_banks;
    UINT32 active_pcr_banks;
};

struct tcg2_event {
    UINT32 size;
    UINT32 header_size;
    UINT16 header_version;
    UINT32 pcr;
    UINT32 type;
    UINT8 text[];
} __attribute__((packed));

_Static_assert(sizeof(struct tcg2_event) == 18, "EFI_TCG2_EVENT");

struct tcg2 {
    EFI_STATUS(EFIAPI *get_capability)(struct tcg2 *self, struct tcg2_capability *capability);
    EFI_STATUS(EFIAPI *get_event_log)
    (struct tcg2 *self, UINT32 format, EFI_PHYSICAL_ADDRESS *start, EFI_PHYSICAL_ADDRESS *last,
     BOOLEAN *truncated);
    EFI_STATUS(EFIAPI *hash_log_extend_event)
    (struct tcg2 *self, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size,
     struct tcg2_event *event);
};

enum tpm_state { TPM_UNKNOWN, TPM_ABSENT, TPM_READY, TPM_FAILED };

static struct tcg2 *tcg2;
static enum tpm_state state;

static bool tpm_ready(void)
{
    struct tcg2_capability capability = {.size = sizeof(capability)};
    EFI_STATUS status;

    if (state != TPM_UNKNOWN)
        return state == TPM_READY;
    state = TPM_ABSENT;
    tcg2 = uefi_locate(&tcg2_guid);
    if (!tcg2)
        return false;
    status = tcg2->get_capability(tcg2, &capability);
    if (EFI_ERROR(status)) {
        say("TPM: does not say what it can do (%s); not measuring", uefi_status_text(status));
        state = TPM_FAILED;
        return false;
    }
    if (capability.tpm_present)
        state = TPM_READY;
    return state == TPM_READY;
}

void tpm_measure(enum tpm_pcr pcr, const void *data, size_t size, const char *description)
{
    char text[MAX_TEXT];
    size_t text_size;
    struct tcg2_event *event;
    EFI_STATUS status;

    if (!tpm_ready())
        return;
    snprintf(text, sizeof(text), "lintel-boot: %s", description);
    text_size = strlen(text) + 1;
    event = mem_alloc(sizeof(*event) + text_size);
    if (!event)
        return;
    *event = (struct tcg2_event){
        .size = (UINT32)(sizeof(*event) + text_size),
        .header_size = sizeof(*event) - offsetof(struct tcg2_event, header_size),
        .header_version = EVENT_HEADER_VERSION,
        .pcr = pcr,
        .type = EV_IPL,
    };
    memcpy(event->text, text, text_size);
    status = tcg2->hash_log_extend_event(tcg2, 0, (uintptr_t)data, size, event);
    mem_free(event);
    if (EFI_ERROR(status)) {
        say("TPM: measuring the %s failed (%s); not measuring any more", description,
            uefi_status_text(status));
        state = TPM_FAILED;
    }
}

void *tpm_copy_log(size_t *size)
{
    EFI_PHYSICAL_ADDRESS start = 0, last = 0;
    BOOLEAN truncated = FALSE;
    void *copy;

    *size = 0;
    if (!tpm_ready() ||
        EFI_ERROR(tcg2->get_event_log(tcg2, LOG_FORMAT_CRYPTO_AGILE, &start, &last, &truncated)))
        return NULL;
    if (!start || last < start || last - start >= TPM_LOG_MAX_SIZE)
        return NULL;
    *size = tpm_log_size((const void *)(uintptr_t)start, last - start, TPM_LOG_MAX_SIZE);
    copy = *size ? pages_alloc(pages_for(*size)) : NULL;
    if (!copy) {
        *size = 0;
        return NULL;
    }
    return memcpy(copy, (const void *)(uintptr_t)start, *size);
}
