// SPDX-License-Identifier: MIT
/*
 * Admin commands: sent one by one and waited for, with a time limit. A command that does not
 * answer leaves its id taken, since the controller may still answer: only a reset frees it.
 */
#include "nvme.h"

#include <kernel/err.h>
#include <kernel/time/clock.h>

#define ADMIN_TIMEOUT_NS (10 * NSEC_PER_SEC)

static struct nvme_waiter *waiter_take(struct nvme *nvme, u16 *id)
{
    struct nvme_waiter *waiter = NULL;
    unsigned long flags;

    spin_lock_irqsave(&nvme->admin.sq_lock, flags);
    for (u16 i = 0; i < NVME_ADMIN_DEPTH - 1 && !waiter; i++) {
        if (nvme->waiters[i].busy)
            continue;
        waiter = &nvme->waiters[i];
        waiter->busy = true;
        *id = i;
    }
    spin_unlock_irqrestore(&nvme->admin.sq_lock, flags);
    return waiter;
}

int nvme_admin(struct nvme *nvme, struct nvme_command *command, u32 *result)
{
    struct nvme_waiter *waiter = waiter_take(nvme, &command->id);
    int status;

    if (!waiter)
        return -EBUSY;
    completion_init(&waiter->done);
    nvme_queue_submit(&nvme->admin, command, true);
    if (wait_for_completion_until(&waiter->done, ktime_ns() + ADMIN_TIMEOUT_NS) != 0) {
        /* The interrupt may have been lost. */
        nvme_queue_poll(&nvme->admin);
        if (wait_for_completion_until(&waiter->done, ktime_ns()) != 0)
            return -ETIMEDOUT;
    }
    status = waiter->status;
    if (result)
        *result = waiter->result;
    smp_store_release(&waiter->busy, false);
    return status;
}

int nvme_identify(struct nvme *nvme, u32 namespace, u8 what, void *page, dma_addr_t address)
{
    struct nvme_command command = {
        .opcode = NVME_ADMIN_IDENTIFY,
        .namespace = namespace,
        .prp1 = address,
        .dword10 = what,
    };

    return nvme_admin(nvme, &command, NULL);
}

int nvme_set_queue_count(struct nvme *nvme, unsigned int wanted, unsigned int *got)
{
    struct nvme_command command = {
        .opcode = NVME_ADMIN_SET_FEATURES,
        .dword10 = NVME_FEATURE_NR_QUEUES,
        .dword11 = (wanted - 1) << 16 | (wanted - 1),
    };
    u32 result = 0;
    int status = nvme_admin(nvme, &command, &result);

    if (status)
        return status;
    *got = min3(wanted, (result & 0xffff) + 1, (result >> 16) + 1);
    return 0;
}

int nvme_create_io_queue(struct nvme *nvme, struct nvme_queue *queue, u16 vector)
{
    struct nvme_command create_cq = {
        .opcode = NVME_ADMIN_CREATE_CQ,
        .prp1 = queue->cq_address,
        .dword10 = (u32)(queue->depth - 1) << 16 | queue->id,
        .dword11 = (u32)vector << 16 | 3, /* interrupts on, contiguous */
    };
    struct nvme_command create_sq = {
        .opcode = NVME_ADMIN_CREATE_SQ,
        .prp1 = queue->sq_address,
        .dword10 = (u32)(queue->depth - 1) << 16 | queue->id,
        .dword11 = (u32)queue->id << 16 | 1,
    };
    int status = nvme_admin(nvme, &create_cq, NULL);

    return status ?: nvme_admin(nvme, &create_sq, NULL);
}
