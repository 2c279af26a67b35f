/* SPDX-License-Identifier: MIT */
/*
 * The TPM's event log in the crypto-agile format (TCG PC Client Platform Firmware Profile, section
 * "Event Logging"): first one event in the old format, whose data is a TCG_EfiSpecIDEventStruct
 * that lists the digest algorithms and their sizes, then TCG_PCR_EVENT2 structures, which carry
 * digests of those algorithms in front of their data.
 */
#include "tpm_log.h"

#define OLD_DIGEST_SIZE 20
#define MAX_ALGORITHMS  16
#define SPEC_ID         "Spec ID Event03"

struct cursor {
    const uint8_t *bytes;
    size_t at;
    size_t limit;
    bool failed;
};

struct algorithm {
    uint16_t id;
    uint16_t digest_size;
};

static void skip(struct cursor *cursor, size_t size)
{
    if (size > cursor->limit - cursor->at) {
        cursor->failed = true;
        cursor->at = cursor->limit;
        return;
    }
    cursor->at += size;
}

static uint32_t take(struct cursor *cursor, size_t size)
{
    size_t start = cursor->at;
    uint32_t value = 0;

    skip(cursor, size);
    if (cursor->failed)
        return 0;
    memcpy(&value, cursor->bytes + start, size);
    return value;
}

/* The first event. Returns the number of algorithms, 0 when it is malformed. */
static uint32_t take_header(struct cursor *cursor, struct algorithm algorithms[MAX_ALGORITHMS])
{
    uint32_t data_size, nr;
    size_t data;

    skip(cursor, 4 + 4 + OLD_DIGEST_SIZE); /* PCR, event type, digest */
    data_size = take(cursor, 4);
    data = cursor->at;
    if (cursor->failed || data_size < sizeof(SPEC_ID) ||
        cursor->limit - cursor->at < sizeof(SPEC_ID) ||
        memcmp(cursor->bytes + cursor->at, SPEC_ID, sizeof(SPEC_ID)) != 0)
        return 0;
    skip(cursor, sizeof(SPEC_ID) + 4 + 4); /* platform class; version, errata and width */
    nr = take(cursor, 4);
    if (nr > MAX_ALGORITHMS)
        return 0;
    for (uint32_t i = 0; i < nr; i++) {
        algorithms[i].id = (uint16_t)take(cursor, 2);
        algorithms[i].digest_size = (uint16_t)take(cursor, 2);
    }
    cursor->at = data;
    skip(cursor, data_size);
    return cursor->failed ? 0 : nr;
}

static void skip_digest(struct cursor *cursor, const struct algorithm *algorithms, uint32_t nr)
{
    uint16_t id = (uint16_t)take(cursor, 2);

    for (uint32_t i = 0; i < nr; i++) {
        if (algorithms[i].id == id) {
            skip(cursor, algorithms[i].digest_size);
            return;
        }
    }
    cursor->failed = true;
}

static void skip_event(struct cursor *cursor, const struct algorithm *algorithms, uint32_t nr)
{
    uint32_t nr_digests;

    skip(cursor, 4 + 4); /* PCR, event type */
    nr_digests = take(cursor, 4);
    if (nr_digests > nr)
        cursor->failed = true;
    for (uint32_t i = 0; i < nr_digests && !cursor->failed; i++)
        skip_digest(cursor, algorithms, nr);
    skip(cursor, take(cursor, 4));
}

size_t tpm_log_size(const void *log, size_t last_offset, size_t limit)
{
    struct algorithm algorithms[MAX_ALGORITHMS];
    struct cursor cursor = {.bytes = log, .limit = limit};
    uint32_t nr = take_header(&cursor, algorithms);

    if (nr == 0)
        return 0;
    while (!cursor.failed && cursor.at <= last_offset)
        skip_event(&cursor, algorithms, nr);
    return cursor.failed ? 0 : cursor.at;
}
