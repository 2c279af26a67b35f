// SPDX-License-Identifier: MIT
/* Heap sort: in place, no recursion, no bad case; and binary search. */
#include <kernel/lib/sort.h>
#include <kernel/compiler.h>

static void swap_elements(u8 *a, u8 *b, size_t size)
{
    for (; size >= 8; size -= 8, a += 8, b += 8) {
        u64 x, y;

        __builtin_memcpy(&x, a, 8);
        __builtin_memcpy(&y, b, 8);
        __builtin_memcpy(a, &y, 8);
        __builtin_memcpy(b, &x, 8);
    }
    for (; size; size--, a++, b++)
        swap(*a, *b);
}

/* Lets the element at @root sink until no child of it in base[0..n) is greater. */
static void sift_down(u8 *base, size_t root, size_t n, size_t size, sort_cmp_fn cmp)
{
    for (;;) {
        size_t child = 2 * root + 1;

        if (child >= n)
            return;
        if (child + 1 < n && cmp(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (cmp(base + root * size, base + child * size) >= 0)
            return;
        swap_elements(base + root * size, base + child * size, size);
        root = child;
    }
}

void sort(void *base, size_t n, size_t size, sort_cmp_fn cmp)
{
    for (size_t root = n / 2; root--;)
        sift_down(base, root, n, size, cmp);
    while (n > 1) {
        n--;
        swap_elements(base, (u8 *)base + n * size, size);
        sift_down(base, 0, n, size, cmp);
    }
}

void *binary_search(const void *key, const void *base, size_t n, size_t size, sort_cmp_fn cmp)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;
        const u8 *element = (const u8 *)base + middle * size;
        int order = cmp(key, element);

        if (!order)
            return (void *)element;
        if (order < 0)
            n = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
