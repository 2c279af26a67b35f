// SPDX-License-Identifier: MIT
/* The account of the boot: the starter's stamps followed by the kernel's own, by the TSC. */
#include <kernel/base/boot_account.h>

#include <kernel/base/boot_info.h>
#include <kernel/lib/string.h>
#include <kernel/time/clock.h>

#define NR_PHASES 32

static struct {
    const char *name;
    u64 tsc;
} phases[NR_PHASES];
static unsigned int nr_phases;

void boot_phase(const char *name)
{
    unsigned int i = __atomic_fetch_add(&nr_phases, 1, __ATOMIC_RELAXED);

    if (i < NR_PHASES) {
        phases[i].name = name;
        phases[i].tsc = tsc_read();
    }
}

static unsigned int nr_starter_stamps(void)
{
    return min(boot_info_get()->nr_stamps, (u32)BOOT_NR_STAMPS);
}

static bool entry_at(unsigned int i, const char **name, u64 *tsc)
{
    const struct boot_info *bi = boot_info_get();
    unsigned int nr = nr_starter_stamps();

    if (i < nr) {
        *name = bi->stamps[i].name;
        *tsc = bi->stamps[i].tsc;
        return true;
    }
    i -= nr;
    if (i >= min(READ_ONCE(nr_phases), (unsigned int)NR_PHASES))
        return false;
    *name = phases[i].name;
    *tsc = phases[i].tsc;
    return true;
}

bool boot_account_get(unsigned int i, const char **name, u64 *start_ns, u64 *duration_ns)
{
    const char *next_name;
    u64 tsc, next;

    if (!entry_at(i, name, &tsc))
        return false;
    *start_ns = tsc_to_ns(tsc);
    *duration_ns = entry_at(i + 1, &next_name, &next) && next > tsc ? tsc_to_ns(next - tsc) : 0;
    return true;
}
