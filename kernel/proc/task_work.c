// SPDX-License-Identifier: MIT
/* Task work: a lock-free stack of callbacks, taken as a whole and run in order of arrival. */
#include <kernel/proc/task_work.h>

#include <abi/linux/errno.h>
#include <kernel/sched/sched.h>

/* Stands at the bottom of a task that takes no more work. */
static struct task_work closed;

int task_work_add(struct task *task, struct task_work *work)
{
    struct task_work *head = READ_ONCE(task->works);

    do {
        if (head == &closed)
            return -ESRCH;
        work->next = head;
    } while (!__atomic_compare_exchange_n(&task->works, &head, work, false, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
    task_work_set(task, WORK_NOTIFY_RESUME);
    kick_task(task);
    return 0;
}

static void run_list(struct task_work *list)
{
    struct task_work *ordered = NULL;

    while (list) {
        struct task_work *next = list->next;

        list->next = ordered;
        ordered = list;
        list = next;
    }
    while (ordered) {
        struct task_work *work = ordered;

        ordered = work->next;
        work->fn(work);
    }
}

void task_work_run(void)
{
    struct task_work *list;

    while ((list = __atomic_exchange_n(&current->works, NULL, __ATOMIC_ACQUIRE)))
        run_list(list);
}

void task_work_run_all(void)
{
    for (;;) {
        struct task_work *expected = NULL, *list;

        if (__atomic_compare_exchange_n(&current->works, &expected, &closed, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
        list = __atomic_exchange_n(&current->works, NULL, __ATOMIC_ACQUIRE);
        run_list(list);
    }
}
