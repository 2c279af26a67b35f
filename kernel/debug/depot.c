// SPDX-License-Identifier: MIT
/*
 * The depot of call chains: an open hash table that only grows. A slot is claimed by setting its
 * hash, filled, and then published by its ready flag; readers take no lock. Two processors may
 * store the same chain twice; that wastes a slot and harms nothing.
 */
#include "depot.h"

#include <kernel/lib/atomic.h>
#include <kernel/lib/hash.h>
#include <kernel/lib/string.h>

#define DEPOT_BITS  14
#define DEPOT_SLOTS (1U << DEPOT_BITS)
#define PROBES_MAX  32

static struct slot {
    u32 hash; /* 0: free */
    u32 ready;
    struct trace trace;
} slots[DEPOT_SLOTS];

static u32 trace_hash(const struct trace *trace)
{
    u64 hash = 0;

    for (unsigned int i = 0; i < TRACE_DEPTH && trace->at[i]; i++)
        hash = (hash ^ trace->at[i]) * GOLDEN_RATIO_64;
    return (u32)(hash >> 32) | 1;
}

static bool trace_equal(const struct trace *a, const struct trace *b)
{
    for (unsigned int i = 0; i < TRACE_DEPTH; i++) {
        if (a->at[i] != b->at[i])
            return false;
        if (!a->at[i])
            break;
    }
    return true;
}

u32 depot_take(unsigned long ip)
{
    struct trace trace;
    u32 hash;

    trace_take(&trace, ip);
    hash = trace_hash(&trace);
    for (unsigned int i = 0; i < PROBES_MAX; i++) {
        u32 at = (hash + i) % DEPOT_SLOTS, none = 0;
        struct slot *slot = &slots[at];

        if (READ_ONCE(slot->hash) == hash && smp_load_acquire(&slot->ready) &&
            trace_equal(&slot->trace, &trace))
            return at + 1;
        if (!READ_ONCE(slot->hash) && try_cmpxchg(&slot->hash, &none, hash)) {
            slot->trace = trace;
            smp_store_release(&slot->ready, 1);
            return at + 1;
        }
    }
    return 0;
}

const struct trace *depot_get(u32 number)
{
    return number && number <= DEPOT_SLOTS && slots[number - 1].ready ? &slots[number - 1].trace
                                                                      : NULL;
}
