// SPDX-License-Identifier: MIT
/*
 * Formatted output. A conversion is parsed into a struct spec; numbers are written backwards into a
 * small buffer and then padded; everything goes through out_char/out_run, which count past the end
 * of the buffer without writing.
 */
#include <kernel/lib/printf.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/string.h>

struct out {
    char *buf;
    size_t size;
    size_t len; /* as if the buffer had no end */
};

struct spec {
    bool left, plus, space, alternate, zero;
    int width;     /* 0: none */
    int precision; /* -1: none */
    enum { SIZE_CHAR, SIZE_SHORT, SIZE_INT, SIZE_LONG } size;
};

static printf_symbol_fn symbol_hook;

void printf_set_symbol_hook(printf_symbol_fn hook)
{
    symbol_hook = hook;
}

static void out_char(struct out *out, char c)
{
    if (out->len < out->size)
        out->buf[out->len] = c;
    out->len++;
}

static void out_repeat(struct out *out, char c, int n)
{
    while (n-- > 0)
        out_char(out, c);
}

static void out_run(struct out *out, const char *s, size_t n)
{
    if (out->len < out->size)
        memcpy(out->buf + out->len, s, min(n, out->size - out->len));
    out->len += n;
}

/* A piece of text in a field of its width. */
static void out_field(struct out *out, const struct spec *spec, const char *s, size_t n)
{
    int padding = spec->width > (int)n ? spec->width - (int)n : 0;

    if (!spec->left)
        out_repeat(out, ' ', padding);
    out_run(out, s, n);
    if (spec->left)
        out_repeat(out, ' ', padding);
}

static void out_string(struct out *out, const struct spec *spec, const char *s)
{
    if (!s)
        s = "(null)";
    out_field(out, spec, s, spec->precision < 0 ? strlen(s) : strnlen(s, spec->precision));
}

/* sign: 0 or the character that goes before the number. */
static void out_number(struct out *out, const struct spec *spec, u64 value, unsigned int base,
                       bool upper, char sign)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24]; /* 22 octal digits */
    int n = 0, zeros, padding;
    const char *prefix = "";

    if (spec->alternate && base == 16 && value)
        prefix = upper ? "0X" : "0x";
    if (base == 10)
        for (; value; value /= 10)
            text[n++] = '0' + value % 10;
    else
        for (unsigned int shift = base == 16 ? 4 : 3; value; value >>= shift)
            text[n++] = digits[value & (base - 1)];
    if (!n && spec->precision != 0)
        text[n++] = '0';
    zeros = max(spec->precision - n, 0);
    if (spec->alternate && base == 8 && !zeros && (!n || text[n - 1] != '0'))
        zeros = 1;
    padding = spec->width - n - zeros - (sign != 0) - (int)strlen(prefix);
    if (spec->zero && !spec->left && spec->precision < 0 && padding > 0) {
        zeros += padding;
        padding = 0;
    }
    if (!spec->left)
        out_repeat(out, ' ', padding);
    if (sign)
        out_char(out, sign);
    out_run(out, prefix, strlen(prefix));
    out_repeat(out, '0', zeros);
    while (n)
        out_char(out, text[--n]);
    if (spec->left)
        out_repeat(out, ' ', padding);
}

static void out_hex_bytes(struct out *out, const u8 *bytes, const u8 *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out_char(out, "0123456789abcdef"[bytes[order[i]] >> 4]);
        out_char(out, "0123456789abcdef"[bytes[order[i]] & 15]);
    }
}

static void out_guid(struct out *out, const u8 *bytes, bool plain_order)
{
    static const u8 plain[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const u8 mixed[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    static const u8 groups[5] = {4, 2, 2, 2, 6};
    const u8 *order = plain_order ? plain : mixed;

    for (int i = 0; i < 5; order += groups[i++]) {
        if (i)
            out_char(out, '-');
        out_hex_bytes(out, bytes, order, groups[i]);
    }
}

static void out_symbol(struct out *out, const struct spec *spec, const void *address)
{
    char name[160];

    if (symbol_hook && symbol_hook(address, name, sizeof(name)))
        out_field(out, spec, name, strlen(name));
    else
        out_number(out, &(struct spec){.width = spec->width, .precision = -1, .alternate = true},
                   (unsigned long)address, 16, false, 0);
}

static void out_addr_bytes(struct out *out, const u8 *bytes, bool mac)
{
    static const u8 order[6] = {0, 1, 2, 3, 4, 5};

    for (int i = 0; i < (mac ? 6 : 4); i++) {
        if (i)
            out_char(out, mac ? ':' : '.');
        if (mac)
            out_hex_bytes(out, bytes, order + i, 1);
        else
            out_number(out, &(struct spec){.precision = -1}, bytes[i], 10, false, 0);
    }
}

/* %p and its extensions; returns how many characters behind the p belong to it. */
static int out_pointer(struct out *out, const struct spec *spec, const char *extension,
                       const void *p)
{
    switch (extension[0]) {
    case 's': out_symbol(out, spec, p); return 1;
    case 'U': out_guid(out, p, extension[1] == 'b'); return extension[1] == 'b' ? 2 : 1;
    case 'M': out_addr_bytes(out, p, true); return 1;
    case 'I':
        if (extension[1] == '4') {
            out_addr_bytes(out, p, false);
            return 2;
        }
    }
    out_number(out, &(struct spec){.width = 16, .precision = -1, .zero = true}, (unsigned long)p,
               16, false, 0);
    return 0;
}

static const char *parse_flags(const char *fmt, struct spec *spec)
{
    for (;; fmt++) {
        switch (*fmt) {
        case '-': spec->left = true; break;
        case '+': spec->plus = true; break;
        case ' ': spec->space = true; break;
        case '#': spec->alternate = true; break;
        case '0': spec->zero = true; break;
        default: return fmt;
        }
    }
}

static const char *parse_digits(const char *fmt, int *number)
{
    for (*number = 0; isdigit((u8)*fmt); fmt++)
        if (*number < 100000)
            *number = *number * 10 + (*fmt - '0');
    return fmt;
}

static const char *parse_size(const char *fmt, struct spec *spec)
{
    spec->size = SIZE_INT;
    switch (*fmt) {
    case 'h':
        spec->size = fmt[1] == 'h' ? SIZE_CHAR : SIZE_SHORT;
        return fmt + (fmt[1] == 'h' ? 2 : 1);
    case 'l': spec->size = SIZE_LONG; return fmt + (fmt[1] == 'l' ? 2 : 1);
    case 'z':
    case 't':
    case 'j': spec->size = SIZE_LONG; return fmt + 1;
    default: return fmt;
    }
}

/* The argument as C would promote and then cut it. All sizes above int are 64 bits. */
#define NEXT_SIGNED(spec, args)                                                          \
    ({                                                                                   \
        s64 value__ = (spec)->size == SIZE_LONG ? va_arg(args, s64) : va_arg(args, int); \
        (spec)->size == SIZE_CHAR    ? (s8)value__                                       \
        : (spec)->size == SIZE_SHORT ? (s16)value__                                      \
                                     : value__;                                          \
    })
#define NEXT_UNSIGNED(spec, args)                                                        \
    ({                                                                                   \
        u64 value__ = (spec)->size == SIZE_LONG ? va_arg(args, u64) : va_arg(args, u32); \
        (spec)->size == SIZE_CHAR    ? (u8)value__                                       \
        : (spec)->size == SIZE_SHORT ? (u16)value__                                      \
                                     : value__;                                          \
    })

static char sign_of(const struct spec *spec, bool negative)
{
    return negative ? '-' : spec->plus ? '+' : spec->space ? ' ' : 0;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args_in)
{
    struct out out = {buf, size, 0};
    va_list args;

    va_copy(args, args_in);
    while (*fmt) {
        struct spec spec = {.precision = -1};
        const char *run = fmt;
        s64 number;
        char c;

        fmt = strchrnul(fmt, '%');
        out_run(&out, run, fmt - run);
        if (!*fmt)
            break;
        run = fmt;
        fmt = parse_flags(fmt + 1, &spec);
        if (*fmt == '*') {
            spec.width = va_arg(args, int);
            fmt++;
            if (spec.width < 0) {
                spec.left = true;
                spec.width = -spec.width;
            }
        } else {
            fmt = parse_digits(fmt, &spec.width);
        }
        if (*fmt == '.') {
            if (fmt[1] == '*') {
                spec.precision = max(va_arg(args, int), -1);
                fmt += 2;
            } else {
                fmt = parse_digits(fmt + 1, &spec.precision);
            }
        }
        fmt = parse_size(fmt, &spec);
        switch (*fmt++) {
        case 'd':
        case 'i':
            number = NEXT_SIGNED(&spec, args);
            out_number(&out, &spec, number < 0 ? 0 - (u64)number : (u64)number, 10, false,
                       sign_of(&spec, number < 0));
            break;
        case 'u': out_number(&out, &spec, NEXT_UNSIGNED(&spec, args), 10, false, 0); break;
        case 'x': out_number(&out, &spec, NEXT_UNSIGNED(&spec, args), 16, false, 0); break;
        case 'X': out_number(&out, &spec, NEXT_UNSIGNED(&spec, args), 16, true, 0); break;
        case 'o': out_number(&out, &spec, NEXT_UNSIGNED(&spec, args), 8, false, 0); break;
        case 'c':
            c = va_arg(args, int);
            out_field(&out, &spec, &c, 1);
            break;
        case 's': out_string(&out, &spec, va_arg(args, const char *)); break;
        case 'p': fmt += out_pointer(&out, &spec, fmt, va_arg(args, const void *)); break;
        case '%': out_char(&out, '%'); break;
        default:
            /* Not a conversion we have: shown as it stands, so that the mistake is seen. */
            if (!fmt[-1])
                fmt--;
            out_run(&out, run, fmt - run);
        }
    }
    va_end(args);
    if (size)
        buf[min(out.len, size - 1)] = '\0';
    return out.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    int len = vsnprintf(buf, size, fmt, args);

    if (!size)
        return 0;
    return min((size_t)len, size - 1);
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vscnprintf(buf, size, fmt, args);
    va_end(args);
    return len;
}
