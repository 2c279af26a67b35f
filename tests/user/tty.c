// SPDX-License-Identifier: MIT
// Terminals: the line discipline seen through a pseudo-terminal, and job control.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "ktap.h"

static int master = -1, slave = -1;

/* A pseudo-terminal; `slave` does not become this process's controlling terminal. */
static bool terminal_open(void)
{
    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return false;
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    return slave >= 0;
}

#define NEED_TERMINAL                       \
    do {                                    \
        if (access("/dev/ptmx", F_OK) != 0) \
            SKIP("there is no /dev/ptmx");  \
        ASSERT_TRUE(terminal_open());       \
    } while (0)

static bool readable(int fd, int wait_ms)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return poll(&one, 1, wait_ms) == 1 && (one.revents & POLLIN);
}

/* Types `keys` on the terminal. */
static void type(const char *keys)
{
    EXPECT_EQ(write(master, keys, strlen(keys)), strlen(keys));
}

/* What a program reads from the terminal in one call, as a string; "" when there is nothing yet. */
static const char *line_read(void)
{
    static char line[256];
    ssize_t got = readable(slave, 500) ? read(slave, line, sizeof(line) - 1) : 0;

    line[got > 0 ? got : 0] = '\0';
    return line;
}

/* What appeared on the screen since the last look. */
static const char *screen_read(void)
{
    static char screen[512];
    size_t at = 0;

    while (at < sizeof(screen) - 1 && readable(master, 100)) {
        ssize_t got = read(master, screen + at, sizeof(screen) - 1 - at);
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    screen[at] = '\0';
    return screen;
}

TEST(a_line_arrives_when_it_is_complete)
{
    NEED_TERMINAL;
    type("hel");
    EXPECT_FALSE(readable(slave, 50));
    type("lo\r");
    EXPECT_STREQ(line_read(), "hello\n");
    EXPECT_STREQ(screen_read(), "hello\r\n");
}

TEST(a_line_can_be_edited)
{
    NEED_TERMINAL;
    type("abx\177c\r");
    EXPECT_STREQ(line_read(), "abc\n");
    EXPECT_STREQ(screen_read(), "abx\b \bc\r\n");
    type("gone\025kept word\027\r");
    EXPECT_STREQ(line_read(), "kept \n");
    type("a\026\003b\r");
    EXPECT_STREQ(line_read(), "a\003b\n");
}

TEST(end_of_file_ends_a_line_without_a_character)
{
    char byte;

    NEED_TERMINAL;
    type("part\004");
    EXPECT_STREQ(line_read(), "part");
    type("\004");
    EXPECT_TRUE(readable(slave, 500));
    EXPECT_EQ(read(slave, &byte, 1), 0);
}

TEST(raw_mode_passes_every_byte)
{
    struct termios settings;

    NEED_TERMINAL;
    ASSERT_EQ(tcgetattr(slave, &settings), 0);
    EXPECT_TRUE(settings.c_lflag & ICANON);
    cfmakeraw(&settings);
    ASSERT_EQ(tcsetattr(slave, TCSANOW, &settings), 0);
    type("\003\004\r\177");
    EXPECT_STREQ(line_read(), "\003\004\r\177");
    EXPECT_STREQ(screen_read(), "");
    EXPECT_EQ(write(slave, "a\nb", 3), 3);
    EXPECT_STREQ(screen_read(), "a\nb");
}

TEST(output_gets_carriage_returns)
{
    NEED_TERMINAL;
    EXPECT_EQ(write(slave, "one\ntwo\n", 8), 8);
    EXPECT_STREQ(screen_read(), "one\r\ntwo\r\n");
}

TEST(a_read_can_have_a_time_limit)
{
    struct termios settings;
    char byte;

    NEED_TERMINAL;
    tcgetattr(slave, &settings);
    settings.c_lflag &= ~(ICANON | ECHO);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 1;
    ASSERT_EQ(tcsetattr(slave, TCSANOW, &settings), 0);
    EXPECT_EQ(read(slave, &byte, 1), 0);
}

TEST(the_window_has_a_size)
{
    struct winsize size = {.ws_row = 40, .ws_col = 132}, got = {0};

    NEED_TERMINAL;
    EXPECT_EQ(ioctl(master, TIOCSWINSZ, &size), 0);
    EXPECT_EQ(ioctl(slave, TIOCGWINSZ, &got), 0);
    EXPECT_EQ(got.ws_row, 40);
    EXPECT_EQ(got.ws_col, 132);
    EXPECT_TRUE(isatty(slave));
    close(0);
    ASSERT_EQ(open("/dev/null", O_RDONLY), 0);
    EXPECT_FALSE(isatty(0));
    EXPECT_EQ(errno, ENOTTY);
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

/* Becomes the leader of a session whose controlling terminal is the slave. */
static void session_start(void)
{
    if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
        _exit(100);
    signal(SIGINT, on_signal);
    signal(SIGTSTP, on_signal);
    signal(SIGQUIT, on_signal);
    signal(SIGHUP, on_signal);
}

static int child_status(pid_t pid)
{
    int status = -1;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void keys_make_signals(char key, int number)
{
    int ready[2];
    char byte;

    NEED_TERMINAL;
    ASSERT_EQ(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        session_start();
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (int i = 0; i < 100 && !caught; i++)
            usleep(20000);
        _exit(caught == number ? 0 : 2);
    }
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    EXPECT_EQ(write(master, &key, 1), 1);
    EXPECT_EQ(child_status(pid), 0);
}

TEST(control_c_interrupts)
{
    keys_make_signals(3, SIGINT);
}

TEST(control_z_stops)
{
    keys_make_signals(26, SIGTSTP);
}

TEST(control_backslash_quits)
{
    keys_make_signals(28, SIGQUIT);
}

TEST(a_background_process_that_reads_is_stopped)
{
    NEED_TERMINAL;
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        int status;

        session_start();
        pid_t background = fork();
        if (background == 0) {
            setpgid(0, 0);
            _exit(read(slave, &byte, 1) == 1 ? 0 : 1);
        }
        if (waitpid(background, &status, WUNTRACED) != background || !WIFSTOPPED(status))
            _exit(1);
        if (WSTOPSIG(status) != SIGTTIN)
            _exit(2);
        /* In the foreground it reads on. */
        if (tcsetpgrp(slave, background) != 0 || tcgetpgrp(slave) != background)
            _exit(3);
        kill(-background, SIGCONT);
        if (waitpid(background, &status, 0) != background)
            _exit(4);
        _exit(status == 0 ? 0 : 5);
    }
    usleep(100000);
    type("x\r");
    EXPECT_EQ(child_status(pid), 0);
}

TEST(hanging_up_signals_the_session)
{
    int ready[2];
    char byte;

    NEED_TERMINAL;
    ASSERT_EQ(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(master);
        session_start();
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (int i = 0; i < 100 && !caught; i++)
            usleep(20000);
        _exit(caught == SIGHUP && read(slave, &byte, 1) == 0 ? 0 : 2);
    }
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    close(slave);
    close(master);
    EXPECT_EQ(child_status(pid), 0);
}
