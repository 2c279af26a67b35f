// SPDX-License-Identifier: MIT
/*
 * The guest's half of `make run EXEC=`: finds the command on a small disk of its own, runs it,
 * sends what it prints to the console between two marks, and powers the machine off.
 *
 * The disk (tools/run/run writes it, as a raw image beside the root's) begins with one line
 *     LINTEL-EXEC 1 NONCE LENGTH\n
 * and has LENGTH bytes of shell command at offset EXEC_TEXT_OFFSET. No such disk: nothing to do,
 * exit 1, and the start-up goes on to its shell.
 *
 * The command runs as `/bin/sh -c TEXT` in a session of its own with /dev/null as standard input
 * and one pipe as standard output and error, so that it sees no terminal and the order of its
 * output is kept. On the console stands \x1e NONCE begin raw|cooked \n  (output)  \x1e NONCE end
 * STATUS \n without the spaces around NONCE's mark. "raw" says that the terminal passes bytes as
 * they are; "cooked" that it could not be told to, and turns \n into \r\n. STATUS is the shell's
 * exit status, or 128 + the signal that ended it. The nonce is the host's and new for each run, so
 * that a command cannot end its own transcript by accident.
 *
 * Output still in the pipe when the shell ends is passed on; what background processes would print
 * later is not waited for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define EXEC_TEXT_OFFSET 4096
#define EXEC_TEXT_MAX    (120 * 1024) /* the kernel's limit for one argument is 128 KiB */
#define NONCE_MAX        64

/* klogctl(2): messages less severe than this level do not go to the console. */
#define SYSLOG_ACTION_CONSOLE_LEVEL 8
#define CONSOLE_LEVEL_PANIC_ONLY    1

struct command {
    char nonce[NONCE_MAX + 1];
    size_t length;
    char *text; /* NUL-terminated */
};

static bool read_at(int fd, void *buffer, size_t size, off_t offset)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = pread(fd, (char *)buffer + done, size - done, offset + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static bool command_read(const char *path, struct command *command)
{
    char head[512] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool found = false;

    if (fd < 0)
        return false;
    if (read_at(fd, head, sizeof(head) - 1, 0) &&
        sscanf(head, "LINTEL-EXEC 1 %64[0-9a-f] %zu\n", command->nonce, &command->length) == 2 &&
        command->length <= EXEC_TEXT_MAX) {
        command->text = calloc(1, command->length + 1);
        found = command->text && read_at(fd, command->text, command->length, EXEC_TEXT_OFFSET);
    }
    close(fd);
    return found;
}

static bool command_find(struct command *command)
{
    static const char *const forms[] = {"/dev/vd%c", "/dev/sd%c"};
    char path[32];

    for (size_t form = 0; form < sizeof(forms) / sizeof(forms[0]); form++) {
        for (char letter = 'a'; letter <= 'h'; letter++) {
            snprintf(path, sizeof(path), forms[form], letter);
            if (command_read(path, command))
                return true;
        }
    }
    for (int number = 0; number < 4; number++) {
        snprintf(path, sizeof(path), "/dev/nvme%dn1", number);
        if (command_read(path, command))
            return true;
    }
    return false;
}

/* Makes the console pass bytes as they are. */
static bool console_make_raw(int console)
{
    struct termios settings;

    if (tcgetattr(console, &settings) != 0)
        return false;
    cfmakeraw(&settings);
    return tcsetattr(console, TCSADRAIN, &settings) == 0 && tcgetattr(console, &settings) == 0 &&
           !(settings.c_oflag & OPOST);
}

static void write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t put = write(fd, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return;
        data += put;
        size -= (size_t)put;
    }
}

static void run_shell(const char *text, int output)
{
    int input = open("/dev/null", O_RDONLY);

    setsid();
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (input > STDERR_FILENO)
        close(input);
    if (chdir("/root") != 0 && chdir("/") != 0)
        _exit(126);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    setenv("HOME", "/root", 1);
    setenv("USER", "root", 1);
    setenv("LOGNAME", "root", 1);
    setenv("SHELL", "/bin/sh", 1);
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    execl("/bin/sh", "sh", "-c", text, (char *)NULL);
    dprintf(STDERR_FILENO, "run-exec: /bin/sh: %s\n", strerror(errno));
    _exit(127);
}

/* Copies what is in the pipe now. Returns false at end of file. */
static bool pipe_pass_on(int from, int console)
{
    static char buffer[16384];
    ssize_t got;

    while ((got = read(from, buffer, sizeof(buffer))) > 0)
        write_all(console, buffer, (size_t)got);
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Copies the pipe to the console until the shell has ended; returns its wait status. */
static int output_pass_on(int from, int console, pid_t shell)
{
    struct pollfd wait_for = {.fd = from, .events = POLLIN};
    bool open = true;
    int status = 0;

    fcntl(from, F_SETFL, O_NONBLOCK);
    for (;;) {
        /* The shell may end while others hold the pipe: look at both by turns. */
        pid_t ended = waitpid(shell, &status, open ? WNOHANG : 0);
        if (open)
            open = pipe_pass_on(from, console);
        if (ended == shell)
            return status;
        if (ended < 0 && errno != EINTR)
            return 125 << 8;
        if (open)
            poll(&wait_for, 1, 20);
    }
}

static void power_off(int console)
{
    tcdrain(console);
    sync();
    mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
    reboot(RB_POWER_OFF);
}

int main(void)
{
    struct command command = {0};
    int console, fds[2], status;
    bool raw;
    pid_t shell;

    if (!command_find(&command))
        return 1;
    console = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (console < 0 || pipe2(fds, O_CLOEXEC) != 0)
        return 1;
    klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, CONSOLE_LEVEL_PANIC_ONLY);
    raw = console_make_raw(console);
    dprintf(console, "\x1e%s begin %s\n", command.nonce, raw ? "raw" : "cooked");
    shell = fork();
    if (shell == 0)
        run_shell(command.text, fds[1]);
    close(fds[1]);
    status = shell < 0 ? 125 << 8 : output_pass_on(fds[0], console, shell);
    dprintf(console, "\x1e%s end %d\n", command.nonce,
            WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    power_off(console);
    /* Still here: the kernel could not. The host has the mark and ends the machine itself. */
    for (;;)
        pause();
}
