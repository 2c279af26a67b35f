/* SPDX-License-Identifier: MIT */
/*
 * The line discipline N_TTY: what stands between a terminal's bytes and a program's read() and
 * write().
 *
 * This is the part without locks, sleeping and user memory: the caller serialises everything with
 * one lock, and the operations below are called under it. So it also runs on the build machine,
 * under test.
 */
#ifndef KERNEL_TTY_LINE_H
#define KERNEL_TTY_LINE_H

#include <abi/linux/termios.h>
#include <kernel/types.h>

struct line;

#define LINE_SIZE      4096 /* bytes of input kept; a power of two */
#define LINE_ECHO_SIZE 1024 /* bytes of echo that wait for room; a power of two */

struct line_ops {
    /* Sends bytes that need no more processing; takes all that output_room() promised. */
    size_t (*output)(struct line *line, const u8 *buf, size_t count);
    size_t (*output_room)(struct line *line);
    /* INTR, QUIT, SUSP or a break was typed: @sig goes to the foreground process group. */
    void (*signal)(struct line *line, int sig);
    /* Throws away output not yet sent (a signal character without NOFLSH). */
    void (*flush_output)(struct line *line);
    /* STOP (true) or START was typed: hold or resume output. */
    void (*hold)(struct line *line, bool hold);
    /* Whether output is held by STOP. */
    bool (*held)(struct line *line);
};

/* What a received byte came with; the same as enum tty_flag. */
enum line_flag { LINE_NORMAL, LINE_BREAK, LINE_FRAME, LINE_PARITY, LINE_OVERRUN };

/*
 * Positions are free-running: position p is buf[p % LINE_SIZE]. tail <= canon <= head. In canonical
 * mode what can be read is [tail, canon), whole lines, and [canon, head) is still being edited;
 * else it is [tail, head). A set bit in ends says that a line ends with that byte; when the byte is
 * LINE_EOF it is not part of it.
 */
struct line {
    const struct line_ops *ops;
    void *owner;
    struct linux_termios2 termios;
    unsigned int head, canon, tail;
    unsigned int column;       /* of the cursor */
    unsigned int canon_column; /* where the line being edited began */
    bool canonical;
    bool literal; /* the next byte is taken as it is (LNEXT) */
    bool erasing; /* between \ and / of ECHOPRT */
    unsigned int echo_head, echo_tail;
    u64 nr_lost;         /* bytes there was no room for */
    u8 special[256 / 8]; /* bytes that are more than text, by termios */
    u8 buf[LINE_SIZE];
    unsigned long ends[LINE_SIZE / (8 * sizeof(long))];
    u8 echo[LINE_ECHO_SIZE];
};

#define LINE_EOF TTY_CC_DISABLED

void line_init(struct line *line, const struct line_ops *ops, void *owner,
               const struct linux_termios2 *termios);
/** line_set_termios() - what is being edited stays, and becomes readable when canonical mode
 * changes. */
void line_set_termios(struct line *line, const struct linux_termios2 *termios);

/**
 * line_receive() - input: echoes, edits, sends signals. @flags may be NULL (all LINE_NORMAL).
 * Returns how many bytes were taken: fewer than @count when there is no room.
 */
size_t line_receive(struct line *line, const u8 *data, const u8 *flags, size_t count);
/** line_readable() - whether a read gets something; without canonical mode: at least @min bytes. */
bool line_readable(const struct line *line, unsigned int min);
/** line_pending() - FIONREAD. */
unsigned int line_pending(const struct line *line);
/**
 * line_read() - takes up to @count bytes out. *@complete: a line ended (canonical mode), also with
 * a count of 0: end of file.
 */
size_t line_read(struct line *line, u8 *buf, size_t count, bool *complete);
/** line_write() - processes and sends. Returns how many of @count were taken: the rest has no room
 * now. */
size_t line_write(struct line *line, const u8 *buf, size_t count);
/** line_echo_flush() - sends echo that waited for room. */
void line_echo_flush(struct line *line);
/** line_flush_input() - drops everything received. */
void line_flush_input(struct line *line);

/** opost_char() - one byte of output by c_oflag into @out (8 bytes); how many it became. */
size_t opost_char(struct line *line, u8 c, u8 *out);
#define OPOST_MAX 8

#endif
