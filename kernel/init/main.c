// SPDX-License-Identifier: MIT
/*
 * Start-up, from the first C function to the first program. It names steps, never drivers or file
 * systems: those come through the registries (initcalls, linker sections). Two parts:
 * start_kernel() on the boot processor's own stack, until tasks can be made; init_main() as task 1,
 * which may sleep.
 */
#include <kernel/init/start.h>

#include <abi/boot.h>
#include <abi/linux/fcntl.h>
#include <kernel/arch/panic_ops.h>
#include <kernel/arch/percpu.h>
#include <kernel/arch/smp.h>
#include <kernel/base/boot_account.h>
#include <kernel/base/boot_info.h>
#include <kernel/base/initcall.h>
#include <kernel/base/ktest.h>
#include <kernel/base/log.h>
#include <kernel/base/panic.h>
#include <kernel/base/params.h>
#include <kernel/base/reboot.h>
#include <kernel/debug/stack.h>
#include <kernel/init/version.h>
#include <kernel/irq/stat.h>
#include <kernel/mm/init.h>
#include <kernel/mm/vmalloc.h>
#include <kernel/proc/fork.h>
#include <kernel/sched/idle.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/file.h>
#include <kernel/vfs/fs.h>

u64 kernel_entry_tsc;

#define INIT_WORDS 34

static const char *init_program = "/init";
static bool init_given;

static int __init set_rdinit(const char *value)
{
    if (!value)
        return -EINVAL;
    init_program = value;
    init_given = true;
    return 0;
}
BOOT_PARAM("rdinit", set_rdinit);

/* Descriptors 0, 1 and 2 of the first program. */
static void open_console(void)
{
    struct file *file = file_open_name("/dev/console", O_RDWR, 0);

    if (IS_ERR(file)) {
        pr_warn("init: /dev/console cannot be opened (%ld): no standard input or output\n",
                PTR_ERR(file));
        return;
    }
    for (int i = 0; i < 3; i++) {
        int fd = fd_alloc(0);

        if (fd >= 0)
            fd_install((unsigned int)fd, file_get(file));
    }
    file_put(file);
}

static void run_init(void)
{
    static const char *const fallbacks[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
    const char *argv[INIT_WORDS] = {init_program}, *envp[INIT_WORDS] = {"HOME=/", "TERM=linux"};
    const char *const *word;
    int n = 1, error;

    for (word = params_init_argv(); *word && n < INIT_WORDS - 1; word++)
        argv[n++] = *word;
    n = 2;
    for (word = params_init_envp(); *word && n < INIT_WORDS - 1; word++)
        envp[n++] = *word;
    boot_phase("init");
    error = exec_kernel(init_program, argv, envp);
    if (!error)
        return;
    pr_err("init: %s does not run (%d)\n", init_program, error);
    for (size_t i = 0; i < ARRAY_SIZE(fallbacks) && !init_given; i++) {
        argv[0] = fallbacks[i];
        if (!exec_kernel(fallbacks[i], argv, envp))
            return;
    }
    panic("no init found: give an initrd with /init, or rdinit= on the command line");
}

static void init_main(void *arg)
{
    initcalls_run(INIT_CORE);
    softirq_start_thread(0);
    params_run();
    boot_phase("subsystems");
    initcalls_run(INIT_SUBSYS);
    boot_phase("other processors");
    smp_start_all();
    boot_phase("file systems");
    initcalls_run(INIT_FS);
    boot_phase("devices");
    initcalls_run(INIT_DEVICE);
    boot_phase("late");
    initcalls_run(INIT_LATE);
    if (ktest_requested()) {
        ktest_run();
        power_off();
    }
    open_console();
    arch_free_init();
    mm_free_init();
    pr_info("start-up took %llu ms\n", ktime_ns() / NSEC_PER_MSEC);
    run_init();
}

static void __init start_memory(const struct boot_info *bi)
{
    mm_early_init(bi);
    arch_paging_init();
    arch_cpus_init(bi->acpi_rsdp);
    mm_init();
    arch_memory_ready();
}

void start_kernel(struct boot_info *bi)
{
    struct task *init;

    kernel_entry_tsc = tsc_read();
    this_cpu_write(current_task, &init_task);
    boot_info_keep(bi);
    stack_guard_seed(boot_info_get()->seed);
    boot_phase("kernel entry");
    arch_early_init(boot_info_get());
    panic_ops_init();
    params_set_cmdline(phys_to_virt(boot_info_get()->cmdline), boot_info_get()->cmdline_size);
    params_run_early();
    pr_notice("%s\n", version_banner);
    pr_info("command line: %s\n", params_cmdline());
    boot_phase("memory");
    start_memory(boot_info_get());
    boot_phase("interrupts and clocks");
    sched_init();
    arch_interrupts_init();
    local_irq_enable();
    vma_init();
    mm_caches_init();
    fork_caches_init();
    boot_phase("core");
    vfs_init();
    vfs_mount_root();
    init = fork_init(init_main, NULL);
    if (IS_ERR(init))
        panic("cannot make task 1: %ld", PTR_ERR(init));
    sched_idle_loop();
}
