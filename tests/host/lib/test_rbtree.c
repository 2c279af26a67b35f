// SPDX-License-Identifier: MIT
// sources: kernel/lib/rbtree.c
/*
 * Red-black trees: random insertions and removals against a sorted array, with all invariants and
 * the augmented values checked after each step.
 */
#include <kernel/lib/rbtree.h>
#include "ktap.h"

struct item {
    int key;
    int weight;
    int heaviest; /* of the subtree */
    struct rb_node node;
};

#define NR_ITEMS 300
static struct item items[NR_ITEMS];
static struct item *sorted[NR_ITEMS]; /* the reference */
static int nr_sorted;

static struct item *item_of(const struct rb_node *node)
{
    return rb_entry((struct rb_node *)node, struct item, node);
}

static int heaviest_below(const struct item *item)
{
    int heaviest = item->weight;

    if (item->node.rb_left)
        heaviest = max(heaviest, item_of(item->node.rb_left)->heaviest);
    if (item->node.rb_right)
        heaviest = max(heaviest, item_of(item->node.rb_right)->heaviest);
    return heaviest;
}

static bool update_heaviest(struct rb_node *node)
{
    struct item *item = item_of(node);
    int heaviest = heaviest_below(item);
    bool changed = heaviest != item->heaviest;

    item->heaviest = heaviest;
    return changed;
}

static bool item_less(struct rb_node *a, const struct rb_node *b)
{
    return item_of(a)->key < item_of(b)->key;
}

static int item_compare(const void *key, const struct rb_node *node)
{
    return *(const int *)key - item_of(node)->key;
}

static bool is_red_node(const struct rb_node *node)
{
    return node && !(node->parent_color & 1);
}

/* Checks the subtree; returns its black height, or -1. */
static int check_subtree(const struct rb_node *node, const struct rb_node *parent)
{
    int left, right;

    if (!node)
        return 0;
    if (rb_parent(node) != parent)
        return -1;
    if (is_red_node(node) && (is_red_node(node->rb_left) || is_red_node(node->rb_right)))
        return -1;
    left = check_subtree(node->rb_left, node);
    right = check_subtree(node->rb_right, node);
    if (left < 0 || left != right)
        return -1;
    return left + !is_red_node(node);
}

static bool augmented_is_right(const struct rb_node *node)
{
    return !node || (item_of(node)->heaviest == heaviest_below(item_of(node)) &&
                     augmented_is_right(node->rb_left) && augmented_is_right(node->rb_right));
}

static bool order_is_right(struct rb_root *root)
{
    struct rb_node *node;
    int i = 0;

    rb_for_each (node, root) {
        if (i == nr_sorted || item_of(node) != sorted[i++])
            return false;
    }
    if (i != nr_sorted)
        return false;
    for (node = rb_last(root); node; node = rb_prev(node))
        if (item_of(node) != sorted[--i])
            return false;
    return i == 0;
}

/* Behind all that compare equal, as rb_add does. */
static void sorted_add(struct item *item)
{
    int at = nr_sorted++;

    for (; at > 0 && sorted[at - 1]->key > item->key; at--)
        sorted[at] = sorted[at - 1];
    sorted[at] = item;
}

static void sorted_remove(struct item *item)
{
    int at = 0;

    while (sorted[at] != item)
        at++;
    for (nr_sorted--; at < nr_sorted; at++)
        sorted[at] = sorted[at + 1];
}

static void insert_augmented(struct item *item, struct rb_root_cached *root)
{
    struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;
    bool leftmost = true;

    while (*link) {
        parent = *link;
        if (item->key < item_of(parent)->key) {
            link = &parent->rb_left;
        } else {
            link = &parent->rb_right;
            leftmost = false;
        }
    }
    rb_link_node(&item->node, parent, link);
    rb_insert_augmented_cached(&item->node, root, leftmost, update_heaviest);
}

TEST(random_changes_keep_order_balance_and_leftmost)
{
    struct rb_root_cached root = RB_ROOT_CACHED;
    bool inside[NR_ITEMS] = {};

    srand(1);
    for (int step = 0; step < 8000; step++) {
        int i = rand() % NR_ITEMS;

        if (inside[i]) {
            rb_erase_cached(&items[i].node, &root);
            sorted_remove(&items[i]);
        } else {
            items[i].key = rand() % 100;
            rb_add_cached(&items[i].node, &root, item_less);
            sorted_add(&items[i]);
        }
        inside[i] = !inside[i];
        ASSERT_TRUE(check_subtree(root.rb_root.rb_node, NULL) >= 0);
        ASSERT_TRUE(order_is_right(&root.rb_root));
        ASSERT_TRUE(rb_first_cached(&root) == rb_first(&root.rb_root));
    }
}

TEST(random_changes_keep_augmented_values)
{
    struct rb_root_cached root = RB_ROOT_CACHED;
    bool inside[NR_ITEMS] = {};

    srand(2);
    for (int step = 0; step < 8000; step++) {
        int i = rand() % NR_ITEMS;

        if (inside[i] && rand() % 3 == 0) {
            items[i].weight = rand() % 1000;
            rb_propagate(&items[i].node, update_heaviest);
        } else if (inside[i]) {
            rb_erase_augmented_cached(&items[i].node, &root, update_heaviest);
            sorted_remove(&items[i]);
            inside[i] = false;
        } else {
            /* The old value stays in the node on purpose: it must not count. */
            items[i].key = rand() % 100;
            items[i].weight = rand() % 1000;
            insert_augmented(&items[i], &root);
            sorted_add(&items[i]);
            inside[i] = true;
        }
        ASSERT_TRUE(check_subtree(root.rb_root.rb_node, NULL) >= 0);
        ASSERT_TRUE(order_is_right(&root.rb_root));
        ASSERT_TRUE(augmented_is_right(root.rb_root.rb_node));
        ASSERT_TRUE(rb_first_cached(&root) == rb_first(&root.rb_root));
    }
}

TEST(find_and_replace_and_postorder)
{
    struct rb_root root = RB_ROOT;
    struct item stand_in = {.key = 50};
    struct rb_node *node, *tmp;
    int key = 50, freed = 0;

    for (int i = 0; i < 100; i++) {
        items[i].key = i;
        rb_add(&items[i].node, &root, item_less);
    }
    EXPECT_TRUE(rb_find(&key, &root, item_compare) == &items[50].node);
    rb_replace_node(&items[50].node, &stand_in.node, &root);
    EXPECT_TRUE(rb_find(&key, &root, item_compare) == &stand_in.node);
    ASSERT_TRUE(check_subtree(root.rb_node, NULL) >= 0);
    key = 1000;
    EXPECT_TRUE(rb_find(&key, &root, item_compare) == NULL);
    /* Children come before their parents: each may be wrecked when it was visited. */
    rb_for_each_postorder_safe(node, tmp, &root)
    {
        memset(node, 0xee, sizeof(*node));
        freed++;
    }
    EXPECT_EQ(freed, 100);
}

TEST(an_unlinked_node_knows_it)
{
    RB_CLEAR_NODE(&items[0].node);
    EXPECT_TRUE(RB_EMPTY_NODE(&items[0].node));
    EXPECT_TRUE(rb_next(&items[0].node) == NULL);
}
