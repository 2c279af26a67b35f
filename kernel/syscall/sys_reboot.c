// SPDX-License-Identifier: MIT
/* reboot(2). Nothing is synced here: that is what sync(2) is for, and init calls it before. */
#include <kernel/syscall/syscalls.h>

#include <abi/linux/reboot.h>
#include <kernel/arch/uaccess.h>
#include <kernel/base/log.h>
#include <kernel/base/reboot.h>
#include <kernel/err.h>
#include <kernel/proc/cred.h>

#define RESTART_COMMAND_SIZE 256

static bool magic_valid(unsigned int magic1, unsigned int magic2)
{
    return magic1 == LINUX_REBOOT_MAGIC1 &&
           (magic2 == LINUX_REBOOT_MAGIC2 || magic2 == LINUX_REBOOT_MAGIC2A ||
            magic2 == LINUX_REBOOT_MAGIC2B || magic2 == LINUX_REBOOT_MAGIC2C);
}

/* The command is for firmware that takes one; a PC's does not, so it is only said. */
static long restart_with_command(const void __user *arg)
{
    char command[RESTART_COMMAND_SIZE];
    ssize_t len = strncpy_from_user(command, arg, sizeof(command) - 1);

    if (len < 0)
        return -EFAULT;
    command[sizeof(command) - 1] = '\0';
    pr_info("reboot: restart with command '%s'\n", command);
    power_restart();
}

long sys_reboot(int magic1, int magic2, unsigned int cmd, void __user *arg)
{
    if (!capable(CAP_SYS_BOOT))
        return -EPERM;
    if (!magic_valid(magic1, magic2))
        return -EINVAL;
    switch (cmd) {
    case LINUX_REBOOT_CMD_RESTART: power_restart();
    case LINUX_REBOOT_CMD_RESTART2: return restart_with_command(arg);
    case LINUX_REBOOT_CMD_HALT: power_halt();
    case LINUX_REBOOT_CMD_POWER_OFF: power_off();
    case LINUX_REBOOT_CMD_CAD_ON:
    case LINUX_REBOOT_CMD_CAD_OFF: ctrl_alt_del_set(cmd == LINUX_REBOOT_CMD_CAD_ON); return 0;
    default: return -EINVAL;
    }
}
