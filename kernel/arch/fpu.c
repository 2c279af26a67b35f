// SPDX-License-Identifier: MIT
/*
 * Vector and x87 state. The kernel itself does not touch these registers; a program's state is
 * saved to its task when it is switched out, with XSAVEOPT where there is one (parts not changed
 * are not written again), and loaded when it is switched in.
 *
 * In signal frames the area is laid out as Linux does: FXSAVE area, header, extended parts, with a
 * description in the FXSAVE area's software-reserved bytes and a magic word at its end.
 */
#include "cpu.h"

#include "fpu.h"
#include "msr.h"

#include <abi/linux/errno.h>
#include <kernel/arch/fpu.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/panic.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/task.h>

#define FXSAVE_SIZE      512
#define XSAVE_HEADER_END 576
#define MXCSR_OFFSET     24
#define MXCSR_DEFAULT    0x1f80
#define FCW_DEFAULT      0x037f
#define SW_OFFSET        464 /* software-reserved bytes of the FXSAVE area */
#define FP_XSTATE_MAGIC1 0x46505853U
#define FP_XSTATE_MAGIC2 0x46505845U

/* x87, SSE, AVX, AVX-512 (3), PKRU: what programs may use here. */
#define XFEATURES_WANTED 0x2e7ULL

struct fpx_sw_bytes {
    u32 magic1, extended_size;
    u64 xfeatures;
    u32 xstate_size;
    u32 padding[7];
};
static_assert(sizeof(struct fpx_sw_bytes) == 48, "FXSAVE bytes 464 to 511");

static u64 xfeatures __ro_after_init;
static u32 area_size __ro_after_init = FXSAVE_SIZE;
static u32 mxcsr_mask __ro_after_init = 0xffbf;
static struct kmem_cache *area_cache;

void fpu_init_cpu(void)
{
    asm volatile("fninit");
    if (!cpu_has(CPU_XSAVE))
        return;
    if (!xfeatures) {
        struct cpuid_regs r = cpuid(0xd, 0);

        xfeatures = (r.eax | (u64)r.edx << 32) & XFEATURES_WANTED;
        xfeatures |= 3;
        /* The bounds and AVX-512 parts come together or not at all. */
        if ((xfeatures & 0xe0) != 0xe0)
            xfeatures &= ~0xe0ULL;
        xsetbv(0, xfeatures);
        area_size = cpuid(0xd, 0).ebx;
    } else {
        xsetbv(0, xfeatures);
    }
}

void __init fpu_init(void)
{
    u8 probe[FXSAVE_SIZE] __aligned(16) = {};
    u32 mask;

    asm volatile("fxsave64 %0" : "+m"(probe));
    memcpy(&mask, probe + 28, sizeof(mask));
    if (mask)
        mxcsr_mask = mask;
    area_cache = kmem_cache_create("fpu_state", area_size, 64, SLAB_PANIC, NULL);
}

u64 fpu_xfeatures(void)
{
    return xfeatures;
}

static void area_init(void *area)
{
    u16 fcw = FCW_DEFAULT;
    u32 mxcsr = MXCSR_DEFAULT;

    memset(area, 0, area_size);
    memcpy(area, &fcw, sizeof(fcw));
    memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

static void area_save(void *area)
{
    if (cpu_has(CPU_XSAVEOPT))
        asm volatile("xsaveopt64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
    else if (cpu_has(CPU_XSAVE))
        asm volatile("xsave64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
    else
        asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static void area_load(const void *area)
{
    if (cpu_has(CPU_XSAVE))
        asm volatile("xrstor64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
    else
        asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

void fpu_switch(struct task *prev, struct task *next)
{
    if (prev->thread.fpu)
        area_save(prev->thread.fpu);
    if (next->thread.fpu)
        area_load(next->thread.fpu);
}

int fpu_fork(struct task *child)
{
    child->thread.fpu = kmem_cache_alloc(area_cache, GFP_KERNEL);
    if (!child->thread.fpu)
        return -ENOMEM;
    if (current->thread.fpu) {
        preempt_disable();
        memset((char *)child->thread.fpu, 0, area_size);
        if (cpu_has(CPU_XSAVE)) /* not the optimised form: the area is not the last one loaded */
            asm volatile("xsave64 (%0)" : : "r"(child->thread.fpu), "a"(-1), "d"(-1) : "memory");
        else
            area_save(child->thread.fpu);
        preempt_enable();
    } else {
        area_init(child->thread.fpu);
    }
    return 0;
}

void fpu_free(struct task *task)
{
    if (task->thread.fpu)
        kmem_cache_free(area_cache, task->thread.fpu);
    task->thread.fpu = NULL;
}

/* The state a program starts with; current. */
int fpu_reset(void)
{
    struct thread *thread = &current->thread;

    if (!thread->fpu) {
        void *area = kmem_cache_alloc(area_cache, GFP_KERNEL);

        if (!area)
            return -ENOMEM;
        area_init(area);
        preempt_disable();
        thread->fpu = area;
        area_load(area);
        preempt_enable();
        return 0;
    }
    preempt_disable();
    area_init(thread->fpu);
    area_load(thread->fpu);
    preempt_enable();
    return 0;
}

size_t fpu_user_size(void)
{
    return area_size + (cpu_has(CPU_XSAVE) ? sizeof(u32) : 0);
}

int fpu_save_to_user(void __user *buf)
{
    char *area = current->thread.fpu;
    struct fpx_sw_bytes sw = {.magic1 = FP_XSTATE_MAGIC1,
                              .extended_size = (u32)fpu_user_size(),
                              .xfeatures = xfeatures,
                              .xstate_size = area_size};
    u32 magic2 = FP_XSTATE_MAGIC2;

    preempt_disable();
    area_save(area);
    preempt_enable();
    if (copy_to_user(buf, area, area_size))
        return -EFAULT;
    if (!cpu_has(CPU_XSAVE))
        return 0;
    if (copy_to_user((char __user *)buf + SW_OFFSET, &sw, sizeof(sw)) ||
        copy_to_user((char __user *)buf + area_size, &magic2, sizeof(magic2)))
        return -EFAULT;
    return 0;
}

/* What XRSTOR would fault on is refused here: reserved MXCSR bits, unknown parts, header bytes. */
static int area_check(char *area, bool extended)
{
    u32 mxcsr;
    u64 *header = (u64 *)(area + FXSAVE_SIZE);

    memcpy(&mxcsr, area + MXCSR_OFFSET, sizeof(mxcsr));
    if (mxcsr & ~mxcsr_mask)
        return -EINVAL;
    if (!cpu_has(CPU_XSAVE))
        return 0;
    if (!extended) {
        memset(area + FXSAVE_SIZE, 0, area_size - FXSAVE_SIZE);
        header[0] = 3;
        return 0;
    }
    if (header[0] & ~xfeatures || header[1])
        return -EINVAL;
    for (int i = 2; i < 8; i++) {
        if (header[i])
            return -EINVAL;
    }
    return 0;
}

int fpu_restore_from_user(const void __user *buf)
{
    struct fpx_sw_bytes sw;
    bool extended = false;
    char *area;
    int error;

    if (!buf)
        return fpu_reset();
    area = kmem_cache_alloc(area_cache, GFP_KERNEL);
    if (!area)
        return -ENOMEM;
    error = -EFAULT;
    if (copy_from_user(&sw, (const char __user *)buf + SW_OFFSET, sizeof(sw)))
        goto out;
    extended = cpu_has(CPU_XSAVE) && sw.magic1 == FP_XSTATE_MAGIC1 && sw.xstate_size == area_size;
    if (copy_from_user(area, buf, extended ? area_size : FXSAVE_SIZE))
        goto out;
    error = area_check(area, extended);
    if (error)
        goto out;
    preempt_disable();
    memcpy(current->thread.fpu, area, area_size);
    area_load(current->thread.fpu);
    preempt_enable();
out:
    kmem_cache_free(area_cache, area);
    return error;
}
