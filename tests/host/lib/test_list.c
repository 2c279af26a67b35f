// SPDX-License-Identifier: MIT
/* Lists: each operation against the order it promises. */
#include <kernel/lib/list.h>
#include <kernel/lib/list_rcu.h>
#include "ktap.h"

struct item {
    char name;
    struct list_head link;
    struct hlist_node node;
};

static struct item items[6];

static void name_items(void)
{
    for (int i = 0; i < 6; i++)
        items[i].name = 'a' + i;
}

/* The names in order, and backwards behind a slash: both directions must agree. */
static const char *names(struct list_head *head)
{
    static char text[32];
    char *at = text;
    struct item *item;

    list_for_each_entry (item, head, link)
        *at++ = item->name;
    *at++ = '/';
    list_for_each_entry_reverse (item, head, link)
        *at++ = item->name;
    *at = '\0';
    return text;
}

static void fill(struct list_head *head, int first, int count)
{
    name_items();
    INIT_LIST_HEAD(head);
    for (int i = first; i < first + count; i++)
        list_add_tail(&items[i].link, head);
}

TEST(add_puts_first_and_add_tail_last)
{
    LIST_HEAD(head);

    name_items();
    EXPECT_TRUE(list_empty(&head));
    list_add(&items[1].link, &head);
    EXPECT_TRUE(list_is_singular(&head));
    list_add(&items[0].link, &head);
    list_add_tail(&items[2].link, &head);
    EXPECT_STREQ(names(&head), "abc/cba");
    EXPECT_EQ(list_count(&head), 3);
    EXPECT_TRUE(list_first_entry(&head, struct item, link) == &items[0]);
    EXPECT_TRUE(list_last_entry(&head, struct item, link) == &items[2]);
}

TEST(entries_may_be_deleted_in_the_safe_walk)
{
    struct list_head head;
    struct item *item, *tmp;

    fill(&head, 0, 5);
    list_for_each_entry_safe (item, tmp, &head, link) {
        if (item->name != 'c')
            list_del_init(&item->link);
    }
    EXPECT_STREQ(names(&head), "c/c");
    EXPECT_TRUE(list_empty(&items[0].link));
}

TEST(move_replace_and_splice_keep_both_directions)
{
    struct list_head head, other;

    fill(&head, 0, 3);
    list_move_tail(&items[0].link, &head);
    EXPECT_STREQ(names(&head), "bca/acb");
    list_replace_init(&items[2].link, &items[3].link);
    EXPECT_STREQ(names(&head), "bda/adb");
    INIT_LIST_HEAD(&other);
    list_add(&items[4].link, &other);
    list_add_tail(&items[5].link, &other);
    list_splice_tail_init(&other, &head);
    EXPECT_STREQ(names(&head), "bdaef/feadb");
    EXPECT_TRUE(list_empty(&other));
    list_splice_init(&other, &head);
    EXPECT_STREQ(names(&head), "bdaef/feadb");
    list_cut_before(&other, &head, &items[4].link);
    EXPECT_STREQ(names(&other), "bda/adb");
    EXPECT_STREQ(names(&head), "ef/fe");
    list_cut_before(&other, &head, &items[4].link);
    EXPECT_TRUE(list_empty(&other));
    list_splice(&head, &other);
    EXPECT_STREQ(names(&other), "ef/fe");
}

TEST(hash_list_entries_leave_from_anywhere)
{
    HLIST_HEAD(head);
    struct hlist_node *tmp;
    struct item *item;
    char text[8] = "", *at = text;

    name_items();
    for (int i = 0; i < 3; i++)
        hlist_add_head(&items[i].node, &head);
    hlist_add_before(&items[3].node, &items[0].node);
    hlist_add_behind(&items[4].node, &items[0].node);
    hlist_for_each_entry (item, &head, node)
        *at++ = item->name;
    EXPECT_STREQ(text, "cbdae");
    hlist_for_each_entry_safe (item, tmp, &head, node) {
        if (item->name != 'd')
            hlist_del_init(&item->node);
    }
    EXPECT_TRUE(head.first == &items[3].node);
    EXPECT_TRUE(hlist_unhashed(&items[0].node));
    hlist_del_init(&items[3].node);
    EXPECT_TRUE(hlist_empty(&head));
    hlist_del_init(&items[3].node);
}

TEST(a_reader_on_a_removed_entry_finds_its_way)
{
    struct list_head head;

    fill(&head, 0, 3);
    list_del_rcu(&items[1].link);
    EXPECT_TRUE(items[1].link.next == &items[2].link);
    EXPECT_STREQ(names(&head), "ac/ca");
}
