/* SPDX-License-Identifier: MIT */
/* The state of a path walk, for namei.c and those that continue a walk at its last component. */
#ifndef VFS_WALK_H
#define VFS_WALK_H

#include "internal.h"

#define WALK_LINKS_MAX    40
#define WALK_INLINE_LINKS 2

/* A symlink whose body is being walked. */
struct walk_link {
    const char *rest;     /* what follows it in the path; NULL: it was the last component */
    struct path path;     /* the link, referenced (not under RCU) */
    void (*done)(void *); /* gives the body back */
    void *cookie;
};

struct walk {
    struct path path;    /* where the walk stands; referenced unless WALK_RCU */
    struct inode *inode; /* path.dentry's */
    u32 seq;             /* path.dentry's sequence when it was entered (WALK_RCU) */
    u32 mount_seq, rename_seq;
    u32 flags; /* LOOKUP_*, WALK_* */
    enum last_type last_type;
    struct qstr last;      /* the component not walked yet */
    bool last_slash;       /* slashes follow it */
    unsigned int depth;    /* links in use */
    unsigned int nr_links; /* followed so far */
    int dfd;
    const char *name;
    struct path root; /* WALK_ROOT_SET; referenced with WALK_ROOT_REF */
    struct fd dir_fd;
    bool have_dir_fd;
    struct walk_link *links;
    struct walk_link inline_links[WALK_INLINE_LINKS];
    struct walk *outer; /* the walk this one interrupts */
};

/* walk.flags above the LOOKUP_* bits. */
#define WALK_RCU      0x00100000U
#define WALK_ROOT_SET 0x00200000U
#define WALK_ROOT_REF 0x00400000U
#define WALK_JUMPED   0x00800000U /* by a magic link */

/* Arguments of one step. */
#define STEP_MORE     0x1 /* components follow in the same string */
#define STEP_TRAILING 0x2 /* the path's last: a symlink is followed only on wish */

void walk_begin(struct walk *w, int dfd, const char *name, u32 flags);
/* Drops what the walk holds, but for path if keep_path. */
void walk_end(struct walk *w, bool keep_path);
/* Where the walk starts; the name to walk, or ERR_PTR. */
const char *walk_start(struct walk *w);
/* Walks all components but the last. */
int walk_components(struct walk *w, const char *name);
/* Walks the last component: NULL, the body of a symlink to go on with, or ERR_PTR. */
const char *walk_last(struct walk *w);
/* Steps onto a dentry found below path (reference consumed); as walk_last(). */
const char *walk_step(struct walk *w, struct dentry *dentry, u32 seq, unsigned int step);
/* Leaves RCU at the end of the walk and checks what it promised. */
int walk_complete(struct walk *w);
/* Leaves RCU in the middle: 0 or -ECHILD (start again without RCU). */
int walk_leave_rcu(struct walk *w);
/* The cached dentry of w->last; NULL: none. Under RCU without a reference, *seq set. ERR_PTR. */
struct dentry *walk_lookup_fast(struct walk *w, u32 *seq);

/*
 * Runs fn up to twice: under RCU, and when that gives up, with references.
 */
#define WALK_TRY(result, w, dfd, name, lookup_flags, call)   \
    do {                                                     \
        walk_begin(w, dfd, name, (lookup_flags) | WALK_RCU); \
        (result) = (call);                                   \
        if ((result) != -ECHILD)                             \
            break;                                           \
        walk_begin(w, dfd, name, lookup_flags);              \
        (result) = (call);                                   \
    } while (0)
#endif
