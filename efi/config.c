/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "console.h"
#include "file.h"

#define LOADER_CONF_PATH "\\loader\\loader.conf"
#define ENTRIES_PATH     "\\loader\\entries"
#define CONF_MAX_SIZE    (64ULL << 10)

static void read_loader_conf(struct loader_config *loader, EFI_FILE *root)
{
    struct file_buffer file;
    struct reason why;
    int err = file_read(root, LOADER_CONF_PATH, CONF_MAX_SIZE, &file, &why);

    if (err)
        say(LOADER_CONF_PATH " %s: starting the first entry at once", why.text);
    loader_config_parse(loader, err ? "" : (const char *)file.data, err ? 0 : file.size);
    file_free(&file);
}

static void add_entry(struct boot_config *config, EFI_FILE *directory, const char *name)
{
    struct entry *entry = &config->entries[config->nr_entries];
    struct file_buffer file;
    struct reason why;
    int err = file_read(directory, name, CONF_MAX_SIZE, &file, &why);

    if (!err) {
        err = entry_parse(entry, name, (const char *)file.data, file.size, &why);
        file_free(&file);
    }
    if (err)
        say("entry %s left out: %s", name, why.text);
    else
        config->nr_entries++;
}

static bool is_entry_name(const char *name)
{
    static const char suffix[] = ".conf";
    size_t length = strlen(name);

    if (length < sizeof(suffix) || name[0] == '.')
        return false;
    for (size_t i = 0; i < sizeof(suffix) - 1; i++) {
        if (ascii_lower(name[length - sizeof(suffix) + 1 + i]) != suffix[i])
            return false;
    }
    return true;
}

void config_read(struct boot_config *config, EFI_FILE *root)
{
    EFI_FILE *directory = directory_open(root, ENTRIES_PATH);
    char name[ENTRY_NAME_SIZE];
    int more = 0;

    *config = (struct boot_config){0};
    read_loader_conf(&config->loader, root);
    if (!directory)
        return;
    while (config->nr_entries < CONFIG_MAX_ENTRIES &&
           (more = directory_next(directory, name, sizeof(name))) > 0) {
        if (is_entry_name(name))
            add_entry(config, directory, name);
    }
    if (more < 0)
        say(ENTRIES_PATH " cannot be read to its end");
    if (more > 0)
        say(ENTRIES_PATH " has more than %d entries; the rest is left out", CONFIG_MAX_ENTRIES);
    directory_close(directory);
    entries_sort(config->entries, config->nr_entries);
}

void config_count_try(struct entry *entry, EFI_FILE *root)
{
    char name[ENTRY_NAME_SIZE];
    EFI_FILE *directory;
    struct reason why;
    int err;

    if (!entry_counted_name(entry, name))
        return;
    directory = directory_open(root, ENTRIES_PATH);
    if (!directory)
        return;
    err = file_rename(directory, entry->file, name, &why);
    directory_close(directory);
    if (err) {
        say("entry %s: the try cannot be counted: %s", entry->file, why.text);
        return;
    }
    say("entry %s: %d more tries before it counts as bad", entry->file, entry->tries_left - 1);
    memcpy(entry->file, name, strlen(name) + 1);
    entry->tries_left--;
    entry->tries_done++;
}
