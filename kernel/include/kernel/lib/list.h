/* SPDX-License-Identifier: MIT */
/*
 * Circular doubly linked lists (list_head) and doubly linked lists with a one-pointer head for
 * hash tables (hlist). No locking: the caller's lock protects the list. For lists read under RCU
 * see <kernel/lib/list_rcu.h>.
 */
#ifndef KERNEL_LIB_LIST_H
#define KERNEL_LIB_LIST_H

#include <kernel/compiler.h>
#include <kernel/types.h>

struct list_head {
    struct list_head *next, *prev;
};

struct hlist_node {
    struct hlist_node *next, **pprev;
};

struct hlist_head {
    struct hlist_node *first;
};

/* What a deleted entry points to: an address that faults, and shows what was done. */
#define LIST_POISON1 ((void *)0xdead000000000100UL)
#define LIST_POISON2 ((void *)0xdead000000000122UL)

#define LIST_HEAD_INIT(name) \
    {                        \
        &(name), &(name)     \
    }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
#define HLIST_HEAD_INIT \
    {                   \
        NULL            \
    }
#define HLIST_HEAD(name) struct hlist_head name = HLIST_HEAD_INIT

static inline void INIT_LIST_HEAD(struct list_head *list)
{
    list->prev = list;
    __atomic_store_n(&list->next, list, __ATOMIC_RELEASE); /* for list_empty_careful() */
}

static inline void list_link_between(struct list_head *entry, struct list_head *prev,
                                     struct list_head *next)
{
    entry->next = next;
    entry->prev = prev;
    next->prev = entry;
    WRITE_ONCE(prev->next, entry);
}

static inline void list_join(struct list_head *prev, struct list_head *next)
{
    next->prev = prev;
    WRITE_ONCE(prev->next, next);
}

/** list_add() - puts @entry first. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
    list_link_between(entry, head, head->next);
}

/** list_add_tail() - puts @entry last. */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
    list_link_between(entry, head->prev, head);
}

/** list_del() - takes @entry out; it must not be used as a list entry again before it is added. */
static inline void list_del(struct list_head *entry)
{
    list_join(entry->prev, entry->next);
    entry->next = LIST_POISON1;
    entry->prev = LIST_POISON2;
}

/** list_del_init() - takes @entry out and leaves it an empty list. */
static inline void list_del_init(struct list_head *entry)
{
    list_join(entry->prev, entry->next);
    INIT_LIST_HEAD(entry);
}

/** list_replace() - @entry takes the place of @old, which is left as it was. */
static inline void list_replace(struct list_head *old, struct list_head *entry)
{
    list_link_between(entry, old->prev, old->next);
}

static inline void list_replace_init(struct list_head *old, struct list_head *entry)
{
    list_replace(old, entry);
    INIT_LIST_HEAD(old);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
    list_join(entry->prev, entry->next);
    list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
    list_join(entry->prev, entry->next);
    list_add_tail(entry, head);
}

static inline bool list_empty(const struct list_head *head)
{
    return READ_ONCE(head->next) == head;
}

/**
 * list_empty_careful() - for asking without the lock whether @entry was taken off a list with
 * list_del_init() by somebody who has finished with both of its links.
 */
static inline bool list_empty_careful(const struct list_head *entry)
{
    const struct list_head *next = __atomic_load_n(&entry->next, __ATOMIC_ACQUIRE);

    return next == entry && READ_ONCE(entry->prev) == entry;
}

static inline bool list_is_singular(const struct list_head *head)
{
    return !list_empty(head) && head->next == head->prev;
}

static inline bool list_is_first(const struct list_head *entry, const struct list_head *head)
{
    return entry->prev == head;
}

static inline bool list_is_last(const struct list_head *entry, const struct list_head *head)
{
    return entry->next == head;
}

static inline bool list_is_head(const struct list_head *entry, const struct list_head *head)
{
    return entry == head;
}

/* All of @list, which is not empty, between @prev and @next. @list itself is left stale. */
static inline void list_splice_between(struct list_head *list, struct list_head *prev,
                                       struct list_head *next)
{
    struct list_head *first = list->next, *last = list->prev;

    list_join(prev, first);
    list_join(last, next);
}

/** list_splice() - all of @list at the front of @head; @list is left stale. */
static inline void list_splice(struct list_head *list, struct list_head *head)
{
    if (!list_empty(list))
        list_splice_between(list, head, head->next);
}

static inline void list_splice_tail(struct list_head *list, struct list_head *head)
{
    if (!list_empty(list))
        list_splice_between(list, head->prev, head);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
    list_splice(list, head);
    INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
    list_splice_tail(list, head);
    INIT_LIST_HEAD(list);
}

/** list_cut_before() - what stands before @entry in @head becomes the whole of @list. */
static inline void list_cut_before(struct list_head *list, struct list_head *head,
                                   struct list_head *entry)
{
    if (head->next == entry) {
        INIT_LIST_HEAD(list);
        return;
    }
    list->next = head->next;
    list->next->prev = list;
    list->prev = entry->prev;
    list->prev->next = list;
    list_join(head, entry);
}

static inline size_t list_count(const struct list_head *head)
{
    size_t count = 0;

    for (const struct list_head *at = head->next; at != head; at = at->next)
        count++;
    return count;
}

#define list_entry(ptr, type, member)        container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
    (list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_next_entry(p, member)            list_entry((p)->member.next, __typeof__(*(p)), member)
#define list_prev_entry(p, member)            list_entry((p)->member.prev, __typeof__(*(p)), member)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))

#define list_for_each(pos, head)      for (pos = (head)->next; pos != (head); pos = pos->next)
#define list_for_each_prev(pos, head) for (pos = (head)->prev; pos != (head); pos = pos->prev)
#define list_for_each_safe(pos, tmp, head) \
    for (pos = (head)->next, tmp = pos->next; pos != (head); pos = tmp, tmp = pos->next)

#define list_for_each_entry(pos, head, member)                   \
    for (pos = list_first_entry(head, __typeof__(*pos), member); \
         !list_entry_is_head(pos, head, member); pos = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member)          \
    for (pos = list_last_entry(head, __typeof__(*pos), member); \
         !list_entry_is_head(pos, head, member); pos = list_prev_entry(pos, member))
/* @pos may be deleted in the body. */
#define list_for_each_entry_safe(pos, tmp, head, member)         \
    for (pos = list_first_entry(head, __typeof__(*pos), member), \
        tmp = list_next_entry(pos, member);                      \
         !list_entry_is_head(pos, head, member); pos = tmp, tmp = list_next_entry(tmp, member))
#define list_for_each_entry_safe_reverse(pos, tmp, head, member) \
    for (pos = list_last_entry(head, __typeof__(*pos), member),  \
        tmp = list_prev_entry(pos, member);                      \
         !list_entry_is_head(pos, head, member); pos = tmp, tmp = list_prev_entry(tmp, member))
/* From the entry after @pos. */
#define list_for_each_entry_continue(pos, head, member)                              \
    for (pos = list_next_entry(pos, member); !list_entry_is_head(pos, head, member); \
         pos = list_next_entry(pos, member))
/* From @pos itself. */
#define list_for_each_entry_from(pos, head, member) \
    for (; !list_entry_is_head(pos, head, member); pos = list_next_entry(pos, member))

static inline void INIT_HLIST_HEAD(struct hlist_head *head)
{
    head->first = NULL;
}

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
    node->next = NULL;
    node->pprev = NULL;
}

/** hlist_unhashed() - whether @node is on no list (initialised, or deleted with _init). */
static inline bool hlist_unhashed(const struct hlist_node *node)
{
    return !READ_ONCE(node->pprev);
}

static inline bool hlist_empty(const struct hlist_head *head)
{
    return !READ_ONCE(head->first);
}

static inline void hlist_unlink(struct hlist_node *node)
{
    struct hlist_node *next = node->next;

    WRITE_ONCE(*node->pprev, next);
    if (next)
        WRITE_ONCE(next->pprev, node->pprev);
}

static inline void hlist_del(struct hlist_node *node)
{
    hlist_unlink(node);
    node->next = LIST_POISON1;
    node->pprev = LIST_POISON2;
}

/** hlist_del_init() - takes @node out if it is on a list. */
static inline void hlist_del_init(struct hlist_node *node)
{
    if (!hlist_unhashed(node)) {
        hlist_unlink(node);
        INIT_HLIST_NODE(node);
    }
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
    struct hlist_node *first = head->first;

    node->next = first;
    if (first)
        first->pprev = &node->next;
    WRITE_ONCE(head->first, node);
    node->pprev = &head->first;
}

static inline void hlist_add_before(struct hlist_node *node, struct hlist_node *next)
{
    node->pprev = next->pprev;
    node->next = next;
    next->pprev = &node->next;
    WRITE_ONCE(*node->pprev, node);
}

static inline void hlist_add_behind(struct hlist_node *node, struct hlist_node *prev)
{
    node->next = prev->next;
    WRITE_ONCE(prev->next, node);
    node->pprev = &prev->next;
    if (node->next)
        node->next->pprev = &node->next;
}

/** hlist_move_list() - all of @old becomes @head's; @old is left empty. */
static inline void hlist_move_list(struct hlist_head *old, struct hlist_head *head)
{
    head->first = old->first;
    if (head->first)
        head->first->pprev = &head->first;
    old->first = NULL;
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member)                          \
    ({                                                               \
        __typeof__(ptr) hlist_ptr__ = (ptr);                         \
        hlist_ptr__ ? hlist_entry(hlist_ptr__, type, member) : NULL; \
    })
#define hlist_for_each(pos, head) for (pos = (head)->first; pos; pos = pos->next)
#define hlist_for_each_entry(pos, head, member)                                  \
    for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); pos; \
         pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), member))
/* @tmp is a struct hlist_node *; @pos may be deleted in the body. */
#define hlist_for_each_entry_safe(pos, tmp, head, member)                   \
    for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); \
         pos && (tmp = pos->member.next, true);                             \
         pos = hlist_entry_safe(tmp, __typeof__(*(pos)), member))

#endif
