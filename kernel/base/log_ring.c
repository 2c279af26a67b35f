// SPDX-License-Identifier: MIT
#include "log_ring.h"
#include <kernel/lib/string.h>

static_assert((LOG_RING_RECORDS & (LOG_RING_RECORDS - 1)) == 0, "indexed by mask");
static_assert((LOG_RING_TEXT & (LOG_RING_TEXT - 1)) == 0, "indexed by mask");
static_assert(LOG_TEXT_MAX < LOG_RING_TEXT, "a record must fit");

static struct log_desc *desc_of(const struct log_ring *ring, u64 seq)
{
    return (struct log_desc *)&ring->descs[seq & (LOG_RING_RECORDS - 1)];
}

/* Bytes of the text ring in use. */
static u32 text_used(const struct log_ring *ring)
{
    if (ring->first_seq == ring->next_seq)
        return 0;
    return ring->text_end - desc_of(ring, ring->first_seq)->pos;
}

static void make_room(struct log_ring *ring, u32 len)
{
    while (ring->next_seq - ring->first_seq >= LOG_RING_RECORDS ||
           text_used(ring) + len > LOG_RING_TEXT)
        ring->first_seq++;
}

void log_ring_add(struct log_ring *ring, struct log_desc desc, const char *text)
{
    u32 at = ring->text_end & (LOG_RING_TEXT - 1), until_wrap = LOG_RING_TEXT - at, n;

    desc.len = min(desc.len, LOG_TEXT_MAX);
    desc.pos = ring->text_end;
    make_room(ring, desc.len);
    n = min(desc.len, until_wrap);
    memcpy(ring->text + at, text, n);
    memcpy(ring->text, text + n, desc.len - n);
    *desc_of(ring, ring->next_seq) = desc;
    ring->text_end += desc.len;
    ring->next_seq++;
}

bool log_ring_read(const struct log_ring *ring, u64 seq, struct log_record *record)
{
    const struct log_desc *desc;
    u32 at, n;

    seq = max(seq, ring->first_seq);
    if (seq >= ring->next_seq)
        return false;
    desc = desc_of(ring, seq);
    at = desc->pos & (LOG_RING_TEXT - 1);
    n = min(desc->len, LOG_RING_TEXT - at);
    memcpy(record->text, ring->text + at, n);
    memcpy(record->text + n, ring->text, desc->len - n);
    record->text[desc->len] = '\0';
    record->seq = seq;
    record->time_ns = desc->time_ns;
    record->level = desc->level;
    record->facility = desc->facility;
    record->len = desc->len;
    return true;
}
