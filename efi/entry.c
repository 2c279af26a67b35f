/* SPDX-License-Identifier: MIT */
/*
 * Boot entries and loader.conf, as the Boot Loader Specification (UAPI Group) describes them.
 *
 * A file is lines of "key value"; '#' begins a comment line. A copy of the file is cut into strings
 * in place, so that an entry owns exactly two buffers: that copy, and the joined options.
 *
 * Boot counting keeps its state in the file's name: "lintel+2-1.conf" has two tries left and one
 * done. The loader counts down before it starts an entry; the system that came up takes the counter
 * away. With no try left an entry is bad: it is offered last and never chosen by itself while there
 * is another.
 */
#include "entry.h"
#include "mem.h"
#include "text.h"

#define SUFFIX ".conf"

/* Cut the next line off: NUL-terminated, without white space around it; NULL at the end. */
static char *next_line(char **text)
{
    char *line = *text;
    char *end;

    if (!*line)
        return NULL;
    for (end = line; *end && *end != '\n'; end++)
        ;
    *text = *end ? end + 1 : end;
    while (end > line && ascii_is_space(end[-1]))
        end--;
    *end = '\0';
    while (ascii_is_space(*line))
        line++;
    return line;
}

/* Cut "key value" in two. Returns false for comments, empty lines and keys without a value. */
static bool split_line(char *line, const char **key, const char **value)
{
    char *at = line;

    if (!*line || *line == '#')
        return false;
    while (*at && !ascii_is_space(*at))
        at++;
    if (!*at)
        return false;
    *at++ = '\0';
    while (ascii_is_space(*at))
        at++;
    *key = line;
    *value = at;
    return *at != '\0';
}

static char *copy_text(const char *text, size_t size)
{
    char *copy = mem_alloc(size + 1);

    if (!copy)
        return NULL;
    for (size_t i = 0; i < size; i++)
        copy[i] = text[i] ? text[i] : ' ';
    return copy;
}

/* Read digits. Returns what follows them, or NULL if there are none or too many. */
static const char *parse_count(const char *at, int *count)
{
    const char *start = at;

    for (*count = 0; ascii_is_digit(*at); at++) {
        if (at - start == 4)
            return NULL;
        *count = *count * 10 + *at - '0';
    }
    return at == start ? NULL : at;
}

/* Is what begins at @at ("+LEFT" or "+LEFT-DONE" up to @end) a counter? */
static bool parse_counter(const char *at, const char *end, int *left, int *done)
{
    *done = 0;
    at = parse_count(at + 1, left);
    if (at && *at == '-')
        at = parse_count(at + 1, done);
    return at == end;
}

static int parse_name(struct entry *entry, const char *file, struct reason *why)
{
    size_t length = strlen(file);
    size_t stem, plus;
    int left, done;

    if (length >= ENTRY_NAME_SIZE)
        return reason_set(why, -EINVAL, "its name is longer than %d bytes", ENTRY_NAME_SIZE - 1);
    if (length <= strlen(SUFFIX))
        return reason_set(why, -EINVAL, "it has no name");
    memcpy(entry->file, file, length + 1);
    stem = plus = length - strlen(SUFFIX);
    entry->tries_left = -1;
    while (plus > 0 && file[plus] != '+')
        plus--;
    if (plus > 0 && parse_counter(file + plus, file + stem, &left, &done)) {
        entry->tries_left = left;
        entry->tries_done = done;
        stem = plus;
    }
    memcpy(entry->id, file, stem);
    entry->id[stem] = '\0';
    return 0;
}

static int add_options(struct entry *entry, const char *value, struct reason *why)
{
    size_t used = strlen(entry->options);
    size_t length = strlen(value);

    if (used + 1 + length >= ENTRY_OPTIONS_SIZE)
        return reason_set(why, -EINVAL, "options are longer than %d bytes", ENTRY_OPTIONS_SIZE - 1);
    if (used)
        entry->options[used++] = ' ';
    memcpy(entry->options + used, value, length + 1);
    return 0;
}

static int set_key(struct entry *entry, const char *key, const char *value, struct reason *why)
{
    const struct {
        const char *key;
        const char **field;
    } fields[] = {
        {"title", &entry->title},
        {"version", &entry->version},
        {"efi", &entry->efi},
        {"machine-id", &entry->machine_id},
        {"linux", &entry->kernel},
        {"sort-key", &entry->sort_key},
        {"architecture", &entry->architecture},
    };

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (strcmp(key, fields[i].key) == 0) {
            *fields[i].field = value;
            return 0;
        }
    }
    if (strcmp(key, "options") == 0)
        return add_options(entry, value, why);
    if (strcmp(key, "initrd") == 0) {
        if (entry->nr_initrds == ENTRY_MAX_INITRDS)
            return reason_set(why, -EINVAL, "more than %d initrd lines", ENTRY_MAX_INITRDS);
        entry->initrds[entry->nr_initrds++] = value;
    }
    return 0;
}

static int check_usable(const struct entry *entry, struct reason *why)
{
    if (entry->architecture && strcmp(entry->architecture, "x64") != 0)
        return reason_set(why, -EINVAL, "it is for architecture %s", entry->architecture);
    if (entry->efi)
        return reason_set(why, -EINVAL, "it starts an EFI program, which cannot be verified");
    if (!entry->kernel)
        return reason_set(why, -EINVAL, "it has no \"linux\" line");
    return 0;
}

int entry_parse(struct entry *entry, const char *file, const char *text, size_t size,
                struct reason *why)
{
    const char *key, *value;
    char *rest, *line;
    int err;

    *entry = (struct entry){0};
    err = parse_name(entry, file, why);
    if (err)
        return err;
    rest = entry->text = copy_text(text, size);
    entry->options = mem_alloc(ENTRY_OPTIONS_SIZE);
    if (!entry->text || !entry->options)
        err = reason_set(why, -ENOMEM, "no memory");
    while (!err && (line = next_line(&rest))) {
        if (split_line(line, &key, &value))
            err = set_key(entry, key, value, why);
    }
    if (!err)
        err = check_usable(entry, why);
    if (err)
        entry_release(entry);
    return err;
}

void entry_release(struct entry *entry)
{
    mem_free(entry->text);
    mem_free(entry->options);
    entry->text = NULL;
    entry->options = NULL;
}

bool entry_is_bad(const struct entry *entry)
{
    return entry->tries_left == 0;
}

static int compare_strings(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

/* The counter has the last word among equal names: who has more tries left, or used fewer. */
static int compare_counters(const struct entry *a, const struct entry *b)
{
    if (a->tries_left < 0 || b->tries_left < 0)
        return 0;
    if (a->tries_left != b->tries_left)
        return b->tries_left - a->tries_left;
    return a->tries_done - b->tries_done;
}

int entry_compare(const struct entry *a, const struct entry *b)
{
    int order = entry_is_bad(a) - entry_is_bad(b);

    if (!order)
        order = !a->sort_key - !b->sort_key;
    if (!order && a->sort_key) {
        order = strcmp(a->sort_key, b->sort_key);
        if (!order)
            order = compare_strings(a->machine_id, b->machine_id);
        if (!order)
            order = -version_compare(a->version ? a->version : "", b->version ? b->version : "");
    }
    if (!order)
        order = -version_compare(a->id, b->id);
    if (!order)
        order = compare_counters(a, b);
    return order;
}

void entries_sort(struct entry *entries, unsigned nr)
{
    for (unsigned i = 1; i < nr; i++) {
        struct entry moving = entries[i];
        unsigned at = i;

        for (; at > 0 && entry_compare(&moving, &entries[at - 1]) < 0; at--)
            entries[at] = entries[at - 1];
        entries[at] = moving;
    }
}

static bool matches(const struct entry *entry, const char *pattern)
{
    char with_suffix[ENTRY_NAME_SIZE + sizeof(SUFFIX)];

    snprintf(with_suffix, sizeof(with_suffix), "%s" SUFFIX, entry->id);
    return glob_match(pattern, entry->id) || glob_match(pattern, with_suffix);
}

unsigned entries_default(const struct entry *entries, unsigned nr, const char *pattern)
{
    for (unsigned i = 0; *pattern && i < nr; i++) {
        if (!entry_is_bad(&entries[i]) && matches(&entries[i], pattern))
            return i;
    }
    for (unsigned i = 0; i < nr; i++) {
        if (!entry_is_bad(&entries[i]))
            return i;
    }
    return 0;
}

bool entry_counted_name(const struct entry *entry, char name[ENTRY_NAME_SIZE])
{
    int length;

    if (entry->tries_left <= 0)
        return false;
    length = snprintf(name, ENTRY_NAME_SIZE, "%s+%d-%d" SUFFIX, entry->id, entry->tries_left - 1,
                      entry->tries_done + 1);
    return length < ENTRY_NAME_SIZE;
}

static void set_timeout(struct loader_config *config, const char *value)
{
    int seconds;
    const char *end = parse_count(value, &seconds);

    if (strcmp(value, "menu-force") == 0)
        config->timeout_s = -1;
    else if (strcmp(value, "menu-hidden") == 0)
        config->timeout_s = 0;
    else if (end && !*end)
        config->timeout_s = seconds;
}

static bool is_yes(const char *value)
{
    return strcmp(value, "yes") == 0 || strcmp(value, "1") == 0 || strcmp(value, "true") == 0 ||
           strcmp(value, "on") == 0 || strcmp(value, "y") == 0;
}

void loader_config_parse(struct loader_config *config, const char *text, size_t size)
{
    char *copy = copy_text(text, size);
    const char *key, *value;
    char *rest = copy;
    char *line;

    *config = (struct loader_config){.editor = true};
    if (!copy)
        return;
    while ((line = next_line(&rest))) {
        if (!split_line(line, &key, &value))
            continue;
        if (strcmp(key, "timeout") == 0)
            set_timeout(config, value);
        else if (strcmp(key, "editor") == 0)
            config->editor = is_yes(value);
        else if (strcmp(key, "default") == 0 && strlen(value) < ENTRY_NAME_SIZE)
            memcpy(config->default_pattern, value, strlen(value) + 1);
    }
    mem_free(copy);
}
