// SPDX-License-Identifier: MIT
// sources: kernel/mm/early_alloc.c kernel/mm/early_map.c kernel/lib/sort.c kernel/mm/page_array.c
// sources: kernel/mm/buddy.c kernel/mm/page_alloc.c kernel/mm/vmstat.c kernel/mm/slab.c
// sources: kernel/mm/kmalloc.c kernel/mm/fault_injection.c tests/host/mm/machine.c
// sources: kernel/mm/filemap.c kernel/mm/filemap_rw.c kernel/mm/readahead.c kernel/mm/truncate.c
// sources: kernel/mm/writeback.c kernel/mm/dirty_limit.c kernel/mm/lru.c kernel/mm/page_lock.c
// sources: kernel/mm/iov_iter.c kernel/lib/xarray.c kernel/lib/hash.c tests/host/mm/cache.c
// cflags: -DCONFIG_DEBUG=1 -DREAL_LRU
/* The page cache over a file system that is a piece of memory: read, write, readahead, cuts. */
#include "machine.h"
#include "cache.h"

#include <kernel/err.h>
#include <kernel/mm/filemap.h>
#include <kernel/mm/iov_iter.h>
#include <kernel/mm/vmstat.h>
#include <kernel/mm/writeback.h>
#include <kernel/vfs/fs.h>

#include "../../../kernel/mm/internal.h"

#include <ktap.h>

#define DISK_SIZE (1 << 20)

static u8 disk[DISK_SIZE];
static unsigned int pages_read, runs_read, largest_run, pages_written;
static u64 bad_index = ~0ULL; /* reading this page fails */

static void page_fill(struct page *page)
{
    u64 at = page->index << PAGE_SHIFT;

    pages_read++;
    if (page->index == bad_index) {
        page_flag_set(page, PG_ERROR);
    } else {
        memcpy(page_address(page), disk + at, PAGE_SIZE);
        page_flag_set(page, PG_UPTODATE);
    }
    page_unlock(page);
}

static int ram_read_page(struct file *file, struct address_space *mapping, struct page *page)
{
    page_fill(page);
    return 0;
}

static void ram_readahead(struct readahead_control *rac)
{
    struct page *page;

    runs_read++;
    largest_run = max(largest_run, rac->nr_pages);
    while ((page = readahead_next_page(rac))) {
        page_fill(page);
        page_put(page);
    }
}

static int ram_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
                           unsigned int len, struct page **pagep, void **fsdata)
{
    struct page *page = filemap_grab_page(mapping, pos >> PAGE_SHIFT, mapping->gfp);

    if (IS_ERR(page))
        return PTR_ERR(page);
    if (!page_flag_test(page, PG_UPTODATE)) {
        page_fill(page);
        page_lock(page);
    }
    *pagep = page;
    return 0;
}

static int ram_write_end(struct file *file, struct address_space *mapping, loff_t pos,
                         unsigned int len, unsigned int copied, struct page *page, void *fsdata)
{
    if (pos + copied > mapping->host->size)
        mapping->host->size = pos + copied;
    page_dirty(page);
    page_unlock(page);
    page_put(page);
    return copied;
}

static int ram_write_page(struct page *page, struct writeback_control *wbc, void *arg)
{
    page_start_writeback(page);
    page_unlock(page);
    memcpy(disk + (page->index << PAGE_SHIFT), page_address(page), PAGE_SIZE);
    pages_written++;
    page_end_writeback(page);
    return 0;
}

static int ram_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
    return filemap_write_pages(mapping, wbc, ram_write_page, NULL);
}

static const struct address_space_operations ram_aops = {
    .read_page = ram_read_page,
    .readahead = ram_readahead,
    .write_begin = ram_write_begin,
    .write_end = ram_write_end,
    .writepages = ram_writepages,
};

static struct inode inode;
static struct file file;
static unsigned long free_before;

static void open_file(loff_t size)
{
    machine_plain(64 << 20);
    machine_boot();
    mm_percpu_init();
    page_wait_init();
    for (size_t i = 0; i < DISK_SIZE; i++)
        disk[i] = i * 7 + (i >> 12);
    address_space_init(&inode.data, &inode, &ram_aops, GFP_USER);
    inode.mapping = &inode.data;
    inode.size = size;
    file.mapping = inode.mapping;
    free_before = nr_free_pages();
}

static ssize_t read_at(loff_t pos, void *buf, size_t n)
{
    struct kiocb iocb = {.file = &file, .pos = pos};
    struct iov_iter to;

    iov_iter_ubuf(&to, false, buf, n);
    return filemap_read(&iocb, &to);
}

static ssize_t write_at(loff_t pos, const void *buf, size_t n)
{
    struct kiocb iocb = {.file = &file, .pos = pos};
    struct iov_iter from;

    iov_iter_ubuf(&from, true, (void *)buf, n);
    return filemap_write(&iocb, &from);
}

static void close_file(void)
{
    truncate_pages(inode.mapping, 0);
    EXPECT_EQ(inode.mapping->nr_pages, 0);
    EXPECT_EQ(vm_counter_read(NR_FILE_PAGES), 0);
    EXPECT_EQ(vm_counter_read(NR_FILE_DIRTY), 0);
    address_space_fini(inode.mapping);
    EXPECT_EQ(zones[0].nr_lru[LRU_INACTIVE_FILE] + zones[0].nr_lru[LRU_ACTIVE_FILE], 0);
    /* Slabs of index nodes may stay. */
    EXPECT_TRUE(nr_free_pages() + 8 >= free_before);
}

static u8 buf[DISK_SIZE + 4096];

TEST(reads_what_is_on_disk_at_any_offset)
{
    open_file(700001);
    for (int i = 0; i < 2000; i++) {
        loff_t pos = machine_random(720000);
        size_t n = machine_random(i % 10 ? 9000 : 100000);
        ssize_t want = pos >= inode.size ? 0 : min_t(loff_t, n, inode.size - pos);

        ASSERT_EQ(read_at(pos, buf, n), want);
        ASSERT_TRUE(memcmp(buf, disk + pos, want) == 0);
    }
    close_file();
}

TEST(sequential_reading_reads_ahead_in_growing_runs)
{
    open_file(DISK_SIZE);
    for (loff_t pos = 0; pos < DISK_SIZE; pos += 4096)
        ASSERT_EQ(read_at(pos, buf, 4096), 4096);
    EXPECT_EQ(pages_read, DISK_SIZE >> 12);
    EXPECT_EQ(largest_run, 32);
    EXPECT_TRUE(runs_read <= 14);
    close_file();
}

TEST(random_reading_reads_little_more_than_asked)
{
    open_file(DISK_SIZE);
    for (int i = 0; i < 30; i++)
        ASSERT_EQ(read_at((machine_random(100) * 2 + 1) << 12, buf, 100), 100);
    EXPECT_TRUE(pages_read <= 45);
    close_file();
}

TEST(readahead_stops_at_the_end_of_the_file)
{
    open_file(5000);
    ASSERT_EQ(read_at(0, buf, 100000), 5000);
    EXPECT_EQ(pages_read, 2);
    EXPECT_EQ(inode.mapping->nr_pages, 2);
    close_file();
}

TEST(a_page_that_cannot_be_read_is_an_error_and_no_more)
{
    open_file(DISK_SIZE);
    bad_index = 5;
    EXPECT_EQ(read_at(0, buf, 65536), 5 * 4096);
    EXPECT_EQ(read_at(5 * 4096, buf, 100), -EIO);
    EXPECT_EQ(read_at(6 * 4096, buf, 100), 100);
    bad_index = ~0ULL;
    EXPECT_EQ(read_at(5 * 4096, buf, 100), 100);
    close_file();
}

TEST(reading_into_a_hole_ends_there)
{
    open_file(DISK_SIZE);
    cache_user_hole(buf + 10000, 5000);
    EXPECT_EQ(read_at(0, buf, 30000), 10000);
    EXPECT_EQ(read_at(0, buf + 10000, 10), -EFAULT);
    cache_user_hole(buf, 0);
    close_file();
}

TEST(writes_are_read_back_and_reach_the_disk)
{
    static u8 model[DISK_SIZE], data[20000];

    open_file(300000);
    memcpy(model, disk, DISK_SIZE);
    for (int i = 0; i < 1500; i++) {
        loff_t pos = machine_random(DISK_SIZE - 20000);
        size_t n = machine_random(i % 7 ? 3000 : 20000) + 1;

        memset(data, i, n);
        ASSERT_EQ(write_at(pos, data, n), n);
        memcpy(model + pos, data, n);
        if (i % 100 == 0)
            ASSERT_EQ(filemap_write_and_wait(inode.mapping, 0, ~0ULL), 0);
    }
    ASSERT_EQ(read_at(0, buf, DISK_SIZE), inode.size);
    EXPECT_TRUE(memcmp(buf, model, inode.size) == 0);
    EXPECT_EQ(filemap_write_and_wait(inode.mapping, 0, ~0ULL), 0);
    EXPECT_TRUE(memcmp(disk, model, inode.size) == 0);
    EXPECT_FALSE(xa_marked(&inode.mapping->pages, PAGE_MARK_DIRTY));
    EXPECT_FALSE(xa_marked(&inode.mapping->pages, PAGE_MARK_WRITEBACK));
    EXPECT_EQ(vm_counter_read(NR_FILE_DIRTY), 0);
    close_file();
}

TEST(writing_from_a_hole_ends_there)
{
    static u8 data[20000];

    open_file(DISK_SIZE);
    cache_user_hole(data + 6000, 1);
    EXPECT_EQ(write_at(100, data, 20000), 6000);
    EXPECT_EQ(write_at(100, data + 6000, 10), -EFAULT);
    cache_user_hole(data, 0);
    close_file();
}

TEST(range_write_back_leaves_the_rest_dirty)
{
    open_file(DISK_SIZE);
    ASSERT_EQ(write_at(0, buf, 40 * 4096), 40 * 4096);
    EXPECT_EQ(filemap_write_and_wait(inode.mapping, 10 * 4096, 20 * 4096 - 1), 0);
    EXPECT_EQ(pages_written, 10);
    EXPECT_EQ(vm_counter_read(NR_FILE_DIRTY), 30);
    close_file();
}

TEST(truncation_zeroes_the_tail_and_drops_pages)
{
    open_file(DISK_SIZE);
    ASSERT_EQ(read_at(0, buf, 100000), 100000);
    inode.size = 50000;
    truncate_pages(inode.mapping, 50000);
    EXPECT_EQ(inode.mapping->nr_pages, 13);
    inode.size = 53248;
    ASSERT_EQ(read_at(49152, buf, 8192), 4096);
    for (int i = 0; i < 4096; i++)
        ASSERT_EQ(buf[i], i < 848 ? disk[49152 + i] : 0);
    close_file();
}

TEST(punching_a_hole_keeps_both_sides)
{
    open_file(DISK_SIZE);
    ASSERT_EQ(read_at(0, buf, 20 * 4096), 20 * 4096);
    memset(disk + 5000, 0, 30000);
    truncate_pages_range(inode.mapping, 5000, 34999);
    ASSERT_EQ(read_at(0, buf, 20 * 4096), 20 * 4096);
    EXPECT_TRUE(memcmp(buf, disk, 20 * 4096) == 0);
    truncate_pages_range(inode.mapping, 100, 199);
    memset(disk + 100, 0, 100);
    ASSERT_EQ(read_at(0, buf, 4096), 4096);
    EXPECT_TRUE(memcmp(buf, disk, 4096) == 0);
    close_file();
}

TEST(invalidation_spares_dirty_and_used_pages)
{
    unsigned long cached;
    struct page *held;

    open_file(DISK_SIZE);
    ASSERT_EQ(read_at(0, buf, 32 * 4096), 32 * 4096);
    ASSERT_EQ(write_at(0, buf, 4096), 4096);
    held = filemap_find_page(inode.mapping, 7);
    cached = inode.mapping->nr_pages;
    EXPECT_EQ(invalidate_clean_pages(inode.mapping, 0, ~0ULL), cached - 2);
    EXPECT_TRUE(filemap_find_page(inode.mapping, 9) == NULL);
    EXPECT_EQ(inode.mapping->nr_pages, 2);
    page_put(held);
    close_file();
}

TEST(pages_read_twice_become_active_and_refaults_are_known)
{
    struct page *page;
    void *shadow;

    open_file(DISK_SIZE);
    ASSERT_EQ(read_at(0, buf, 10), 10);
    page = filemap_lock_page(inode.mapping, 0);
    EXPECT_FALSE(page_flag_test(page, PG_ACTIVE));
    page_unlock(page);
    ASSERT_EQ(read_at(0, buf, 10), 10);
    EXPECT_TRUE(page_flag_test(page, PG_ACTIVE));
    page_lock(page);
    shadow = workingset_eviction(page);
    EXPECT_TRUE(xa_is_value(shadow));
    ASSERT_TRUE(filemap_evict_page(page, GFP_KERNEL, shadow));
    page_unlock(page);
    page_release(page);
    EXPECT_TRUE(filemap_find_page(inode.mapping, 0) == NULL);
    /* One other active page: a refault at distance 1 is within the active list. */
    ASSERT_EQ(read_at(9 << 12, buf, 10), 10);
    ASSERT_EQ(read_at(9 << 12, buf, 10), 10);
    ASSERT_EQ(read_at(0, buf, 10), 10);
    EXPECT_EQ(vm_counter_read(WORKINGSET_REFAULT_FILE), 1);
    close_file();
}

TEST(write_errors_are_reported_once_to_each_opener)
{
    u32 early, late;

    open_file(DISK_SIZE);
    early = mapping_error_sample(inode.mapping);
    EXPECT_EQ(mapping_error_check(inode.mapping, &early), 0);
    mapping_set_error(inode.mapping, -EIO);
    late = mapping_error_sample(inode.mapping);
    EXPECT_EQ(mapping_error_check(inode.mapping, &early), -EIO);
    EXPECT_EQ(mapping_error_check(inode.mapping, &early), 0);
    EXPECT_EQ(mapping_error_check(inode.mapping, &late), -EIO); /* unseen when it opened */
    late = mapping_error_sample(inode.mapping);
    EXPECT_EQ(mapping_error_check(inode.mapping, &late), 0);
    mapping_set_error(inode.mapping, -ENOSPC);
    EXPECT_EQ(mapping_error_check(inode.mapping, &early), -ENOSPC);
    close_file();
}

TEST(iterators_walk_and_go_back)
{
    u8 a[100], b[50], c[200], out[350];
    struct kvec vec[] = {{a, 100}, {b, 0}, {b, 50}, {c, 200}};
    struct iov_iter i;

    for (int n = 0; n < 350; n++)
        *(n < 100 ? &a[n] : n < 150 ? &b[n - 100] : &c[n - 150]) = n;
    for (int round = 0; round < 1000; round++) {
        size_t done = 0;

        iov_iter_kvec(&i, true, vec, 4, 350);
        while (done < 350) {
            size_t n = machine_random(60) + 1, got = copy_from_iter(out + done, n, &i);

            ASSERT_EQ(got, min(n, 350 - done));
            done += got;
            if (!machine_random(4)) {
                size_t back = machine_random(done + 1);

                iov_iter_revert(&i, back);
                done -= back;
            }
        }
        ASSERT_EQ(i.count, 0);
        for (int n = 0; n < 350; n++)
            ASSERT_EQ(out[n], (u8)n);
    }
}
