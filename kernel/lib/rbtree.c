// SPDX-License-Identifier: MIT
/*
 * Red-black trees. The invariants: the root is black; a red node has no red child; every path from
 * a node down to a missing child passes the same number of black nodes. So no path is more than
 * twice as long as another.
 *
 * Left and right are mirror images: the code is written once for "this side" and "the other side",
 * and inlined with the side constant. Augmented values are recomputed where a subtree changed: from
 * the place of the change upwards, and in the two nodes of each rotation, lower one first (the
 * subtree above a rotation keeps its set of nodes, hence its value).
 */
#include <kernel/lib/rbtree.h>

#define RB_RED   0UL
#define RB_BLACK 1UL

static inline bool is_black(const struct rb_node *node)
{
    return !node || (node->parent_color & 1) == RB_BLACK;
}

static inline bool is_red(const struct rb_node *node)
{
    return !is_black(node);
}

static inline void set_parent(struct rb_node *node, struct rb_node *parent)
{
    node->parent_color = (unsigned long)parent | (node->parent_color & 1);
}

static inline void set_color(struct rb_node *node, unsigned long color)
{
    node->parent_color = (node->parent_color & ~1UL) | color;
}

static __always_inline struct rb_node **side_of(struct rb_node *node, bool right)
{
    return right ? &node->rb_right : &node->rb_left;
}

/* @node takes over whatever pointed to @old, whose parent is @parent. */
static inline void replace_child(struct rb_root *root, struct rb_node *parent, struct rb_node *old,
                                 struct rb_node *node)
{
    if (!parent)
        WRITE_ONCE(root->rb_node, node);
    else if (parent->rb_left == old)
        WRITE_ONCE(parent->rb_left, node);
    else
        WRITE_ONCE(parent->rb_right, node);
}

/* @down sinks to the side @right of its child on the other side, which rises in its place. */
static __always_inline void rotate(struct rb_root *root, struct rb_node *down, bool right,
                                   rb_update_fn update)
{
    struct rb_node *up = *side_of(down, !right), *middle = *side_of(up, right);
    struct rb_node *parent = rb_parent(down);

    WRITE_ONCE(*side_of(down, !right), middle);
    if (middle)
        set_parent(middle, down);
    set_parent(up, parent);
    replace_child(root, parent, down, up);
    WRITE_ONCE(*side_of(up, right), down);
    set_parent(down, up);
    if (update) {
        update(down);
        update(up);
    }
}

/*
 * @node and its parent, the @right child of @grand, are both red. Returns the node where the same
 * trouble may now stand, or NULL when it is solved.
 */
static __always_inline struct rb_node *insert_fix_side(struct rb_root *root, struct rb_node *node,
                                                       struct rb_node *parent,
                                                       struct rb_node *grand, bool right,
                                                       rb_update_fn update)
{
    struct rb_node *uncle = *side_of(grand, !right);

    if (is_red(uncle)) {
        set_color(parent, RB_BLACK);
        set_color(uncle, RB_BLACK);
        set_color(grand, RB_RED);
        return grand;
    }
    if (node == *side_of(parent, !right)) {
        rotate(root, parent, right, update);
        parent = node;
    }
    set_color(parent, RB_BLACK);
    set_color(grand, RB_RED);
    rotate(root, grand, !right, update);
    return NULL;
}

static __always_inline void insert_fix(struct rb_node *node, struct rb_root *root,
                                       rb_update_fn update)
{
    while (node) {
        struct rb_node *parent = rb_parent(node), *grand;

        if (!parent) {
            set_color(node, RB_BLACK);
            return;
        }
        if (is_black(parent))
            return;
        grand = rb_parent(parent);
        if (parent == grand->rb_right)
            node = insert_fix_side(root, node, parent, grand, true, update);
        else
            node = insert_fix_side(root, node, parent, grand, false, update);
    }
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
    insert_fix(node, root, NULL);
}

void rb_propagate(struct rb_node *node, rb_update_fn update)
{
    while (node && update(node))
        node = rb_parent(node);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root, rb_update_fn update)
{
    /* What the new node held before says nothing about whether its parents must look. */
    update(node);
    rb_propagate(rb_parent(node), update);
    insert_fix(node, root, update);
}

/*
 * The paths through @parent's @right child are one black node short. Returns true when that is
 * mended; otherwise *@parentp's whole subtree is short, and the caller goes up.
 */
static __always_inline bool erase_fix_side(struct rb_root *root, struct rb_node *parent, bool right,
                                           rb_update_fn update)
{
    struct rb_node *sibling = *side_of(parent, !right), *near, *far;

    if (is_red(sibling)) {
        set_color(sibling, RB_BLACK);
        set_color(parent, RB_RED);
        rotate(root, parent, right, update);
        sibling = *side_of(parent, !right);
    }
    near = *side_of(sibling, right);
    far = *side_of(sibling, !right);
    if (is_black(near) && is_black(far)) {
        bool mended = is_red(parent);

        set_color(sibling, RB_RED);
        set_color(parent, RB_BLACK);
        return mended;
    }
    if (is_black(far)) {
        set_color(near, RB_BLACK);
        set_color(sibling, RB_RED);
        rotate(root, sibling, !right, update);
        far = sibling;
        sibling = near;
    }
    set_color(sibling, parent->parent_color & 1);
    set_color(parent, RB_BLACK);
    set_color(far, RB_BLACK);
    rotate(root, parent, right, update);
    return true;
}

/* @child (perhaps NULL) under @parent is one black node short. */
static __always_inline void erase_fix(struct rb_root *root, struct rb_node *child,
                                      struct rb_node *parent, rb_update_fn update)
{
    while (parent && is_black(child)) {
        bool mended = child == parent->rb_right ? erase_fix_side(root, parent, true, update)
                                                : erase_fix_side(root, parent, false, update);

        if (mended)
            return;
        child = parent;
        parent = rb_parent(child);
    }
    if (child)
        set_color(child, RB_BLACK);
}

/* Where a removal left the tree to be mended. */
struct erased {
    struct rb_node *child;       /* what moved into the hole; may be NULL */
    struct rb_node *parent;      /* of the hole */
    struct rb_node *replacement; /* the successor that took the node's own place, or NULL */
    bool black;                  /* a black node left the hole */
};

/* @node has two children: its successor leaves its place and takes @node's, colour included. */
static struct erased unlink_inner(struct rb_node *node, struct rb_root *root)
{
    struct rb_node *successor = node->rb_right;
    struct erased e;

    while (successor->rb_left)
        successor = successor->rb_left;
    e = (struct erased){successor->rb_right, rb_parent(successor), successor, is_black(successor)};
    if (e.parent == node) {
        e.parent = successor;
    } else {
        WRITE_ONCE(e.parent->rb_left, e.child);
        if (e.child)
            set_parent(e.child, e.parent);
        WRITE_ONCE(successor->rb_right, node->rb_right);
        set_parent(node->rb_right, successor);
    }
    WRITE_ONCE(successor->rb_left, node->rb_left);
    set_parent(node->rb_left, successor);
    replace_child(root, rb_parent(node), node, successor);
    successor->parent_color = node->parent_color;
    return e;
}

static struct erased unlink_node(struct rb_node *node, struct rb_root *root)
{
    struct erased e;

    if (node->rb_left && node->rb_right)
        return unlink_inner(node, root);
    e = (struct erased){node->rb_left ? node->rb_left : node->rb_right, rb_parent(node), NULL,
                        is_black(node)};
    replace_child(root, e.parent, node, e.child);
    if (e.child)
        set_parent(e.child, e.parent);
    return e;
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
    struct erased e = unlink_node(node, root);

    if (e.black)
        erase_fix(root, e.child, e.parent, NULL);
}

/*
 * Recomputes from the hole up. Up to the successor's new place every node must look; the
 * successor's old value says nothing about its new place, so the one above it must look too.
 */
static void propagate_erase(const struct erased *e, rb_update_fn update)
{
    bool forced = e->replacement != NULL;

    for (struct rb_node *node = e->parent; node; node = rb_parent(node)) {
        bool changed = update(node);

        if (node == e->replacement)
            forced = false;
        else if (!forced && !changed)
            return;
    }
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root, rb_update_fn update)
{
    struct erased e = unlink_node(node, root);

    propagate_erase(&e, update);
    if (e.black)
        erase_fix(root, e.child, e.parent, update);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *node, struct rb_root *root)
{
    *node = *victim;
    if (node->rb_left)
        set_parent(node->rb_left, node);
    if (node->rb_right)
        set_parent(node->rb_right, node);
    replace_child(root, rb_parent(victim), victim, node);
}

/* The outermost node of the subtree on one side. */
static __always_inline struct rb_node *outermost(struct rb_node *node, bool right)
{
    while (node && *side_of(node, right))
        node = *side_of(node, right);
    return node;
}

/* The neighbour in order: inside the subtree on that side, else the first ancestor we are not that
 * side of. */
static __always_inline struct rb_node *neighbour(const struct rb_node *start, bool right)
{
    struct rb_node *node = (struct rb_node *)start, *parent;

    if (RB_EMPTY_NODE(node))
        return NULL;
    if (*side_of(node, right))
        return outermost(*side_of(node, right), !right);
    while ((parent = rb_parent(node)) && node == *side_of(parent, right))
        node = parent;
    return parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
    return outermost(root->rb_node, false);
}

struct rb_node *rb_last(const struct rb_root *root)
{
    return outermost(root->rb_node, true);
}

struct rb_node *rb_next(const struct rb_node *node)
{
    return neighbour(node, true);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
    return neighbour(node, false);
}

/* The first leaf of a subtree: left where there is a left child, else right. */
static struct rb_node *first_leaf(struct rb_node *node)
{
    while (node && (node->rb_left || node->rb_right))
        node = node->rb_left ? node->rb_left : node->rb_right;
    return node;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
    return first_leaf(root->rb_node);
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
    struct rb_node *parent = rb_parent(node);

    if (parent && node == parent->rb_left && parent->rb_right)
        return first_leaf(parent->rb_right);
    return parent;
}
