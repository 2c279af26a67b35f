// SPDX-License-Identifier: MIT
/* Bad accesses to memory of every kind are reported; good ones at the very edge are not. */
#include <kernel/arch/uaccess.h>
#include <kernel/base/ktest.h>
#include <kernel/debug/kasan.h>
#include <kernel/debug/report.h>
#include <kernel/lib/string.h>
#include <kernel/mm/page.h>
#include <kernel/mm/slab.h>
#include <kernel/mm/vmalloc.h>

/* So that the compiler neither sees nor removes the access. */
#define HIDE(p) asm volatile("" : "+r"(p))
#define TOUCH(p)                                                         \
    do {                                                                 \
        volatile typeof(*(p)) touched__ = *(volatile typeof(*(p)) *)(p); \
        (void)touched__;                                                 \
    } while (0)

static void expect_report(struct ktest *t, const char *text)
{
    KTEST_EXPECT_EQ(t, report_expected(), 1);
    KTEST_EXPECT(t, report_last_has(text));
}

static void the_edges_of_an_object_are_its_own(struct ktest *t)
{
    for (size_t size = 1; size <= 40; size++) {
        char *p = kmalloc(size, GFP_KERNEL);

        KTEST_ASSERT(t, p);
        HIDE(p);
        memset(p, 1, size);
        TOUCH(&p[size - 1]);
        kfree(p);
    }
}

static void reading_behind_an_object_is_reported(struct ktest *t)
{
    char *p = kmalloc(13, GFP_KERNEL);

    KTEST_ASSERT(t, p);
    HIDE(p);
    report_expect(REPORT_MEMORY);
    TOUCH(&p[13]);
    expect_report(t, "read of 1 bytes");
    report_expect(REPORT_MEMORY);
    TOUCH((u64 *)(p + 8)); /* the first five bytes of it are good */
    expect_report(t, "read of 8 bytes");
    KTEST_EXPECT(t, report_last_has("outside of an object"));
    kfree(p);
}

static void reading_before_an_object_is_reported(struct ktest *t)
{
    char *p = kmalloc(32, GFP_KERNEL);

    KTEST_ASSERT(t, p);
    HIDE(p);
    report_expect(REPORT_MEMORY);
    TOUCH(p - 1);
    KTEST_EXPECT_EQ(t, report_expected(), 1);
    kfree(p);
}

static void using_a_freed_object_is_reported(struct ktest *t)
{
    char *p = kmalloc(64, GFP_KERNEL), *late = p;

    KTEST_ASSERT(t, p);
    HIDE(late);
    kfree(p);
    report_expect(REPORT_MEMORY);
    TOUCH(&late[5]);
    expect_report(t, "freed object");
}

static void quarantine_delays_reuse(struct ktest *t)
{
    char *p = kmalloc(64, GFP_KERNEL), *late = p;

    KTEST_ASSERT(t, p);
    HIDE(late);
    kfree(p);
    for (int i = 0; i < 100; i++) {
        char *other = kmalloc(64, GFP_KERNEL);

        KTEST_EXPECT(t, other != late);
        kfree(other);
    }
    report_expect(REPORT_MEMORY);
    TOUCH(late);
    expect_report(t, "freed object");
}

static void freeing_twice_is_reported(struct ktest *t)
{
    char *p = kmalloc(64, GFP_KERNEL), *late = p;

    KTEST_ASSERT(t, p);
    HIDE(late);
    kfree(p);
    report_expect(REPORT_MEMORY);
    kfree(late);
    expect_report(t, "is free already");
}

static void freeing_what_is_no_object_is_reported(struct ktest *t)
{
    char *p = kmalloc(64, GFP_KERNEL), *inside = p + 8;

    KTEST_ASSERT(t, p);
    HIDE(inside);
    report_expect(REPORT_MEMORY);
    kfree(inside);
    expect_report(t, "is no object");
    kfree(p);
}

static void copying_too_much_is_reported(struct ktest *t)
{
    char *from = kmalloc(24, GFP_KERNEL), array[64], *to = array;
    size_t n = 25;

    KTEST_ASSERT(t, from);
    HIDE(n);
    HIDE(to);
    report_expect(REPORT_MEMORY);
    memcpy(to, from, n);
    expect_report(t, "read of 25 bytes");
    report_expect(REPORT_MEMORY);
    KTEST_EXPECT_EQ(t, copy_to_user((void __user *)0x1000, from, n), n);
    expect_report(t, "read of 25 bytes");
    kfree(from);
}

static void leaving_a_variable_on_the_stack_is_reported(struct ktest *t)
{
    volatile char array[20] = {};
    volatile char *p = array;

    HIDE(p);
    TOUCH(&p[19]);
    report_expect(REPORT_MEMORY);
    TOUCH(&p[20]);
    expect_report(t, "outside of a variable on the stack");
}

static char global[11];

static void leaving_a_global_is_reported(struct ktest *t)
{
    char *p = global;

    HIDE(p);
    TOUCH(&p[10]);
    report_expect(REPORT_MEMORY);
    TOUCH(&p[11]);
    expect_report(t, "outside of a global");
}

static void using_a_free_page_is_reported(struct ktest *t)
{
    struct page *page;
    u64 *p;

    preempt_disable(); /* nobody else gets it meanwhile */
    page = page_alloc(GFP_ATOMIC, 0);
    if (KTEST_EXPECT(t, page)) {
        p = page_address(page);
        HIDE(p);
        page_free(page, 0);
        report_expect(REPORT_MEMORY);
        TOUCH(p);
        expect_report(t, "free page");
    }
    preempt_enable();
}

static void krealloc_moves_the_edge(struct ktest *t)
{
    char *p = kmalloc(20, GFP_KERNEL);

    KTEST_ASSERT(t, p);
    p = krealloc(p, 30, GFP_KERNEL);
    KTEST_ASSERT(t, p);
    HIDE(p);
    TOUCH(&p[29]);
    report_expect(REPORT_MEMORY);
    TOUCH(&p[30]);
    KTEST_EXPECT_EQ(t, report_expected(), 1);
    p = krealloc(p, 300, GFP_KERNEL);
    KTEST_ASSERT(t, p);
    TOUCH(&p[299]);
    kfree(p);
}

static void vmalloc_space_is_accessible_while_mapped(struct ktest *t)
{
    for (int i = 0; i < 3; i++) {
        char *p = vmalloc(5 * PAGE_SIZE);

        KTEST_ASSERT(t, p);
        memset(p, 7, 5 * PAGE_SIZE);
        vfree(p);
    }
}

static const struct ktest_case cases[] = {
    KTEST_CASE(the_edges_of_an_object_are_its_own),
    KTEST_CASE(reading_behind_an_object_is_reported),
    KTEST_CASE(reading_before_an_object_is_reported),
    KTEST_CASE(using_a_freed_object_is_reported),
    KTEST_CASE(quarantine_delays_reuse),
    KTEST_CASE(freeing_twice_is_reported),
    KTEST_CASE(freeing_what_is_no_object_is_reported),
    KTEST_CASE(copying_too_much_is_reported),
    KTEST_CASE(leaving_a_variable_on_the_stack_is_reported),
    KTEST_CASE(leaving_a_global_is_reported),
    KTEST_CASE(using_a_free_page_is_reported),
    KTEST_CASE(krealloc_moves_the_edge),
    KTEST_CASE(vmalloc_space_is_accessible_while_mapped),
    {},
};
KTEST_SUITE(debug_memory, cases);
