/* SPDX-License-Identifier: MIT */
/*
 * The C library of the loader in firmware (the host tests use the real one). gcc may call memcpy,
 * memmove, memset and memcmp by itself, so they must exist and must not be compiled into calls of
 * themselves: module.mk gives this file -fno-tree-loop-distribute-patterns.
 */
#include "libc.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
    void *d = dst;

    __asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(size) : : "memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
    char *d = dst;
    const char *s = src;

    if ((uintptr_t)d - (uintptr_t)s >= size)
        return memcpy(dst, src, size);
    while (size--)
        d[size] = s[size];
    return dst;
}

void *memset(void *dst, int byte, size_t size)
{
    void *d = dst;

    __asm__ volatile("rep stosb" : "+D"(d), "+c"(size) : "a"(byte) : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a;
    const unsigned char *y = b;

    for (; size; size--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size; size--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (!*a)
            break;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)(uintptr_t)s;
        if (!*s)
            return NULL;
    }
}

struct output {
    char *buf;
    size_t size;
    size_t length; /* what would have been written without the limit */
};

struct conversion {
    bool left;
    char pad;
    int width;
    int precision; /* -1: none */
    int longs;     /* 0: int, 1: long, 2: long long; size_t and pointers count as long */
    bool is_short;
};

static void put_char(struct output *out, char c)
{
    if (out->length + 1 < out->size)
        out->buf[out->length] = c;
    out->length++;
}

static void put_padded(struct output *out, const struct conversion *conv, const char *s,
                       size_t size)
{
    size_t fill = conv->width > 0 && (size_t)conv->width > size ? conv->width - size : 0;

    for (size_t i = 0; !conv->left && i < fill; i++)
        put_char(out, conv->pad);
    for (size_t i = 0; i < size; i++)
        put_char(out, s[i]);
    for (size_t i = 0; conv->left && i < fill; i++)
        put_char(out, ' ');
}

static void put_number(struct output *out, const struct conversion *conv, unsigned long long value,
                       bool negative, char kind)
{
    const char *digits = kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = kind == 'd' || kind == 'u' ? 10 : 16;
    char text[24];
    size_t at = sizeof(text);

    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value);
    if (negative)
        text[--at] = '-';
    put_padded(out, conv, text + at, sizeof(text) - at);
}

static void put_string(struct output *out, const struct conversion *conv, const char *s)
{
    size_t size = 0;

    if (!s)
        s = "(null)";
    while ((conv->precision < 0 || size < (size_t)conv->precision) && s[size])
        size++;
    put_padded(out, conv, s, size);
}

static const char *parse_conversion(const char *fmt, struct conversion *conv, va_list *args)
{
    *conv = (struct conversion){.pad = ' ', .precision = -1};
    for (; *fmt == '0' || *fmt == '-'; fmt++) {
        if (*fmt == '0')
            conv->pad = '0';
        else
            conv->left = true;
    }
    for (; ascii_is_digit(*fmt); fmt++)
        conv->width = conv->width * 10 + *fmt - '0';
    if (*fmt == '*') {
        conv->width = va_arg(*args, int);
        fmt++;
    }
    if (fmt[0] == '.' && fmt[1] == '*') {
        conv->precision = va_arg(*args, int);
        fmt += 2;
    }
    for (; *fmt == 'l' || *fmt == 'z' || *fmt == 'h'; fmt++) {
        if (*fmt == 'h')
            conv->is_short = true;
        else
            conv->longs++;
    }
    return fmt;
}

static unsigned long long take_unsigned(const struct conversion *conv, va_list *args)
{
    return conv->longs ? va_arg(*args, unsigned long long) : va_arg(*args, unsigned int);
}

static long long take_signed(const struct conversion *conv, va_list *args)
{
    return conv->longs ? va_arg(*args, long long) : va_arg(*args, int);
}

static void convert(struct output *out, const struct conversion *conv, char kind, va_list *args)
{
    long long number;
    char c;

    switch (kind) {
    case 's': put_string(out, conv, va_arg(*args, const char *)); break;
    case 'c':
        c = (char)va_arg(*args, int);
        put_padded(out, conv, &c, 1);
        break;
    case 'd':
        number = take_signed(conv, args);
        put_number(out, conv,
                   number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number,
                   number < 0, 'd');
        break;
    case 'u':
    case 'x':
    case 'X': put_number(out, conv, take_unsigned(conv, args), false, kind); break;
    case 'p': put_number(out, conv, (uintptr_t)va_arg(*args, void *), false, 'x'); break;
    default: put_char(out, kind); break;
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct output out = {.buf = buf, .size = size};
    va_list copy;

    va_copy(copy, args);
    for (; *fmt; fmt++) {
        struct conversion conv;

        if (*fmt != '%') {
            put_char(&out, *fmt);
            continue;
        }
        fmt = parse_conversion(fmt + 1, &conv, &copy);
        if (!*fmt)
            break;
        convert(&out, &conv, *fmt, &copy);
    }
    va_end(copy);
    if (size)
        buf[out.length < size ? out.length : size - 1] = '\0';
    return (int)out.length;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int length;

    va_start(args, fmt);
    length = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return length;
}
