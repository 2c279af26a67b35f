// SPDX-License-Identifier: MIT
/*
 * Futexes. A sleeping task's waiter hangs in a hash bucket, found by the key of the word it sleeps
 * on. The order that loses no wake-up:
 *
 *   waiter: lock bucket, read the word, (another value: leave), queue, unlock, sleep
 *   waker:  change the word (user space), lock bucket, take waiters off, unlock, wake them
 *
 * Reading the word under the lock means: either the waker's lock comes later and finds the waiter,
 * or the waiter's read comes later and finds the new value.
 *
 * Keys. A private word is known by its address space's number and its address. A word in memory
 * that is mapped shared is known by the number of what is mapped there and its offset in it. The
 * numbers are given out once (at the first futex in an object) and never used again, so that a
 * queued waiter keeps nothing alive and yet never meets a later object at the same address.
 *
 * A waiter's memory is its task's stack: whoever takes it off the list clears waiter->bucket last,
 * and does not touch it after that. The sleeper is sure of being off the list when it sees NULL.
 * Requeueing moves a waiter from one bucket to another under both locks.
 *
 * Locks: mmap_lock comes before buckets (keys are made before locking); user memory is only touched
 * without faults being resolved while a bucket is locked. Two buckets are locked by address.
 */
#include <kernel/proc/futex.h>

#include "futex_internal.h"

#include <abi/linux/errno.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/initcall.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/atomic.h>
#include <kernel/lib/hash.h>
#include <kernel/mm/filemap.h>
#include <kernel/mm/mm.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/fs.h>

#define BUCKETS_PER_CPU 256

static struct futex_bucket *buckets;
static unsigned int bucket_bits;

/* --- keys --- */

/* The object's number; the first to ask gives it one. */
static u64 space_number(u64 *number)
{
    static atomic64_t last;
    u64 none = 0, fresh, known = READ_ONCE(*number);

    if (likely(known))
        return known;
    fresh = (u64)atomic64_inc_return(&last);
    if (__atomic_compare_exchange_n(number, &none, fresh, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        return fresh;
    return none;
}

static int shared_key_get(unsigned long address, struct futex_key *key)
{
    struct mm *mm = current->mm;
    struct vm_area *vma;
    int error = 0;

    rwsem_read_lock(&mm->mmap_lock);
    vma = vma_find(mm, address);
    if (!vma || vma->start > address)
        error = -EFAULT;
    else if (vma->flags & VM_SHARED && vma->file)
        *key = (struct futex_key){space_number(&vma->file->mapping->futex_space),
                                  (vma->pgoff << PAGE_SHIFT) + (address - vma->start)};
    else
        *key = (struct futex_key){space_number(&mm->futex_space), address};
    rwsem_read_unlock(&mm->mmap_lock);
    return error;
}

int futex_key_get(u32 __user *address, bool shared, struct futex_key *key)
{
    if ((unsigned long)address & (sizeof(u32) - 1))
        return -EINVAL;
    if (!access_ok(address, sizeof(u32)))
        return -EFAULT;
    if (shared)
        return shared_key_get((unsigned long)address, key);
    *key = (struct futex_key){space_number(&current->mm->futex_space), (unsigned long)address};
    return 0;
}

struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
    return &buckets[hash_64(key->offset + key->space * GOLDEN_RATIO_64, bucket_bits)];
}

void futex_lock_pair(struct futex_bucket *a, struct futex_bucket *b)
{
    if (a > b)
        swap(a, b);
    spin_lock(&a->lock);
    if (a != b)
        spin_lock_nested(&b->lock, 1);
}

void futex_unlock_pair(struct futex_bucket *a, struct futex_bucket *b)
{
    spin_unlock(&a->lock);
    if (a != b)
        spin_unlock(&b->lock);
}

/* --- user memory --- */

int futex_read_nofault(u32 *value, u32 __user *address)
{
    return copy_from_user_nofault(value, address, sizeof(*value)) ? -EFAULT : 0;
}

int futex_fault_in_writable(u32 __user *address)
{
    u32 value, same;

    do {
        if (get_user(value, address))
            return -EFAULT;
        same = value;
        if (cmpxchg_user32(address, &same, value))
            return -EFAULT;
    } while (same != value);
    return 0;
}

/* --- waking --- */

void wake_batch_run(struct wake_batch *batch)
{
    for (unsigned int i = 0; i < batch->nr; i++) {
        wake_up_task(batch->tasks[i]);
        task_put(batch->tasks[i]);
    }
    batch->nr = 0;
}

void futex_wake_one(struct futex_waiter *waiter, struct wake_batch *batch)
{
    if (batch->nr == WAKE_BATCH)
        wake_batch_run(batch); /* many: some of them under the lock */
    batch->tasks[batch->nr++] = task_get(waiter->task);
    list_del(&waiter->link);
    smp_store_release(&waiter->bucket, NULL);
}

int futex_wake_locked(struct futex_bucket *bucket, const struct futex_key *key, int nr, u32 bitset,
                      struct wake_batch *batch)
{
    struct futex_waiter *waiter, *next;
    int woken = 0;

    list_for_each_entry_safe (waiter, next, &bucket->waiters, link) {
        if (!futex_key_equal(&waiter->key, key) || !(waiter->bitset & bitset))
            continue;
        futex_wake_one(waiter, batch);
        if (++woken >= nr)
            break;
    }
    return woken;
}

int futex_wake(u32 __user *address, bool shared, int nr, u32 bitset)
{
    struct wake_batch batch = {0};
    struct futex_bucket *bucket;
    struct futex_key key;
    int woken, error;

    if (!bitset)
        return -EINVAL;
    error = futex_key_get(address, shared, &key);
    if (error)
        return error;
    bucket = futex_bucket_of(&key);
    spin_lock(&bucket->lock);
    woken = futex_wake_locked(bucket, &key, nr, bitset, &batch);
    spin_unlock(&bucket->lock);
    wake_batch_run(&batch);
    return woken;
}

/* --- waiting --- */

void futex_enqueue(struct futex_bucket *bucket, struct futex_waiter *waiter)
{
    struct list_head *before = &bucket->waiters;
    struct futex_waiter *other;

    if (unlikely(waiter->task->rt_priority)) {
        list_for_each_entry (other, &bucket->waiters, link) {
            if (other->task->rt_priority < waiter->task->rt_priority) {
                before = &other->link;
                break;
            }
        }
    }
    list_add_tail(&waiter->link, before);
    waiter->bucket = bucket;
}

/* Takes the waiter off if nobody has; true when somebody had: it was woken. */
static bool dequeue_was_woken(struct futex_waiter *waiter)
{
    struct futex_bucket *bucket;

    while ((bucket = smp_load_acquire(&waiter->bucket))) {
        spin_lock(&bucket->lock);
        if (waiter->bucket == bucket) {
            list_del(&waiter->link);
            spin_unlock(&bucket->lock);
            return false;
        }
        spin_unlock(&bucket->lock); /* moved or woken meanwhile */
    }
    return true;
}

/* Queues current if the word still has the value. 0 (state: interruptible), -EAGAIN, -EFAULT. */
static int queue_if_equal(u32 __user *address, bool shared, u32 value, struct futex_waiter *waiter)
{
    struct futex_bucket *bucket;
    u32 found;

    for (;;) {
        int error = futex_key_get(address, shared, &waiter->key);

        if (error)
            return error;
        bucket = futex_bucket_of(&waiter->key);
        spin_lock(&bucket->lock);
        if (!futex_read_nofault(&found, address))
            break;
        spin_unlock(&bucket->lock);
        if (get_user(found, address))
            return -EFAULT;
        if (found != value)
            return -EAGAIN;
    }
    if (found != value) {
        spin_unlock(&bucket->lock);
        return -EAGAIN;
    }
    set_current_state(TASK_INTERRUPTIBLE);
    futex_enqueue(bucket, waiter);
    spin_unlock(&bucket->lock);
    return 0;
}

/* Sleeps once. Real time may be set while we sleep, so that is looked at every second. */
static void sleep_until(const struct futex_deadline *deadline)
{
    u64 now = ktime_ns(), left;

    if (!deadline->set) {
        schedule();
        return;
    }
    if (!deadline->realtime) {
        schedule_until_ns(deadline->ns);
        return;
    }
    left = deadline->ns - min(deadline->ns, (u64)ktime_real_ns());
    schedule_until_ns(now + min(left, (u64)NSEC_PER_SEC));
}

static bool deadline_passed(const struct futex_deadline *deadline)
{
    if (!deadline->set)
        return false;
    return (deadline->realtime ? (u64)ktime_real_ns() : ktime_ns()) >= deadline->ns;
}

/* Queued and interruptible: sleeps until it is over. 0, -ETIMEDOUT, -EINTR. */
static int wait_for_wake(struct futex_waiter *waiter, const struct futex_deadline *deadline)
{
    int error = 0;

    while (smp_load_acquire(&waiter->bucket)) {
        if (deadline_passed(deadline)) {
            error = -ETIMEDOUT;
            break;
        }
        if (signal_pending(current)) {
            error = -EINTR;
            break;
        }
        sleep_until(deadline);
        set_current_state(TASK_INTERRUPTIBLE);
    }
    set_current_state(TASK_RUNNING);
    return dequeue_was_woken(waiter) ? 0 : error;
}

static long wait_restart(struct restart_block *restart)
{
    struct futex_deadline deadline = {true, restart->args[4], restart->args[3]};

    return futex_wait((u32 __user *)restart->args[0], restart->args[5], (u32)restart->args[1],
                      &deadline, (u32)restart->args[2]);
}

int futex_wait(u32 __user *address, bool shared, u32 value, const struct futex_deadline *deadline,
               u32 bitset)
{
    struct futex_waiter waiter = {.task = current, .bitset = bitset};
    int error;

    if (!bitset)
        return -EINVAL;
    might_sleep();
    error = queue_if_equal(address, shared, value, &waiter);
    if (error)
        return error;
    error = wait_for_wake(&waiter, deadline);
    if (error != -EINTR)
        return error;
    if (!deadline->set)
        return -ERESTARTSYS;
    current->restart = (struct restart_block){
        wait_restart,
        {(u64)address, value, bitset, deadline->ns, deadline->realtime, shared},
    };
    return -ERESTART_RESTARTBLOCK;
}

static int __init futex_init(void)
{
    bucket_bits = 8;
    while ((1U << bucket_bits) < BUCKETS_PER_CPU * nr_cpus)
        bucket_bits++;
    buckets = kvmalloc(sizeof(*buckets) << bucket_bits, GFP_KERNEL);
    if (!buckets)
        return -ENOMEM;
    for (unsigned int i = 0; i < 1U << bucket_bits; i++) {
        spin_lock_init(&buckets[i].lock);
        INIT_LIST_HEAD(&buckets[i].waiters);
    }
    return 0;
}
initcall(INIT_CORE, futex_init);
