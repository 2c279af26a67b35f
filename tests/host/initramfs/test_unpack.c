// SPDX-License-Identifier: MIT
// sources: fs/initramfs/cpio.c
/* The unpacker against a model of the VFS: what tree an archive becomes. */
#include "../../../fs/initramfs/unpack.c"
#include "ktap.h"
#include "shim/slab.h"

/* --- The model: names that point to inodes. --- */

struct inode_model {
    unsigned int mode, uid, gid, nr_links;
    dev_t rdev;
    s64 mtime;
    char data[64]; /* of a file, or a link's target */
    size_t size;
};

#define MAX_NAMES 32
static struct {
    char path[64];
    int inode;
} names[MAX_NAMES];
static struct inode_model inodes[MAX_NAMES];
static int nr_names, nr_inodes;
static int fail_after = -1; /* operations until one fails with -ENOSPC */

static struct inode_model *find(const char *path)
{
    for (int i = 0; i < nr_names; i++)
        if (strcmp(names[i].path, path) == 0)
            return &inodes[names[i].inode];
    return NULL;
}

static bool parent_exists(const char *path)
{
    char parent[64];
    char *slash;
    struct inode_model *inode;

    snprintf(parent, sizeof(parent), "%s", path);
    slash = strrchr(parent, '/');
    if (slash == parent)
        return true;
    *slash = '\0';
    inode = find(parent);
    return inode && S_ISDIR(inode->mode);
}

static int add_name(const char *path, int inode)
{
    if (fail_after >= 0 && fail_after-- == 0)
        return -ENOSPC;
    if (find(path) || strcmp(path, "/") == 0)
        return -EEXIST;
    if (!parent_exists(path))
        return -ENOENT;
    snprintf(names[nr_names].path, sizeof(names[0].path), "%s", path);
    names[nr_names++].inode = inode;
    inodes[inode].nr_links++;
    return 0;
}

static int add_inode(const char *path, unsigned int mode, struct inode_model **made)
{
    int error;

    inodes[nr_inodes] = (struct inode_model){.mode = mode};
    error = add_name(path, nr_inodes);
    if (!error)
        *made = &inodes[nr_inodes++];
    return error;
}

int kern_mkdir(const char *path, umode_t mode)
{
    struct inode_model *inode;

    return add_inode(path, S_IFDIR | mode, &inode);
}

int kern_mknod(const char *path, umode_t mode, dev_t dev)
{
    struct inode_model *inode;
    int error = add_inode(path, mode, &inode);

    if (!error)
        inode->rdev = dev;
    return error;
}

int kern_symlink(const char *target, const char *path)
{
    struct inode_model *inode;
    int error = add_inode(path, S_IFLNK | 0777, &inode);

    if (!error)
        snprintf(inode->data, sizeof(inode->data), "%s", target);
    return error;
}

int kern_link(const char *old_path, const char *new_path)
{
    struct inode_model *inode = find(old_path);

    return inode ? add_name(new_path, inode - inodes) : -ENOENT;
}

int kern_unlink(const char *path)
{
    struct inode_model *inode = find(path);

    if (!inode)
        return -ENOENT;
    if (S_ISDIR(inode->mode))
        return -EISDIR;
    inode->nr_links--;
    for (int i = 0; i < nr_names; i++)
        if (strcmp(names[i].path, path) == 0)
            names[i] = names[--nr_names];
    return 0;
}

int kern_chown(const char *path, uid_t uid, gid_t gid)
{
    struct inode_model *inode = find(path);

    if (strcmp(path, "/") == 0)
        return 0;
    if (!inode)
        return -ENOENT;
    inode->uid = uid;
    inode->gid = gid;
    inode->mode &= ~06000;
    return 0;
}

static int root_mode, root_mtime;

int kern_chmod(const char *path, umode_t mode)
{
    struct inode_model *inode = find(path);

    if (strcmp(path, "/") == 0) {
        root_mode = mode;
        return 0;
    }
    if (!inode)
        return -ENOENT;
    inode->mode = (inode->mode & S_IFMT) | mode;
    return 0;
}

int kern_utimes(const char *path, const struct timespec64 *mtime)
{
    struct inode_model *inode = find(path);

    if (strcmp(path, "/") == 0)
        root_mtime = mtime->tv_sec;
    else if (inode)
        inode->mtime = mtime->tv_sec;
    return 0;
}

struct file *file_open_name(const char *path, int flags, umode_t mode)
{
    struct inode_model *inode = find(path);
    struct file *file;
    int error = inode ? 0 : add_inode(path, S_IFREG | mode, &inode);

    if (error)
        return ERR_PTR(error);
    if (flags & O_TRUNC)
        inode->size = 0;
    file = calloc(1, sizeof(*file));
    file->private = inode;
    return file;
}

/* Three bytes at a time, as a file system may. */
ssize_t file_write_kernel(struct file *file, const void *buf, size_t count, loff_t *pos)
{
    struct inode_model *inode = file->private;
    size_t n = min(count, (size_t)3);

    if (*pos + n > sizeof(inode->data))
        return -EFBIG;
    memcpy(inode->data + *pos, buf, n);
    *pos += n;
    inode->size = *pos;
    return n;
}

void file_put(struct file *file)
{
    free(file);
}

u64 ktime_ns(void)
{
    return 0;
}

const struct boot_info *boot_info_get(void)
{
    static const struct boot_info none;

    return &none;
}

void mm_free_range(paddr_t start, u64 size)
{
}

/* --- Archives --- */

static char archive[16384];
static size_t archive_size;

static void put(const char *name, unsigned int mode, const char *data)
{
    static unsigned int inode = 100;
    size_t name_size = strlen(name) + 1, data_size = data ? strlen(data) : 0;

    archive_size += sprintf(archive + archive_size,
                            "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", inode++,
                            mode, 7, 8, 1, 1000, data_size, 0, 0, 5, 1, name_size, 0);
    memcpy(archive + archive_size, name, name_size);
    archive_size = ALIGN(archive_size + name_size, 4);
    memcpy(archive + archive_size, data ? data : "", data_size);
    archive_size = ALIGN(archive_size + data_size, 4);
}

/* Another name of inode @id; @nr_links names in all. */
static void put_link(const char *name, unsigned int id, const char *data)
{
    size_t header = archive_size;
    char field[9];

    put(name, S_IFREG | 0644, data);
    memcpy(archive + header + 6, field, sprintf(field, "%08x", id));
    memcpy(archive + header + 6 + 4 * 8, "00000002", 8);
}

static void put_trailer(void)
{
    put("TRAILER!!!", 0, NULL);
}

static int unpack(void)
{
    int error = unpack_buffer(archive, archive_size);

    EXPECT_EQ(shim_kmalloc_live(), 0);
    return error;
}

TEST(each_kind_is_made_with_its_attributes)
{
    put(".", S_IFDIR | 0755, NULL);
    put("bin", S_IFDIR | 0750, NULL);
    put("bin/su", S_IFREG | 04755, "a program of some length");
    put("bin/sh", S_IFLNK | 0777, "su");
    put("console", S_IFCHR | 0600, NULL);
    put("pipe", S_IFIFO | 0622, NULL);
    put("empty", S_IFREG | 0400, NULL);
    put_trailer();
    ASSERT_EQ(unpack(), 0);
    EXPECT_EQ(root_mode, 0755);
    EXPECT_EQ(root_mtime, 1000);
    EXPECT_EQ(find("/bin")->mode, S_IFDIR | 0750);
    EXPECT_EQ(find("/bin")->mtime, 1000);
    EXPECT_EQ(find("/bin/su")->mode, S_IFREG | 04755);
    EXPECT_EQ(find("/bin/su")->uid, 7);
    EXPECT_EQ(find("/bin/su")->gid, 8);
    EXPECT_EQ(find("/bin/su")->size, 24);
    EXPECT_MEMEQ(find("/bin/su")->data, "a program of some length", 24);
    EXPECT_STREQ(find("/bin/sh")->data, "su");
    EXPECT_TRUE(find("/console")->rdev == (dev_t)MKDEV(5U, 1U));
    EXPECT_EQ(find("/pipe")->mode, S_IFIFO | 0622);
    EXPECT_EQ(find("/empty")->size, 0);
}

TEST(names_of_one_inode_share_it_wherever_the_data_comes)
{
    put_link("first", 5, NULL);
    put_link("second", 5, "the data");
    put_link("third", 6, "early");
    put_link("fourth", 6, NULL);
    put_trailer();
    ASSERT_EQ(unpack(), 0);
    EXPECT_TRUE(find("/first") == find("/second"));
    EXPECT_EQ(find("/first")->nr_links, 2);
    EXPECT_MEMEQ(find("/first")->data, "the data", 8);
    EXPECT_TRUE(find("/third") == find("/fourth"));
    EXPECT_TRUE(find("/third") != find("/first"));
    EXPECT_MEMEQ(find("/fourth")->data, "early", 5);
}

TEST(a_later_archive_overrides_an_earlier_one)
{
    put("etc", S_IFDIR | 0755, NULL);
    put("etc/conf", S_IFREG | 0644, "old and longer");
    put("init", S_IFLNK | 0777, "etc/conf");
    put_trailer();
    put("etc", S_IFDIR | 0700, NULL);
    put("etc/conf", S_IFREG | 0600, "new");
    put("init", S_IFREG | 0755, "a file now");
    put_trailer();
    ASSERT_EQ(unpack(), 0);
    EXPECT_EQ(find("/etc")->mode, S_IFDIR | 0700);
    EXPECT_EQ(find("/etc/conf")->size, 3);
    EXPECT_EQ(find("/etc/conf")->mode, S_IFREG | 0600);
    EXPECT_EQ(find("/init")->mode, S_IFREG | 0755);
    EXPECT_MEMEQ(find("/init")->data, "a file now", 10);
}

TEST(an_error_ends_the_unpacking_and_leaks_nothing)
{
    put_link("a", 5, "x");
    put("b", S_IFREG | 0644, "y");
    put_trailer();
    fail_after = 1;
    EXPECT_EQ(unpack(), -ENOSPC);
    EXPECT_TRUE(find("/a") != NULL);
    EXPECT_TRUE(find("/b") == NULL);
}

TEST(what_the_vfs_cannot_make_is_refused)
{
    put("nowhere/file", S_IFREG | 0644, "x");
    put_trailer();
    EXPECT_EQ(unpack(), -ENOENT);
    archive_size = 0;
    put("odd", 0644, "no type");
    put_trailer();
    EXPECT_EQ(unpack(), -EINVAL);
    archive_size = 0;
    put("emptylink", S_IFLNK | 0777, NULL);
    put_trailer();
    EXPECT_EQ(unpack(), -EINVAL);
}

TEST(a_damaged_archive_keeps_what_came_before)
{
    put("good", S_IFREG | 0644, "x");
    put("cut", S_IFREG | 0644, "some data");
    archive_size -= 12;
    EXPECT_EQ(unpack(), -EINVAL);
    EXPECT_TRUE(find("/good") != NULL);
    EXPECT_TRUE(find("/cut") == NULL);
}
