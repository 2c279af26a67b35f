/* SPDX-License-Identifier: MIT */
/*
 * Caches outside the page cache that can give memory back: dentries, inodes, a file system's own.
 *
 *     static unsigned long name_shrink(unsigned long nr) { ... }
 *     static const struct shrinker name_shrinker = {"name", name_shrink};
 *     SHRINKER(name_shrinker);
 */
#ifndef KERNEL_MM_SHRINKER_H
#define KERNEL_MM_SHRINKER_H

#include <kernel/base/registry.h>

struct shrinker {
    const char *name;
    /* Frees up to nr objects, least used first; how many it freed. May sleep; called only where
     * reclaim may enter file systems (GFP_FS_OK). */
    unsigned long (*scan)(unsigned long nr);
};

SECTION_ARRAY_DECLARE(const struct shrinker, shrinkers);
#define SHRINKER(var) SECTION_ARRAY_ADD(const struct shrinker, shrinkers, var)
#endif
