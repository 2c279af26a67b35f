/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees (intrusive). The caller descends by its own order and links the node where the
 * descent ended (rb_link_node), then rb_insert_color() rebalances; or rb_add() does both with a
 * comparison. No locking.
 *
 * Augmented trees keep in each node a value computed from the node and its children (the largest
 * end of the intervals below it, say). The caller gives one function that recomputes the node's
 * value and tells whether it changed; insertion, removal and rotation call it where needed.
 */
#ifndef KERNEL_LIB_RBTREE_H
#define KERNEL_LIB_RBTREE_H

#include <kernel/compiler.h>
#include <kernel/types.h>

struct rb_node {
    unsigned long parent_color; /* the parent's address; bit 0: black */
    struct rb_node *rb_right;
    struct rb_node *rb_left;
} __aligned(sizeof(long));

struct rb_root {
    struct rb_node *rb_node;
};

/* A tree that also knows its smallest node. */
struct rb_root_cached {
    struct rb_root rb_root;
    struct rb_node *rb_leftmost;
};

#define RB_ROOT      \
    (struct rb_root) \
    {                \
        NULL         \
    }
#define RB_ROOT_CACHED      \
    (struct rb_root_cached) \
    {                       \
        {NULL}, NULL        \
    }

#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                    \
    ({                                                      \
        __typeof__(ptr) rb_ptr__ = (ptr);                   \
        rb_ptr__ ? rb_entry(rb_ptr__, type, member) : NULL; \
    })

#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->rb_node) == NULL)
/* A node that is in no tree points to itself. */
#define RB_EMPTY_NODE(node) ((node)->parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node) ((node)->parent_color = (unsigned long)(node))

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
    return (struct rb_node *)(node->parent_color & ~3UL);
}

/** rb_update_fn - recomputes what @node keeps about its subtree; whether it changed. */
typedef bool (*rb_update_fn)(struct rb_node *node);

/** rb_link_node() - hangs @node (red, without children) at *@link, under @parent. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
    node->parent_color = (unsigned long)parent;
    node->rb_left = NULL;
    node->rb_right = NULL;
    WRITE_ONCE(*link, node);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);

/* The augmented forms. After rb_link_node(), insertion computes @node and its ancestors itself. */
void rb_insert_augmented(struct rb_node *node, struct rb_root *root, rb_update_fn update);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root, rb_update_fn update);
/** rb_propagate() - @node's own data changed: recomputes it and its ancestors as far as needed. */
void rb_propagate(struct rb_node *node, rb_update_fn update);

/** rb_replace_node() - @node, which compares equal, takes the place of @victim. */
void rb_replace_node(struct rb_node *victim, struct rb_node *node, struct rb_root *root);

/* In order; NULL at the end. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
/* Children before parents: for freeing a whole tree. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

#define rb_for_each(node, root) for (node = rb_first(root); node; node = rb_next(node))
#define rb_for_each_postorder_safe(node, tmp, root) \
    for (node = rb_first_postorder(root); node && (tmp = rb_next_postorder(node), true); node = tmp)

#define rb_first_cached(root) ((root)->rb_leftmost)

static inline void rb_insert_color_cached(struct rb_node *node, struct rb_root_cached *root,
                                          bool leftmost)
{
    if (leftmost)
        root->rb_leftmost = node;
    rb_insert_color(node, &root->rb_root);
}

static inline void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root)
{
    if (root->rb_leftmost == node)
        root->rb_leftmost = rb_next(node);
    rb_erase(node, &root->rb_root);
}

static inline void rb_insert_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
                                              bool leftmost, rb_update_fn update)
{
    if (leftmost)
        root->rb_leftmost = node;
    rb_insert_augmented(node, &root->rb_root, update);
}

static inline void rb_erase_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
                                             rb_update_fn update)
{
    if (root->rb_leftmost == node)
        root->rb_leftmost = rb_next(node);
    rb_erase_augmented(node, &root->rb_root, update);
}

/**
 * rb_add_cached() - inserts @node behind all that compare equal. @less(a, b): a sorts before b.
 * Returns whether it became the smallest.
 */
static __always_inline bool rb_add_cached(struct rb_node *node, struct rb_root_cached *root,
                                          bool (*less)(struct rb_node *, const struct rb_node *))
{
    struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;
    bool leftmost = true;

    while (*link) {
        parent = *link;
        if (less(node, parent)) {
            link = &parent->rb_left;
        } else {
            link = &parent->rb_right;
            leftmost = false;
        }
    }
    rb_link_node(node, parent, link);
    rb_insert_color_cached(node, root, leftmost);
    return leftmost;
}

static __always_inline void rb_add(struct rb_node *node, struct rb_root *root,
                                   bool (*less)(struct rb_node *, const struct rb_node *))
{
    struct rb_node **link = &root->rb_node, *parent = NULL;

    while (*link) {
        parent = *link;
        link = less(node, parent) ? &parent->rb_left : &parent->rb_right;
    }
    rb_link_node(node, parent, link);
    rb_insert_color(node, root);
}

/** rb_find() - the node for which @cmp(key, node) is 0 (negative: the key sorts before), or NULL.
 */
static __always_inline struct rb_node *rb_find(const void *key, const struct rb_root *root,
                                               int (*cmp)(const void *key, const struct rb_node *))
{
    struct rb_node *node = root->rb_node;

    while (node) {
        int order = cmp(key, node);

        if (!order)
            return node;
        node = order < 0 ? node->rb_left : node->rb_right;
    }
    return NULL;
}

#endif
