/* SPDX-License-Identifier: MIT */
/*
 * Arrays that the linker collects: each file adds its own entries, and whoever owns the registry
 * walks them without knowing who they are. Entries are pointers, in link order (by path), inside a
 * file as written.
 *
 * The owner's header:       SECTION_ARRAY_DECLARE(struct fs_type, fs_types);
 * one .c file of the owner: SECTION_ARRAY_DEFINE(struct fs_type, fs_types);
 * any file:                 SECTION_ARRAY_ADD(struct fs_type, fs_types, ext4_fs_type);
 * the walk:                 struct fs_type *const *it;
 *                           section_for_each(it, fs_types) use(*it);
 *
 * Registry names must not contain dots. The sections are .registry.NAME.0 (start), .1 (entries), .2
 * (end); the linker script sorts them, and needs no change for a new registry.
 */
#ifndef KERNEL_BASE_REGISTRY_H
#define KERNEL_BASE_REGISTRY_H

#include <kernel/compiler.h>

/* GCC may emit objects in another order than the file's; Clang does not, and lacks the word. */
#if __has_attribute(no_reorder)
#define SECTION_IN_ORDER __attribute__((no_reorder))
#else
#define SECTION_IN_ORDER
#endif

#ifdef __KERNEL__
#define SECTION_ARRAY_DECLARE(type, name)      \
    extern type *const name##_section_start[]; \
    extern type *const name##_section_end[]

#define SECTION_ARRAY_DEFINE(type, name)                                         \
    __section(".registry." #name ".0") type *const name##_section_start[0] = {}; \
    __section(".registry." #name ".2") type *const name##_section_end[0] = {}

#define SECTION_ARRAY_ADD(type, name, object)                                   \
    static type *const name##_entry_##object __section(".registry." #name ".1") \
        __used SECTION_IN_ORDER = &(object)
#else
/* The host's linker has no script of ours: it marks sections whose names are C identifiers itself.
 */
#define SECTION_ARRAY_DECLARE(type, name)                                         \
    extern type *const name##_section_start[] __asm__("__start_registry_" #name); \
    extern type *const name##_section_end[] __asm__("__stop_registry_" #name)

#define SECTION_ARRAY_DEFINE(type, name) \
    __section("registry_" #name) __used static type *const name##_section_anchor[0] = {}

#define SECTION_ARRAY_ADD(type, name, object)                             \
    static type *const name##_entry_##object __section("registry_" #name) \
        __used SECTION_IN_ORDER = &(object)
#endif

/*
 * The compiler takes the two ends for different objects, whose addresses never meet, and would make
 * the walk endless: it must not know where the pointers come from.
 */
#define section_bound(array)                       \
    ({                                             \
        __typeof__((array) + 0) bound__ = (array); \
        __asm__("" : "+r"(bound__));               \
        bound__;                                   \
    })
#define section_start(name) section_bound(name##_section_start)
#define section_end(name)   section_bound(name##_section_end)
#define section_count(name) ((size_t)(section_end(name) - section_start(name)))

#define section_for_each(it, name) \
    for ((it) = section_start(name); (it) != section_end(name); (it)++)

#endif
