/* SPDX-License-Identifier: MIT */
/*
 * The kernel's command line: words separated by spaces, `name` or `name=value`, double quotes
 * around what contains spaces. In names - and _ are the same. `--` ends the kernel's words.
 *
 *     static int __init set_loglevel(const char *value) { ... return 0 or -EINVAL; }
 *     BOOT_PARAM("loglevel", set_loglevel);
 *
 * EARLY_PARAM functions run before memory is set up (no allocation, no locks that sleep),
 * BOOT_PARAM ones before INIT_SUBSYS. @value is NULL for a bare word, and stays valid for ever. A
 * name may be taken by several functions: each is called, for each time the word is there.
 *
 * A word that no function takes goes to init, as with Linux: `name=value` into its environment, a
 * bare word (and all behind `--`) into its arguments; names with a dot belong to modules and are
 * dropped.
 */
#ifndef KERNEL_BASE_PARAMS_H
#define KERNEL_BASE_PARAMS_H

#include <kernel/base/registry.h>
#include <kernel/types.h>

struct boot_param {
    const char *name;
    int (*fn)(const char *value);
};

SECTION_ARRAY_DECLARE(const struct boot_param, early_params);
SECTION_ARRAY_DECLARE(const struct boot_param, boot_params);

#define EARLY_PARAM(param_name, function)                                           \
    static const struct boot_param early_param_##function = {param_name, function}; \
    SECTION_ARRAY_ADD(const struct boot_param, early_params, early_param_##function)
#define BOOT_PARAM(param_name, function)                                           \
    static const struct boot_param boot_param_##function = {param_name, function}; \
    SECTION_ARRAY_ADD(const struct boot_param, boot_params, boot_param_##function)

#define CMDLINE_MAX 4096

/** params_set_cmdline() - copies the command line; the first thing done with it. */
void params_set_cmdline(const char *cmdline, size_t len);
/** params_cmdline() - as it was given: /proc/cmdline. */
const char *params_cmdline(void);
void params_run_early(void);
void params_run(void);

/* What is left for init: NULL-terminated, without argv[0] and without TERM and HOME. */
#define INIT_ARGS_MAX 32
const char *const *params_init_argv(void);
const char *const *params_init_envp(void);

/**
 * param_next() - cuts the next word out of *@text in place: the parser itself, without state.
 * Returns false at the end. *@value is NULL for a bare word. Quotes are taken off.
 */
bool param_next(char **text, char **name, char **value);
/** param_name_equal() - compares names with - and _ alike. */
bool param_name_equal(const char *a, const char *b);

#endif
