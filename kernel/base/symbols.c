// SPDX-License-Identifier: MIT
/*
 * The symbol table that tools/build/gen-symbols makes (its format is described there). In the first
 * link it is empty. The data is our own build's, but a lookup runs in a panic: it stays inside its
 * bounds whatever the table holds.
 */
#include <kernel/base/symbols.h>
#include <kernel/base/initcall.h>
#include <kernel/base/sections.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

#define NAMES_PER_MARK 16

/* The table's parts; count is 0 when there is none. */
struct table {
    u32 count;
    const u32 *addresses; /* from __image_start */
    const u32 *marks;     /* where every 16th name begins */
    const char *names;
    const char *end;
};

static struct table table_get(void)
{
    const u32 *words = (const u32 *)__symbols_start;
    size_t size = __symbols_end - __symbols_start;
    struct table t = {};

    if (size < 2 * sizeof(u32))
        return t;
    t.count = words[0];
    t.addresses = words + 1;
    t.marks = t.addresses + t.count;
    t.names = (const char *)(t.marks + DIV_ROUND_UP(t.count, NAMES_PER_MARK));
    t.end = __symbols_end;
    if (t.count > size / sizeof(u32) || t.names > t.end)
        t.count = 0;
    return t;
}

static void name_copy(const struct table *t, u32 index, char *name)
{
    const char *at = t->names + t->marks[index / NAMES_PER_MARK];

    for (u32 skip = index % NAMES_PER_MARK; skip && at < t->end; skip--)
        at += strnlen(at, t->end - at) + 1;
    strscpy(name, at < t->end ? at : "?", SYMBOL_NAME_MAX);
}

bool symbol_get(unsigned int index, struct symbol *symbol)
{
    struct table t = table_get();
    unsigned long next;

    if (index >= t.count)
        return false;
    next = index + 1 < t.count ? t.addresses[index + 1]
                               : (unsigned long)(__init_text_end - __image_start);
    symbol->address = (unsigned long)__image_start + t.addresses[index];
    symbol->size = next - t.addresses[index];
    symbol->offset = 0;
    name_copy(&t, index, symbol->name);
    return true;
}

bool is_kernel_text(unsigned long address)
{
    return (address >= (unsigned long)__text_start && address < (unsigned long)__text_end) ||
           (address >= (unsigned long)__init_text_start &&
            address < (unsigned long)__init_text_end);
}

bool symbol_lookup(unsigned long address, struct symbol *symbol)
{
    struct table t = table_get();
    unsigned long distance = address - (unsigned long)__image_start;
    u32 low = 0, high = t.count;

    if (!t.count || !is_kernel_text(address))
        return false;
    /* The last symbol at or below the address. */
    while (low < high) {
        u32 middle = low + (high - low) / 2;

        if (t.addresses[middle] <= distance)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || !symbol_get(low - 1, symbol))
        return false;
    symbol->offset = address - symbol->address;
    return true;
}

unsigned long symbol_address(const char *name)
{
    struct symbol symbol;

    for (unsigned int i = 0; symbol_get(i, &symbol); i++)
        if (strcmp(symbol.name, name) == 0)
            return symbol.address;
    return 0;
}

bool symbol_format(const void *address, char *buf, size_t size)
{
    struct symbol symbol;

    if (!symbol_lookup((unsigned long)address, &symbol)) {
        snprintf(buf, size, "0x%lx", (unsigned long)address);
        return false;
    }
    snprintf(buf, size, "%s+0x%lx/0x%lx", symbol.name, symbol.offset, symbol.size);
    return true;
}

static int __init symbols_init(void)
{
    printf_set_symbol_hook(symbol_format);
    return 0;
}
initcall(INIT_CORE, symbols_init);
