// SPDX-License-Identifier: MIT
/*
 * The first program: mounts what it needs to look around, finds and mounts the root, enters it, and
 * becomes the real init. When a step fails it says why and gives a shell to look around; leaving
 * the shell tries again. With panic= on the command line nobody is expected at the console: then it
 * restarts instead.
 */
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEW_ROOT "/sysroot"

static void mount_own(const char *type, const char *target, unsigned long flags, const char *data)
{
    mkdir(target, 0755);
    if (mount(type, target, type, flags, data) != 0 && errno != EBUSY)
        complain("cannot mount %s on %s: %s", type, target, strerror(errno));
}

/* Standard files from /dev as it is now: the initrd's own node would keep the initrd alive. */
static void console_open(void)
{
    int fd = open("/dev/console", O_RDWR);

    if (fd < 0)
        return;
    for (int std = STDIN_FILENO; std <= STDERR_FILENO; std++)
        if (fd != std)
            dup2(fd, std);
    if (fd > STDERR_FILENO)
        close(fd);
}

static void cmdline_read(char *text, size_t size)
{
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

    if (len < 0)
        complain("cannot read /proc/cmdline: %s", strerror(errno));
    text[len < 0 ? 0 : len] = '\0';
    if (fd >= 0)
        close(fd);
}

static void shell_exec(void)
{
    static char *const argv[] = {"sh", NULL};
    static char *const envp[] = {"PATH=/bin:/sbin", "HOME=/root", "TERM=linux", NULL};

    setsid();
    ioctl(STDIN_FILENO, TIOCSCTTY, 1);
    execve("/bin/sh", argv, envp);
    complain("cannot start /bin/sh: %s", strerror(errno));
    _exit(127);
}

/* Restarts when panic= asks for it; else runs a shell until it is left. */
static void emergency(const struct wishes *wishes)
{
    pid_t shell;

    if (wishes->panic_set) {
        complain("restarting, as panic=%d says", wishes->panic_s);
        sleep(wishes->panic_s > 0 ? wishes->panic_s : 0);
        reboot(RB_AUTOBOOT);
    }
    complain("this is an emergency shell; `exit` tries again");
    shell = fork();
    if (shell == 0)
        shell_exec();
    if (shell < 0) {
        complain("cannot start a shell: %s", strerror(errno));
        sleep(1);
        return;
    }
    while (waitpid(shell, NULL, 0) != shell && errno == EINTR)
        ;
}

/* Finds, mounts; false when it said why not. */
static bool root_prepare(const struct wishes *wishes)
{
    struct device device;

    if (!root_wait(wishes, &device)) {
        if (wishes->root)
            complain("no root: there is no device %s after %u seconds", wishes->root,
                     wishes->wait_s);
        else
            complain(
                "no root: root= is not given, and after %u seconds no partition has the type of "
                "an x86-64 root",
                wishes->wait_s);
        devices_show();
        return false;
    }
    return root_mount(wishes, &device, NEW_ROOT) == 0;
}

/* Becomes the real init; returns when there is none. */
static void init_exec(const struct wishes *wishes, char **argv)
{
    static const char *const usual[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};

    if (wishes->init) {
        argv[0] = (char *)wishes->init;
        execv(wishes->init, argv);
        complain("cannot start %s, which init= names: %s", wishes->init, strerror(errno));
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
        argv[0] = (char *)usual[i];
        execv(usual[i], argv);
        if (errno != ENOENT)
            complain("cannot start %s: %s", usual[i], strerror(errno));
    }
    complain("the root has no init: neither /sbin/init, /etc/init, /bin/init nor /bin/sh");
}

int main(int argc, char **argv)
{
    static char cmdline[CMDLINE_MAX];
    struct wishes wishes;
    int error;

    mount_own("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_own("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_own("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
    console_open();
    cmdline_read(cmdline, sizeof(cmdline));
    wishes_parse(&wishes, cmdline);
    if (wishes.stop_for_shell)
        emergency(&wishes);
    while (!root_prepare(&wishes))
        emergency(&wishes);
    error = root_enter(NEW_ROOT);
    if (error)
        complain("cannot enter the root: %s", strerror(-error));
    else
        init_exec(&wishes, argv);
    for (;;)
        emergency(&wishes);
}
