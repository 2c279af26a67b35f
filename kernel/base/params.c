// SPDX-License-Identifier: MIT
/*
 * The command line, cut into words once; then offered to the registered functions in two passes.
 * What nobody takes goes to init.
 */
#include <kernel/base/params.h>
#include <kernel/base/log.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/string.h>
#include <kernel/err.h>

SECTION_ARRAY_DEFINE(const struct boot_param, early_params);
SECTION_ARRAY_DEFINE(const struct boot_param, boot_params);

#define MAX_WORDS 192

static char cmdline[CMDLINE_MAX]; /* as given: /proc/cmdline */
static char words_text[CMDLINE_MAX];
static struct word {
    const char *name;
    const char *value; /* NULL: a bare word */
    bool taken;
    bool for_init; /* stands behind -- */
} words[MAX_WORDS];
static unsigned int nr_words;

static const char *init_argv[INIT_ARGS_MAX + 1];
static const char *init_envp[INIT_ARGS_MAX + 1];
/* name=value with the = put back, for the environment. */
static char environment_text[CMDLINE_MAX];
static size_t environment_len;

/* Words that the initrd's init takes from /proc/cmdline: the kernel knows them, init does not get
 * them. */
static const char *const init_words[] = {
    "root", "rootfstype", "rootflags", "rootwait", "rootdelay", "ro",
    "rw",   "init",       "rdinit",    "initrd",   "resume",    "noresume",
};

static char dash_to_underscore(char c)
{
    return c == '-' ? '_' : c;
}

bool param_name_equal(const char *a, const char *b)
{
    while (*a && dash_to_underscore(*a) == dash_to_underscore(*b))
        a++, b++;
    return dash_to_underscore(*a) == dash_to_underscore(*b);
}

/* Takes the quotes out of @word in place; they may stand around the whole, the value or a part. */
static void strip_quotes(char *word)
{
    char *to = word;

    for (; *word; word++)
        if (*word != '"')
            *to++ = *word;
    *to = '\0';
}

bool param_next(char **text, char **name, char **value)
{
    char *start = skip_spaces(*text), *at;
    bool quoted = false;

    if (!*start)
        return false;
    for (at = start; *at && (quoted || !isspace((u8)*at)); at++)
        if (*at == '"')
            quoted = !quoted;
    *text = *at ? at + 1 : at;
    *at = '\0';
    strip_quotes(start);
    *name = start;
    at = strchr(start, '=');
    *value = at ? at + 1 : NULL;
    if (at)
        *at = '\0';
    return true;
}

static void cut_words(void)
{
    char *text = words_text, *name, *value;
    bool for_init = false;

    while (param_next(&text, &name, &value)) {
        if (!for_init && !value && strcmp(name, "--") == 0) {
            for_init = true;
            continue;
        }
        if (nr_words == MAX_WORDS) {
            pr_warn("command line: more than %d words, the rest is ignored\n", MAX_WORDS);
            return;
        }
        words[nr_words++] = (struct word){.name = name, .value = value, .for_init = for_init};
    }
}

void params_set_cmdline(const char *text, size_t len)
{
    if (len >= CMDLINE_MAX)
        pr_warn("command line: cut after %d bytes\n", CMDLINE_MAX - 1);
    len = min(strnlen(text, len), (size_t)CMDLINE_MAX - 1);
    memcpy(cmdline, text, len);
    cmdline[len] = '\0';
    memcpy(words_text, cmdline, len + 1);
    cut_words();
}

const char *params_cmdline(void)
{
    return cmdline;
}

/* Offers every word to the functions of one registry. */
static void run_registry(const struct boot_param *const *first, const struct boot_param *const *end)
{
    for (struct word *word = words; word < words + nr_words; word++) {
        for (const struct boot_param *const *it = first; it < end && !word->for_init; it++) {
            int error;

            if (!param_name_equal((*it)->name, word->name))
                continue;
            word->taken = true;
            error = (*it)->fn(word->value);
            if (error)
                pr_warn("command line: %s%s%s: error %d\n", word->name, word->value ? "=" : "",
                        word->value ? word->value : "", error);
        }
    }
}

void params_run_early(void)
{
    run_registry(section_start(early_params), section_end(early_params));
}

static bool is_for_initrd(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(init_words); i++)
        if (param_name_equal(init_words[i], name))
            return true;
    return false;
}

/* Adds to a NULL-terminated list; the last of two environment entries of one name wins. */
static void list_append(const char **list, const char *text)
{
    for (int i = 0; i < INIT_ARGS_MAX; i++) {
        if (!list[i]) {
            list[i] = text;
            return;
        }
    }
    pr_warn_once("command line: too many words for init: %s and more dropped\n", text);
}

static const char *environment_join(const char *name, const char *value)
{
    char *at = environment_text + environment_len;
    size_t name_len = strlen(name), value_len = strlen(value);

    /* It was in the command line with its =, so it fits. */
    memcpy(at, name, name_len);
    at[name_len] = '=';
    memcpy(at + name_len + 1, value, value_len + 1);
    environment_len += name_len + value_len + 2;
    return at;
}

static void hand_to_init(const struct word *word)
{
    if (!word->for_init && (is_for_initrd(word->name) || strchr(word->name, '.')))
        return;
    if (word->value)
        list_append(word->for_init ? init_argv : init_envp,
                    environment_join(word->name, word->value));
    else
        list_append(init_argv, word->name);
}

void params_run(void)
{
    run_registry(section_start(boot_params), section_end(boot_params));
    for (unsigned int i = 0; i < nr_words; i++)
        if (!words[i].taken)
            hand_to_init(&words[i]);
}

const char *const *params_init_argv(void)
{
    return init_argv;
}

const char *const *params_init_envp(void)
{
    return init_envp;
}
