// SPDX-License-Identifier: MIT
// sources: kernel/tty/line.c kernel/tty/opost.c
/*
 * The line discipline against the build machine's own: the same bytes are typed into a
 * pseudo-terminal of it and into ours, with the same random settings, and what is echoed and what
 * is read must be the same. Skipped where there is no Linux below.
 */
#include <kernel/tty/line.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include "ktap.h"

#define HOST_TCGETS 0x5401
#define HOST_TCSETS 0x5402

static struct line line;
static char echo[65536];
static size_t echo_count;

static size_t ref_output(struct line *l, const u8 *buf, size_t count)
{
    memcpy(echo + echo_count, buf, count);
    echo_count += count;
    return count;
}
static size_t ref_room(struct line *l)
{
    return sizeof(echo) - echo_count;
}
static void ref_signal(struct line *l, int sig)
{
}
static void ref_flush(struct line *l)
{
}
static void ref_hold(struct line *l, bool hold)
{
}
static bool ref_held(struct line *l)
{
    return false;
}
static const struct line_ops ops = {ref_output, ref_room, ref_signal,
                                    ref_flush,  ref_hold, ref_held};

static int master, slave;

static bool pty_open(void)
{
    struct utsname un;
    int unlock = 0;
    unsigned int nr;
    char name[32];

    if (uname(&un) || strcmp(un.sysname, "Linux") != 0)
        return false;
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (master < 0 || ioctl(master, 0x40045431, &unlock) || ioctl(master, 0x80045430, &nr))
        return false;
    snprintf(name, sizeof(name), "/dev/pts/%u", nr);
    slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    return slave >= 0;
}

/* Everything that comes: @want bytes within a second, and what follows within a moment. */
static size_t drain(int fd, char *buf, size_t size, size_t want)
{
    size_t count = 0;

    for (;;) {
        ssize_t n = read(fd, buf + count, size - count);

        if (n > 0) {
            count += (size_t)n;
            continue;
        }
        struct pollfd pfd = {.fd = fd, .events = POLLIN};

        if (poll(&pfd, 1, count < want ? 1000 : 2) <= 0)
            return count;
    }
}

static void show(const char *what, const char *bytes, size_t count)
{
    char text[4096];
    int n = 0;

    for (size_t i = 0; i < count && n < 4000; i++)
        n += sprintf(text + n, bytes[i] >= 32 && bytes[i] < 127 ? "%c" : "\\%03o",
                     (unsigned char)bytes[i]);
    text[n] = 0;
    ktap_note("%s: \"%s\"", what, text);
}

static void random_settings(struct linux_termios2 *t, unsigned int *seed)
{
    static const unsigned char cc[NCCS] = {
        [VINTR] = 3,  [VQUIT] = 28,    [VERASE] = 127, [VKILL] = 21,  [VEOF] = 4,   [VMIN] = 1,
        [VSUSP] = 26, [VREPRINT] = 18, [VWERASE] = 23, [VLNEXT] = 22, [VEOL] = ';', [VEOL2] = '%'};
    /* Not flow control: held echo comes in other pieces. Not EXTPROC, FLUSHO. */
    const unsigned int in = ISTRIP | INLCR | IGNCR | ICRNL | IUCLC | IUTF8 | PARMRK;
    const unsigned int out = OPOST | OLCUC | ONLCR | OCRNL | ONOCR | ONLRET;
    const unsigned int local =
        ICANON | ECHO | ECHOE | ECHOK | ECHONL | ECHOCTL | ECHOPRT | ECHOKE | IEXTEN | ISIG;

    t->c_iflag = ICRNL ^ ((unsigned int)rand_r(seed) & (unsigned int)rand_r(seed) & in);
    t->c_oflag = (OPOST | ONLCR) ^ ((unsigned int)rand_r(seed) & (unsigned int)rand_r(seed) & out);
    if (rand_r(seed) % 4 == 0)
        t->c_oflag |= XTABS;
    t->c_lflag = ((ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN | ISIG) ^
                  ((unsigned int)rand_r(seed) & (unsigned int)rand_r(seed) & local)) |
                 NOFLSH;
    /* There Linux counts a character of several bytes as less than a column. */
    if (t->c_lflag & ECHOPRT)
        t->c_iflag &= ~IUTF8;
    memcpy(t->c_cc, cc, sizeof(cc));
}

static size_t random_typing(char *text, unsigned int *seed)
{
    static const char *const pieces[] = {
        "a",    "word",   " ",      "  two words", "\177",         "\177\177", "\027",     "\025",
        "\t",   "\t\177", "x\ty",   "\n",          "\r",           "\004",     "\026\003", "\026\n",
        "\022", "\001",   "\033[A", "\xc3\xa9",    "\xe2\x82\xac", ";",        "%",        "\003",
        "\b",   "\376",   "Upper",  "_1",          "\026\004",
    };
    size_t count = 0;

    for (int i = rand_r(seed) % 12; i >= 0; i--) {
        const char *piece = pieces[(size_t)rand_r(seed) % (sizeof(pieces) / sizeof(pieces[0]))];

        memcpy(text + count, piece, strlen(piece));
        count += strlen(piece);
    }
    return count;
}

static size_t read_all(char *buf)
{
    size_t count = 0;
    bool complete;

    while (line_readable(&line, 1))
        count += line_read(&line, (u8 *)buf + count, 4096, &complete);
    return count;
}

TEST(behaves_as_the_build_machines_own)
{
    static char typed[1024], theirs[65536], ours[65536];
    unsigned int seed = 77;

    if (!pty_open())
        SKIP("no pseudo-terminals of Linux here");
    for (int round = 0; round < 500 && !ktap_failures; round++) {
        struct linux_termios2 t = {.c_cflag = 0277};
        size_t n, count;

        /* The column is not reset by settings: both begin at the left. */
        ioctl(slave, HOST_TCGETS, &t);
        t.c_oflag = OPOST | ONLCR;
        ASSERT_EQ(ioctl(slave, HOST_TCSETS, &t), 0);
        ioctl(slave, 0x540b, 2L); /* TCFLSH, TCIOFLUSH */
        ASSERT_EQ(write(slave, "\r\n", 2), 2);
        random_settings(&t, &seed);
        ASSERT_EQ(ioctl(slave, HOST_TCSETS, &t), 0);
        drain(master, theirs, sizeof(theirs), 2);
        line_init(&line, &ops, NULL, &t);
        echo_count = 0;

        n = random_typing(typed, &seed);
        ASSERT_EQ(write(master, typed, n), n);
        line_receive(&line, (u8 *)typed, NULL, n);
        count = drain(master, theirs, sizeof(theirs), echo_count);
        if (count != echo_count || memcmp(theirs, echo, count) != 0) {
            KTAP_FAIL("echo differs in round %d: iflag %#x oflag %#x lflag %#x", round, t.c_iflag,
                      t.c_oflag, t.c_lflag);
            show("typed", typed, n);
            show("theirs", theirs, count);
            show("ours", echo, echo_count);
        }
        n = read_all(ours);
        count = drain(slave, theirs, sizeof(theirs), n);
        if (count != n || memcmp(theirs, ours, n) != 0) {
            KTAP_FAIL("input differs in round %d: iflag %#x lflag %#x", round, t.c_iflag,
                      t.c_lflag);
            show("theirs", theirs, count);
            show("ours", ours, n);
        }
    }
}
