/* SPDX-License-Identifier: MIT */
/*
 * Lock classes: every lock belongs to one, made by the initialiser that names it. The debug
 * kernel records in which order classes are taken, and reports an inversion with both chains.
 */
#ifndef KERNEL_SYNC_LOCKCLASS_H
#define KERNEL_SYNC_LOCKCLASS_H

#include <kernel/types.h>

struct lock_class {
    const char *name;
    u16 id; /* 0 until first taken */
};

#if CONFIG_DEBUG
struct lock_map {
    struct lock_class *class;
};
#define LOCK_MAP_FIELD     struct lock_map map;
#define LOCK_MAP_INIT(n)   .map = {.class = &(struct lock_class){.name = n}},
#define lock_map_set(m, c) ((m)->class = (c))
void lock_order_acquire(struct lock_map *map, const void *lock, unsigned int subclass, bool trylock,
                        bool shared);
void lock_order_release(struct lock_map *map, const void *lock);
bool lock_order_held(const void *lock);
/* Names of the locks the current context holds, to the log (panic, assertions). */
void lock_order_print_held(void);
#else
#define LOCK_MAP_FIELD
#define LOCK_MAP_INIT(n)
#define lock_map_set(m, c)                       ((void)(c))
#define lock_order_acquire(m, l, s, try, shared) ((void)0)
#define lock_order_release(m, l)                 ((void)0)
#endif
#endif
