/* SPDX-License-Identifier: MIT */
/*
 * The graph of lock order. Its nodes are lock classes (with a subclass); an edge from a to b says
 * that b was once waited for while a was held. See lock_graph.c.
 *
 * All functions: interrupts off; graph_lock held where "_locked".
 */
#ifndef DEBUG_LOCK_GRAPH_H
#define DEBUG_LOCK_GRAPH_H

#include <kernel/debug/report.h>
#include <kernel/sync/lockclass.h>

#define LOCK_NODES      1024 /* 0 is no node */
#define LOCK_SUBCLASSES 8

/* Where a class was seen. A pair of "in" and "on" deadlocks: the interrupt comes while it is held.
 */
enum lock_usage {
    USED_IN_HARDIRQ,  /* taken by an interrupt handler */
    USED_IN_SOFTIRQ,  /* taken by a softirq */
    HELD_HARDIRQS_ON, /* taken with interrupts on */
    HELD_SOFTIRQS_ON, /* taken with interrupts and softirqs on */
    NR_LOCK_USAGES,
};

void graph_lock(void);
void graph_unlock(void);

/* The node of a class, made when it is new; 0 when there is room for no more. Takes the lock if it
 * must make it. */
unsigned int lock_node_get(struct lock_class *class, unsigned int subclass);
const char *lock_node_name(unsigned int node);
unsigned int lock_node_subclass(unsigned int node);

bool lock_usage_known(unsigned int node, enum lock_usage usage);
void lock_usage_add_locked(unsigned int node, enum lock_usage usage, const struct trace *trace);
const struct trace *lock_usage_trace(unsigned int node, enum lock_usage usage);

bool lock_edge_known(unsigned int from, unsigned int to);
void lock_edge_add_locked(unsigned int from, unsigned int to, const struct trace *trace);
/* Where the edge was first seen; NULL when that was not kept. */
const struct trace *lock_edge_trace(unsigned int from, unsigned int to);
/* An edge that would close a ring is not added, but remembered as reported. */
bool lock_edge_is_reported(unsigned int from, unsigned int to);
void lock_edge_set_reported_locked(unsigned int from, unsigned int to);

/* A shortest path from one node to another: at most max nodes with both ends; 0: there is none. */
unsigned int lock_path_find_locked(unsigned int from, unsigned int to, u16 *path, unsigned int max);
/* The first node with that usage among those that lead to node (backward) or that node leads to;
 * node itself counts. 0: none. */
unsigned int lock_usage_reachable_locked(unsigned int node, enum lock_usage usage, bool backward);

#endif
