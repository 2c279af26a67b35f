/* SPDX-License-Identifier: MIT */
/*
 * Lists that readers walk under rcu_read_lock() while one writer at a time changes them. An entry
 * is complete before it is linked (rcu_assign_pointer); a deleted entry keeps its forward pointer
 * so that readers standing on it find their way, and is freed after a grace period.
 */
#ifndef KERNEL_LIB_LIST_RCU_H
#define KERNEL_LIB_LIST_RCU_H

#include <kernel/lib/list.h>
#include <kernel/sync/rcu.h>

static inline void list_link_between_rcu(struct list_head *entry, struct list_head *prev,
                                         struct list_head *next)
{
    entry->next = next;
    entry->prev = prev;
    rcu_assign_pointer(prev->next, entry);
    next->prev = entry;
}

static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
    list_link_between_rcu(entry, head, head->next);
}

static inline void list_add_tail_rcu(struct list_head *entry, struct list_head *head)
{
    list_link_between_rcu(entry, head->prev, head);
}

/** list_del_rcu() - takes @entry out; free it, or add it elsewhere, only after a grace period. */
static inline void list_del_rcu(struct list_head *entry)
{
    list_join(entry->prev, entry->next);
    entry->prev = LIST_POISON2;
}

static inline void list_replace_rcu(struct list_head *old, struct list_head *entry)
{
    list_link_between_rcu(entry, old->prev, old->next);
    old->prev = LIST_POISON2;
}

#define list_entry_rcu(ptr, type, member) \
    container_of((struct list_head *)rcu_dereference(ptr), type, member)
#define list_for_each_entry_rcu(pos, head, member)                     \
    for (pos = list_entry_rcu((head)->next, __typeof__(*pos), member); \
         !list_entry_is_head(pos, head, member);                       \
         pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))
#define list_first_or_null_rcu(head, type, member)                      \
    ({                                                                  \
        struct list_head *first__ = rcu_dereference((head)->next);      \
        first__ == (head) ? NULL : container_of(first__, type, member); \
    })
#define list_next_or_null_rcu(head, ptr, type, member)                \
    ({                                                                \
        struct list_head *next__ = rcu_dereference((ptr)->next);      \
        next__ == (head) ? NULL : container_of(next__, type, member); \
    })

static inline void hlist_add_head_rcu(struct hlist_node *node, struct hlist_head *head)
{
    struct hlist_node *first = head->first;

    node->next = first;
    node->pprev = &head->first;
    rcu_assign_pointer(head->first, node);
    if (first)
        first->pprev = &node->next;
}

static inline void hlist_del_rcu(struct hlist_node *node)
{
    hlist_unlink(node);
    WRITE_ONCE(node->pprev, (struct hlist_node **)LIST_POISON2);
}

/** hlist_del_init_rcu() - the same, and hlist_unhashed() holds afterwards. */
static inline void hlist_del_init_rcu(struct hlist_node *node)
{
    if (!hlist_unhashed(node)) {
        hlist_unlink(node);
        WRITE_ONCE(node->pprev, NULL);
    }
}

#define hlist_for_each_entry_rcu(pos, head, member)                                            \
    for (pos = hlist_entry_safe((struct hlist_node *)rcu_dereference((head)->first),           \
                                __typeof__(*(pos)), member);                                   \
         pos; pos = hlist_entry_safe((struct hlist_node *)rcu_dereference((pos)->member.next), \
                                     __typeof__(*(pos)), member))

#endif
