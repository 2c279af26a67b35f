// SPDX-License-Identifier: MIT
/*
 * Robust futexes: a thread keeps a list, in its own memory, of the mutexes it holds. When it dies
 * the kernel walks the list, marks each word that still names it, and wakes one waiter, which finds
 * that the owner died. Nothing in that memory can be trusted: every read may fail, the list may be
 * a ring, and its words may belong to somebody else.
 */
#include <kernel/proc/futex.h>

#include <abi/linux/futex.h>
#include <kernel/arch/uaccess.h>
#include <kernel/sched/sched.h>

/* More entries than this are left alone, as Linux does. */
#define ROBUST_LIST_LIMIT 2048
#define ENTRY_PI          1UL

/* The word of a mutex that may be held by the dying task. false: the memory is bad. */
static bool mark_owner_died(struct task *task, u32 __user *word, bool is_pending, bool is_pi)
{
    u32 value, seen;

    if ((unsigned long)word & 3 || get_user(value, word))
        return false;
    for (;;) {
        /* Between unlocking in user space and the wake-up that was to follow. */
        if (is_pending && !is_pi && !value) {
            (void)futex_wake(word, true, 1, FUTEX_BITSET_MATCH_ANY);
            return true;
        }
        if ((value & FUTEX_TID_MASK) != (u32)task->pid)
            return true;
        seen = value;
        if (cmpxchg_user32(word, &seen, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED))
            return false;
        if (seen == value)
            break;
        value = seen;
    }
    if (!is_pi && value & FUTEX_WAITERS)
        (void)futex_wake(word, true, 1, FUTEX_BITSET_MATCH_ANY);
    return true;
}

static u32 __user *word_of(unsigned long entry, long offset)
{
    return (u32 __user *)((entry & ~ENTRY_PI) + (unsigned long)offset);
}

static void walk_list(struct task *task, struct robust_list_head __user *user_head,
                      const struct robust_list_head *head)
{
    unsigned long entry = head->list.next, pending = head->list_op_pending & ~ENTRY_PI;

    for (int i = 0; i < ROBUST_LIST_LIMIT; i++) {
        struct robust_list __user *at = (struct robust_list __user *)(entry & ~ENTRY_PI);
        unsigned long next;
        bool more;

        if ((unsigned long)at == (unsigned long)&user_head->list)
            return;
        /* Read before the mark: the woken waiter may reuse the memory. */
        more = !get_user(next, &at->next);
        if ((unsigned long)at != pending &&
            !mark_owner_died(task, word_of(entry, head->futex_offset), false, entry & ENTRY_PI))
            return;
        if (!more)
            return;
        entry = next;
        cond_resched();
    }
}

void futex_exit_robust(struct task *task)
{
    struct robust_list_head __user *user_head = task->robust_list;
    struct robust_list_head head;

    task->robust_list = NULL;
    if (likely(!user_head) || !task->mm || copy_from_user(&head, user_head, sizeof(head)))
        return;
    walk_list(task, user_head, &head);
    if (head.list_op_pending)
        (void)mark_owner_died(task, word_of(head.list_op_pending, head.futex_offset), true,
                              head.list_op_pending & ENTRY_PI);
}
