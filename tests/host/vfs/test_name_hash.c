// SPDX-License-Identifier: MIT
/* Hashing path components by whole words: the same as byte by byte, and never beyond a page. */
#include "../../../kernel/vfs/name_hash.h"

#include "ktap.h"
#include <string.h>
#include <sys/mman.h>

/* A page with nothing behind it. */
static char *last_page(void)
{
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || mprotect(p + 4096, 4096, PROT_NONE))
        return NULL;
    return p;
}

TEST(a_component_hashes_as_its_name)
{
    static const char path[64] = "usr/lib/x86_64-linux-gnu/libc.so.6";
    const char *at = path;
    u32 len;

    while (*at) {
        u32 hash = name_hash_component(at, &len);

        ASSERT_EQ(len, strcspn(at, "/"));
        ASSERT_EQ(hash, name_hash(at, len));
        at += len + (at[len] == '/');
    }
}

TEST(a_string_that_ends_its_page_is_not_read_beyond)
{
    char *page = last_page();

    ASSERT_TRUE(page != NULL);
    for (u32 len = 0; len <= 40; len++) {
        char *text = page + 4096 - len - 1;
        u32 found;

        memset(text, 'n', len);
        text[len] = '\0';
        ASSERT_EQ(name_hash_component(text, &found), name_hash(text, len));
        ASSERT_EQ(found, len);
        ASSERT_TRUE(name_equal(text, text, len));
    }
    munmap(page, 8192);
}
