/* SPDX-License-Identifier: MIT */
/* What the compiler can be told, and the small macros that every C kernel has. */
#ifndef KERNEL_COMPILER_H
#define KERNEL_COMPILER_H

#include <stddef.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define __must_check __attribute__((warn_unused_result))
#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif
#ifndef __section
#define __section(name) __attribute__((section(name)))
#endif
#ifndef __used
#define __used __attribute__((used))
#endif
#define __maybe_unused __attribute__((unused))
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#define __noreturn __attribute__((noreturn))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef noinline
#define noinline __attribute__((noinline))
#endif
/* Not watched by the compiler's access checks (debug kernel). */
#define __no_access_checks __attribute__((no_sanitize("address")))
#define __cold             __attribute__((cold))
#define __hot              __attribute__((hot))
#ifndef __pure
#define __pure __attribute__((pure))
#endif
#define __malloc __attribute__((malloc))
#define __naked  __attribute__((naked))
#ifndef __printf
#define __printf(fmt, first) __attribute__((format(printf, fmt, first)))
#endif
#define fallthrough   __attribute__((fallthrough))
#define unreachable() __builtin_unreachable()

/* Code and data of start-up alone: the memory is freed when init begins. */
#ifdef __KERNEL__
#define __init      __section(".init.text") __cold noinline
#define __initdata  __section(".init.data")
#define __initconst __section(".init.rodata")
/* Written while starting, read-only from then on. */
#define __ro_after_init __section(".data..ro_after_init")
/* Read by every CPU, written rarely: kept apart from what is written often. */
#define __read_mostly __section(".data..read_mostly")
#else
#define __init
#define __initdata
#define __initconst
#define __ro_after_init
#define __read_mostly
#endif

#define CACHE_LINE_SIZE     64
#define __cacheline_aligned __aligned(CACHE_LINE_SIZE)

/* Nothing is moved by the compiler across this point. */
#define barrier() __asm__ volatile("" ::: "memory")

/* One access, not torn, not repeated, not invented. For what others write at the same time. */
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) ((void)(*(volatile __typeof__(x) *)&(x) = (v)))

#ifndef static_assert
#define static_assert _Static_assert
#endif
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), "BUILD_BUG_ON: " #condition)

#define STRINGIFY_1(x)  #x
#define STRINGIFY(x)    STRINGIFY_1(x)
#define CONCAT_1(a, b)  a##b
#define CONCAT(a, b)    CONCAT_1(a, b)
#define UNIQUE_ID(name) CONCAT(name, __COUNTER__)

#define same_type(a, b) __builtin_types_compatible_p(__typeof__(a), __typeof__(b))

/* The structure that holds @member at address @ptr. */
#define container_of(ptr, type, member)                                                   \
    ({                                                                                    \
        _Static_assert(same_type(*(ptr), ((type *)0)->member) || same_type(*(ptr), void), \
                       "container_of: the pointer is not of the member's type");          \
        (type *)((char *)(ptr)-offsetof(type, member));                                   \
    })
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member)  (offsetof(type, member) + sizeof_field(type, member))
/* Bytes of a structure that ends in a flexible array @member of @count elements. No overflow check.
 */
#define struct_size(ptr, member, count) \
    (sizeof(*(ptr)) + sizeof((ptr)->member[0]) * (size_t)(count))

/* An array, not a pointer, or the compiler refuses. */
#define ARRAY_SIZE(a)             \
    (sizeof(a) / sizeof((a)[0]) + \
     0 * sizeof(struct { int not_an_array : same_type(a, &(a)[0]) ? -1 : 1; }))

#ifndef __KERNEL__
#undef min
#undef max
#endif
#define min(a, b)                              \
    ({                                         \
        __typeof__(a) min_a__ = (a);           \
        __typeof__(b) min_b__ = (b);           \
        min_a__ < min_b__ ? min_a__ : min_b__; \
    })
#define max(a, b)                              \
    ({                                         \
        __typeof__(a) max_a__ = (a);           \
        __typeof__(b) max_b__ = (b);           \
        max_a__ > max_b__ ? max_a__ : max_b__; \
    })
#define min_t(type, a, b)           min((type)(a), (type)(b))
#define max_t(type, a, b)           max((type)(a), (type)(b))
#define min3(a, b, c)               min(min(a, b), c)
#define max3(a, b, c)               max(max(a, b), c)
#define clamp(value, low, high)     min(max(value, low), high)
#define clamp_t(type, v, low, high) min_t(type, max_t(type, v, low), high)

#define swap(a, b)                      \
    do {                                \
        __typeof__(a) swap_tmp__ = (a); \
        (a) = (b);                      \
        (b) = swap_tmp__;               \
    } while (0)

/* @a is a power of two for the four below, anything but 0 for the rest. Usable in constants. */
#define ALIGN(x, a)             (((x) + ((__typeof__(x))(a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a)        ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a)        (((x) & ((__typeof__(x))(a)-1)) == 0)
#define PTR_ALIGN(p, a)         ((__typeof__(p))ALIGN((unsigned long)(p), (a)))
#define DIV_ROUND_UP(n, d)      (((n) + (d)-1) / (d))
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))
#define round_up(x, a)          ALIGN(x, a)
#define round_down(x, a)        ALIGN_DOWN(x, a)
#define roundup(x, y)           ((((x) + (y)-1) / (y)) * (y))
#define rounddown(x, y)         ((x) - ((x) % (y)))

#define BIT(n)           (1UL << (n))
#define BIT_ULL(n)       (1ULL << (n))
#define GENMASK(h, l)    (((~0UL) << (l)) & (~0UL >> (63 - (h))))
#define is_power_of_2(n) ((n) != 0 && (((n) & ((n)-1)) == 0))

/* True on overflow; the wrapped result is stored either way. */
#define check_add_overflow(a, b, result) __builtin_add_overflow(a, b, result)
#define check_sub_overflow(a, b, result) __builtin_sub_overflow(a, b, result)
#define check_mul_overflow(a, b, result) __builtin_mul_overflow(a, b, result)

#endif
