// SPDX-License-Identifier: MIT
// Pseudo-terminals: data both ways, ends and hangups, packets, who controls what.
// cflags: -Wno-unused-parameter
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include "ktap.h"

#ifndef TIOCPKT_DATA
#define TIOCPKT_DATA      0
#define TIOCPKT_FLUSHREAD 1
#define TIOCPKT_STOP      4
#define TIOCPKT_START     8
#define TIOCPKT_NOSTOP    16
#define TIOCPKT_DOSTOP    32
#endif

static int master = -1, slave = -1;
static char slave_name[32];

static bool pty(void)
{
    int unlock = 0;
    unsigned int nr;

    master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) || ioctl(master, TIOCGPTN, &nr))
        return false;
    snprintf(slave_name, sizeof(slave_name), "/dev/pts/%u", nr);
    slave = open(slave_name, O_RDWR | O_NOCTTY);
    return slave >= 0;
}

static void raw(int fd)
{
    struct termios t;

    tcgetattr(fd, &t);
    cfmakeraw(&t);
    tcsetattr(fd, TCSANOW, &t);
}

static void sleep_ms(int ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

    while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
        ;
}

static short events(int fd, short wanted, int ms)
{
    struct pollfd p = {fd, wanted, 0};

    return poll(&p, 1, ms) > 0 ? p.revents : 0;
}

TEST(a_slave_is_locked_until_it_is_unlocked)
{
    int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY), locked = 0;
    unsigned int nr;

    ASSERT_EQ(ioctl(fd, TIOCGPTN, &nr), 0);
    snprintf(slave_name, sizeof(slave_name), "/dev/pts/%u", nr);
    EXPECT_EQ(ioctl(fd, TIOCGPTLCK, &locked), 0);
    EXPECT_EQ(locked, 1);
    EXPECT_EQ(open(slave_name, O_RDWR | O_NOCTTY), -1);
    EXPECT_EQ(errno, EIO);
}

TEST(the_node_belongs_to_whoever_made_it)
{
    struct stat st;

    ASSERT_TRUE(pty());
    ASSERT_EQ(stat(slave_name, &st), 0);
    EXPECT_TRUE(S_ISCHR(st.st_mode));
    EXPECT_EQ(major(st.st_rdev), 136);
    EXPECT_EQ(st.st_uid, getuid());
    ASSERT_EQ(chmod(slave_name, 0666), 0);
    ASSERT_EQ(stat(slave_name, &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0666);
    close(slave);
    close(master);
    EXPECT_EQ(stat(slave_name, &st), -1);
    EXPECT_EQ(errno, ENOENT);
}

TEST(names_are_given_again)
{
    char first[32];

    ASSERT_TRUE(pty());
    strcpy(first, slave_name);
    for (int i = 0; i < 50; i++) {
        close(slave);
        close(master);
        ASSERT_TRUE(pty());
    }
    EXPECT_STREQ(slave_name, first);
}

TEST(waiting_input_is_counted)
{
    int n = -1;

    ASSERT_TRUE(pty());
    ASSERT_EQ(write(master, "ab", 2), 2);
    sleep_ms(20);
    EXPECT_EQ(ioctl(slave, FIONREAD, &n), 0);
    EXPECT_EQ(n, 0);
    ASSERT_EQ(write(master, "c\n", 2), 2);
    sleep_ms(20);
    EXPECT_EQ(ioctl(slave, FIONREAD, &n), 0);
    EXPECT_EQ(n, 4);
    EXPECT_EQ(tcflush(slave, TCIFLUSH), 0);
    EXPECT_EQ(ioctl(slave, FIONREAD, &n), 0);
    EXPECT_EQ(n, 0);
}

TEST(nothing_there_is_eagain_when_asked_not_to_wait)
{
    char byte;

    ASSERT_TRUE(pty());
    fcntl(slave, F_SETFL, O_NONBLOCK);
    fcntl(master, F_SETFL, O_NONBLOCK);
    EXPECT_EQ(read(slave, &byte, 1), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(read(master, &byte, 1), -1);
    EXPECT_EQ(errno, EAGAIN);
}

TEST(min_and_time_govern_raw_reads)
{
    struct termios t;
    struct timespec a, b;
    char buf[16];

    ASSERT_TRUE(pty());
    raw(slave);
    tcgetattr(slave, &t);
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 0;
    tcsetattr(slave, TCSANOW, &t);
    EXPECT_EQ(read(slave, buf, sizeof(buf)), 0);
    t.c_cc[VTIME] = 2;
    tcsetattr(slave, TCSANOW, &t);
    clock_gettime(CLOCK_MONOTONIC, &a);
    EXPECT_EQ(read(slave, buf, sizeof(buf)), 0);
    clock_gettime(CLOCK_MONOTONIC, &b);
    EXPECT_GE((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000, 190);
    t.c_cc[VMIN] = 3;
    t.c_cc[VTIME] = 0;
    tcsetattr(slave, TCSANOW, &t);
    if (fork() == 0) {
        for (int i = 0; i < 3; i++) {
            sleep_ms(20);
            if (write(master, "x", 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    EXPECT_EQ(read(slave, buf, sizeof(buf)), 3);
    wait(NULL);
    /* Between bytes the time counts. */
    t.c_cc[VMIN] = 10;
    t.c_cc[VTIME] = 1;
    tcsetattr(slave, TCSANOW, &t);
    ASSERT_EQ(write(master, "ab", 2), 2);
    EXPECT_EQ(read(slave, buf, sizeof(buf)), 2);
}

static void *pump(void *arg)
{
    static unsigned char chunk[1000];
    unsigned long sent = 0, total = 300000;

    while (sent < total) {
        size_t n = total - sent < sizeof(chunk) ? total - sent : sizeof(chunk);
        for (size_t i = 0; i < n; i++)
            chunk[i] = (unsigned char)((sent + i) * 7);
        ssize_t done = write((int)(long)arg, chunk, n);
        if (done <= 0)
            return (void *)1;
        sent += (unsigned long)done;
    }
    return NULL;
}

static unsigned long drain(int fd, unsigned long total)
{
    unsigned char buf[777];
    unsigned long got = 0;

    while (got < total) {
        ssize_t n = read(fd, buf, sizeof(buf));
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++) {
            if (buf[i] != (unsigned char)((got + (unsigned long)i) * 7))
                return got + (unsigned long)i;
        }
        got += (unsigned long)n;
    }
    return got;
}

TEST(much_data_arrives_whole_in_both_directions)
{
    pthread_t thread;
    void *result;

    ASSERT_TRUE(pty());
    raw(slave);
    pthread_create(&thread, NULL, pump, (void *)(long)slave);
    EXPECT_EQ(drain(master, 300000), 300000);
    pthread_join(thread, &result);
    EXPECT_TRUE(result == NULL);
    pthread_create(&thread, NULL, pump, (void *)(long)master);
    EXPECT_EQ(drain(slave, 300000), 300000);
    pthread_join(thread, &result);
    EXPECT_TRUE(result == NULL);
}

TEST(a_writer_waits_for_the_reader)
{
    static char block[4096];
    long total = 0;
    ssize_t n;

    ASSERT_TRUE(pty());
    raw(slave);
    fcntl(slave, F_SETFL, O_NONBLOCK);
    while ((n = write(slave, block, sizeof(block))) > 0 && total < 10000000)
        total += n;
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_LT(total, 1000000);
    EXPECT_EQ(events(slave, POLLOUT, 0), 0);
    fcntl(master, F_SETFL, O_NONBLOCK);
    while (read(master, block, sizeof(block)) > 0 || events(master, POLLIN, 20))
        ;
    EXPECT_EQ(events(slave, POLLOUT, 100), POLLOUT);
}

TEST(stopped_output_waits_for_start)
{
    char buf[16];

    ASSERT_TRUE(pty());
    ASSERT_EQ(tcflow(slave, TCOOFF), 0);
    fcntl(slave, F_SETFL, O_NONBLOCK);
    EXPECT_EQ(write(slave, "x", 1), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(events(slave, POLLOUT, 0), 0);
    ASSERT_EQ(tcflow(slave, TCOON), 0);
    EXPECT_EQ(write(slave, "x", 1), 1);
    EXPECT_EQ(read(master, buf, sizeof(buf)), 1);
    /* The same by ^S and ^Q. */
    ASSERT_EQ(write(master, "\023", 1), 1);
    sleep_ms(20);
    EXPECT_EQ(write(slave, "y", 1), -1);
    ASSERT_EQ(write(master, "\021", 1), 1);
    sleep_ms(20);
    EXPECT_EQ(write(slave, "y", 1), 1);
}

TEST(packets_say_what_happened)
{
    int on = 1;
    char buf[16];
    struct termios t;

    ASSERT_TRUE(pty());
    ASSERT_EQ(ioctl(master, TIOCPKT, &on), 0);
    ASSERT_EQ(write(slave, "hi", 2), 2);
    ASSERT_EQ(read(master, buf, sizeof(buf)), 3);
    EXPECT_EQ(buf[0], TIOCPKT_DATA);
    EXPECT_EQ(buf[1], 'h');
    ASSERT_EQ(tcflow(slave, TCOOFF), 0);
    EXPECT_TRUE(events(master, POLLIN | POLLPRI, 100) & POLLPRI);
    ASSERT_EQ(read(master, buf, sizeof(buf)), 1);
    EXPECT_EQ(buf[0], TIOCPKT_STOP);
    tcflow(slave, TCOON);
    ASSERT_EQ(read(master, buf, sizeof(buf)), 1);
    EXPECT_EQ(buf[0], TIOCPKT_START);
    tcgetattr(slave, &t);
    t.c_iflag &= ~IXON;
    tcsetattr(slave, TCSANOW, &t);
    ASSERT_EQ(read(master, buf, sizeof(buf)), 1);
    EXPECT_EQ(buf[0], TIOCPKT_NOSTOP);
    tcflush(slave, TCIFLUSH);
    ASSERT_EQ(read(master, buf, sizeof(buf)), 1);
    EXPECT_EQ(buf[0], TIOCPKT_FLUSHREAD);
}

TEST(the_slaves_end_is_eio_at_the_master)
{
    char buf[16];

    ASSERT_TRUE(pty());
    ASSERT_EQ(write(slave, "last", 4), 4);
    close(slave);
    EXPECT_EQ(read(master, buf, sizeof(buf)), 4);
    EXPECT_EQ(read(master, buf, sizeof(buf)), -1);
    EXPECT_EQ(errno, EIO);
    EXPECT_TRUE(events(master, POLLIN, 0) & POLLHUP);
    /* It can be opened again. */
    slave = open(slave_name, O_RDWR | O_NOCTTY);
    ASSERT_TRUE(slave >= 0);
    ASSERT_EQ(write(slave, "again", 5), 5);
    EXPECT_EQ(read(master, buf, sizeof(buf)), 5);
}

TEST(the_masters_end_hangs_the_slave_up)
{
    char buf[16];
    struct termios t;

    ASSERT_TRUE(pty());
    close(master);
    EXPECT_EQ(read(slave, buf, sizeof(buf)), 0);
    EXPECT_EQ(write(slave, "x", 1), -1);
    EXPECT_EQ(errno, EIO);
    EXPECT_EQ(tcgetattr(slave, &t), -1);
    EXPECT_EQ(errno, EIO);
    EXPECT_TRUE(events(slave, POLLIN, 0) & POLLHUP);
    EXPECT_EQ(open(slave_name, O_RDWR | O_NOCTTY), -1);
}

static void *read_slave(void *arg)
{
    char byte;

    return (void *)(long)read(slave, &byte, 1);
}

TEST(a_hangup_wakes_a_sleeping_reader)
{
    pthread_t thread;
    void *result = (void *)77;

    ASSERT_TRUE(pty());
    pthread_create(&thread, NULL, read_slave, NULL);
    sleep_ms(30);
    close(master);
    pthread_join(thread, &result);
    EXPECT_LE((long)result, 0); /* end of file, or EIO: whichever it sees first */
}

TEST(exclusive_use_keeps_others_out)
{
    ASSERT_TRUE(pty());
    ASSERT_EQ(ioctl(slave, TIOCEXCL), 0);
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        chmod(slave_name, 0666);
        if (setuid(1001))
            _exit(9);
        _exit(open(slave_name, O_RDWR | O_NOCTTY) == -1 && errno == EBUSY ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    ASSERT_EQ(ioctl(slave, TIOCNXCL), 0);
}

TEST(settings_are_kept_as_given)
{
    struct termios t, u;
    int n = 5;

    ASSERT_TRUE(pty());
    tcgetattr(slave, &t);
    EXPECT_TRUE(t.c_lflag & ICANON);
    t.c_lflag &= ~(ECHO | ICANON);
    t.c_cc[VINTR] = 'x';
    cfsetospeed(&t, B9600);
    cfsetispeed(&t, B9600);
    ASSERT_EQ(tcsetattr(slave, TCSAFLUSH, &t), 0);
    tcgetattr(slave, &u);
    EXPECT_EQ(u.c_lflag, t.c_lflag);
    EXPECT_EQ(u.c_cc[VINTR], 'x');
    EXPECT_EQ(cfgetospeed(&u), B9600);
    /* A pty has 8 bits, whatever is asked for. */
    t.c_cflag = (t.c_cflag & ~CSIZE) | CS5 | PARENB;
    ASSERT_EQ(tcsetattr(slave, TCSANOW, &t), 0);
    tcgetattr(slave, &u);
    EXPECT_EQ(u.c_cflag & CSIZE, CS8);
    EXPECT_EQ(u.c_cflag & PARENB, 0);
    EXPECT_EQ(ioctl(slave, TIOCGETD, &n), 0);
    EXPECT_EQ(n, 0);
    EXPECT_EQ(ioctl(slave, 0x54ff, &n), -1);
    EXPECT_EQ(errno, ENOTTY);
}

/* --- the controlling terminal --- */

/* Runs fn in a session of its own and gives its result. */
static int in_session(int (*fn)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        setsid();
        _exit(fn());
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

#define CHECK(condition)               \
    do {                               \
        if (!(condition))              \
            return __LINE__ % 250 + 1; \
    } while (0)

static int opens_it(void)
{
    CHECK(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
    int fd = open(slave_name, O_RDWR);
    CHECK(fd >= 0);
    CHECK(tcgetsid(fd) == getpid());
    CHECK(tcgetpgrp(fd) == getpid());
    int tty = open("/dev/tty", O_RDWR);
    CHECK(tty >= 0);
    CHECK(tcgetsid(tty) == getpid());
    CHECK(write(tty, "tty\n", 4) == 4);
    return 0;
}

TEST(a_leader_gets_the_terminal_that_it_opens)
{
    char buf[16];

    ASSERT_TRUE(pty());
    EXPECT_EQ(in_session(opens_it), 0);
    EXPECT_EQ(read(master, buf, sizeof(buf)), 5);
}

static int takes_it(void)
{
    CHECK(open(slave_name, O_RDWR | O_NOCTTY) >= 0);
    CHECK(open("/dev/tty", O_RDWR) == -1);
    CHECK(tcgetpgrp(slave) == -1 && errno == ENOTTY);
    CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
    CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
    CHECK(tcgetpgrp(slave) == getpgrp());
    CHECK(tcsetpgrp(slave, 1) == -1 && errno == EPERM);
    CHECK(tcsetpgrp(slave, 0x7ffffff) == -1 && errno == ESRCH);
    signal(SIGHUP, SIG_IGN);
    CHECK(ioctl(slave, TIOCNOTTY) == 0);
    CHECK(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
    CHECK(ioctl(slave, TIOCNOTTY) == -1 && errno == ENOTTY);
    return 0;
}

TEST(a_leader_may_take_and_give_up_a_terminal)
{
    ASSERT_TRUE(pty());
    EXPECT_EQ(in_session(takes_it), 0);
}

static int steals_it(void)
{
    pid_t pid;
    int status, fds[2];
    char byte;

    CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
    CHECK(pipe(fds) == 0);
    pid = fork();
    if (pid == 0) {
        /* Not a leader: cannot. */
        if (ioctl(slave, TIOCSCTTY, 0) != -1 || errno != EPERM)
            _exit(1);
        setsid();
        if (ioctl(slave, TIOCSCTTY, 0) != -1 || errno != EPERM)
            _exit(2);
        if (ioctl(slave, TIOCSCTTY, 1) != 0)
            _exit(3);
        byte = (char)write(fds[1], "x", 1);
        _exit(tcgetsid(slave) == getpid() ? 0 : 4);
    }
    CHECK(read(fds[0], &byte, 1) == 1);
    CHECK(open("/dev/tty", O_RDWR) == -1);
    signal(SIGHUP, SIG_IGN);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

TEST(a_terminal_has_one_session_unless_root_steals_it)
{
    ASSERT_TRUE(pty());
    EXPECT_EQ(in_session(steals_it), 0);
}

static volatile int hups;

static void on_hup(int sig)
{
    hups++;
}

static int background_writes(void)
{
    struct termios t;
    int status;

    CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        /* Without TOSTOP anybody may write, but settings are the foreground's. */
        if (write(slave, "w", 1) != 1)
            _exit(1);
        tcgetattr(slave, &t);
        tcsetattr(slave, TCSANOW, &t);
        /* Continued in the background, it is stopped again, until it is in front. */
        _exit(0);
    }
    CHECK(waitpid(pid, &status, WUNTRACED) == pid);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
    CHECK(tcsetpgrp(slave, pid) == 0);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* Now this group is behind: with SIGTTOU ignored it may take the front back. */
    signal(SIGTTOU, SIG_IGN);
    CHECK(tcsetpgrp(slave, getpgrp()) == 0);
    tcgetattr(slave, &t);
    t.c_lflag |= TOSTOP;
    CHECK(tcsetattr(slave, TCSANOW, &t) == 0);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        signal(SIGTTOU, SIG_DFL);
        _exit(write(slave, "w", 1) == 1 ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, WUNTRACED) == pid);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    signal(SIGHUP, on_hup);
    return 0;
}

TEST(the_background_is_kept_from_writing_settings)
{
    ASSERT_TRUE(pty());
    EXPECT_EQ(in_session(background_writes), 0);
}

static int orphans_get_eio(void)
{
    int fds[2], status;
    char byte = 0;

    CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
    CHECK(pipe(fds) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        if (fork() == 0) {
            while (getppid() != 1)
                sleep_ms(5);
            char c;
            byte = read(slave, &c, 1) == -1 && errno == EIO ? 'y' : 'n';
            c = (char)write(fds[1], &byte, 1);
            _exit(0);
        }
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(read(fds[0], &byte, 1) == 1);
    return byte == 'y' ? 0 : 1;
}

TEST(an_orphaned_background_reader_gets_eio)
{
    ASSERT_TRUE(pty());
    EXPECT_EQ(in_session(orphans_get_eio), 0);
}

TEST(the_window_change_is_told_to_the_foreground)
{
    int fds[2];
    char byte;

    ASSERT_TRUE(pty());
    ASSERT_EQ(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t set;
        siginfo_t info;
        struct winsize ws;

        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        sigemptyset(&set);
        sigaddset(&set, SIGWINCH);
        sigprocmask(SIG_BLOCK, &set, NULL);
        if (write(fds[1], "r", 1) != 1 || sigwaitinfo(&set, &info) != SIGWINCH)
            _exit(1);
        ioctl(slave, TIOCGWINSZ, &ws);
        _exit(ws.ws_row == 50 && ws.ws_col == 132 ? 0 : 2);
    }
    ASSERT_EQ(read(fds[0], &byte, 1), 1);
    struct winsize ws = {50, 132, 0, 0};
    ASSERT_EQ(ioctl(master, TIOCSWINSZ, &ws), 0);
    int status;
    waitpid(pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(input_can_be_faked_on_ones_own_terminal)
{
    char c = 'z', buf[16];

    ASSERT_TRUE(pty());
    raw(slave);
    if (ioctl(slave, TIOCSTI, &c) == -1 && errno == EIO)
        SKIP("turned off in this kernel");
    EXPECT_EQ(read(slave, buf, sizeof(buf)), 1);
    EXPECT_EQ(buf[0], 'z');
}
