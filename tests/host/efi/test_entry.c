/* SPDX-License-Identifier: MIT */
// sources: efi/entry.c efi/text.c tests/host/efi/host_mem.c
// cflags: -Iefi
#include "entry.h"

#include "ktap.h"

static int parse(struct entry *entry, const char *file, const char *text, struct reason *why)
{
    return entry_parse(entry, file, text, strlen(text), why);
}

static bool refused(const char *file, const char *text, const char *expected)
{
    struct entry entry;
    struct reason why;

    return parse(&entry, file, text, &why) == -EINVAL && strstr(why.text, expected);
}

TEST(keys_are_read)
{
    struct entry entry;
    struct reason why;

    ASSERT_TRUE(parse(&entry, "lintel.conf",
                      "# a comment\n"
                      "title      Lintel \xc3\xa4 1\r\n"
                      "\n"
                      "version\t1.2\n"
                      "  sort-key lintel\n"
                      "machine-id 0123\n"
                      "architecture x64\n"
                      "linux /lintel/lintel\n"
                      "initrd /a\n"
                      "initrd /b\n"
                      "options root=x  quiet\n"
                      "novalue\n"
                      "unknown something\n"
                      "options last",
                      &why) == 0);
    EXPECT_STREQ(entry.title, "Lintel \xc3\xa4 1");
    EXPECT_STREQ(entry.version, "1.2");
    EXPECT_STREQ(entry.sort_key, "lintel");
    EXPECT_STREQ(entry.machine_id, "0123");
    EXPECT_STREQ(entry.kernel, "/lintel/lintel");
    EXPECT_EQ(entry.nr_initrds, 2);
    EXPECT_STREQ(entry.initrds[1], "/b");
    EXPECT_STREQ(entry.options, "root=x  quiet last");
    EXPECT_STREQ(entry.id, "lintel");
    EXPECT_EQ(entry.tries_left, -1);
    entry_release(&entry);
}

TEST(entries_that_cannot_be_used_are_refused_with_a_reason)
{
    char long_options[ENTRY_OPTIONS_SIZE + 64] = "linux /x\noptions ";
    char long_name[ENTRY_NAME_SIZE + 16];

    EXPECT_TRUE(refused("a.conf", "title x\n", "no \"linux\" line"));
    EXPECT_TRUE(refused("a.conf", "", "no \"linux\" line"));
    EXPECT_TRUE(refused("a.conf", "linux\n", "no \"linux\" line"));
    EXPECT_TRUE(refused("a.conf", "efi /x.efi\n", "EFI program"));
    EXPECT_TRUE(refused("a.conf", "linux /x\narchitecture aa64\n", "architecture aa64"));
    EXPECT_TRUE(refused(".conf", "linux /x\n", "no name"));
    EXPECT_TRUE(refused("a.conf",
                        "linux /x\ninitrd 1\ninitrd 2\ninitrd 3\ninitrd 4\ninitrd 5\n"
                        "initrd 6\ninitrd 7\ninitrd 8\ninitrd 9\n",
                        "more than 8 initrd"));
    memset(long_options + strlen(long_options), 'x', ENTRY_OPTIONS_SIZE);
    EXPECT_TRUE(refused("a.conf", long_options, "options are longer"));
    memset(long_name, 'n', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    EXPECT_TRUE(refused(long_name, "linux /x\n", "name is longer"));
}

TEST(text_with_nul_bytes_and_without_a_line_end_is_read)
{
    static const char text[] = "linux /x\0y\noptions a";
    struct entry entry;
    struct reason why;

    ASSERT_EQ(entry_parse(&entry, "a.conf", text, sizeof(text) - 1, &why), 0);
    EXPECT_STREQ(entry.kernel, "/x y");
    EXPECT_STREQ(entry.options, "a");
    entry_release(&entry);
}

static bool counter_is(const char *file, const char *id, int left, int done)
{
    struct entry entry;
    struct reason why;
    bool as_expected;

    if (parse(&entry, file, "linux /x", &why))
        return false;
    as_expected = !strcmp(entry.id, id) && entry.tries_left == left && entry.tries_done == done;
    entry_release(&entry);
    return as_expected;
}

TEST(counters_are_read_from_the_name)
{
    EXPECT_TRUE(counter_is("lintel+3.conf", "lintel", 3, 0));
    EXPECT_TRUE(counter_is("lintel+2-1.conf", "lintel", 2, 1));
    EXPECT_TRUE(counter_is("lintel+0-3.conf", "lintel", 0, 3));
    EXPECT_TRUE(counter_is("lintel-1.2+rc1.conf", "lintel-1.2+rc1", -1, 0));
    EXPECT_TRUE(counter_is("lintel+a+3.conf", "lintel+a", 3, 0));
    EXPECT_TRUE(counter_is("lintel+.conf", "lintel+", -1, 0));
    EXPECT_TRUE(counter_is("lintel+3-.conf", "lintel+3-", -1, 0));
    EXPECT_TRUE(counter_is("lintel+3-1-2.conf", "lintel+3-1-2", -1, 0));
    EXPECT_TRUE(counter_is("lintel+99999.conf", "lintel+99999", -1, 0));
    EXPECT_TRUE(counter_is("+3.conf", "+3", -1, 0));
}

static bool next_name_is(const char *file, const char *expected)
{
    char name[ENTRY_NAME_SIZE];
    struct entry entry;
    struct reason why;
    bool renamed;

    if (parse(&entry, file, "linux /x", &why))
        return false;
    renamed = entry_counted_name(&entry, name);
    entry_release(&entry);
    return expected ? renamed && !strcmp(name, expected) : !renamed;
}

TEST(a_try_is_counted_in_the_name)
{
    EXPECT_TRUE(next_name_is("lintel+3.conf", "lintel+2-1.conf"));
    EXPECT_TRUE(next_name_is("lintel+2-1.conf", "lintel+1-2.conf"));
    EXPECT_TRUE(next_name_is("lintel+1-2.conf", "lintel+0-3.conf"));
    EXPECT_TRUE(next_name_is("lintel+0-3.conf", NULL));
    EXPECT_TRUE(next_name_is("lintel.conf", NULL));
    EXPECT_TRUE(next_name_is("lintel+10-9999.conf", "lintel+9-10000.conf"));
}

struct described {
    const char *file;
    const char *text;
};

/* Sort the entries, given in the order in which they must come out, from their reverse. */
static void expect_order(const struct described *described, unsigned nr)
{
    struct entry entries[16];
    struct reason why;

    for (unsigned i = 0; i < nr; i++)
        ASSERT_EQ(parse(&entries[nr - 1 - i], described[i].file, described[i].text, &why), 0);
    entries_sort(entries, nr);
    for (unsigned i = 0; i < nr; i++) {
        EXPECT_TRUE(strcmp(entries[i].file, described[i].file) == 0);
        entry_release(&entries[i]);
    }
}

TEST(entries_are_sorted_as_the_specification_says)
{
    static const struct described by_key[] = {
        {"1.conf", "linux /x\nsort-key a\nmachine-id 1\nversion 2.10"},
        {"2.conf", "linux /x\nsort-key a\nmachine-id 1\nversion 2.9"},
        {"3.conf", "linux /x\nsort-key a\nmachine-id 2\nversion 9"},
        {"4.conf", "linux /x\nsort-key b\nversion 99"},
        {"z.conf", "linux /x"},
        {"a-10.conf", "linux /x"},
        {"a-9.conf", "linux /x"},
        {"zz+0-3.conf", "linux /x\nsort-key a"},
    };
    static const struct described by_counter[] = {
        {"a+3.conf", "linux /x"},
        {"a+2-1.conf", "linux /x"},
        {"a+2-2.conf", "linux /x"},
        {"a+0-3.conf", "linux /x"},
    };

    expect_order(by_key, 8);
    expect_order(by_counter, 4);
}

static unsigned default_of(const char *pattern, const char *const *files, unsigned nr)
{
    struct entry entries[8] = {0};
    struct reason why;
    unsigned index;

    for (unsigned i = 0; i < nr; i++) {
        if (parse(&entries[i], files[i], "linux /x", &why))
            return 99;
    }
    index = entries_default(entries, nr, pattern);
    for (unsigned i = 0; i < nr; i++)
        entry_release(&entries[i]);
    return index;
}

TEST(the_default_is_the_first_good_match)
{
    static const char *const files[] = {"old.conf", "lintel+2.conf", "lintel-b+0-3.conf"};
    static const char *const bad[] = {"a+0-1.conf", "b+0-1.conf"};

    EXPECT_EQ(default_of("lintel*", files, 3), 1);
    EXPECT_EQ(default_of("lintel.conf", files, 3), 1);
    EXPECT_EQ(default_of("lintel-b", files, 3), 0); /* out of tries */
    EXPECT_EQ(default_of("nothing", files, 3), 0);
    EXPECT_EQ(default_of("", files, 3), 0);
    EXPECT_EQ(default_of("b*", bad, 2), 0);
}

static struct loader_config config_of(const char *text)
{
    struct loader_config config;

    loader_config_parse(&config, text, strlen(text));
    return config;
}

TEST(loader_conf_is_read)
{
    struct loader_config config = config_of("timeout 5\ndefault lintel-*\neditor no\n");

    EXPECT_EQ(config.timeout_s, 5);
    EXPECT_STREQ(config.default_pattern, "lintel-*");
    EXPECT_FALSE(config.editor);
    config = config_of("");
    EXPECT_EQ(config.timeout_s, 0);
    EXPECT_TRUE(config.editor);
    EXPECT_EQ(config.default_pattern[0], '\0');
    EXPECT_EQ(config_of("timeout menu-force").timeout_s, -1);
    EXPECT_EQ(config_of("timeout 99999999999").timeout_s, 0);
    EXPECT_EQ(config_of("timeout -3").timeout_s, 0);
    EXPECT_EQ(config_of("timeout 3x").timeout_s, 0);
    EXPECT_TRUE(config_of("editor yes").editor);
}
