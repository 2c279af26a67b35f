// SPDX-License-Identifier: MIT
/*
 * The xarray: a radix tree of 64-way nodes.
 *
 * Shape. A node at shift s covers 64 << s indices; its slot n covers the run of 1 << s from n << s
 * on. Slots of a leaf (shift 0) hold entries, those of other nodes hold children. Where only index
 * 0 is in use there is no node: the head itself is the entry. An empty node does not exist, nor a
 * root with nothing but slot 0, so the height is always the least that the largest index allows.
 *
 * Tags. Bit 0 of a slot marks a value entry, bit 1 (alone) a node, 00 a pointer. Error pointers are
 * results only, never stored.
 *
 * Marks. Bit n of node->marks[m]: some entry under slot n carries mark m. A bit is set on the whole
 * way up, so a search follows set bits down. xa->marks says the same of the head.
 *
 * Readers under RCU see each slot either before or after a store. A node is complete before it is
 * published and freed a grace period after it is unlinked; an unlinked node keeps its slots, so a
 * reader inside goes on through a tree that was true a moment ago. Searches use no parent pointers.
 */
#include <kernel/lib/xarray.h>
#include <kernel/base/panic.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sync/rcu.h>

#define XA_BITS  6U
#define XA_SLOTS (1U << XA_BITS)
#define XA_MASK  (XA_SLOTS - 1)

struct xa_node {
    u8 shift;
    u8 offset; /* in the parent */
    u8 count;  /* slots in use */
    struct xa_node *parent;
    struct rcu_head rcu;
    unsigned long marks[XA_NR_MARKS];
    void *slots[XA_SLOTS];
};

/* Where new nodes come from: the allocator, or a pool that was filled beforehand. */
struct node_source {
    gfp_t gfp;
    struct xa_prealloc *pool;
};

static inline bool is_node(const void *entry)
{
    return ((unsigned long)entry & 3) == 2;
}

static inline struct xa_node *to_node(const void *entry)
{
    return (struct xa_node *)((unsigned long)entry & ~3UL);
}

static inline void *from_node(struct xa_node *node)
{
    return (void *)((unsigned long)node | 2);
}

static inline unsigned int slot_offset(const struct xa_node *node, u64 index)
{
    return (index >> node->shift) & XA_MASK;
}

/* The largest index below a node at @shift that stands at index 0. */
static inline u64 max_index(unsigned int shift)
{
    return shift + XA_BITS >= 64 ? ~0ULL : (1ULL << (shift + XA_BITS)) - 1;
}

/* The shift that the root needs for @index. */
static unsigned int shift_for(u64 index)
{
    unsigned int shift = 0;

    while (index > max_index(shift))
        shift += XA_BITS;
    return shift;
}

static struct xa_node *node_alloc(struct node_source *source)
{
    struct xa_node *node;

    if (source->pool && source->pool->count) {
        node = source->pool->nodes[--source->pool->count];
        memset(node, 0, sizeof(*node));
        return node;
    }
    return kzalloc(sizeof(*node), source->gfp);
}

static inline void node_free(struct xa_node *node)
{
    kfree_rcu(node, rcu);
}

/* The leaf that covers @index, or NULL. The head is a node. Under RCU or the lock. */
static struct xa_node *find_leaf(void *head, u64 index)
{
    struct xa_node *node = to_node(head);

    if (index > max_index(node->shift))
        return NULL;
    while (node->shift) {
        void *child = rcu_dereference(node->slots[slot_offset(node, index)]);

        if (!is_node(child))
            return NULL;
        node = to_node(child);
    }
    return node;
}

void *xa_load(const struct xarray *xa, u64 index)
{
    void *head = rcu_dereference(xa->head);
    struct xa_node *leaf;

    if (!is_node(head))
        return index ? NULL : head;
    leaf = find_leaf(head, index);
    return leaf ? rcu_dereference(leaf->slots[index & XA_MASK]) : NULL;
}

/* Sets @mark from @node's slot @offset up to the head. */
static void mark_path(struct xarray *xa, struct xa_node *node, unsigned int offset, xa_mark_t mark)
{
    while (node) {
        if (node->marks[mark] & (1UL << offset))
            return;
        WRITE_ONCE(node->marks[mark], node->marks[mark] | (1UL << offset));
        offset = node->offset;
        node = node->parent;
    }
    WRITE_ONCE(xa->marks, xa->marks | (1U << mark));
}

static void unmark_path(struct xarray *xa, struct xa_node *node, unsigned int offset,
                        xa_mark_t mark)
{
    while (node) {
        if (!(node->marks[mark] & (1UL << offset)))
            return;
        WRITE_ONCE(node->marks[mark], node->marks[mark] & ~(1UL << offset));
        if (node->marks[mark])
            return;
        offset = node->offset;
        node = node->parent;
    }
    WRITE_ONCE(xa->marks, xa->marks & ~(1U << mark));
}

/* Makes the head one level taller, or a node of the least height for @index when it was empty. */
static int grow_once(struct xarray *xa, u64 index, struct node_source *source)
{
    void *head = xa->head;
    struct xa_node *node = node_alloc(source);

    if (!node)
        return -ENOMEM;
    if (!head) {
        node->shift = shift_for(index);
    } else {
        node->shift = is_node(head) ? to_node(head)->shift + XA_BITS : 0;
        node->slots[0] = head;
        node->count = 1;
        for (xa_mark_t m = 0; m < XA_NR_MARKS; m++)
            node->marks[m] = (xa->marks >> m) & 1;
        if (is_node(head))
            to_node(head)->parent = node;
    }
    rcu_assign_pointer(xa->head, from_node(node));
    return 0;
}

/* Takes away the root while it holds nothing but slot 0. */
static void shrink_head(struct xarray *xa)
{
    while (is_node(xa->head)) {
        struct xa_node *root = to_node(xa->head);
        void *only = root->slots[0];

        if (root->count != 1 || !only)
            return;
        if (is_node(only))
            to_node(only)->parent = NULL;
        rcu_assign_pointer(xa->head, only);
        node_free(root);
    }
}

/* Unlinks @node if it is empty, and its ancestors that become so. */
static void prune_empty(struct xarray *xa, struct xa_node *node)
{
    while (node && !node->count) {
        struct xa_node *parent = node->parent;

        if (parent) {
            WRITE_ONCE(parent->slots[node->offset], NULL);
            parent->count--;
        } else {
            WRITE_ONCE(xa->head, NULL);
        }
        node_free(node);
        node = parent;
    }
    shrink_head(xa);
}

/* The child of @node on the way to @index, made when it is missing. */
static struct xa_node *child_get(struct xa_node *node, u64 index, struct node_source *source)
{
    unsigned int offset = slot_offset(node, index);
    struct xa_node *child;

    if (node->slots[offset])
        return to_node(node->slots[offset]);
    child = node_alloc(source);
    if (!child)
        return NULL;
    child->shift = node->shift - XA_BITS;
    child->offset = offset;
    child->parent = node;
    rcu_assign_pointer(node->slots[offset], from_node(child));
    node->count++;
    return child;
}

/* The leaf for @index, made when it is missing; NULL without memory, the tree then as it was. */
static struct xa_node *leaf_get(struct xarray *xa, u64 index, struct node_source *source)
{
    struct xa_node *node, *child;

    while (!is_node(xa->head) || index > max_index(to_node(xa->head)->shift)) {
        if (grow_once(xa, index, source)) {
            shrink_head(xa);
            return NULL;
        }
    }
    node = to_node(xa->head);
    while (node->shift) {
        child = child_get(node, index, source);
        if (!child) {
            prune_empty(xa, node);
            return NULL;
        }
        node = child;
    }
    return node;
}

static void *store_from(struct xarray *xa, u64 index, void *entry, struct node_source *source)
{
    struct xa_node *leaf;
    void *old;

    DEBUG_ASSERT(!is_node(entry) && !IS_ERR(entry));
    if (!entry)
        return xa_erase(xa, index);
    if (index == 0 && !is_node(xa->head)) {
        old = xa->head;
        rcu_assign_pointer(xa->head, entry);
        return old;
    }
    leaf = leaf_get(xa, index, source);
    if (!leaf)
        return ERR_PTR(-ENOMEM);
    old = leaf->slots[index & XA_MASK];
    rcu_assign_pointer(leaf->slots[index & XA_MASK], entry);
    if (!old)
        leaf->count++;
    return old;
}

void *xa_store(struct xarray *xa, u64 index, void *entry, gfp_t gfp)
{
    return store_from(xa, index, entry, &(struct node_source){.gfp = gfp});
}

void *xa_store_prealloc(struct xarray *xa, u64 index, void *entry, struct xa_prealloc *pool)
{
    void *old =
        store_from(xa, index, entry, &(struct node_source){.gfp = GFP_NOWAIT, .pool = pool});

    ASSERT(!IS_ERR(old));
    return old;
}

int xa_prealloc(struct xa_prealloc *pool, u64 index, gfp_t gfp)
{
    unsigned int height = shift_for(index) / XA_BITS + 1;

    /* At worst the tree grows by height - 1 nodes, and the path down is all new. */
    while (pool->count < 2 * height) {
        struct xa_node *node = kmalloc(sizeof(*node), gfp);

        if (!node)
            return -ENOMEM;
        pool->nodes[pool->count++] = node;
    }
    return 0;
}

void xa_prealloc_free(struct xa_prealloc *pool)
{
    while (pool->count)
        kfree(pool->nodes[--pool->count]);
}

int xa_insert(struct xarray *xa, u64 index, void *entry, gfp_t gfp)
{
    if (xa_load(xa, index))
        return -EBUSY;
    return xa_err(xa_store(xa, index, entry, gfp));
}

void *xa_cmpxchg(struct xarray *xa, u64 index, void *old, void *entry, gfp_t gfp)
{
    void *found = xa_load(xa, index);

    return found == old ? xa_store(xa, index, entry, gfp) : found;
}

void *xa_erase(struct xarray *xa, u64 index)
{
    unsigned int offset = index & XA_MASK;
    struct xa_node *leaf;
    void *old;

    if (!is_node(xa->head)) {
        old = index ? NULL : xa->head;
        if (old) {
            WRITE_ONCE(xa->head, NULL);
            WRITE_ONCE(xa->marks, 0);
        }
        return old;
    }
    leaf = find_leaf(xa->head, index);
    old = leaf ? leaf->slots[offset] : NULL;
    if (!old)
        return NULL;
    for (xa_mark_t m = 0; m < XA_NR_MARKS; m++)
        unmark_path(xa, leaf, offset, m);
    WRITE_ONCE(leaf->slots[offset], NULL);
    leaf->count--;
    prune_empty(xa, leaf);
    return old;
}

/* The first slot of @node at or after @offset that @filter lets through; XA_SLOTS: none. */
static unsigned int next_slot(const struct xa_node *node, unsigned int offset, xa_mark_t filter)
{
    if (filter != XA_PRESENT) {
        unsigned long bits = READ_ONCE(node->marks[filter]) & (~0UL << offset);

        return bits ? __ffs(bits) : XA_SLOTS;
    }
    while (offset < XA_SLOTS && !READ_ONCE(node->slots[offset]))
        offset++;
    return offset;
}

/*
 * Moves *@index to the first index at or above it that may have an entry, as far as @node (at any
 * level,
 * *@index inside it) can tell. Returns the slot's content; NULL: *@index is one past the node, or
 * the entry was gone already (then one past it), and *wrapped says that there is nothing above.
 */
static void *advance_in(const struct xa_node *node, u64 *index, xa_mark_t filter, bool *wrapped)
{
    unsigned int offset = slot_offset(node, *index);
    unsigned int found = next_slot(node, offset, filter);
    u64 base = *index & ~max_index(node->shift);
    void *entry = NULL;

    if (found < XA_SLOTS) {
        if (found > offset)
            *index = base | ((u64)found << node->shift);
        entry = rcu_dereference(node->slots[found]);
        if (entry)
            return entry;
        base |= (u64)found << node->shift;
        *index = base + (1ULL << node->shift);
    } else {
        *index = base + max_index(node->shift) + 1;
    }
    *wrapped = *index <= base;
    return NULL;
}

/* xa_find(), and the leaf the entry is in (NULL: the tree is only its head). */
static void *find_entry(const struct xarray *xa, u64 *indexp, u64 max, xa_mark_t filter,
                        const struct xa_node **leaf)
{
    u64 index = *indexp;
    bool wrapped = false;

    *leaf = NULL;

    while (index <= max && !wrapped) {
        void *entry = rcu_dereference(xa->head);

        if (!is_node(entry)) {
            bool passes = filter == XA_PRESENT || xa_marked(xa, filter);

            return index == 0 && passes ? entry : NULL;
        }
        if (index > max_index(to_node(entry)->shift))
            return NULL;
        /* Down from the root; a gap sends us back up with a higher index. */
        while (entry) {
            const struct xa_node *node = to_node(entry);

            entry = advance_in(node, &index, filter, &wrapped);
            if (entry && !node->shift) {
                if (index > max)
                    return NULL;
                *indexp = index;
                *leaf = node;
                return entry;
            }
            if (entry && !is_node(entry))
                break;
        }
    }
    return NULL;
}

void *xa_find(const struct xarray *xa, u64 *indexp, u64 max, xa_mark_t filter)
{
    const struct xa_node *leaf;

    return find_entry(xa, indexp, max, filter, &leaf);
}

void *xa_find_after(const struct xarray *xa, u64 *index, u64 max, xa_mark_t filter)
{
    u64 next = *index + 1;
    void *entry;

    if (!next)
        return NULL;
    entry = xa_find(xa, &next, max, filter);
    if (entry)
        *index = next;
    return entry;
}

/* What follows in the leaf behind *index: into entries from got on. The new got. */
static unsigned int extract_leaf(const struct xa_node *leaf, void **entries, u64 *indices,
                                 u64 *index, u64 max, unsigned int got, unsigned int n,
                                 xa_mark_t filter)
{
    unsigned int offset = slot_offset(leaf, *index);
    u64 base = *index & ~max_index(leaf->shift);

    while (got < n && (offset = next_slot(leaf, offset + 1, filter)) < XA_SLOTS) {
        void *entry = rcu_dereference(leaf->slots[offset]);

        if (base + offset > max)
            break;
        if (!entry)
            continue;
        entries[got] = entry;
        if (indices)
            indices[got] = base + offset;
        got++;
        *index = base + offset;
    }
    return got;
}

unsigned int xa_extract(const struct xarray *xa, void **entries, u64 *indices, u64 start, u64 max,
                        unsigned int n, xa_mark_t filter)
{
    const struct xa_node *leaf;
    unsigned int got = 0;
    u64 index = start;

    while (got < n && index <= max) {
        void *entry = find_entry(xa, &index, max, filter, &leaf);

        if (!entry)
            break;
        entries[got] = entry;
        if (indices)
            indices[got] = index;
        got++;
        if (leaf)
            got = extract_leaf(leaf, entries, indices, &index, max, got, n, filter);
        if (index++ == ~0ULL)
            break;
    }
    return got;
}

int xa_find_free(const struct xarray *xa, u64 *index, struct xa_limit limit)
{
    u64 at = limit.min;

    while (at <= limit.max) {
        void *head = rcu_dereference(xa->head);
        struct xa_node *leaf = is_node(head) ? find_leaf(head, at) : NULL;
        unsigned int offset = at & XA_MASK;

        if (!leaf) {
            if (!is_node(head) && head && at == 0) {
                at = 1;
                continue;
            }
            break;
        }
        while (offset < XA_SLOTS && READ_ONCE(leaf->slots[offset]))
            offset++;
        at = (at & ~(u64)XA_MASK) + offset;
        if (offset < XA_SLOTS)
            break;
        if (!at)
            return -EBUSY;
    }
    if (at > limit.max)
        return -EBUSY;
    *index = at;
    return 0;
}

int xa_alloc(struct xarray *xa, u64 *index, void *entry, struct xa_limit limit, gfp_t gfp)
{
    u64 at;
    int error = xa_find_free(xa, &at, limit);

    if (!error)
        error = xa_err(xa_store(xa, at, entry, gfp));
    if (!error)
        *index = at;
    return error;
}

int xa_alloc_cyclic(struct xarray *xa, u64 *index, void *entry, struct xa_limit limit, u64 *next,
                    gfp_t gfp)
{
    u64 from = *next >= limit.min && *next <= limit.max ? *next : limit.min;
    int error = xa_alloc(xa, index, entry, XA_LIMIT(from, limit.max), gfp);

    if (error == -EBUSY && from > limit.min)
        error = xa_alloc(xa, index, entry, XA_LIMIT(limit.min, from - 1), gfp);
    if (!error)
        *next = *index + 1;
    return error;
}

bool xa_get_mark(const struct xarray *xa, u64 index, xa_mark_t mark)
{
    void *head = rcu_dereference(xa->head);
    struct xa_node *leaf;

    if (!is_node(head))
        return index == 0 && head && xa_marked(xa, mark);
    leaf = find_leaf(head, index);
    return leaf && (READ_ONCE(leaf->marks[mark]) >> (index & XA_MASK) & 1);
}

void xa_set_mark(struct xarray *xa, u64 index, xa_mark_t mark)
{
    struct xa_node *leaf = NULL;

    if (is_node(xa->head)) {
        leaf = find_leaf(xa->head, index);
        if (!leaf || !leaf->slots[index & XA_MASK])
            return;
    } else if (index || !xa->head) {
        return;
    }
    mark_path(xa, leaf, index & XA_MASK, mark);
}

void xa_clear_mark(struct xarray *xa, u64 index, xa_mark_t mark)
{
    struct xa_node *leaf = NULL;

    if (is_node(xa->head)) {
        leaf = find_leaf(xa->head, index);
        if (!leaf)
            return;
    } else if (index) {
        return;
    }
    unmark_path(xa, leaf, index & XA_MASK, mark);
}

/* The deepest first node under @node: all its slots are entries. */
static struct xa_node *first_leaf_below(struct xa_node *node)
{
    while (node->shift) {
        unsigned int offset = next_slot(node, 0, XA_PRESENT);

        if (offset == XA_SLOTS)
            break;
        node = to_node(node->slots[offset]);
    }
    return node;
}

void xa_destroy(struct xarray *xa)
{
    void *head = xa->head;
    struct xa_node *node = is_node(head) ? to_node(head) : NULL;

    rcu_assign_pointer(xa->head, NULL);
    xa->marks = 0;
    /* Each leaf is cut off its parent, and the parent when it is bare is a leaf itself. */
    while (node) {
        struct xa_node *leaf = first_leaf_below(node), *parent = leaf->parent;

        if (parent)
            WRITE_ONCE(parent->slots[leaf->offset], NULL);
        node_free(leaf);
        node = parent;
    }
}
