// SPDX-License-Identifier: MIT
// sources: kernel/lib/xarray.c
/*
 * The xarray against a plain table: random stores, erasures and marks at clustered and far-apart
 * indices, searches compared with a linear scan; memory that runs out; nothing left behind.
 */
#include <kernel/lib/xarray.h>
#include <kernel/mm/gfp.h>
#include "ktap.h"
#include "shim/slab.h"

/* The indices in play: dense at the start, then at every scale up to the last. */
#define NR_SLOTS 400
static u64 index_of(int slot)
{
    if (slot < 200)
        return slot;
    if (slot < 300)
        return (u64)(slot - 200) * 977 + 4000;
    if (slot < 390)
        return (u64)(slot - 299) << 40 | 63;
    return ~0ULL - (399 - slot);
}

static struct {
    void *entry;
    bool marks[XA_NR_MARKS];
} model[NR_SLOTS];

static void *model_find(u64 from, u64 max, xa_mark_t filter, u64 *index)
{
    for (int slot = 0; slot < NR_SLOTS; slot++) {
        if (index_of(slot) < from || index_of(slot) > max || !model[slot].entry)
            continue;
        if (filter != XA_PRESENT && !model[slot].marks[filter])
            continue;
        *index = index_of(slot);
        return model[slot].entry;
    }
    return NULL;
}

static void change_entry(struct xarray *xa, int slot)
{
    void *entry = xa_mk_value(rand());
    void *old;

    if (rand() % 2)
        entry = NULL;
    old = entry ? xa_store(xa, index_of(slot), entry, GFP_KERNEL) : xa_erase(xa, index_of(slot));
    ASSERT_TRUE(old == model[slot].entry);
    model[slot].entry = entry;
    if (!entry)
        memset(model[slot].marks, 0, sizeof(model[slot].marks));
}

static void change_mark(struct xarray *xa, int slot)
{
    xa_mark_t mark = rand() % XA_NR_MARKS;

    if (rand() % 2) {
        xa_set_mark(xa, index_of(slot), mark);
        model[slot].marks[mark] = model[slot].entry != NULL;
    } else {
        xa_clear_mark(xa, index_of(slot), mark);
        model[slot].marks[mark] = false;
    }
}

static void check_search(struct xarray *xa)
{
    static const xa_mark_t filters[] = {XA_PRESENT, XA_MARK_0, XA_MARK_1, XA_MARK_2};
    xa_mark_t filter = filters[rand() % 4];
    u64 from = index_of(rand() % NR_SLOTS) + rand() % 3 - 1, max = ~0ULL;
    u64 index = from, expected = from;
    void *entry, *want;

    if (rand() % 2)
        max = index_of(rand() % NR_SLOTS);
    want = model_find(from, max, filter, &expected);
    entry = xa_find(xa, &index, max, filter);
    ASSERT_TRUE(entry == want);
    ASSERT_EQ(index, expected);
}

static void check_all(struct xarray *xa)
{
    bool any[XA_NR_MARKS] = {};
    bool empty = true;

    for (int slot = 0; slot < NR_SLOTS; slot++) {
        empty &= !model[slot].entry;
        ASSERT_TRUE(xa_load(xa, index_of(slot)) == model[slot].entry);
        for (xa_mark_t m = 0; m < XA_NR_MARKS; m++) {
            ASSERT_EQ(xa_get_mark(xa, index_of(slot), m), model[slot].marks[m]);
            any[m] |= model[slot].marks[m];
        }
    }
    for (xa_mark_t m = 0; m < XA_NR_MARKS; m++)
        ASSERT_EQ(xa_marked(xa, m), any[m]);
    ASSERT_EQ(xa_empty(xa), empty);
}

TEST(random_changes_agree_with_a_plain_table)
{
    DEFINE_XARRAY(xa);

    srand(3);
    for (int step = 0; step < 60000; step++) {
        /* Phases with few slots in use make the tree shrink to nothing and grow again. */
        int slot = rand() % (step / 5000 % 2 ? NR_SLOTS : 3);

        if (rand() % 2)
            change_entry(&xa, slot);
        else
            change_mark(&xa, slot);
        check_search(&xa);
        if (step % 50 == 0)
            check_all(&xa);
        if (ktap_failures)
            return;
    }
    for (int slot = 0; slot < NR_SLOTS; slot++)
        xa_erase(&xa, index_of(slot));
    EXPECT_TRUE(xa_empty(&xa));
    EXPECT_EQ(shim_kmalloc_live(), 0);
}

TEST(one_entry_at_zero_needs_no_memory)
{
    DEFINE_XARRAY(xa);
    int object;

    EXPECT_TRUE(xa_store(&xa, 0, &object, GFP_KERNEL) == NULL);
    EXPECT_EQ(shim_kmalloc_live(), 0);
    xa_set_mark(&xa, 0, XA_MARK_1);
    EXPECT_TRUE(xa_store(&xa, 1, &object, GFP_KERNEL) == NULL);
    EXPECT_EQ(shim_kmalloc_live(), 1);
    EXPECT_TRUE(xa_get_mark(&xa, 0, XA_MARK_1));
    EXPECT_FALSE(xa_get_mark(&xa, 1, XA_MARK_1));
    EXPECT_TRUE(xa_erase(&xa, 1) == &object);
    EXPECT_EQ(shim_kmalloc_live(), 0);
    EXPECT_TRUE(xa_load(&xa, 0) == &object);
    EXPECT_TRUE(xa_get_mark(&xa, 0, XA_MARK_1));
}

TEST(without_memory_a_store_changes_nothing)
{
    u64 far = 1ULL << 50;
    int object;

    for (unsigned long nth = 1;; nth++) {
        DEFINE_XARRAY(xa);
        void *old;

        xa_store(&xa, 5, &object, GFP_KERNEL);
        shim_kmalloc_fail_at(nth);
        old = xa_store(&xa, far, &object, GFP_KERNEL);
        shim_kmalloc_fail_at(0);
        if (!xa_is_err(old)) {
            ASSERT_TRUE(nth > 5);
            xa_destroy(&xa);
            break;
        }
        ASSERT_EQ(xa_err(old), -ENOMEM);
        ASSERT_TRUE(xa_load(&xa, 5) == &object);
        ASSERT_TRUE(xa_load(&xa, far) == NULL);
        ASSERT_EQ(shim_kmalloc_live(), 1);
        xa_destroy(&xa);
    }
    EXPECT_EQ(shim_kmalloc_live(), 0);
}

TEST(a_preallocated_store_cannot_fail)
{
    int object;

    for (unsigned int bits = 0; bits < 64; bits += 3) {
        DEFINE_XARRAY(xa);
        struct xa_prealloc pool = {};
        u64 index = (1ULL << bits) - (bits > 0);

        xa_store(&xa, 1, &object, GFP_KERNEL);
        ASSERT_EQ(xa_prealloc(&pool, index, GFP_KERNEL), 0);
        shim_kmalloc_fail_at(1);
        xa_store_prealloc(&xa, index, &object, &pool);
        shim_kmalloc_fail_at(0);
        ASSERT_TRUE(xa_load(&xa, index) == &object);
        xa_prealloc_free(&pool);
        xa_destroy(&xa);
        ASSERT_EQ(shim_kmalloc_live(), 0);
    }
}

TEST(alloc_takes_the_lowest_free_index)
{
    DEFINE_XARRAY(xa);
    int object;
    u64 index, next = 0;

    for (u64 i = 0; i < 200; i++) {
        ASSERT_EQ(xa_alloc(&xa, &index, &object, XA_LIMIT(0, 199), GFP_KERNEL), 0);
        ASSERT_EQ(index, i);
    }
    EXPECT_EQ(xa_alloc(&xa, &index, &object, XA_LIMIT(0, 199), GFP_KERNEL), -EBUSY);
    xa_erase(&xa, 77);
    EXPECT_EQ(xa_alloc(&xa, &index, &object, XA_LIMIT(0, 199), GFP_KERNEL), 0);
    EXPECT_EQ(index, 77);
    EXPECT_EQ(xa_insert(&xa, 77, &object, GFP_KERNEL), -EBUSY);
    xa_destroy(&xa);
    for (u64 i = 0; i < 7; i++) {
        ASSERT_EQ(xa_alloc_cyclic(&xa, &index, &object, XA_LIMIT(3, 6), &next, GFP_KERNEL), 0);
        ASSERT_EQ(index, 3 + i % 4);
        xa_erase(&xa, index);
    }
    EXPECT_EQ(xa_alloc(&xa, &index, &object, XA_LIMIT(~0ULL, ~0ULL), GFP_KERNEL), 0);
    EXPECT_EQ(index, ~0ULL);
    EXPECT_EQ(xa_alloc(&xa, &index, &object, XA_LIMIT(~0ULL, ~0ULL), GFP_KERNEL), -EBUSY);
    xa_destroy(&xa);
    EXPECT_EQ(shim_kmalloc_live(), 0);
}

TEST(iteration_survives_erasing_and_extract_fills_batches)
{
    DEFINE_XARRAY(xa);
    void *entries[16];
    u64 indices[16], index;
    void *entry;
    int seen = 0;

    for (u64 i = 0; i < 100; i++)
        xa_store(&xa, i * 7, xa_mk_value(i), GFP_KERNEL);
    EXPECT_EQ(xa_extract(&xa, entries, indices, 50, 500, 16, XA_PRESENT), 16);
    EXPECT_EQ(indices[0], 56);
    EXPECT_EQ(xa_to_value(entries[15]), 23);
    EXPECT_EQ(xa_extract(&xa, entries, NULL, 690, ~0ULL, 16, XA_PRESENT), 1);
    xa_for_each (&xa, index, entry) {
        EXPECT_EQ(index, xa_to_value(entry) * 7);
        xa_erase(&xa, index);
        seen++;
    }
    EXPECT_EQ(seen, 100);
    EXPECT_EQ(shim_kmalloc_live(), 0);
}
