// SPDX-License-Identifier: MIT
/*
 * Extended attributes. They lie in two places: behind the fields of the inode itself, and in one
 * block that several inodes with equal attributes may share. Both hold the same list of entries,
 * growing up, and the values, growing down from the end. With the ea_inode feature a large value is
 * the contents of an inode of its own, to which the entry points.
 *
 * A list is checked as a whole (entries inside, values inside and behind the entries) each time it
 * is met in an inode, once per stay in memory for a block.
 */
#include "ext4.h"
#include <kernel/lib/crc32c.h>
#include <kernel/lib/string.h>

/* A list of attributes in memory. */
struct area {
    const u8 *base;  /* what e_value_offs counts from */
    const u8 *first; /* entry */
    const u8 *end;
    struct ext4_buf *buf; /* held */
};

static const struct {
    u8 index;
    bool whole; /* the prefix is all of the name */
    const char *prefix;
} name_kinds[] = {
    {EXT4_XATTR_INDEX_USER, false, "user."},
    {EXT4_XATTR_INDEX_POSIX_ACL_ACCESS, true, "system.posix_acl_access"},
    {EXT4_XATTR_INDEX_POSIX_ACL_DEFAULT, true, "system.posix_acl_default"},
    {EXT4_XATTR_INDEX_TRUSTED, false, "trusted."},
    {EXT4_XATTR_INDEX_SECURITY, false, "security."},
    {EXT4_XATTR_INDEX_RICHACL, true, "system.richacl"},
};

static bool is_acl(u8 index)
{
    return index == EXT4_XATTR_INDEX_POSIX_ACL_ACCESS ||
           index == EXT4_XATTR_INDEX_POSIX_ACL_DEFAULT;
}

/* The entry at `at`, or NULL at the end of the list. The list has been checked. */
static const struct ext4_xattr_entry *entry_at(const u8 *at, const struct area *area)
{
    if (area->end - at < 4 || get_unaligned_le32(at) == 0)
        return NULL;
    return (const struct ext4_xattr_entry *)at;
}

static const u8 *entry_behind(const struct ext4_xattr_entry *entry)
{
    return (const u8 *)entry + ALIGN(sizeof(*entry) + entry->e_name_len, 4);
}

static const char *value_error(const struct ext4_fs *fs, const struct ext4_xattr_entry *entry,
                               const struct area *area)
{
    u32 size = le32_to_cpu(entry->e_value_size), offset = le16_to_cpu(entry->e_value_offs);
    u32 room = area->end - area->base;

    if (size > EXT4_XATTR_SIZE_MAX && !entry->e_value_inum)
        return "an impossible size";
    if (entry->e_value_inum) {
        if (!EXT4_HAS_INCOMPAT(fs, EA_INODE))
            return "a value in an inode, which the file system does not know";
        return NULL;
    }
    if (size && (offset > room || size > room - offset))
        return "a value outside its place";
    return NULL;
}

static const char *area_error(const struct ext4_fs *fs, const struct area *area)
{
    const u8 *at = area->first;

    for (;;) {
        const struct ext4_xattr_entry *entry = (const struct ext4_xattr_entry *)at;
        const char *error;

        if (area->end - at < 4)
            return "a list without an end";
        if (get_unaligned_le32(at) == 0)
            return NULL;
        if (area->end - at < (ssize_t)sizeof(*entry) || entry_behind(entry) > area->end)
            return "an entry across the end";
        error = value_error(fs, entry, area);
        if (error)
            return error;
        at = entry_behind(entry);
    }
}

/* What the raw inode holds. False: nothing. */
static bool ibody_area(const struct inode *inode, const struct ext4_inode *raw, struct area *area)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    u32 start = EXT4_OLD_INODE_SIZE + ext4_node(inode)->extra_isize;
    const u8 *bytes = (const u8 *)raw;

    if (ext4_node(inode)->extra_isize == 0 ||
        start + sizeof(struct ext4_xattr_ibody_header) + 4 > fs->inode_size ||
        get_unaligned_le32(bytes + start) != EXT4_XATTR_MAGIC)
        return false;
    area->first = area->base = bytes + start + sizeof(struct ext4_xattr_ibody_header);
    area->end = bytes + fs->inode_size;
    return true;
}

/* 1: there is one, with the inode's block held; 0: none; -errno. */
static int ibody_open(struct inode *inode, struct area *area)
{
    struct ext4_fs *fs = ext4_inode_fs(inode);
    struct ext4_inode *raw;
    const char *error;

    if (fs->inode_size == EXT4_OLD_INODE_SIZE)
        return 0;
    raw = ext4_inode_raw(fs, inode->ino, &area->buf);
    if (IS_ERR(raw))
        return PTR_ERR(raw);
    if (!ibody_area(inode, raw, area)) {
        ext4_buf_put(fs, area->buf);
        return 0;
    }
    error = area_error(fs, area);
    if (!error)
        return 1;
    ext4_buf_put(fs, area->buf);
    return ext4_inode_corrupted(inode, "attributes in the inode: %s", error);
}

static int block_check(struct inode *inode, struct ext4_buf *buf, const struct area *area)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    const struct ext4_xattr_header *header = buf->data;
    const char *error;

    if (ext4_buf_is(buf, EXT4_BUF_XATTR_OK))
        return 0;
    if (le32_to_cpu(header->h_magic) != EXT4_XATTR_MAGIC || le32_to_cpu(header->h_blocks) != 1)
        return ext4_inode_corrupted(inode, "block %llu holds no attributes", buf->block);
    if (ext4_has_csum(fs) &&
        ext4_xattr_csum(fs, buf->block, header) != le32_to_cpu(header->h_checksum))
        return ext4_inode_bad_csum(inode, "attributes", buf->block);
    error = area_error(fs, area);
    if (error)
        return ext4_inode_corrupted(inode, "attributes in block %llu: %s", buf->block, error);
    ext4_buf_mark(buf, EXT4_BUF_XATTR_OK);
    return 0;
}

static int block_open(struct inode *inode, struct area *area)
{
    struct ext4_fs *fs = ext4_inode_fs(inode);
    int err;

    if (!ext4_node(inode)->file_acl)
        return 0;
    area->buf = ext4_buf_read(fs, ext4_node(inode)->file_acl);
    if (IS_ERR(area->buf))
        return PTR_ERR(area->buf);
    area->base = area->buf->data;
    area->first = area->base + sizeof(struct ext4_xattr_header);
    area->end = area->base + fs->block_size;
    err = block_check(inode, area->buf, area);
    if (!err)
        return 1;
    ext4_buf_put(fs, area->buf);
    return err;
}

static const struct ext4_xattr_entry *area_find(const struct area *area, u8 index, const char *name)
{
    size_t len = strlen(name);
    const struct ext4_xattr_entry *entry;

    for (const u8 *at = area->first; (entry = entry_at(at, area)); at = entry_behind(entry))
        if (entry->e_name_index == index && entry->e_name_len == len &&
            memcmp(entry->e_name, name, len) == 0)
            return entry;
    return NULL;
}

/* Contents of an attribute's inode, a block at a time. */
static int ea_inode_copy(struct inode *ea, u8 *to, u32 size)
{
    struct ext4_fs *fs = ext4_inode_fs(ea);

    for (u32 done = 0; done < size; done += fs->block_size) {
        struct ext4_buf *buf = ext4_file_block(ea, done >> fs->block_bits);

        if (IS_ERR_OR_NULL(buf))
            return buf ? PTR_ERR(buf) : ext4_inode_corrupted(ea, "a hole in an attribute value");
        memcpy(to + done, buf->data, min(size - done, fs->block_size));
        ext4_buf_put(fs, buf);
    }
    return 0;
}

/* The value's checksum is kept where other inodes keep their time of access. */
static int ea_inode_read(struct inode *inode, const struct ext4_xattr_entry *entry, void *to)
{
    const struct ext4_fs *fs = ext4_inode_fs(inode);
    u32 size = le32_to_cpu(entry->e_value_size);
    struct inode *ea = ext4_inode_get(inode->sb, le32_to_cpu(entry->e_value_inum), EXT4_IGET_EA);
    int err;

    if (IS_ERR(ea))
        return PTR_ERR(ea);
    if (!S_ISREG(ea->mode) || ea->size != size)
        err = ext4_inode_corrupted(ea, "not the attribute value that inode %llu wants", inode->ino);
    else
        err = ea_inode_copy(ea, to, size);
    if (!err && crc32c(fs->csum_seed, to, size) != (u32)ea->atime.tv_sec) {
        ext4_inode_corrupted(ea, "wrong checksum of an attribute value");
        err = -EFSBADCRC;
    }
    inode_put(ea);
    return err;
}

static ssize_t entry_read(struct inode *inode, const struct area *area,
                          const struct ext4_xattr_entry *entry, void *value, size_t size)
{
    u32 value_size = le32_to_cpu(entry->e_value_size);
    const void *disk = area->base + le16_to_cpu(entry->e_value_offs);

    if (value_size > EXT4_XATTR_SIZE_MAX)
        return -E2BIG;
    if (is_acl(entry->e_name_index) && !entry->e_value_inum)
        return ext4_acl_from_disk(disk, value_size, value, size);
    if (size == 0)
        return value_size;
    if (value_size > size)
        return -ERANGE;
    if (entry->e_value_inum) {
        int err = ea_inode_read(inode, entry, value);

        return err ? err : (ssize_t)value_size;
    }
    memcpy(value, disk, value_size);
    return value_size;
}

static ssize_t area_get(struct inode *inode, struct area *area, u8 index, const char *name,
                        void *value, size_t size)
{
    const struct ext4_xattr_entry *entry = area_find(area, index, name);
    ssize_t result = entry ? entry_read(inode, area, entry, value, size) : -ENODATA;

    ext4_buf_put(ext4_inode_fs(inode), area->buf);
    return result;
}

ssize_t ext4_xattr_get(struct inode *inode, u8 index, const char *name, void *value, size_t size)
{
    struct area area;
    ssize_t result = ibody_open(inode, &area);

    if (result > 0) {
        result = area_get(inode, &area, index, name, value, size);
        if (result != -ENODATA)
            return result;
    } else if (result < 0) {
        return result;
    }
    result = block_open(inode, &area);
    if (result > 0)
        return area_get(inode, &area, index, name, value, size);
    return result < 0 ? result : -ENODATA;
}

ssize_t ext4_getxattr(struct inode *inode, const char *name, void *value, size_t size)
{
    for (size_t i = 0; i < ARRAY_SIZE(name_kinds); i++) {
        size_t prefix = str_has_prefix(name, name_kinds[i].prefix);

        if (!prefix || name_kinds[i].whole != (name[prefix] == '\0'))
            continue;
        if (is_acl(name_kinds[i].index) && ext4_inode_fs(inode)->options.noacl)
            return -EOPNOTSUPP;
        return ext4_xattr_get(inode, name_kinds[i].index, name + prefix, value, size);
    }
    return -EOPNOTSUPP;
}

/* Appends one name with its prefix; *used grows also where list has no room (size 0: only asked).
 */
static int name_list(const struct ext4_fs *fs, const struct ext4_xattr_entry *entry, char *list,
                     size_t size, size_t *used)
{
    const char *prefix = NULL;
    size_t prefix_len, len;

    for (size_t i = 0; i < ARRAY_SIZE(name_kinds) && !prefix; i++)
        if (name_kinds[i].index == entry->e_name_index)
            prefix = name_kinds[i].prefix;
    if (!prefix || (is_acl(entry->e_name_index) && fs->options.noacl))
        return 0;
    if (entry->e_name_index == EXT4_XATTR_INDEX_TRUSTED && !capable(CAP_SYS_ADMIN))
        return 0;
    prefix_len = strlen(prefix);
    len = prefix_len + entry->e_name_len + 1;
    if (size) {
        if (len > size - *used)
            return -ERANGE;
        memcpy(list + *used, prefix, prefix_len);
        memcpy(list + *used + prefix_len, entry->e_name, entry->e_name_len);
        list[*used + len - 1] = '\0';
    }
    *used += len;
    return 0;
}

static int area_list(struct inode *inode, struct area *area, char *list, size_t size, size_t *used)
{
    const struct ext4_xattr_entry *entry;
    int err = 0;

    for (const u8 *at = area->first; !err && (entry = entry_at(at, area)); at = entry_behind(entry))
        err = name_list(ext4_inode_fs(inode), entry, list, size, used);
    ext4_buf_put(ext4_inode_fs(inode), area->buf);
    return err;
}

ssize_t ext4_listxattr(struct dentry *dentry, char *list, size_t size)
{
    struct inode *inode = dentry->inode;
    struct area area;
    size_t used = 0;
    int err = ibody_open(inode, &area);

    if (err > 0)
        err = area_list(inode, &area, list, size, &used);
    if (!err)
        err = block_open(inode, &area);
    if (err > 0)
        err = area_list(inode, &area, list, size, &used);
    return err ? err : (ssize_t)used;
}

int ext4_xattr_ibody_place(struct inode *inode, const struct ext4_inode *raw, u8 index,
                           const char *name, u32 *offset, u32 *size)
{
    const struct ext4_xattr_entry *entry;
    struct area area;
    const char *error;

    if (!ibody_area(inode, raw, &area))
        return -ENODATA;
    error = area_error(ext4_inode_fs(inode), &area);
    if (error)
        return ext4_inode_corrupted(inode, "attributes in the inode: %s", error);
    entry = area_find(&area, index, name);
    if (!entry || entry->e_value_inum)
        return -ENODATA;
    *offset = area.base - (const u8 *)raw + le16_to_cpu(entry->e_value_offs);
    *size = le32_to_cpu(entry->e_value_size);
    return 0;
}
