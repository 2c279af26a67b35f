/* SPDX-License-Identifier: MIT */
/* /proc/stat, uptime, loadavg, interrupts, softirqs: what the processors did. */
#include <kernel/arch/percpu.h>
#include <kernel/irq/chip.h>
#include <kernel/irq/stat.h>
#include <kernel/proc/fork.h>
#include <kernel/proc/pid.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/proc.h>
#include <kernel/vfs/seq_file.h>

#define NSEC_PER_TICK (NSEC_PER_SEC / 100)
#define NR_VECTORS    256
#define LOAD_ONE      2048 /* load averages have 11 bits behind the point */

/* --- stat --- */

static void times_add(struct cpu_times *sum, const struct cpu_times *one)
{
    sum->user_ns += one->user_ns;
    sum->nice_ns += one->nice_ns;
    sum->system_ns += one->system_ns;
    sum->idle_ns += one->idle_ns;
    sum->iowait_ns += one->iowait_ns;
    sum->irq_ns += one->irq_ns;
    sum->softirq_ns += one->softirq_ns;
    sum->steal_ns += one->steal_ns;
}

static void times_show(struct seq_file *m, const struct cpu_times *t)
{
    const u64 all[] = {t->user_ns,   t->nice_ns, t->system_ns,  t->idle_ns,
                       t->iowait_ns, t->irq_ns,  t->softirq_ns, t->steal_ns};

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        seq_printf(m, " %llu", all[i] / NSEC_PER_TICK);
    seq_puts(m, " 0 0\n");
}

static void stat_cpus(struct seq_file *m)
{
    struct cpu_times sum = {}, one;
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        cpu_times_get(cpu, &one);
        times_add(&sum, &one);
    }
    seq_puts(m, "cpu ");
    times_show(m, &sum);
    for_each_online_cpu (cpu) {
        cpu_times_get(cpu, &one);
        seq_printf(m, "cpu%u", cpu);
        times_show(m, &one);
    }
}

static u64 irq_count(const struct irq_desc *desc)
{
    unsigned int cpu;
    u64 sum = 0;

    for_each_possible_cpu (cpu)
        sum += desc->counts[cpu];
    return sum;
}

static unsigned int irq_last(void)
{
    for (unsigned int irq = NR_IRQS; irq > 0; irq--) {
        if (irq_desc_get(irq - 1))
            return irq;
    }
    return 0;
}

static void stat_interrupts(struct seq_file *m)
{
    unsigned int last = irq_last();

    seq_printf(m, "intr %llu", irq_total());
    for (unsigned int irq = 0; irq < last; irq++) {
        struct irq_desc *desc = irq_desc_get(irq);

        seq_printf(m, " %llu", desc ? irq_count(desc) : 0ULL);
    }
    seq_putc(m, '\n');
}

static u64 softirq_sum(unsigned int nr)
{
    unsigned int cpu;
    u64 sum = 0;

    for_each_possible_cpu (cpu)
        sum += softirq_count((enum softirq)nr, cpu);
    return sum;
}

static void stat_softirqs(struct seq_file *m)
{
    u64 total = 0;

    for (unsigned int nr = 0; nr < NR_SOFTIRQS; nr++)
        total += softirq_sum(nr);
    seq_printf(m, "softirq %llu", total);
    for (unsigned int nr = 0; nr < NR_SOFTIRQS; nr++)
        seq_printf(m, " %llu", softirq_sum(nr));
    seq_putc(m, '\n');
}

static int stat_show(struct seq_file *m, void *arg)
{
    stat_cpus(m);
    stat_interrupts(m);
    seq_printf(m, "ctxt %llu\nbtime %lld\nprocesses %llu\nprocs_running %u\nprocs_blocked %u\n",
               nr_context_switches(), (ktime_real_ns() - (s64)ktime_boot_ns()) / NSEC_PER_SEC,
               nr_forks(), nr_running_tasks(), nr_iowait_tasks());
    stat_softirqs(m);
    return 0;
}

static const struct proc_file proc_stat = {.path = "stat", .show = stat_show};
PROC_FILE(proc_stat);

/* --- uptime, loadavg --- */

static void show_seconds(struct seq_file *m, u64 ns)
{
    seq_printf(m, "%llu.%02llu", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / (NSEC_PER_SEC / 100));
}

static int uptime_show(struct seq_file *m, void *arg)
{
    struct cpu_times times;
    unsigned int cpu;
    u64 idle_ns = 0;

    for_each_online_cpu (cpu) {
        cpu_times_get(cpu, &times);
        idle_ns += times.idle_ns + times.iowait_ns;
    }
    show_seconds(m, ktime_boot_ns());
    seq_putc(m, ' ');
    show_seconds(m, idle_ns);
    seq_putc(m, '\n');
    return 0;
}

static const struct proc_file proc_uptime = {.path = "uptime", .show = uptime_show};
PROC_FILE(proc_uptime);

static int loadavg_show(struct seq_file *m, void *arg)
{
    unsigned long load[3];

    loadavg_get(load);
    for (unsigned int i = 0; i < 3; i++) {
        /* Rounded to two places, as everybody shows them. */
        unsigned long rounded = load[i] + LOAD_ONE / 200;

        seq_printf(m, "%lu.%02lu ", rounded / LOAD_ONE, rounded % LOAD_ONE * 100 / LOAD_ONE);
    }
    seq_printf(m, "%u/%u %d\n", nr_running_tasks(), nr_threads_total(), pid_last());
    return 0;
}

static const struct proc_file proc_loadavg = {.path = "loadavg", .show = loadavg_show};
PROC_FILE(proc_loadavg);

/* --- interrupts --- */

static void interrupts_line_irq(struct seq_file *m, struct irq_desc *desc)
{
    char names[128];
    unsigned int cpu;

    if (!desc->actions && !irq_count(desc))
        return;
    seq_printf(m, "%3u:", desc->irq);
    for_each_online_cpu (cpu)
        seq_printf(m, " %10u", desc->counts[cpu]);
    irq_action_names(desc, names, sizeof(names));
    seq_printf(m, "  %8s %4u-%-8s %s\n", desc->chip_name, desc->hw_number,
               desc->trigger & IRQ_TRIGGER_LEVEL ? "fasteoi" : "edge", names);
}

static void interrupts_line_vector(struct seq_file *m, unsigned int vector, const char *name)
{
    unsigned int cpu;

    seq_printf(m, "V%02x:", vector);
    for_each_online_cpu (cpu)
        seq_printf(m, " %10llu", irq_vector_count(vector, cpu));
    seq_printf(m, "  %s\n", name);
}

static int interrupts_show(struct seq_file *m, void *arg)
{
    unsigned int cpu, last = irq_last();

    seq_puts(m, "    ");
    for_each_online_cpu (cpu)
        seq_printf(m, "       CPU%-3u", cpu);
    seq_putc(m, '\n');
    for (unsigned int irq = 0; irq < last; irq++) {
        struct irq_desc *desc = irq_desc_get(irq);

        if (desc)
            interrupts_line_irq(m, desc);
    }
    for (unsigned int vector = 0; vector < NR_VECTORS; vector++) {
        const char *name = irq_vector_name(vector);

        if (name)
            interrupts_line_vector(m, vector, name);
    }
    return 0;
}

static const struct proc_file proc_interrupts = {.path = "interrupts", .show = interrupts_show};
PROC_FILE(proc_interrupts);

static int softirqs_show(struct seq_file *m, void *arg)
{
    unsigned int cpu;

    seq_puts(m, "                ");
    for_each_possible_cpu (cpu)
        seq_printf(m, "CPU%-8u", cpu);
    seq_putc(m, '\n');
    for (unsigned int nr = 0; nr < NR_SOFTIRQS; nr++) {
        seq_printf(m, "%12s:", softirq_names[nr]);
        for_each_possible_cpu (cpu)
            seq_printf(m, " %10u", softirq_count((enum softirq)nr, cpu));
        seq_putc(m, '\n');
    }
    return 0;
}

static const struct proc_file proc_softirqs = {.path = "softirqs", .show = softirqs_show};
PROC_FILE(proc_softirqs);
