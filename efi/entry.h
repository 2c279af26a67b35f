/* SPDX-License-Identifier: MIT */
#ifndef EFI_ENTRY_H
#define EFI_ENTRY_H

#include "reason.h"

#define ENTRY_MAX_INITRDS  8
#define ENTRY_NAME_SIZE    128
#define ENTRY_OPTIONS_SIZE 4096

/**
 * struct entry - one boot entry.
 * @file: the file's name in \loader\entries as it is now ("lintel+2-1.conf").
 * @id: the name without the counter and ".conf" ("lintel").
 * @tries_left: boots left before the entry counts as bad; -1 when it is not counted.
 * @tries_done: boots tried, when counted.
 * @text: owns what the other pointers point to. They are NULL when the key is missing.
 * @options: all "options" lines, joined by spaces; owned, never NULL.
 */
struct entry {
    char file[ENTRY_NAME_SIZE];
    char id[ENTRY_NAME_SIZE];
    int tries_left;
    int tries_done;
    char *text;
    const char *title;
    const char *version;
    const char *machine_id;
    const char *sort_key;
    const char *architecture;
    const char *kernel;
    const char *efi;
    const char *initrds[ENTRY_MAX_INITRDS];
    unsigned nr_initrds;
    char *options;
};

/** struct loader_config - \loader\loader.conf. */
struct loader_config {
    char default_pattern[ENTRY_NAME_SIZE]; /* empty: the first entry */
    int timeout_s;                         /* 0: no wait; -1: the menu, without a limit */
    bool editor;                           /* may options be edited? */
};

/**
 * entry_parse() - read an entry (Boot Loader Specification, type 1).
 *
 * @file: its file name, @text: the file's @size bytes; not kept. Unknown keys are passed over, as
 * the specification wants. Returns 0 (release with entry_release()), -EINVAL with the reason when
 * this machine cannot use it, or -ENOMEM.
 */
int entry_parse(struct entry *entry, const char *file, const char *text, size_t size,
                struct reason *why);

/** entry_release() - free what entry_parse() allocated. */
void entry_release(struct entry *entry);

/** entry_is_bad() - has the entry used up its tries? */
bool entry_is_bad(const struct entry *entry);

/** entry_compare() - the order in which entries are offered: negative when @a comes before @b. */
int entry_compare(const struct entry *a, const struct entry *b);

/** entries_sort() - put the @nr entries at @entries into that order. */
void entries_sort(struct entry *entries, unsigned nr);

/**
 * entries_default() - which entry to start: the first good one that matches the pattern, else the
 * first good one, else the first. @nr is not 0.
 */
unsigned entries_default(const struct entry *entries, unsigned nr, const char *pattern);

/**
 * entry_counted_name() - the file name that the entry must have after one more try.
 *
 * Returns false if nothing has to be renamed: not counted, no try left, or no room for the name.
 */
bool entry_counted_name(const struct entry *entry, char name[ENTRY_NAME_SIZE]);

/** loader_config_parse() - read loader.conf; keys that are missing or malformed get defaults. */
void loader_config_parse(struct loader_config *config, const char *text, size_t size);

#endif
