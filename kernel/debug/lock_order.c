// SPDX-License-Identifier: MIT
/*
 * The lock-order checker. Every lock belongs to a class; each time a lock is waited for, its class
 * comes after the classes of all locks held then. Two classes that come after each other can
 * deadlock, on any machine some day, and are reported the first time that both orders have been
 * seen, whether or not anything hung. Reported are:
 *
 *   inversion   the new order closes a ring in the graph of orders seen so far
 *   nesting     two locks of one class (and subclass), or one lock twice
 *   interrupts  a class is taken by interrupt handlers (or softirqs), and elsewhere with interrupts
 *               on; or leads to such a class
 *   release     of a lock that the context does not hold; more held than there is room for
 *
 * Each task keeps the list of the locks that it holds. An interrupt's locks are on the list of the
 * task that it interrupted, marked by context: they are not ordered after those of the task, whose
 * order with them the rule about interrupts covers.
 *
 * A lock that was tried for, not waited for, gets no edges to itself, but holds others up.
 *
 * The checker runs with interrupts off, and takes no lock that it watches. While it is at work on a
 * processor (a report prints), locks taken there are not looked at.
 */
#include <kernel/sync/lockclass.h>

#include "lock_graph.h"

#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/sched/task.h>
#include <kernel/sync/preempt.h>

#define PATH_MAX_NODES 12

enum { CONTEXT_TASK, CONTEXT_SOFTIRQ, CONTEXT_HARDIRQ };

typedef typeof(((struct task *)0)->held[0]) held_lock_t;

static DEFINE_PER_CPU(unsigned long, checked_ip); /* who takes or releases; 0: not at work */

/* False: not to be checked here. Otherwise interrupts are off until check_leave(). */
static bool check_enter(unsigned long ip, unsigned long *flags)
{
    if (in_nmi() || !current || panic_in_progress())
        return false;
    *flags = local_irq_save();
    if (this_cpu_read(checked_ip)) {
        local_irq_restore(*flags);
        return false;
    }
    this_cpu_write(checked_ip, ip);
    return true;
}

static void check_leave(unsigned long flags)
{
    this_cpu_write(checked_ip, 0UL);
    local_irq_restore(flags);
}

static u8 context_now(void)
{
    if (in_hardirq())
        return CONTEXT_HARDIRQ;
    return in_serving_softirq() ? CONTEXT_SOFTIRQ : CONTEXT_TASK;
}

/* --- reports --- */

static void print_held(void)
{
    struct task *task = current;

    if (!task->nr_held)
        report_line("no locks are held");
    for (int i = 0; i < task->nr_held; i++) {
        const held_lock_t *held = &task->held[i];

        report_line("holds \"%s\" (%p)%s%s, taken by %ps", lock_node_name(held->node), held->lock,
                    held->shared ? ", shared" : "",
                    held->context == CONTEXT_HARDIRQ   ? ", in an interrupt"
                    : held->context == CONTEXT_SOFTIRQ ? ", in a softirq"
                                                       : "",
                    (void *)held->ip);
    }
}

static void print_here(void)
{
    struct trace trace;

    print_held();
    report_line("here:");
    trace_take(&trace, this_cpu_read(checked_ip));
    trace_report(&trace);
}

static void print_path(const u16 *path, unsigned int length)
{
    for (unsigned int i = 0; i + 1 < length; i++) {
        const struct trace *trace = lock_edge_trace(path[i], path[i + 1]);

        report_line("\"%s\" was held, and \"%s\" taken, first here:", lock_node_name(path[i]),
                    lock_node_name(path[i + 1]));
        if (trace)
            trace_report(trace);
    }
}

static void report_inversion(unsigned int held, unsigned int wanted)
{
    u16 path[PATH_MAX_NODES];
    unsigned int length;

    graph_lock();
    lock_edge_set_reported_locked(held, wanted);
    length = lock_path_find_locked(wanted, held, path, PATH_MAX_NODES);
    graph_unlock();
    if (!report_begin(REPORT_LOCK_ORDER, "inversion: \"%s\" is wanted while \"%s\" is held",
                      lock_node_name(wanted), lock_node_name(held)))
        return;
    report_line("the other order has been seen:");
    print_path(path, length);
    print_here();
    report_end();
}

static void report_nesting(const held_lock_t *held, const void *lock)
{
    graph_lock();
    lock_edge_set_reported_locked(held->node, held->node);
    graph_unlock();
    if (!report_begin(REPORT_LOCK_ORDER,
                      held->lock == lock ? "\"%s\" is wanted by who holds it"
                                         : "two locks of class \"%s\" without an order",
                      lock_node_name(held->node)))
        return;
    print_here();
    report_end();
}

static void report_interrupts(unsigned int safe, unsigned int unsafe, enum lock_usage in,
                              enum lock_usage on)
{
    u16 path[PATH_MAX_NODES];
    unsigned int length;

    graph_lock();
    lock_edge_set_reported_locked(unsafe, safe);
    length = safe == unsafe ? 0 : lock_path_find_locked(safe, unsafe, path, PATH_MAX_NODES);
    graph_unlock();
    if (!report_begin(REPORT_LOCK_ORDER, "\"%s\" is taken in %s, and \"%s\" with them on",
                      lock_node_name(safe), in == USED_IN_HARDIRQ ? "interrupts" : "softirqs",
                      lock_node_name(unsafe)))
        return;
    report_line("\"%s\" was taken in one first here:", lock_node_name(safe));
    trace_report(lock_usage_trace(safe, in));
    report_line("\"%s\" was taken with them on first here:", lock_node_name(unsafe));
    trace_report(lock_usage_trace(unsafe, on));
    print_path(path, length);
    print_here();
    report_end();
}

static void report_release(const struct lock_map *map, const void *lock)
{
    if (!report_begin(REPORT_LOCK_ORDER, "\"%s\" (%p) is released by who does not hold it",
                      map->class ? map->class->name : "?", lock))
        return;
    print_here();
    report_end();
}

/* --- checks --- */

/* The four usages in pairs that exclude each other. */
static const struct {
    enum lock_usage in, on;
} exclusive[] = {
    {USED_IN_HARDIRQ, HELD_HARDIRQS_ON},
    {USED_IN_SOFTIRQ, HELD_SOFTIRQS_ON},
};

/* What leads to safe is taken in interrupts, and unsafe leads to what is taken with them on. */
static void check_interrupt_paths(unsigned int from, unsigned int to)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(exclusive); i++) {
        unsigned int safe, unsafe;

        graph_lock();
        safe = lock_usage_reachable_locked(from, exclusive[i].in, true);
        unsafe = safe ? lock_usage_reachable_locked(to, exclusive[i].on, false) : 0;
        graph_unlock();
        if (unsafe && !lock_edge_is_reported(unsafe, safe))
            report_interrupts(safe, unsafe, exclusive[i].in, exclusive[i].on);
    }
}

static void usage_add(unsigned int node, enum lock_usage usage)
{
    struct trace trace;

    if (likely(lock_usage_known(node, usage)))
        return;
    trace_take(&trace, this_cpu_read(checked_ip));
    graph_lock();
    lock_usage_add_locked(node, usage, &trace);
    graph_unlock();
    check_interrupt_paths(node, node);
}

static void check_usage(unsigned int node, bool interrupts_on, bool trylock)
{
    if (in_hardirq()) {
        if (!trylock)
            usage_add(node, USED_IN_HARDIRQ);
        return;
    }
    if (in_serving_softirq() && !trylock)
        usage_add(node, USED_IN_SOFTIRQ);
    if (!interrupts_on)
        return;
    usage_add(node, HELD_HARDIRQS_ON);
    if (!(preempt_count() & SOFTIRQ_MASK))
        usage_add(node, HELD_SOFTIRQS_ON);
}

static void check_order(const held_lock_t *held, unsigned int node, const void *lock)
{
    struct trace trace;
    bool ring;

    if (held->node == node || held->lock == lock) {
        if (!lock_edge_is_reported(held->node, held->node))
            report_nesting(held, lock);
        return;
    }
    if (likely(lock_edge_known(held->node, node)) || lock_edge_is_reported(held->node, node))
        return;
    trace_take(&trace, this_cpu_read(checked_ip));
    graph_lock();
    ring = lock_path_find_locked(node, held->node, (u16[1]){}, 1);
    if (!ring)
        lock_edge_add_locked(held->node, node, &trace);
    graph_unlock();
    if (ring)
        report_inversion(held->node, node);
    else
        check_interrupt_paths(held->node, node);
}

static bool held_push(struct task *task, const held_lock_t *entry)
{
    if (task->nr_held == ARRAY_SIZE(task->held)) {
        pr_err_once("lock order: %s/%d holds more than %zu locks\n", task->comm, task->pid,
                    ARRAY_SIZE(task->held));
        return false;
    }
    task->held[task->nr_held++] = *entry;
    return true;
}

static void acquire(struct lock_map *map, held_lock_t *entry, unsigned int subclass, bool trylock,
                    bool interrupts_on)
{
    struct task *task = current;

    if (unlikely(!map->class)) {
        if (report_begin(REPORT_LOCK_ORDER, "lock %p was never initialised", entry->lock)) {
            print_here();
            report_end();
        }
        return;
    }
    entry->node = (u16)lock_node_get(map->class, subclass);
    if (!entry->node)
        return;
    for (int i = 0; i < task->nr_held && !trylock; i++)
        if (task->held[i].context == entry->context)
            check_order(&task->held[i], entry->node, entry->lock);
    check_usage(entry->node, interrupts_on, trylock);
    held_push(task, entry);
}

noinline void lock_order_acquire(struct lock_map *map, const void *lock, unsigned int subclass,
                                 bool trylock, bool shared)
{
    held_lock_t entry = {
        .lock = lock,
        .ip = (unsigned long)__builtin_return_address(0),
        .context = context_now(),
        .shared = shared,
    };
    unsigned long flags;

    if (!check_enter(entry.ip, &flags))
        return;
    acquire(map, &entry, subclass, trylock, flags & X86_EFLAGS_IF);
    check_leave(flags);
}

static void release(struct lock_map *map, const void *lock)
{
    struct task *task = current;
    int i = task->nr_held - 1;

    while (i >= 0 && task->held[i].lock != lock)
        i--;
    if (i < 0) {
        if (map->class && lock_node_get(map->class, 0) &&
            task->nr_held < (int)ARRAY_SIZE(task->held))
            report_release(map, lock);
        return;
    }
    task->nr_held--;
    for (; i < task->nr_held; i++)
        task->held[i] = task->held[i + 1];
}

noinline void lock_order_release(struct lock_map *map, const void *lock)
{
    unsigned long flags;

    if (!check_enter((unsigned long)__builtin_return_address(0), &flags))
        return;
    release(map, lock);
    check_leave(flags);
}

bool lock_order_held(const void *lock)
{
    const struct task *task = current;

    for (int i = 0; i < task->nr_held; i++)
        if (task->held[i].lock == lock)
            return true;
    return false;
}

void lock_order_print_held(void)
{
    struct task *task = current;

    if (!task || !task->nr_held)
        return;
    pr_err("locks held by %s/%d:\n", task->comm, task->pid);
    for (int i = 0; i < min(task->nr_held, (int)ARRAY_SIZE(task->held)); i++)
        pr_err("  \"%s\" (%p), taken by %ps\n", lock_node_name(task->held[i].node),
               task->held[i].lock, (void *)task->held[i].ip);
}
