// SPDX-License-Identifier: MIT
// sources: kernel/base/log_ring.c kernel/base/log_format.c kernel/lib/kstrtox.c
/* Who shows the log: registration, replay, take-over from boot consoles, levels, console=, panic.
 */
#include "../../../kernel/base/console.c"
#include "../../../kernel/base/log_ring.h"
#include "ktap.h"

static struct log_ring ring;

bool log_read(u64 seq, struct log_record *out)
{
    return log_ring_read(&ring, seq, out);
}

u64 log_first_seq(void)
{
    return ring.first_seq;
}

u64 log_next_seq(void)
{
    return ring.next_seq;
}

static void message(enum log_level level, const char *text)
{
    log_ring_add(&ring, (struct log_desc){.len = strlen(text), .level = level}, text);
    log_console_flush();
}

/* A console that keeps what it was given; `echo` is logged from inside the first write. */
struct recorder {
    struct console con;
    char text[65536];
    size_t len;
    const char *echo;
    bool writing;
};

static void record_write(struct console *con, const char *buf, size_t len)
{
    struct recorder *r = container_of(con, struct recorder, con);

    if (r->writing)
        abort();
    r->writing = true;
    memcpy(r->text + r->len, buf, len + 1);
    r->len += len;
    if (r->echo) {
        const char *text = r->echo;

        r->echo = NULL;
        message(LOG_LEVEL_INFO, text);
    }
    r->writing = false;
}

static struct recorder serial = {.con = {.name = "ttyS", .write = record_write, .device = 1}};
static struct recorder screen = {.con = {.name = "tty", .write = record_write, .device = 2}};
static struct recorder early = {
    .con = {.name = "ttyS", .flags = CONSOLE_BOOT | CONSOLE_REPLAY, .write = record_write}};

#define LINE(text) "[    0.000000] " text "\n"

TEST(a_console_shows_what_comes_and_on_request_what_was)
{
    message(LOG_LEVEL_INFO, "before");
    screen.con.flags = CONSOLE_REPLAY;
    EXPECT_EQ(console_register(&serial.con), 0);
    EXPECT_EQ(console_register(&screen.con), 0);
    message(LOG_LEVEL_INFO, "after");
    EXPECT_STREQ(serial.text, LINE("after"));
    EXPECT_STREQ(screen.text, LINE("before") LINE("after"));
    console_unregister(&serial.con);
    message(LOG_LEVEL_INFO, "later");
    EXPECT_STREQ(serial.text, LINE("after"));
}

TEST(a_real_console_goes_on_where_its_boot_console_stopped)
{
    message(LOG_LEVEL_INFO, "one");
    EXPECT_EQ(console_register(&early.con), 0);
    message(LOG_LEVEL_INFO, "two");
    serial.con.flags = CONSOLE_REPLAY;
    EXPECT_EQ(console_register(&serial.con), 0);
    message(LOG_LEVEL_INFO, "three");
    EXPECT_STREQ(early.text, LINE("one") LINE("two"));
    EXPECT_STREQ(serial.text, LINE("three"));
    EXPECT_TRUE(console_first() == &serial.con);
    EXPECT_TRUE(serial.con.next == NULL);
}

TEST(levels_at_or_above_the_limit_are_hidden)
{
    console_register(&serial.con);
    EXPECT_EQ(set_quiet(NULL), 0);
    message(LOG_LEVEL_INFO, "hidden");
    message(LOG_LEVEL_ERR, "shown");
    EXPECT_EQ(set_loglevel("8"), 0);
    message(LOG_LEVEL_DEBUG, "debug");
    EXPECT_STREQ(serial.text, LINE("shown") LINE("debug"));
    EXPECT_EQ(set_loglevel("x"), -EINVAL);
    EXPECT_EQ(set_loglevel(NULL), -EINVAL);
}

TEST(console_words_choose_and_the_last_is_dev_console)
{
    EXPECT_EQ(set_console("tty0"), 0);
    EXPECT_EQ(set_console("ttyS0,115200n8"), 0);
    EXPECT_EQ(set_console("ttyS"), 0); /* index 0, again: the last counts */
    EXPECT_STREQ(wanted[1].options, "115200n8");
    console_register(&serial.con);
    console_register(&screen.con);
    EXPECT_TRUE(screen.con.flags & CONSOLE_ENABLED);
    EXPECT_EQ(console_device(), 1);
}

TEST(a_console_that_was_not_asked_for_stays_silent)
{
    EXPECT_EQ(set_console("tty1"), 0);
    console_register(&serial.con);
    console_register(&screen.con);
    message(LOG_LEVEL_INFO, "nobody");
    EXPECT_EQ(serial.len + screen.len, 0);
    EXPECT_EQ(console_device(), 0);
}

TEST(without_console_words_a_screen_is_dev_console)
{
    console_register(&screen.con);
    console_register(&serial.con);
    EXPECT_EQ(console_device(), 2);
}

TEST(bad_console_words_are_refused)
{
    static const char *const bad[] = {"", ",115200", "0", "ttyABCDEFGH0", "ttyS12345"};

    EXPECT_EQ(set_console(NULL), -EINVAL);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        EXPECT_EQ(set_console(bad[i]), -EINVAL);
    EXPECT_EQ(nr_wanted, 0);
    for (int i = 0; i < MAX_WANTED; i++)
        EXPECT_EQ(set_console("ttyS0"), 0);
    EXPECT_EQ(set_console("ttyS0"), -ENOSPC);
}

TEST(what_is_logged_inside_a_console_is_shown_after)
{
    serial.echo = "from inside";
    console_register(&serial.con);
    message(LOG_LEVEL_INFO, "outside");
    EXPECT_STREQ(serial.text, LINE("outside") LINE("from inside"));
}

TEST(a_panic_shows_again_what_quiet_had_hidden)
{
    console_register(&serial.con);
    set_quiet(NULL);
    message(LOG_LEVEL_INFO, "hidden");
    flushing = true; /* its holder was stopped */
    log_panic_begin();
    message(LOG_LEVEL_EMERG, "panic");
    EXPECT_STREQ(serial.text, LINE("hidden") LINE("panic"));
}

TEST(direct_output_comes_after_what_was_logged)
{
    console_register(&serial.con);
    flushing = true;
    message(LOG_LEVEL_INFO, "held back");
    EXPECT_EQ(serial.len, 0);
    flushing = false;
    console_print("ok %d\n", 1);
    EXPECT_STREQ(serial.text, LINE("held back") "ok 1\n");
    EXPECT_EQ(preempt_count(), 0);
}
