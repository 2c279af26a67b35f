/* SPDX-License-Identifier: MIT */
/*
 * The log's memory: records with their texts in two rings. Pure: no locks, no time. The descriptor
 * of record n is descs[n % LOG_RING_RECORDS], so any record is found at once; its text lies at
 * text[pos % LOG_RING_TEXT] and may wrap. A new record pushes out the oldest ones until both rings
 * have room.
 */
#ifndef KERNEL_BASE_LOG_RING_H
#define KERNEL_BASE_LOG_RING_H

#include <kernel/base/log.h>

#define LOG_RING_RECORDS 2048U        /* power of two */
#define LOG_RING_TEXT    (128U << 10) /* power of two, far above LOG_TEXT_MAX */

struct log_desc {
    u64 time_ns;
    u32 pos; /* of the text, counted on without wrapping to the ring's size */
    u16 len;
    u8 level;
    u8 facility;
};

struct log_ring {
    u64 first_seq; /* the oldest record kept */
    u64 next_seq;  /* the number of the next record */
    u32 text_end;  /* where the next text goes */
    struct log_desc descs[LOG_RING_RECORDS];
    char text[LOG_RING_TEXT];
};

/* @desc without pos; len is cut to LOG_TEXT_MAX. */
void log_ring_add(struct log_ring *ring, struct log_desc desc, const char *text);
/* The first record at or after @seq; false when there is none. */
bool log_ring_read(const struct log_ring *ring, u64 seq, struct log_record *record);

#endif
