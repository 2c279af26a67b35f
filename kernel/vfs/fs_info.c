// SPDX-License-Identifier: MIT
/*
 * What a task has of the name space: root directory, working directory, umask; shared by CLONE_FS.
 * Changed under lock with seq being written; path walk reads it under RCU by seq.
 */
#include <kernel/lib/list_rcu.h>
#include <kernel/mm/slab.h>
#include <kernel/proc/signal.h>
#include <kernel/sched/task.h>

#include "internal.h"

struct fs_info *fs_info_create(const struct path *root)
{
    struct fs_info *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

    if (!fs)
        return NULL;
    atomic_set(&fs->count, 1);
    spin_lock_init(&fs->lock);
    seqcount_init(&fs->seq);
    fs->root = fs->cwd = *root;
    path_get(root);
    path_get(root);
    fs->umask = 022;
    return fs;
}

struct fs_info *fs_info_copy(struct fs_info *old)
{
    struct fs_info *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

    if (!fs)
        return NULL;
    atomic_set(&fs->count, 1);
    spin_lock_init(&fs->lock);
    seqcount_init(&fs->seq);
    fs_info_get_both(old, &fs->root, &fs->cwd);
    fs->umask = READ_ONCE(old->umask);
    return fs;
}

void fs_info_put(struct fs_info *fs)
{
    if (!fs || !atomic_dec_and_test(&fs->count))
        return;
    path_put(&fs->root);
    path_put(&fs->cwd);
    kfree(fs);
}

void fs_info_get_root(struct fs_info *fs, struct path *path)
{
    spin_lock(&fs->lock);
    *path = fs->root;
    path_get(path);
    spin_unlock(&fs->lock);
}

void fs_info_get_cwd(struct fs_info *fs, struct path *path)
{
    spin_lock(&fs->lock);
    *path = fs->cwd;
    path_get(path);
    spin_unlock(&fs->lock);
}

void fs_info_get_both(struct fs_info *fs, struct path *root, struct path *cwd)
{
    spin_lock(&fs->lock);
    *root = fs->root;
    *cwd = fs->cwd;
    path_get(root);
    path_get(cwd);
    spin_unlock(&fs->lock);
}

static void path_replace(struct fs_info *fs, struct path *place, const struct path *path)
{
    struct path old;

    path_get(path);
    spin_lock(&fs->lock);
    write_seqcount_begin(&fs->seq);
    old = *place;
    *place = *path;
    write_seqcount_end(&fs->seq);
    spin_unlock(&fs->lock);
    path_put(&old);
}

void fs_info_set_root(struct fs_info *fs, const struct path *path)
{
    path_replace(fs, &fs->root, path);
}

void fs_info_set_cwd(struct fs_info *fs, const struct path *path)
{
    path_replace(fs, &fs->cwd, path);
}

static bool path_swap_if(struct path *place, const struct path *old, const struct path *new)
{
    if (place->mnt != old->mnt || place->dentry != old->dentry)
        return false;
    path_get(new);
    *place = *new;
    return true;
}

/* Replaces in one structure; how many references to old came free. */
static int fs_info_replace(struct fs_info *fs, const struct path *old, const struct path *new)
{
    int hits;

    spin_lock(&fs->lock);
    write_seqcount_begin(&fs->seq);
    hits = path_swap_if(&fs->root, old, new);
    hits += path_swap_if(&fs->cwd, old, new);
    write_seqcount_end(&fs->seq);
    spin_unlock(&fs->lock);
    return hits;
}

static int task_replace(struct task *task, const struct path *old, const struct path *new)
{
    int hits = 0;

    spin_lock(&task->alloc_lock);
    if (task->fs)
        hits = fs_info_replace(task->fs, old, new);
    spin_unlock(&task->alloc_lock);
    return hits;
}

void fs_info_replace_all(const struct path *old, const struct path *new)
{
    struct task *leader, *thread;
    int hits = task_replace(&init_task, old, new);

    rcu_read_lock();
    list_for_each_entry_rcu (leader, &init_task.tasks_link, tasks_link) {
        task_for_each_thread (thread, leader)
            hits += task_replace(thread, old, new);
    }
    rcu_read_unlock();
    while (hits--)
        path_put(old);
}
