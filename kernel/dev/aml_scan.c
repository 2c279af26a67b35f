// SPDX-License-Identifier: MIT
/*
 * Reading \_Sn_ out of AML without interpreting it.
 *
 * A sleep state's package is, in every firmware seen, a constant:
 *     NameOp [\] '_' 'S' n '_' PackageOp PkgLength NumElements SLP_TYPa SLP_TYPb ...
 * so the definition is searched for byte by byte, and accepted only when everything around the
 * name parses. The search is bounded by the table, and each read by the package. Firmware that
 * computes the value has no such definition; the caller then has other ways to turn off.
 * Specification: ACPI 6.5, 7.4.2 (\_Sx), 20.2 (AML grammar). Also compiled for the host.
 */
#include <kernel/dev/acpi.h>

#include <kernel/err.h>
#include <kernel/lib/string.h>

enum {
    AML_ZERO = 0x00,
    AML_ONE = 0x01,
    AML_NAME = 0x08,
    AML_BYTE = 0x0a,
    AML_WORD = 0x0b,
    AML_DWORD = 0x0c,
    AML_PACKAGE = 0x12,
    AML_ONES = 0xff,
};

/* What is still to be read: from `at` up to `end`. */
struct aml_cursor {
    const u8 *at, *end;
};

static bool take_byte(struct aml_cursor *c, u8 *value)
{
    if (c->at >= c->end)
        return false;
    *value = *c->at++;
    return true;
}

/* PkgLength: counts its own bytes; narrows the cursor to what is inside. */
static bool take_package_length(struct aml_cursor *c)
{
    const u8 *start = c->at;
    u32 length;
    u8 lead, byte;

    if (!take_byte(c, &lead))
        return false;
    length = lead & 0x3f;
    if (lead >> 6) {
        length = lead & 0x0f;
        for (unsigned int i = 0; i < (unsigned int)(lead >> 6); i++) {
            if (!take_byte(c, &byte))
                return false;
            length |= (u32)byte << (4 + 8 * i);
        }
    }
    if (length < (size_t)(c->at - start) || length > (size_t)(c->end - start))
        return false;
    c->end = start + length;
    return true;
}

static bool take_integer(struct aml_cursor *c, u32 *value)
{
    unsigned int size;
    u8 op, byte;

    if (!take_byte(c, &op))
        return false;
    switch (op) {
    case AML_ZERO: *value = 0; return true;
    case AML_ONE: *value = 1; return true;
    case AML_ONES: *value = ~0U; return true;
    case AML_BYTE: size = 1; break;
    case AML_WORD: size = 2; break;
    case AML_DWORD: size = 4; break;
    default: return false;
    }
    *value = 0;
    for (unsigned int i = 0; i < size; i++) {
        if (!take_byte(c, &byte))
            return false;
        *value |= (u32)byte << (8 * i);
    }
    return true;
}

/* SLP_TYP has three bits (ACPI 6.5, table 4.15). */
static bool take_sleep_types(struct aml_cursor c, struct acpi_sleep_type *type)
{
    u32 a, b;
    u8 op, nr_elements;

    if (!take_byte(&c, &op) || op != AML_PACKAGE || !take_package_length(&c))
        return false;
    if (!take_byte(&c, &nr_elements) || nr_elements < 1 || !take_integer(&c, &a) || a > 7)
        return false;
    if (nr_elements < 2 || !take_integer(&c, &b) || b > 7)
        b = a;
    type->a = a;
    type->b = b;
    return true;
}

/* The name at @at is being defined: NameOp before it, perhaps with the root prefix between. */
static bool is_definition(const u8 *start, const u8 *at)
{
    if (at - start >= 1 && at[-1] == AML_NAME)
        return true;
    return at - start >= 2 && at[-1] == '\\' && at[-2] == AML_NAME;
}

int aml_find_sleep_type(const struct acpi_header *table, unsigned int state,
                        struct acpi_sleep_type *type)
{
    const u8 *start = (const u8 *)(table + 1), *end = (const u8 *)table + table->length;
    const u8 name[4] = {'_', 'S', '0' + state, '_'};

    if (state > 5 || table->length < sizeof(*table))
        return -ENOENT;
    for (const u8 *at = start; at + sizeof(name) < end; at++) {
        struct aml_cursor after = {at + sizeof(name), end};

        if (memcmp(at, name, sizeof(name)) != 0 || !is_definition(start, at))
            continue;
        if (take_sleep_types(after, type))
            return 0;
    }
    return -ENOENT;
}
