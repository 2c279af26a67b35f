// SPDX-License-Identifier: MIT
/*
 * POSIX ACLs. setxattr(2) passes them as a version (2) and entries of 8 bytes; on the disk the
 * version is 1, and an entry has its id only where it has a meaning (a named user or group).
 */
#include "ext4.h"

#define ACL_XATTR_VERSION 2
#define ACL_UNDEFINED_ID  0xffffffffU

#define ACL_USER_OBJ  0x01
#define ACL_USER      0x02
#define ACL_GROUP_OBJ 0x04
#define ACL_GROUP     0x08
#define ACL_MASK      0x10
#define ACL_OTHER     0x20

/* One entry off the disk; how many bytes it took, 0 if it is none. */
static size_t entry_size(const struct ext4_acl_entry *entry, size_t left)
{
    size_t size = EXT4_ACL_SHORT_SIZE;

    if (left < EXT4_ACL_SHORT_SIZE)
        return 0;
    switch (le16_to_cpu(entry->e_tag)) {
    case ACL_USER:
    case ACL_GROUP: size = sizeof(*entry); break;
    case ACL_USER_OBJ:
    case ACL_GROUP_OBJ:
    case ACL_MASK:
    case ACL_OTHER: break;
    default: return 0;
    }
    return size <= left ? size : 0;
}

ssize_t ext4_acl_from_disk(const void *disk, size_t disk_size, void *value, size_t size)
{
    const u8 *at = disk, *end = at + disk_size;
    u8 *to = value;
    size_t used = sizeof(le32);

    if (disk_size < sizeof(struct ext4_acl_header) || get_unaligned_le32(at) != EXT4_ACL_VERSION)
        return -EINVAL;
    if (size >= used)
        put_unaligned_le32(ACL_XATTR_VERSION, to);
    for (at += sizeof(struct ext4_acl_header); at < end;) {
        const struct ext4_acl_entry *entry = (const struct ext4_acl_entry *)at;
        size_t len = entry_size(entry, end - at);

        if (!len)
            return -EINVAL;
        if (size >= used + 8) {
            put_unaligned_le16(le16_to_cpu(entry->e_tag), to + used);
            put_unaligned_le16(le16_to_cpu(entry->e_perm), to + used + 2);
            put_unaligned_le32(len == sizeof(*entry) ? le32_to_cpu(entry->e_id) : ACL_UNDEFINED_ID,
                               to + used + 4);
        }
        used += 8;
        at += len;
    }
    return size && used > size ? -ERANGE : (ssize_t)used;
}
