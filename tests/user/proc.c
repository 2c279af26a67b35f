// SPDX-License-Identifier: MIT
// /proc and /sys in the forms that Debian's tools read.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/utsname.h>
#include "ktap.h"

/* A whole file as text; "" if it cannot be read. */
static const char *file_text(const char *path)
{
    static char text[65536];
    size_t at = 0;
    ssize_t got;
    int fd = open(path, O_RDONLY);

    if (fd < 0) {
        ktap_note("%s cannot be opened", path);
        return "";
    }
    while (at < sizeof(text) - 1 && (got = read(fd, text + at, sizeof(text) - 1 - at)) > 0)
        at += (size_t)got;
    text[at] = '\0';
    close(fd);
    return text;
}

/* The number after `name` at the start of a line, or -1. */
static long field(const char *text, const char *name)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, strlen(name)) == 0)
            return strtol(line + strlen(name), NULL, 10);
    }
    return -1;
}

TEST(stat_of_a_process_has_52_fields)
{
    int pid = 0, ppid = 0, pgrp = 0, session = 0, spaces = 0;
    char name[64] = "", state = 0;
    const char *text = file_text("/proc/self/stat");

    EXPECT_EQ(sscanf(text, "%d (%63[^)]) %c %d %d %d", &pid, name, &state, &ppid, &pgrp, &session),
              6);
    EXPECT_EQ(pid, getpid());
    EXPECT_EQ(ppid, getppid());
    EXPECT_EQ(pgrp, getpgrp());
    EXPECT_EQ(session, getsid(0));
    EXPECT_STREQ(name, "proc");
    EXPECT_EQ(state, 'R');
    for (const char *c = text; *c; c++)
        spaces += *c == ' ';
    EXPECT_EQ(spaces, 51);
}

TEST(status_of_a_process_says_what_it_is)
{
    const char *text = file_text("/proc/self/status");

    EXPECT_TRUE(strncmp(text, "Name:\tproc\n", 11) == 0);
    EXPECT_EQ(field(text, "Pid:\t"), getpid());
    EXPECT_EQ(field(text, "PPid:\t"), getppid());
    EXPECT_EQ(field(text, "Uid:\t"), 0);
    EXPECT_EQ(field(text, "Threads:\t"), 1);
    EXPECT_GT(field(text, "VmRSS:\t"), 0);
}

TEST(cmdline_and_exe_name_the_program)
{
    char exe[256] = "";

    EXPECT_STREQ(file_text("/proc/self/cmdline"), "/tests/proc");
    EXPECT_GT(readlink("/proc/self/exe", exe, sizeof(exe) - 1), 0);
    EXPECT_STREQ(exe, "/tests/proc");
    EXPECT_GT(readlink("/proc/self/cwd", exe, sizeof(exe) - 1), 0);
}

TEST(maps_name_program_heap_and_stack)
{
    const char *text = file_text("/proc/self/maps");

    EXPECT_TRUE(strstr(text, "r-xp") != NULL);
    EXPECT_TRUE(strstr(text, "/tests/proc") != NULL);
    EXPECT_TRUE(strstr(text, "[stack]") != NULL);
    EXPECT_TRUE(strstr(text, "rwxp") == NULL);
}

TEST(memory_adds_up)
{
    const char *text = file_text("/proc/meminfo");
    long total = field(text, "MemTotal:"), free = field(text, "MemFree:");
    long available = field(text, "MemAvailable:");

    EXPECT_GT(total, 65536);
    EXPECT_GT(free, 0);
    EXPECT_LT(free, total);
    EXPECT_GE(available, 0);
    EXPECT_LE(available, total);
    EXPECT_GE(field(text, "Cached:"), 0);
    EXPECT_GE(field(text, "Buffers:"), 0);
}

TEST(time_passes)
{
    double up = 0, later = 0, idle;

    EXPECT_EQ(sscanf(file_text("/proc/uptime"), "%lf %lf", &up, &idle), 2);
    usleep(50000);
    EXPECT_EQ(sscanf(file_text("/proc/uptime"), "%lf %lf", &later, &idle), 2);
    EXPECT_TRUE(later > up);
}

TEST(stat_counts_processors_and_processes)
{
    const char *text = file_text("/proc/stat");

    EXPECT_TRUE(strncmp(text, "cpu  ", 5) == 0);
    EXPECT_TRUE(strstr(text, "\ncpu0 ") != NULL);
    EXPECT_GT(field(text, "ctxt "), 0);
    EXPECT_GT(field(text, "btime "), 1600000000);
    EXPECT_GE(field(text, "procs_running "), 1);
}

TEST(load_and_version_have_their_form)
{
    float one, five, fifteen;
    int running, all, last;
    struct utsname name;

    EXPECT_EQ(sscanf(file_text("/proc/loadavg"), "%f %f %f %d/%d %d", &one, &five, &fifteen,
                     &running, &all, &last),
              6);
    EXPECT_GE(all, running);
    ASSERT_EQ(uname(&name), 0);
    EXPECT_TRUE(strstr(file_text("/proc/version"), name.release) != NULL);
    EXPECT_STREQ(name.machine, "x86_64");
}

TEST(mounts_show_the_root)
{
    const char *text = file_text("/proc/mounts");

    EXPECT_TRUE(strstr(text, " / ext4 r") != NULL);
    EXPECT_TRUE(strstr(text, " /proc proc ") != NULL);
    EXPECT_TRUE(strstr(file_text("/proc/self/mountinfo"), " / / r") != NULL);
    EXPECT_TRUE(strstr(file_text("/proc/filesystems"), "\text4\n") != NULL);
    EXPECT_TRUE(strstr(text, "rootfs / rootfs") == NULL);
}

TEST(partitions_are_listed)
{
    const char *text = file_text("/proc/partitions");

    EXPECT_TRUE(strstr(text, "major minor  #blocks  name") != NULL);
    EXPECT_TRUE(strstr(text, " vda\n") != NULL);
    EXPECT_TRUE(strstr(text, " vda2\n") != NULL);
}

TEST(open_descriptors_are_links)
{
    char target[64] = "";
    int fd = open("/dev/null", O_RDONLY);
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    EXPECT_GT(readlink(path, target, sizeof(target) - 1), 0);
    EXPECT_STREQ(target, "/dev/null");
}

TEST(a_process_that_is_gone_is_not_there)
{
    char path[64];
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    EXPECT_EQ(access(path, F_OK), 0);
    waitpid(pid, NULL, 0);
    EXPECT_EQ(access(path, F_OK), -1);
}
