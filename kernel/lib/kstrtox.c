// SPDX-License-Identifier: MIT
/* Strings to numbers. */
#include <kernel/lib/kstrtox.h>
#include <kernel/err.h>
#include <kernel/lib/ctype.h>
#include <kernel/lib/string.h>

/* Decides the base that @s announces and returns where its digits begin. */
static const char *skip_base_prefix(const char *s, unsigned int *base)
{
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && hex_to_bin(s[2]) >= 0;

    if (*base == 0)
        *base = hex ? 16 : s[0] == '0' ? 8 : 10;
    return *base == 16 && hex ? s + 2 : s;
}

/* Digits of @s in @base up to the first other character. Returns how many; *overflow when above 64
 * bits. */
static size_t parse_digits(const char *s, unsigned int base, unsigned long long *value,
                           bool *overflow)
{
    size_t n = 0;

    *value = 0;
    *overflow = false;
    for (;; n++) {
        int digit = hex_to_bin(s[n]);

        if (digit < 0 || digit >= (int)base)
            return n;
        *overflow |= check_mul_overflow(*value, (unsigned long long)base, value);
        *overflow |= check_add_overflow(*value, (unsigned long long)digit, value);
    }
}

/* The whole of @s, its sign taken off already. */
static int parse_magnitude(const char *s, unsigned int base, unsigned long long *value)
{
    bool overflow;
    size_t n;

    s = skip_base_prefix(s, &base);
    n = parse_digits(s, base, value, &overflow);
    if (!n || (s[n] && !(s[n] == '\n' && !s[n + 1])))
        return -EINVAL;
    return overflow ? -ERANGE : 0;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *result)
{
    unsigned long long value;
    int error = parse_magnitude(*s == '+' ? s + 1 : s, base, &value);

    if (!error)
        *result = value;
    return error;
}

int kstrtoll(const char *s, unsigned int base, long long *result)
{
    const unsigned long long limit = 1ULL << 63;
    unsigned long long value;
    bool negative = *s == '-';
    int error = parse_magnitude(negative || *s == '+' ? s + 1 : s, base, &value);

    if (error)
        return error;
    if (value > limit - !negative)
        return -ERANGE;
    *result = negative ? (long long)(0 - value) : (long long)value;
    return 0;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *result)
{
    unsigned long long value;
    int error = kstrtoull(s, base, &value);

    if (!error)
        *result = value;
    return error;
}

int kstrtol(const char *s, unsigned int base, long *result)
{
    long long value;
    int error = kstrtoll(s, base, &value);

    if (!error)
        *result = value;
    return error;
}

/* An unsigned number of at most @max. */
static int parse_up_to(const char *s, unsigned int base, unsigned long long max,
                       unsigned long long *value)
{
    int error = kstrtoull(s, base, value);

    if (error)
        return error;
    return *value > max ? -ERANGE : 0;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *result)
{
    unsigned long long value;
    int error = parse_up_to(s, base, 0xffffffff, &value);

    if (!error)
        *result = value;
    return error;
}

int kstrtou16(const char *s, unsigned int base, u16 *result)
{
    unsigned long long value;
    int error = parse_up_to(s, base, 0xffff, &value);

    if (!error)
        *result = value;
    return error;
}

int kstrtou8(const char *s, unsigned int base, u8 *result)
{
    unsigned long long value;
    int error = parse_up_to(s, base, 0xff, &value);

    if (!error)
        *result = value;
    return error;
}

int kstrtoint(const char *s, unsigned int base, int *result)
{
    long long value;
    int error = kstrtoll(s, base, &value);

    if (error)
        return error;
    if (value != (int)value)
        return -ERANGE;
    *result = value;
    return 0;
}

int kstrtobool(const char *s, bool *result)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"y", true},  {"yes", true}, {"on", true},   {"1", true},  {"true", true},
                 {"n", false}, {"no", false}, {"off", false}, {"0", false}, {"false", false}};
    size_t len = strlen(s);

    if (len && s[len - 1] == '\n')
        len--;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strlen(words[i].word) == len && strncasecmp(words[i].word, s, len) == 0) {
            *result = words[i].value;
            return 0;
        }
    }
    return -EINVAL;
}

unsigned long long simple_strtoull(const char *s, char **end, unsigned int base)
{
    const char *digits = skip_base_prefix(s, &base);
    unsigned long long value;
    bool overflow;
    size_t n = parse_digits(digits, base, &value, &overflow);

    if (end)
        *end = (char *)(n ? digits + n : s);
    return value;
}

long long simple_strtoll(const char *s, char **end, unsigned int base)
{
    char *digits_end;
    bool negative = *s == '-';
    unsigned long long value = simple_strtoull(s + negative, &digits_end, base);

    if (end)
        *end = digits_end == s + negative ? (char *)s : digits_end;
    return negative ? (long long)(0 - value) : (long long)value;
}

unsigned long long memparse(const char *s, char **end)
{
    static const char suffixes[] = "KMGTPE";
    char *at;
    unsigned long long value = simple_strtoull(s, &at, 0);
    const char *suffix = at != s && *at ? strchr(suffixes, toupper((u8)*at)) : NULL;

    if (suffix) {
        value <<= 10 * (suffix - suffixes + 1);
        at++;
    }
    if (end)
        *end = at;
    return value;
}
