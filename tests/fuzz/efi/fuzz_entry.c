/* SPDX-License-Identifier: MIT */
// sources: efi/entry.c efi/text.c tests/host/efi/host_mem.c
// cflags: -Iefi
/* Boot entries, their names, loader.conf, command lines, versions and patterns from any bytes. */
#include "entry.h"
#include "text.h"

static char *copy_string(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);

    memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

static void try_entry(const char *name, const char *text, size_t size)
{
    char next[ENTRY_NAME_SIZE];
    struct entry entry;
    struct reason why;

    if (entry_parse(&entry, name, text, size, &why))
        return;
    entry_counted_name(&entry, next);
    entry_compare(&entry, &entry);
    entries_default(&entry, 1, name);
    entry_release(&entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t split = size ? data[0] % size : 0;
    char *first = copy_string(data, split);
    char *second = copy_string(data + split, size - split);
    struct loader_config config;
    const char *value;
    uint16_t wide[64];
    char narrow[64];
    size_t length;
    void *exact = malloc(size + !size);

    try_entry(first, second, size - split);
    loader_config_parse(&config, second, size - split);
    glob_match(first, second);
    if (version_compare(first, second) + version_compare(second, first) != 0)
        abort();
    cmdline_find(second, first, &value, &length);
    utf16_from_utf8(wide, ARRAY_SIZE(wide), second);
    memcpy(exact, data, size);
    options_from_load_options(narrow, sizeof(narrow), exact, size);
    free(exact);
    free(first);
    free(second);
    return 0;
}
