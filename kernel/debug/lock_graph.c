// SPDX-License-Identifier: MIT
/*
 * The graph behind the lock-order checker: fixed tables, because it runs before there is an
 * allocator and inside the allocators. Edges are bits in two matrices (forward and backward), read
 * without a lock; everything is added under graph_lock, a bare spinning word that the checker does
 * not watch. Where an edge was first seen is kept in a hash table of its own, which may fill up:
 * then the report has less to say, the check is as good as before.
 *
 * A class with static storage keeps its number in itself. Locks on a stack have their class there
 * too: those are known by the address of their name.
 */
#include "lock_graph.h"

#include <kernel/base/log.h>
#include <kernel/base/sections.h>
#include <kernel/lib/bitmap.h>
#include <kernel/lib/hash.h>
#include <kernel/lib/string.h>

#define LOCK_CLASSES 768
#define EDGE_BITS    12
#define EDGES        (1U << EDGE_BITS)

struct node {
    const char *name;
    u8 subclass;
    u8 usages; /* bits of enum lock_usage */
    struct trace usage_traces[NR_LOCK_USAGES];
};

struct edge {
    u16 from, to; /* 0: free */
    struct trace trace;
};

static u32 locked;
static struct node nodes[LOCK_NODES];
static unsigned int nr_nodes = 1;
static u16 node_of_class[LOCK_CLASSES][LOCK_SUBCLASSES];
static const char *class_names[LOCK_CLASSES]; /* of those that are not static; NULL: static */
static unsigned int nr_classes = 1;
static unsigned long forward[LOCK_NODES][LOCK_NODES / 64], backward[LOCK_NODES][LOCK_NODES / 64];
static unsigned long reported[LOCK_NODES][LOCK_NODES / 64];
static struct edge edges[EDGES];
static unsigned int nr_edges;
/* For searches. */
static u16 queue[LOCK_NODES], parent[LOCK_NODES];

void graph_lock(void)
{
    while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE))
        while (READ_ONCE(locked))
            cpu_relax();
}

void graph_unlock(void)
{
    __atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
}

/* --- nodes --- */

static bool is_static(const void *p)
{
    return (const char *)p >= __image_start && (const char *)p < __image_end;
}

static unsigned int class_number(struct lock_class *class)
{
    bool keep = is_static(class);

    if (keep && class->id)
        return class->id;
    for (unsigned int i = 1; !keep && i < nr_classes; i++)
        if (class_names[i] == class->name)
            return i;
    if (nr_classes == LOCK_CLASSES) {
        pr_warn_once("lock order: more than %u lock classes, the others are not checked\n",
                     LOCK_CLASSES);
        return 0;
    }
    if (!keep)
        class_names[nr_classes] = class->name;
    else
        WRITE_ONCE(class->id, (u16)nr_classes);
    return nr_classes++;
}

static unsigned int node_make_locked(struct lock_class *class, unsigned int subclass)
{
    unsigned int number = class_number(class);

    if (!number)
        return 0;
    if (!node_of_class[number][subclass]) {
        if (nr_nodes == LOCK_NODES)
            return 0;
        nodes[nr_nodes].name = class->name;
        nodes[nr_nodes].subclass = (u8)subclass;
        WRITE_ONCE(node_of_class[number][subclass], (u16)nr_nodes++);
    }
    return node_of_class[number][subclass];
}

unsigned int lock_node_get(struct lock_class *class, unsigned int subclass)
{
    unsigned int number = READ_ONCE(class->id), node;

    subclass = min(subclass, LOCK_SUBCLASSES - 1U);
    if (likely(is_static(class) && number && READ_ONCE(node_of_class[number][subclass])))
        return node_of_class[number][subclass];
    graph_lock();
    node = node_make_locked(class, subclass);
    graph_unlock();
    return node;
}

const char *lock_node_name(unsigned int node)
{
    return nodes[node].name;
}

unsigned int lock_node_subclass(unsigned int node)
{
    return nodes[node].subclass;
}

bool lock_usage_known(unsigned int node, enum lock_usage usage)
{
    return READ_ONCE(nodes[node].usages) & (1U << usage);
}

void lock_usage_add_locked(unsigned int node, enum lock_usage usage, const struct trace *trace)
{
    nodes[node].usage_traces[usage] = *trace;
    WRITE_ONCE(nodes[node].usages, nodes[node].usages | (u8)(1U << usage));
}

const struct trace *lock_usage_trace(unsigned int node, enum lock_usage usage)
{
    return &nodes[node].usage_traces[usage];
}

/* --- edges --- */

bool lock_edge_known(unsigned int from, unsigned int to)
{
    return READ_ONCE(forward[from][to / 64]) >> (to % 64) & 1;
}

static struct edge *edge_slot(unsigned int from, unsigned int to)
{
    unsigned int at = hash_32(from << 16 | to, EDGE_BITS);

    for (unsigned int i = 0; i < EDGES; i++, at = (at + 1) % EDGES)
        if (!edges[at].from || (edges[at].from == from && edges[at].to == to))
            return &edges[at];
    return NULL;
}

void lock_edge_add_locked(unsigned int from, unsigned int to, const struct trace *trace)
{
    struct edge *edge = nr_edges < EDGES - EDGES / 8 ? edge_slot(from, to) : NULL;

    if (edge && !edge->from) {
        *edge = (struct edge){(u16)from, (u16)to, *trace};
        nr_edges++;
    }
    backward[to][from / 64] |= 1UL << (from % 64);
    WRITE_ONCE(forward[from][to / 64], forward[from][to / 64] | 1UL << (to % 64));
}

const struct trace *lock_edge_trace(unsigned int from, unsigned int to)
{
    struct edge *edge = edge_slot(from, to);

    return edge && edge->from ? &edge->trace : NULL;
}

bool lock_edge_is_reported(unsigned int from, unsigned int to)
{
    return READ_ONCE(reported[from][to / 64]) >> (to % 64) & 1;
}

void lock_edge_set_reported_locked(unsigned int from, unsigned int to)
{
    WRITE_ONCE(reported[from][to / 64], reported[from][to / 64] | 1UL << (to % 64));
}

/* --- searches: breadth first --- */

/* Visits what can be reached from node until fn says yes to one, which is returned; 0: none. */
static unsigned int search(unsigned int start, bool back, bool (*fn)(unsigned int node, u64 arg),
                           u64 arg)
{
    unsigned int head = 0, tail = 0;

    memset(parent, 0, sizeof(parent));
    queue[tail++] = (u16)start;
    parent[start] = (u16)start;
    while (head < tail) {
        unsigned int node = queue[head++];
        const unsigned long *row = back ? backward[node] : forward[node];

        if (fn(node, arg))
            return node;
        for (unsigned int word = 0; word < LOCK_NODES / 64; word++) {
            for (unsigned long bits = row[word]; bits; bits &= bits - 1) {
                unsigned int next = word * 64 + (unsigned int)__builtin_ctzl(bits);

                if (parent[next])
                    continue;
                parent[next] = (u16)node;
                queue[tail++] = (u16)next;
            }
        }
    }
    return 0;
}

static bool is_node(unsigned int node, u64 arg)
{
    return node == arg;
}

static bool has_usage(unsigned int node, u64 arg)
{
    return nodes[node].usages & arg;
}

unsigned int lock_path_find_locked(unsigned int from, unsigned int to, u16 *path, unsigned int max)
{
    unsigned int length = 1, node;

    if (!search(from, false, is_node, to))
        return 0;
    for (node = to; node != from; node = parent[node])
        length++;
    node = to;
    for (unsigned int i = length; i-- > 0; node = parent[node])
        if (i < max)
            path[i] = (u16)node;
    return min(length, max);
}

unsigned int lock_usage_reachable_locked(unsigned int node, enum lock_usage usage, bool back)
{
    return search(node, back, has_usage, 1U << usage);
}
