// SPDX-License-Identifier: MIT
// The split virtqueue against a device that follows the rules, and one that does not.
// sources: drivers/virtio/split_ring.c
#include "../../../drivers/virtio/split_ring.h"

#include <kernel/base/log.h>

#include <errno.h>

#include "ktap.h"

void klog(enum log_level level, const char *fmt, ...)
{
}

#define SIZE 8

/* Driver side and device side of one queue; the device sees only the shared memory. */
struct rig {
    struct split_ring ring;
    struct ring_slot slots[SIZE];
    void *memory;
    u16 device_seen; /* avail entries the device has taken */
};

static void rig_init(struct rig *rig, bool event_idx, bool indirect)
{
    struct split_layout layout;

    memset(rig, 0, sizeof(*rig));
    split_ring_layout(SIZE, &layout);
    rig->memory = aligned_alloc(64, ALIGN(layout.total, 64));
    memset(rig->memory, 0, layout.total);
    split_ring_init(&rig->ring, SIZE, rig->memory, rig->slots, event_idx, indirect);
}

static void rig_fini(struct rig *rig)
{
    free(rig->memory);
}

/* The device takes the next chain; -1 when there is none. */
static int device_take(struct rig *rig)
{
    if (rig->device_seen == rig->ring.avail->index)
        return -1;
    return rig->ring.avail->ring[rig->device_seen++ % SIZE];
}

static void device_give(struct rig *rig, u32 id, u32 len)
{
    struct used_ring *used = rig->ring.used;

    used->ring[used->index % SIZE] = (struct used_element){id, len};
    used->index++;
}

static int add(struct rig *rig, unsigned int nr_out, unsigned int nr_in, void *token)
{
    struct virtio_buffer buffers[SIZE * 2];

    for (unsigned int i = 0; i < nr_out + nr_in; i++)
        buffers[i] = (struct virtio_buffer){0x1000 * (i + 1), 16 + i};
    return split_ring_add(&rig->ring, buffers, nr_out, nr_in, token, NULL, 0);
}

TEST(chain_says_what_is_read_and_what_is_written)
{
    struct rig rig;
    int token, head;
    u32 len;

    rig_init(&rig, false, false);
    ASSERT_EQ(add(&rig, 2, 1, &token), 0);
    head = device_take(&rig);
    ASSERT_EQ(head, 0);
    struct virtio_desc *d = &rig.ring.descs[head];
    EXPECT_EQ(d->address, 0x1000);
    EXPECT_EQ(d->flags, DESC_F_NEXT);
    d = &rig.ring.descs[d->next];
    EXPECT_EQ(d->address, 0x2000);
    EXPECT_EQ(d->flags, DESC_F_NEXT);
    d = &rig.ring.descs[d->next];
    EXPECT_EQ(d->flags, DESC_F_WRITE);
    EXPECT_EQ(d->len, 18);
    EXPECT_TRUE(split_ring_get(&rig.ring, &len) == NULL);
    device_give(&rig, head, 18);
    EXPECT_TRUE(split_ring_get(&rig.ring, &len) == &token);
    EXPECT_EQ(len, 18);
    EXPECT_EQ(rig.ring.nr_free, SIZE);
    rig_fini(&rig);
}

TEST(full_queue_refuses_and_takes_again_after_a_return)
{
    struct rig rig;
    int tokens[SIZE];
    u32 len;

    rig_init(&rig, false, false);
    for (int i = 0; i < SIZE / 2; i++)
        ASSERT_EQ(add(&rig, 1, 1, &tokens[i]), 0);
    EXPECT_EQ(add(&rig, 1, 0, &tokens[7]), -ENOSPC);
    device_give(&rig, device_take(&rig), 0);
    EXPECT_TRUE(split_ring_get(&rig.ring, &len) == &tokens[0]);
    EXPECT_EQ(add(&rig, 1, 2, &tokens[7]), -ENOSPC);
    EXPECT_EQ(add(&rig, 1, 1, &tokens[7]), 0);
    rig_fini(&rig);
}

TEST(indirect_chain_takes_one_place)
{
    struct rig rig;
    struct virtio_desc table[5];
    struct virtio_buffer buffers[5] = {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}};
    int token;

    rig_init(&rig, false, true);
    ASSERT_EQ(split_ring_add(&rig.ring, buffers, 1, 4, &token, table, 0x8000), 0);
    EXPECT_EQ(rig.ring.nr_free, SIZE - 1);
    EXPECT_EQ(rig.ring.descs[0].flags, DESC_F_INDIRECT);
    EXPECT_EQ(rig.ring.descs[0].address, 0x8000);
    EXPECT_EQ(rig.ring.descs[0].len, 5 * 16);
    EXPECT_EQ(table[0].flags, DESC_F_NEXT);
    EXPECT_EQ(table[0].next, 1);
    EXPECT_EQ(table[4].flags, DESC_F_WRITE);
    rig_fini(&rig);
}

TEST(returns_out_of_order_over_many_wraps_lose_nothing)
{
    struct rig rig;
    uintptr_t next_token = 1, outstanding[SIZE];
    int heads[SIZE], nr = 0;
    u32 len, seed = 1;

    rig_init(&rig, true, false);
    for (int step = 0; step < 300000; step++) {
        seed = seed * 1103515245 + 12345;
        if ((seed >> 16) % 2 && add(&rig, 1, (seed >> 20) % 3, (void *)next_token) == 0) {
            outstanding[nr] = next_token++;
            heads[nr++] = device_take(&rig);
        } else if (nr) {
            int pick = (seed >> 18) % nr;
            uintptr_t want = outstanding[pick];

            device_give(&rig, heads[pick], step);
            outstanding[pick] = outstanding[--nr];
            heads[pick] = heads[nr];
            ASSERT_TRUE(split_ring_get(&rig.ring, &len) == (void *)want);
            ASSERT_EQ(len, step);
        }
    }
    EXPECT_FALSE(rig.ring.broken);
    EXPECT_GT(next_token, 100000);
    rig_fini(&rig);
}

TEST(kick_without_event_index_goes_by_the_flag)
{
    struct rig rig;
    int token;

    rig_init(&rig, false, false);
    EXPECT_FALSE(split_ring_kick_needed(&rig.ring));
    ASSERT_EQ(add(&rig, 1, 0, &token), 0);
    EXPECT_TRUE(split_ring_kick_needed(&rig.ring));
    rig.ring.used->flags = USED_F_NO_NOTIFY;
    ASSERT_EQ(add(&rig, 1, 0, &token), 0);
    EXPECT_FALSE(split_ring_kick_needed(&rig.ring));
    rig_fini(&rig);
}

TEST(kick_with_event_index_goes_by_the_index_waited_for)
{
    struct rig rig;
    int token;
    u16 *avail_event;

    rig_init(&rig, true, false);
    avail_event = (u16 *)&rig.ring.used->ring[SIZE];
    *avail_event = 1; /* tell me when the second is there */
    ASSERT_EQ(add(&rig, 1, 0, &token), 0);
    EXPECT_FALSE(split_ring_kick_needed(&rig.ring));
    ASSERT_EQ(add(&rig, 1, 0, &token), 0);
    EXPECT_TRUE(split_ring_kick_needed(&rig.ring));
    ASSERT_EQ(add(&rig, 1, 0, &token), 0);
    EXPECT_FALSE(split_ring_kick_needed(&rig.ring));
    *avail_event = 4;
    ASSERT_EQ(add(&rig, 1, 0, &token), 0);
    ASSERT_EQ(add(&rig, 1, 0, &token), 0);
    EXPECT_TRUE(split_ring_kick_needed(&rig.ring));
    rig_fini(&rig);
}

TEST(callback_enable_sees_what_came_meanwhile)
{
    struct rig rig;
    int token;
    u32 len;

    for (int event = 0; event < 2; event++) {
        rig_init(&rig, event, false);
        EXPECT_TRUE(split_ring_callback_enable(&rig.ring));
        ASSERT_EQ(add(&rig, 1, 0, &token), 0);
        split_ring_callback_disable(&rig.ring);
        device_give(&rig, device_take(&rig), 0);
        EXPECT_FALSE(split_ring_callback_enable(&rig.ring));
        EXPECT_TRUE(split_ring_get(&rig.ring, &len) == &token);
        EXPECT_TRUE(split_ring_callback_enable(&rig.ring));
        if (event)
            EXPECT_EQ(rig.ring.avail->ring[SIZE], 1);
        rig_fini(&rig);
    }
}

TEST(device_that_breaks_the_rules_breaks_the_ring_and_nothing_else)
{
    for (int lie = 0; lie < 4; lie++) {
        struct rig rig;
        int token;
        u32 len;

        rig_init(&rig, false, false);
        ASSERT_EQ(add(&rig, 1, 1, &token), 0);
        if (lie == 0)
            device_give(&rig, SIZE, 0); /* no such descriptor */
        else if (lie == 1)
            device_give(&rig, 1, 0); /* middle of a chain */
        else if (lie == 2)
            device_give(&rig, 5, 0); /* not outstanding */
        else
            rig.ring.used->index = 7; /* more than are outstanding */
        EXPECT_TRUE(split_ring_get(&rig.ring, &len) == NULL);
        EXPECT_TRUE(rig.ring.broken);
        EXPECT_EQ(add(&rig, 1, 0, &token), -EIO);
        EXPECT_TRUE(split_ring_detach_unused(&rig.ring) == &token);
        EXPECT_TRUE(split_ring_detach_unused(&rig.ring) == NULL);
        rig_fini(&rig);
    }
}

TEST(chain_that_comes_back_twice_breaks_the_ring)
{
    struct rig rig;
    int a, b;
    u32 len;

    rig_init(&rig, false, false);
    ASSERT_EQ(add(&rig, 1, 0, &a), 0);
    ASSERT_EQ(add(&rig, 1, 0, &b), 0);
    device_give(&rig, 0, 0);
    device_give(&rig, 0, 0);
    EXPECT_TRUE(split_ring_get(&rig.ring, &len) == &a);
    EXPECT_TRUE(split_ring_get(&rig.ring, &len) == NULL);
    EXPECT_TRUE(rig.ring.broken);
    rig_fini(&rig);
}

TEST(descriptors_scribbled_over_by_the_device_do_not_lead_the_driver_astray)
{
    struct rig rig;
    int token;
    u32 len;

    rig_init(&rig, false, false);
    for (int round = 0; round < 100; round++) {
        ASSERT_EQ(add(&rig, 2, 2, &token), 0);
        int head = device_take(&rig);
        memset(rig.ring.descs, 0xff, SIZE * sizeof(struct virtio_desc));
        device_give(&rig, head, 0);
        ASSERT_TRUE(split_ring_get(&rig.ring, &len) == &token);
        ASSERT_EQ(rig.ring.nr_free, SIZE);
    }
    rig_fini(&rig);
}
