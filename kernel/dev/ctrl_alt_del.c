// SPDX-License-Identifier: MIT
/* What Ctrl-Alt-Delete does (reboot(2), LINUX_REBOOT_CMD_CAD_ON). */
#include <kernel/base/reboot.h>
#include <kernel/irq/workqueue.h>
#include <kernel/proc/pid.h>
#include <kernel/proc/signal.h>

static bool restart_at_once;

void ctrl_alt_del_set(bool at_once)
{
    WRITE_ONCE(restart_at_once, at_once);
}

/* Keys arrive in interrupts; both answers need a task. */
static void ctrl_alt_del_work(struct work *work)
{
    struct pid *init;

    if (READ_ONCE(restart_at_once))
        power_restart();
    init = pid_find_get(1);
    if (init)
        kill_pid(init, SIGINT, true);
    pid_put(init);
}
static DEFINE_WORK(cad_work, ctrl_alt_del_work);

void ctrl_alt_del(void)
{
    work_schedule(&cad_work);
}
