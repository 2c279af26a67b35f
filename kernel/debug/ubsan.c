// SPDX-License-Identifier: MIT
/*
 * Undefined behaviour of C, as the compiler's checks find it (-fsanitize=undefined): each failed
 * check calls a handler with a description of the place and the values. A place reports once.
 *
 * The layouts are the compiler's (LLVM's compiler-rt, lib/ubsan/ubsan_handlers.h; GCC follows it).
 * Not asked for: alignment (x86 allows it, and formats of disks and packets use it), NULL (a fault
 * says the same, and copying 0 bytes from it is harmless), object sizes, and signed overflow
 * (-fwrapv defines it).
 */
#include <kernel/debug/report.h>

#include <kernel/lib/printf.h>

#define VALUE_TEXT 48
#define SAID       (~0U)

struct source_place {
    const char *file;
    u32 line;
    u32 column; /* SAID: reported */
};

enum { TYPE_INTEGER, TYPE_FLOAT };

struct type_descriptor {
    u16 kind;
    u16 info; /* integers: bit 0 signed, above it the logarithm of the width in bits */
    char name[];
};

struct overflow_data {
    struct source_place place;
    const struct type_descriptor *type;
};

struct shift_data {
    struct source_place place;
    const struct type_descriptor *left, *right;
};

struct bounds_data {
    struct source_place place;
    const struct type_descriptor *array, *index;
};

struct mismatch_data {
    struct source_place place;
    const struct type_descriptor *type;
    u8 log_alignment;
    u8 access;
};

struct place_data {
    struct source_place place;
};

static const char *value_text(const struct type_descriptor *type, unsigned long value, char *buf)
{
    unsigned int bits = 1U << (type->info >> 1);

    if (type->kind != TYPE_INTEGER || bits > 64)
        snprintf(buf, VALUE_TEXT, "?");
    else if (type->info & 1)
        snprintf(buf, VALUE_TEXT, "%ld", (long)(value << (64 - bits)) >> (64 - bits));
    else
        snprintf(buf, VALUE_TEXT, "%lu", value);
    return buf;
}

/* Marks the place; false when it has been marked before. */
static bool first_time(struct source_place *place)
{
    return __atomic_exchange_n(&place->column, SAID, __ATOMIC_RELAXED) != SAID;
}

static void __printf(3, 4)
    complain_from(const void *from, struct source_place *place, const char *fmt, ...)
{
    char what[120];
    struct trace trace;
    va_list args;

    if (!first_time(place))
        return;
    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    if (!report_begin(REPORT_UNDEFINED, "%s:%u: %s", place->file, place->line, what))
        return;
    trace_take(&trace, (unsigned long)from);
    trace_report(&trace);
    report_end();
}

/* In a handler: its caller is where it happened. */
#define complain(place, ...) complain_from(__builtin_return_address(0), place, __VA_ARGS__)

/* The compiler's entry points. */
void __ubsan_handle_shift_out_of_bounds(struct shift_data *data, unsigned long left,
                                        unsigned long right);
void __ubsan_handle_divrem_overflow(struct overflow_data *data, unsigned long left,
                                    unsigned long right);
void __ubsan_handle_out_of_bounds(struct bounds_data *data, unsigned long index);
void __ubsan_handle_load_invalid_value(struct overflow_data *data, unsigned long value);
void __ubsan_handle_vla_bound_not_positive(struct overflow_data *data, unsigned long bound);
void __ubsan_handle_type_mismatch_v1(struct mismatch_data *data, unsigned long pointer);
void __ubsan_handle_pointer_overflow(struct place_data *data, unsigned long base,
                                     unsigned long result);
void __ubsan_handle_builtin_unreachable(struct place_data *data);
void __ubsan_handle_invalid_builtin(struct place_data *data);

void __ubsan_handle_shift_out_of_bounds(struct shift_data *data, unsigned long left,
                                        unsigned long right)
{
    char a[VALUE_TEXT], b[VALUE_TEXT];

    complain(&data->place, "%s shifted by %s bits, of type %s", value_text(data->left, left, a),
             value_text(data->right, right, b), data->left->name);
}

void __ubsan_handle_divrem_overflow(struct overflow_data *data, unsigned long left,
                                    unsigned long right)
{
    char a[VALUE_TEXT], b[VALUE_TEXT];

    complain(&data->place, "%s divided by %s, of type %s", value_text(data->type, left, a),
             value_text(data->type, right, b), data->type->name);
}

void __ubsan_handle_out_of_bounds(struct bounds_data *data, unsigned long index)
{
    char a[VALUE_TEXT];

    complain(&data->place, "index %s is outside of type %s", value_text(data->index, index, a),
             data->array->name);
}

void __ubsan_handle_load_invalid_value(struct overflow_data *data, unsigned long value)
{
    char a[VALUE_TEXT];

    complain(&data->place, "%s is no value of type %s", value_text(data->type, value, a),
             data->type->name);
}

void __ubsan_handle_vla_bound_not_positive(struct overflow_data *data, unsigned long bound)
{
    char a[VALUE_TEXT];

    complain(&data->place, "array of %s elements", value_text(data->type, bound, a));
}

void __ubsan_handle_type_mismatch_v1(struct mismatch_data *data, unsigned long pointer)
{
    complain(&data->place, "address %#lx used as type %s", pointer, data->type->name);
}

void __ubsan_handle_pointer_overflow(struct place_data *data, unsigned long base,
                                     unsigned long result)
{
    complain(&data->place, "pointer %#lx moved to %#lx", base, result);
}

void __ubsan_handle_builtin_unreachable(struct place_data *data)
{
    complain(&data->place, "reached what was said to be unreachable");
}

void __ubsan_handle_invalid_builtin(struct place_data *data)
{
    complain(&data->place, "zero given to a builtin that excludes it");
}
