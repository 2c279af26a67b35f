// SPDX-License-Identifier: MIT
/* The words of the kernel's command line that are meant for us. Quotes as in the kernel. */
#include "init.h"
#include <stdlib.h>
#include <string.h>

/* The next word of *@text, quotes taken off, or NULL. *@text moves behind it. */
static char *next_word(char **text)
{
    char *at = *text + strspn(*text, " \t\n"), *word = at, *to = at;
    bool quoted = false;

    if (!*at)
        return NULL;
    for (; *at && (quoted || !strchr(" \t\n", *at)); at++) {
        if (*at == '"')
            quoted = !quoted;
        else
            *to++ = *at;
    }
    *text = *at ? at + 1 : at;
    *to = '\0';
    return word;
}

/* What stands behind `name=` in @word, or NULL when @word is another. */
static const char *value_of(const char *word, const char *name)
{
    size_t len = strlen(name);

    return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static void take_strings(struct wishes *wishes, const char *word)
{
    const struct {
        const char *name;
        const char **value;
    } strings[] = {{"root", &wishes->root},
                   {"rootfstype", &wishes->fstype},
                   {"rootflags", &wishes->flags},
                   {"init", &wishes->init}};

    for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
        const char *value = value_of(word, strings[i].name);

        if (value)
            *strings[i].value = *value ? value : NULL;
    }
}

static void take_numbers(struct wishes *wishes, const char *word)
{
    const char *value = value_of(word, "rootdelay");

    if (value)
        wishes->wait_s = strtoul(value, NULL, 10);
    value = value_of(word, "panic");
    if (value) {
        wishes->panic_s = atoi(value);
        wishes->panic_set = wishes->panic_s != 0;
    }
}

void wishes_parse(struct wishes *wishes, char *text)
{
    char *word;

    *wishes = (struct wishes){.wait_s = WAIT_DEFAULT_S};
    while ((word = next_word(&text)) && strcmp(word, "--") != 0) {
        take_strings(wishes, word);
        take_numbers(wishes, word);
        if (strcmp(word, "rw") == 0)
            wishes->read_write = true;
        else if (strcmp(word, "ro") == 0)
            wishes->read_write = false;
        else if (strcmp(word, "rootwait") == 0)
            wishes->wait_for_ever = true;
        else if (strcmp(word, "rd.break") == 0)
            wishes->stop_for_shell = true;
    }
}
