// SPDX-License-Identifier: MIT
// sources: kernel/tty/line.c kernel/tty/opost.c
/* The line discipline: editing, echo, signals, modes, and what happens when there is no room. */
#include <kernel/tty/line.h>
#include "ktap.h"

/* A driver that keeps what is sent. */
static struct {
    char sent[65536];
    size_t count, room;
    int signals[16], nr_signals;
    int flushes;
    bool held;
} drv;

static size_t fake_output(struct line *line, const u8 *buf, size_t count)
{
    if (count > drv.room) {
        KTAP_FAIL("output of %zu bytes where there was room for %zu", count, drv.room);
        abort();
    }
    memcpy(drv.sent + drv.count, buf, count);
    drv.count += count;
    drv.room -= count;
    drv.sent[drv.count] = 0;
    return count;
}

static size_t fake_room(struct line *line)
{
    return drv.held ? 0 : drv.room;
}

static void fake_signal(struct line *line, int sig)
{
    drv.signals[drv.nr_signals++ % 16] = sig;
}

static void fake_flush(struct line *line)
{
    drv.flushes++;
}

static void fake_hold(struct line *line, bool hold)
{
    drv.held = hold;
}

static bool fake_held(struct line *line)
{
    return drv.held;
}

static const struct line_ops ops = {
    .output = fake_output,
    .output_room = fake_room,
    .signal = fake_signal,
    .flush_output = fake_flush,
    .hold = fake_hold,
    .held = fake_held,
};

static struct line *line;
static struct linux_termios2 sane = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = CS8 | CREAD,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .c_cc = {[VINTR] = 3,
             [VQUIT] = 28,
             [VERASE] = 127,
             [VKILL] = 21,
             [VEOF] = 4,
             [VMIN] = 1,
             [VSTART] = 17,
             [VSTOP] = 19,
             [VSUSP] = 26,
             [VREPRINT] = 18,
             [VWERASE] = 23,
             [VLNEXT] = 22},
};

static void setup(const struct linux_termios2 *termios)
{
    free(line);
    line = malloc(sizeof(*line));
    memset(&drv, 0, sizeof(drv));
    drv.room = sizeof(drv.sent) - 1;
    line_init(line, &ops, NULL, termios);
}

static void type(const char *s)
{
    EXPECT_EQ(line_receive(line, (const u8 *)s, NULL, strlen(s)), strlen(s));
}

static char got[8192];
static bool complete;

static const char *take(size_t max)
{
    size_t n = line_read(line, (u8 *)got, max, &complete);

    got[n] = 0;
    return got;
}

static const char *echoed(void)
{
    static char copy[sizeof(drv.sent)];

    memcpy(copy, drv.sent, drv.count + 1);
    drv.count = 0;
    drv.sent[0] = 0;
    return copy;
}

TEST(a_line_is_read_when_it_has_ended)
{
    setup(&sane);
    type("hel");
    EXPECT_FALSE(line_readable(line, 1));
    EXPECT_EQ(line_pending(line), 0);
    type("lo\r");
    EXPECT_TRUE(line_readable(line, 1));
    EXPECT_EQ(line_pending(line), 6);
    EXPECT_STREQ(take(100), "hello\n");
    EXPECT_TRUE(complete);
    EXPECT_STREQ(echoed(), "hello\r\n");
    EXPECT_FALSE(line_readable(line, 1));
}

TEST(a_read_takes_one_line_and_may_take_part_of_it)
{
    setup(&sane);
    type("one\ntwo\n");
    EXPECT_STREQ(take(2), "on");
    EXPECT_FALSE(complete);
    EXPECT_STREQ(take(100), "e\n");
    EXPECT_TRUE(complete);
    EXPECT_STREQ(take(100), "two\n");
}

TEST(end_of_file_ends_a_line_and_is_not_part_of_it)
{
    setup(&sane);
    type("abc\004");
    EXPECT_EQ(line_pending(line), 3);
    EXPECT_STREQ(take(100), "abc");
    EXPECT_TRUE(complete);
    EXPECT_FALSE(line_readable(line, 1));
    type("\004");
    EXPECT_TRUE(line_readable(line, 1));
    EXPECT_STREQ(take(100), "");
    EXPECT_TRUE(complete);
    EXPECT_FALSE(line_readable(line, 1));
}

TEST(an_exact_read_takes_the_end_of_file_behind_it)
{
    setup(&sane);
    type("abc\004");
    EXPECT_STREQ(take(3), "abc");
    EXPECT_TRUE(complete);
    EXPECT_FALSE(line_readable(line, 1));
}

TEST(erase_rubs_out_what_was_echoed)
{
    setup(&sane);
    type("ab\177\177\177c\n");
    EXPECT_STREQ(take(100), "c\n");
    EXPECT_STREQ(echoed(), "ab\b \b\b \bc\r\n");
    /* A control character took two columns. */
    type("\001\177\n");
    EXPECT_STREQ(echoed(), "^A\b \b\b \b\r\n");
}

TEST(erase_does_not_reach_into_the_line_before)
{
    setup(&sane);
    type("x\n\177\177y\n");
    EXPECT_STREQ(take(100), "x\n");
    EXPECT_STREQ(take(100), "y\n");
}

TEST(erase_of_a_tab_goes_back_to_where_it_began)
{
    setup(&sane);
    line_write(line, (const u8 *)"$ ", 2);
    echoed();
    type("abc\t\177");
    /* "$ abc" is 5 columns; the tab took 3. */
    EXPECT_STREQ(echoed(), "abc\t\b\b\b");
    type("\177");
    EXPECT_STREQ(echoed(), "\b \b");
}

TEST(word_erase_takes_blanks_and_a_word)
{
    setup(&sane);
    type("foo bar  \027");
    EXPECT_STREQ(echoed(), "foo bar  \b \b\b \b\b \b\b \b\b \b");
    type("\n");
    EXPECT_STREQ(take(100), "foo \n");
}

TEST(kill_takes_the_line)
{
    struct linux_termios2 t = sane;

    setup(&sane);
    type("abc\025d\n");
    EXPECT_STREQ(echoed(), "abc\b \b\b \b\b \bd\r\n");
    EXPECT_STREQ(take(100), "d\n");
    t.c_lflag &= ~ECHOKE;
    setup(&t);
    type("abc\025d\n");
    EXPECT_STREQ(echoed(), "abc^U\r\nd\r\n");
    EXPECT_STREQ(take(100), "d\n");
}

TEST(erase_of_utf8_takes_whole_characters)
{
    struct linux_termios2 t = sane;

    t.c_iflag |= IUTF8;
    setup(&t);
    type("a\xc3\xa9\177");
    EXPECT_STREQ(echoed(), "a\xc3\xa9\b \b");
    type("\xe2\x82\xac\n");
    EXPECT_STREQ(take(100), "a\xe2\x82\xac\n");
}

TEST(hardcopy_erase_shows_what_went)
{
    struct linux_termios2 t = sane;

    t.c_lflag |= ECHOPRT;
    setup(&t);
    type("abc\177\177d\n");
    EXPECT_STREQ(echoed(), "abc\\cb/d\r\n");
    EXPECT_STREQ(take(100), "ad\n");
}

TEST(literal_next_takes_any_byte)
{
    setup(&sane);
    type("\026\003\026\n\026\004\n");
    EXPECT_EQ(drv.nr_signals, 0);
    EXPECT_STREQ(take(100), "\003\n\004\n");
    EXPECT_STREQ(echoed(), "^\b^C^\b^J^\b^D\r\n");
}

TEST(reprint_shows_the_line_again)
{
    setup(&sane);
    type("ab\022");
    EXPECT_STREQ(echoed(), "ab^R\r\nab");
}

TEST(signal_characters_signal_and_flush)
{
    setup(&sane);
    type("junk\003");
    /* The driver threw away what it had not sent; this one had sent nothing. */
    EXPECT_EQ(drv.nr_signals, 1);
    EXPECT_EQ(drv.signals[0], SIGINT);
    EXPECT_EQ(drv.flushes, 1);
    EXPECT_STREQ(echoed(), "^C");
    type("\034");
    EXPECT_STREQ(echoed(), "^\\");
    type("\032ok\n");
    EXPECT_EQ(drv.signals[1], SIGQUIT);
    EXPECT_EQ(drv.signals[2], SIGTSTP);
    EXPECT_STREQ(take(100), "ok\n");
    EXPECT_STREQ(echoed(), "^Zok\r\n");
}

TEST(noflsh_keeps_what_was_typed)
{
    struct linux_termios2 t = sane;

    t.c_lflag |= NOFLSH;
    setup(&t);
    type("ab\003c\n");
    EXPECT_EQ(drv.nr_signals, 1);
    EXPECT_EQ(drv.flushes, 0);
    EXPECT_STREQ(take(100), "abc\n");
}

TEST(without_isig_they_are_text)
{
    struct linux_termios2 t = sane;

    t.c_lflag &= ~ISIG;
    setup(&t);
    type("\003\n");
    EXPECT_EQ(drv.nr_signals, 0);
    EXPECT_STREQ(take(100), "\003\n");
}

TEST(a_disabled_character_means_nothing)
{
    struct linux_termios2 t = sane;
    u8 nul = 0;

    memset(t.c_cc, 0, sizeof(t.c_cc));
    setup(&t);
    EXPECT_EQ(line_receive(line, &nul, NULL, 1), 1);
    EXPECT_EQ(drv.nr_signals, 0);
    EXPECT_FALSE(line_readable(line, 1));
    type("\n");
    EXPECT_EQ(line_read(line, (u8 *)got, 100, &complete), 2);
    EXPECT_EQ(got[0], 0);
    EXPECT_EQ(got[1], '\n');
}

TEST(stop_and_start_hold_output)
{
    setup(&sane);
    type("\023");
    EXPECT_TRUE(drv.held);
    type("x");
    EXPECT_STREQ(echoed(), "");
    EXPECT_EQ(line_write(line, (const u8 *)"out", 3), 0);
    type("\021");
    EXPECT_FALSE(drv.held);
    EXPECT_STREQ(echoed(), "x");
    EXPECT_EQ(line_write(line, (const u8 *)"out", 3), 3);
    EXPECT_FALSE(line_readable(line, 1));
}

TEST(any_character_restarts_with_ixany)
{
    struct linux_termios2 t = sane;

    t.c_iflag |= IXANY;
    setup(&t);
    type("\023a");
    EXPECT_FALSE(drv.held);
    type("\n");
    EXPECT_STREQ(take(100), "a\n");
}

TEST(newline_translations)
{
    struct linux_termios2 t = sane;

    t.c_iflag = INLCR | IGNCR;
    t.c_lflag = 0;
    setup(&t);
    type("a\rb\nc");
    EXPECT_STREQ(take(100), "ab\rc");
    t.c_iflag = ISTRIP;
    setup(&t);
    type("\xe1");
    EXPECT_STREQ(take(100), "a");
    t.c_iflag = IUCLC;
    t.c_lflag = IEXTEN;
    setup(&t);
    type("AbC");
    EXPECT_STREQ(take(100), "abc");
}

TEST(echonl_echoes_newlines_alone)
{
    struct linux_termios2 t = sane;

    t.c_lflag &= ~ECHO;
    t.c_lflag |= ECHONL;
    setup(&t);
    type("secret\n");
    EXPECT_STREQ(echoed(), "\r\n");
}

TEST(raw_mode_passes_everything)
{
    struct linux_termios2 t = sane;

    t.c_iflag = t.c_oflag = t.c_lflag = 0;
    setup(&t);
    type("\003\004\r\n\177");
    EXPECT_TRUE(line_readable(line, 5));
    EXPECT_FALSE(line_readable(line, 6));
    EXPECT_STREQ(take(2), "\003\004");
    EXPECT_STREQ(take(100), "\r\n\177");
    EXPECT_STREQ(echoed(), "");
    EXPECT_EQ(line_write(line, (const u8 *)"a\nb", 3), 3);
    EXPECT_STREQ(echoed(), "a\nb");
}

TEST(leaving_canonical_mode_makes_the_unfinished_readable)
{
    struct linux_termios2 raw = sane;

    raw.c_lflag &= ~ICANON;
    setup(&sane);
    type("part");
    EXPECT_FALSE(line_readable(line, 1));
    line_set_termios(line, &raw);
    EXPECT_TRUE(line_readable(line, 4));
    EXPECT_STREQ(take(100), "part");
    type("more");
    line_set_termios(line, &sane);
    EXPECT_TRUE(line_readable(line, 1));
    EXPECT_STREQ(take(100), "more");
    EXPECT_TRUE(complete);
}

TEST(breaks_and_errors)
{
    struct linux_termios2 t = sane;
    u8 c[2] = {'x', 0}, flags[2] = {LINE_PARITY, LINE_BREAK};

    t.c_iflag = BRKINT;
    t.c_lflag = ISIG;
    setup(&t);
    line_receive(line, c, flags, 2);
    EXPECT_EQ(drv.nr_signals, 1);
    EXPECT_EQ(drv.signals[0], SIGINT);
    t.c_iflag = INPCK | PARMRK;
    setup(&t);
    line_receive(line, c, flags, 2);
    EXPECT_EQ(line_read(line, (u8 *)got, 100, &complete), 6);
    EXPECT_MEMEQ(got, "\377\0x\377\0\0", 6);
    line_receive(line, (const u8 *)"\377", NULL, 1);
    EXPECT_STREQ(take(100), "\377\377");
    t.c_iflag = IGNBRK | INPCK | IGNPAR;
    setup(&t);
    line_receive(line, c, flags, 2);
    EXPECT_FALSE(line_readable(line, 1));
}

TEST(output_processing)
{
    struct linux_termios2 t = sane;

    setup(&sane);
    EXPECT_EQ(line_write(line, (const u8 *)"a\nb", 3), 3);
    EXPECT_STREQ(echoed(), "a\r\nb");
    t.c_oflag = OPOST | XTABS;
    setup(&t);
    line_write(line, (const u8 *)"ab\tc", 4);
    EXPECT_STREQ(echoed(), "ab      c");
    t.c_oflag = OPOST | OCRNL | OLCUC;
    setup(&t);
    line_write(line, (const u8 *)"x\ry", 3);
    EXPECT_STREQ(echoed(), "X\nY");
    t.c_oflag = OPOST | ONOCR;
    setup(&t);
    line_write(line, (const u8 *)"\rx\r", 3);
    EXPECT_STREQ(echoed(), "x\r");
    t.c_oflag = ONLCR;
    setup(&t);
    line_write(line, (const u8 *)"\n", 1);
    EXPECT_STREQ(echoed(), "\n");
}

TEST(a_write_takes_what_there_is_room_for)
{
    setup(&sane);
    drv.room = 20;
    size_t n = line_write(line, (const u8 *)"0123456789\n0123456789", 21);

    EXPECT_GT(n, 0);
    EXPECT_LT(n, 21);
    drv.room = 100;
    n += line_write(line, (const u8 *)"0123456789\n0123456789" + n, 21 - n);
    EXPECT_EQ(n, 21);
    EXPECT_STREQ(echoed(), "0123456789\r\n0123456789");
}

TEST(echo_waits_for_room_and_stays_in_order)
{
    setup(&sane);
    drv.room = 0;
    type("abc");
    EXPECT_EQ(line_write(line, (const u8 *)"X", 1), 0);
    drv.room = 100;
    EXPECT_EQ(line_write(line, (const u8 *)"X", 1), 1);
    EXPECT_STREQ(echoed(), "abcX");
}

TEST(an_endless_line_is_cut_and_can_still_be_ended)
{
    setup(&sane);
    for (int i = 0; i < 5000; i++)
        type("x");
    type("y\n");
    EXPECT_TRUE(line_readable(line, 1));
    EXPECT_EQ(line_read(line, (u8 *)got, 8000, &complete), 4096);
    EXPECT_TRUE(complete);
    EXPECT_EQ(got[4094], 'x');
    EXPECT_EQ(got[4095], '\n');
    EXPECT_EQ(line->nr_lost, 906);
}

TEST(full_lines_make_input_wait)
{
    char text[1024];

    setup(&sane);
    memset(text, 'a', sizeof(text));
    text[1023] = '\n';
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(line_receive(line, (u8 *)text, NULL, 1024), 1024);
    size_t n = line_receive(line, (u8 *)text, NULL, 1024);

    EXPECT_LT(n, 1024);
    EXPECT_EQ(line->nr_lost, 0);
    EXPECT_EQ(line_read(line, (u8 *)got, 8000, &complete), 1024);
    EXPECT_EQ(line_receive(line, (u8 *)text + n, NULL, 1024 - n), 1024 - n);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(line_read(line, (u8 *)got, 8000, &complete), 1024);
    EXPECT_FALSE(line_readable(line, 1));
}

TEST(raw_input_waits_when_full)
{
    struct linux_termios2 t = sane;
    static u8 text[5000];

    t.c_iflag = t.c_lflag = 0;
    setup(&t);
    EXPECT_EQ(line_receive(line, text, NULL, sizeof(text)), LINE_SIZE);
    EXPECT_EQ(line_receive(line, text, NULL, 1), 0);
    EXPECT_EQ(line_read(line, (u8 *)got, 100, &complete), 100);
    EXPECT_EQ(line_receive(line, text, NULL, 200), 100);
}

/* Whatever comes in whatever mode: the counts stay what they must be, and nothing is read twice. */
TEST(random_input_keeps_the_invariants)
{
    unsigned int seed = 1;
    u8 bytes[64], flags[64];

    setup(&sane);
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)rand_r(&seed) % sizeof(bytes);

        for (size_t i = 0; i < n; i++) {
            bytes[i] = (u8)(rand_r(&seed) % 3 ? rand_r(&seed) % 32 : rand_r(&seed));
            flags[i] = (u8)(rand_r(&seed) % 50 ? 0 : rand_r(&seed) % 5);
        }
        EXPECT_LE(line_receive(line, bytes, flags, n), n);
        if (rand_r(&seed) % 8 == 0) {
            struct linux_termios2 t = sane;

            t.c_iflag = (unsigned int)rand_r(&seed) & 0x7fff;
            t.c_oflag = (unsigned int)rand_r(&seed) & 0x187f;
            t.c_lflag = (unsigned int)rand_r(&seed) & 0x1ffff;
            line_set_termios(line, &t);
        }
        if (rand_r(&seed) % 4 == 0) {
            unsigned int before = line_pending(line);
            size_t want = (size_t)rand_r(&seed) % 200;

            EXPECT_LE(line_read(line, (u8 *)got, want, &complete), min(want, (size_t)before));
        }
        drv.count = 0;
        drv.room = (size_t)rand_r(&seed) % 300;
        line_write(line, bytes, n);
        ASSERT_LE(line->head - line->tail, LINE_SIZE);
        if (line->canonical)
            ASSERT_LE(line->canon - line->tail, line->head - line->tail);
    }
}
