// SPDX-License-Identifier: MIT
/*
 * A loadable object for GNU make ("load" in its manual) that lets `make run` exit with the status
 * of the guest's command. By itself make answers 2 whatever status a recipe ended with.
 *
 * A recipe that wants make to exit with a status of its own writes it, in decimal, to
 * build/.exit-status.PID, where PID is make's, and itself succeeds. The file is removed here.
 */
#include <gnumake.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int plugin_is_GPL_compatible;

int make_exit_gmk_setup(const gmk_floc *where);

static char status_path[64];
static pid_t make_pid;

static void exit_with_status(void)
{
    unsigned int status = 0;
    int got;
    FILE *file;

    /* A child that make forked but that failed to exec runs the handlers too. */
    if (getpid() != make_pid)
        return;
    file = fopen(status_path, "r");
    if (!file)
        return;
    got = fscanf(file, "%u", &status);
    fclose(file);
    unlink(status_path);
    if (got == 1 && status > 0 && status < 256) {
        fflush(NULL);
        _exit((int)status);
    }
}

int make_exit_gmk_setup(const gmk_floc *where)
{
    (void)where;
    make_pid = getpid();
    snprintf(status_path, sizeof(status_path), "build/.exit-status.%d", (int)make_pid);
    unlink(status_path);
    return atexit(exit_with_status) == 0;
}
