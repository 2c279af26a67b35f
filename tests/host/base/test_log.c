// SPDX-License-Identifier: MIT
// sources: kernel/base/log_ring.c kernel/base/log_format.c
/* The log's ring under wrap-around, and the forms in which records leave it. */
#include "../../../kernel/base/log_ring.h"
#include <kernel/base/log.h>
#include "ktap.h"

static struct log_ring ring;
static struct log_record record;

static void add_text(const char *text, size_t len)
{
    log_ring_add(&ring, (struct log_desc){.time_ns = ring.next_seq * 10, .len = len, .level = 6},
                 text);
}

TEST(records_come_back_in_order_and_whole)
{
    u64 seq = 0;

    add_text("one", 3);
    add_text("", 0);
    add_text("three\nlines\n", 12);
    ASSERT_TRUE(log_ring_read(&ring, seq, &record));
    EXPECT_STREQ(record.text, "one");
    EXPECT_EQ(record.level, 6);
    ASSERT_TRUE(log_ring_read(&ring, 1, &record));
    EXPECT_STREQ(record.text, "");
    ASSERT_TRUE(log_ring_read(&ring, 2, &record));
    EXPECT_STREQ(record.text, "three\nlines\n");
    EXPECT_EQ(record.time_ns, 20);
    EXPECT_FALSE(log_ring_read(&ring, 3, &record));
    EXPECT_FALSE(log_ring_read(&ring, ~0ULL, &record));
}

/* Every record's text says its number and length, so that a mix-up shows. */
static size_t make_text(char *text, u64 seq, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text[i] = 'a' + (seq + i) % 26;
    return len;
}

static void check_kept(void)
{
    char text[LOG_TEXT_MAX + 1];

    for (u64 seq = ring.first_seq; seq < ring.next_seq; seq++) {
        ASSERT_TRUE(log_ring_read(&ring, seq, &record));
        ASSERT_EQ(record.seq, seq);
        make_text(text, seq, record.len);
        ASSERT_MEMEQ(record.text, text, record.len);
        ASSERT_EQ(record.text[record.len], 0);
    }
}

TEST(old_records_make_room_for_new_ones)
{
    char text[LOG_TEXT_MAX + 100];

    srand(8);
    for (int i = 0; i < 20000; i++) {
        size_t len = rand() % (i / 4000 % 2 ? 20 : sizeof(text));

        make_text(text, ring.next_seq, len);
        add_text(text, len);
        if (i % 500 == 0)
            check_kept();
        if (ktap_failures)
            return;
    }
    check_kept();
    EXPECT_TRUE(ring.first_seq > 0);
    EXPECT_TRUE(ring.next_seq - ring.first_seq > 100);
    /* Asked for a record that is gone, the oldest one kept is given. */
    ASSERT_TRUE(log_ring_read(&ring, 0, &record));
    EXPECT_EQ(record.seq, ring.first_seq);
}

TEST(the_text_counter_may_wrap)
{
    char text[LOG_TEXT_MAX];

    ring.text_end = 0u - 5000;
    for (int i = 0; i < 300; i++)
        add_text(text, make_text(text, ring.next_seq, 50));
    check_kept();
    EXPECT_EQ(ring.next_seq - ring.first_seq, 300);
}

static struct log_record make_record(const char *text)
{
    struct log_record r = {.seq = 339, .time_ns = 5140900123ULL, .level = 6};

    r.len = strlen(text);
    memcpy(r.text, text, r.len + 1);
    return r;
}

TEST(the_console_form_has_a_prefix_for_each_line)
{
    struct log_record r = make_record("two\nlines");
    char buf[128];

    EXPECT_EQ(log_format_console(&r, buf, sizeof(buf)), 40);
    EXPECT_STREQ(buf, "[    5.140900] two\n[    5.140900] lines\n");
    r = make_record("");
    log_format_console(&r, buf, sizeof(buf));
    EXPECT_STREQ(buf, "[    5.140900] \n");
    EXPECT_EQ(log_format_console(&r, buf, 5), 4);
    EXPECT_STREQ(buf, "[   ");
    EXPECT_EQ(log_format_console(&r, buf, 0), 0);
}

TEST(the_kmsg_form_escapes_what_is_no_text)
{
    struct log_record r = make_record("a\\b\n\xc3");
    char buf[128];

    r.facility = 1;
    log_format_kmsg(&r, buf, sizeof(buf));
    EXPECT_STREQ(buf, "14,339,5140900,-;a\\x5cb\\x0a\\xc3\n");
}

TEST(the_syslog_form_has_the_priority_too)
{
    struct log_record r = make_record("two\nlines");
    char buf[128];

    r.facility = 3;
    log_format_syslog(&r, buf, sizeof(buf));
    EXPECT_STREQ(buf, "<30>[    5.140900] two\n<30>[    5.140900] lines\n");
}
