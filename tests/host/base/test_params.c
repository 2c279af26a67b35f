// SPDX-License-Identifier: MIT
/* The command line: words, quotes, who gets what. */
#include "../../../kernel/base/params.c"
#include "ktap.h"
#include "shim/log.h"

static char seen[256]; /* what the functions were called with */

static int see(const char *name, const char *value)
{
    size_t len = strlen(seen);

    snprintf(seen + len, sizeof(seen) - len, "%s:%s;", name, value ? value : "-");
    return 0;
}

static int set_early(const char *value)
{
    return see("early", value);
}
EARLY_PARAM("early-word", set_early);

static int set_late(const char *value)
{
    return see("late", value);
}
BOOT_PARAM("late_word", set_late);

static int set_late_again(const char *value)
{
    return see("again", value);
}
BOOT_PARAM("late_word", set_late_again);

static int refuse(const char *value)
{
    return -EINVAL;
}
BOOT_PARAM("refused", refuse);

static void run(const char *text)
{
    params_set_cmdline(text, strlen(text));
    params_run_early();
    params_run();
}

TEST(functions_get_their_words_in_their_pass)
{
    run("early_word=1 late-word  late_word=x=y");
    EXPECT_STREQ(seen, "early:1;late:-;again:-;late:x=y;again:x=y;");
    EXPECT_STREQ(params_cmdline(), "early_word=1 late-word  late_word=x=y");
    EXPECT_TRUE(params_init_argv()[0] == NULL);
    EXPECT_TRUE(params_init_envp()[0] == NULL);
}

TEST(quotes_hold_spaces_together)
{
    run("late_word=\"a b\" \"late_word=c d\" late_word=\"\"");
    EXPECT_STREQ(seen, "late:a b;again:a b;late:c d;again:c d;late:;again:;");
}

TEST(an_open_quote_ends_with_the_line)
{
    run("late_word=\"a b");
    EXPECT_STREQ(seen, "late:a b;again:a b;");
}

TEST(what_nobody_takes_goes_to_init)
{
    run("single LANG=C usb.quirk=1 root=/dev/vda1 ro rootwait init=/bin/sh -- -x A=B late_word");
    EXPECT_STREQ(params_init_argv()[0], "single");
    EXPECT_STREQ(params_init_argv()[1], "-x");
    EXPECT_STREQ(params_init_argv()[2], "A=B");
    EXPECT_STREQ(params_init_argv()[3], "late_word");
    EXPECT_TRUE(params_init_argv()[4] == NULL);
    EXPECT_STREQ(params_init_envp()[0], "LANG=C");
    EXPECT_TRUE(params_init_envp()[1] == NULL);
    EXPECT_STREQ(seen, "");
}

TEST(an_error_is_reported_with_its_word)
{
    run("refused=9");
    EXPECT_STREQ(shim_log_last(), "command line: refused=9: error -22");
}

TEST(too_long_and_too_many_are_cut_not_overrun)
{
    static char text[CMDLINE_MAX * 2];

    for (size_t i = 0; i < sizeof(text) - 2; i += 2)
        memcpy(text + i, "w ", 2);
    run(text);
    EXPECT_EQ(strlen(params_cmdline()), CMDLINE_MAX - 1);
    EXPECT_TRUE(params_init_argv()[INIT_ARGS_MAX] == NULL);
    EXPECT_STREQ(params_init_argv()[INIT_ARGS_MAX - 1], "w");
}

TEST(random_bytes_are_parsed_without_harm)
{
    char text[64];

    srand(9);
    for (int round = 0; round < 5000; round++) {
        size_t n = rand() % sizeof(text);
        char *at = text, *name, *value;
        int words_found = 0;

        for (size_t i = 0; i + 1 < n; i++)
            text[i] = "a= \"-\t\n."[rand() % 8];
        text[n ? n - 1 : 0] = '\0';
        while (param_next(&at, &name, &value))
            words_found++;
        ASSERT_LE(words_found, 32);
    }
}
