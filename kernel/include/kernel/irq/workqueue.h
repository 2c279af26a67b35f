/* SPDX-License-Identifier: MIT */
/* Work queues: functions run later by kernel threads, where they may sleep. */
#ifndef KERNEL_IRQ_WORKQUEUE_H
#define KERNEL_IRQ_WORKQUEUE_H

#include <kernel/lib/list.h>
#include <kernel/time/timer.h>

struct work;
typedef void (*work_fn_t)(struct work *work);

struct work {
    struct list_head link;
    work_fn_t fn;
    u32 state; /* pending bit */
    struct workqueue *wq;
};
struct delayed_work {
    struct work work;
    struct timer timer;
    struct workqueue *wq;
};

#define WORK_INIT(n, f)                             \
    {                                               \
        .link = LIST_HEAD_INIT((n).link), .fn = (f) \
    }
#define DEFINE_WORK(n, f) struct work n = WORK_INIT(n, f)
void work_init(struct work *work, work_fn_t fn);
void delayed_work_init(struct delayed_work *dwork, work_fn_t fn);

extern struct workqueue *system_wq;         /* short work */
extern struct workqueue *system_unbound_wq; /* long work */
struct workqueue *workqueue_create(const char *name, unsigned int max_active);
void workqueue_destroy(struct workqueue *wq);
bool work_queue(struct workqueue *wq, struct work *work); /* false: was pending. Any context */
bool delayed_work_queue(struct workqueue *wq, struct delayed_work *dwork, u64 delay_ns);
static inline bool work_schedule(struct work *work)
{
    return work_queue(system_wq, work);
}
bool work_cancel_sync(struct work *work); /* may sleep */
bool delayed_work_cancel_sync(struct delayed_work *dwork);
void work_flush(struct work *work); /* waits until it has run */
void workqueue_flush(struct workqueue *wq);
#endif
