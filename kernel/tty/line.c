/* SPDX-License-Identifier: MIT */
/*
 * The input side of the line discipline: termios(3), as Linux behaves where POSIX leaves room.
 *
 * Each received byte is text, or one of the special characters that termios names (line->special
 * has a bit for each byte that may be more than text, so that text is recognised by one test). Text
 * goes into the ring and is echoed. Echo is processed like output (it moves the cursor) and waits
 * in a ring of its own when the driver has no room.
 *
 * When the ring is full of whole lines, input waits outside (line_receive() takes less). When it is
 * full of one unfinished line, waiting would be for ever: further text is dropped, and a place is
 * kept for the byte that ends the line.
 */
#include <kernel/tty/line.h>

#include <abi/linux/signal.h>
#include <kernel/lib/bitops.h>
#include <kernel/lib/string.h>

#define AT(position) ((position) & (LINE_SIZE - 1))

static bool iflag(const struct line *line, unsigned int flag)
{
    return line->termios.c_iflag & flag;
}

static bool lflag(const struct line *line, unsigned int flag)
{
    return line->termios.c_lflag & flag;
}

static bool is_cc(const struct line *line, u8 c, unsigned int index)
{
    return c == line->termios.c_cc[index] && c != TTY_CC_DISABLED;
}

static bool is_control(u8 c)
{
    return c < 0x20 || c == 0x7f;
}

static bool is_continuation(const struct line *line, u8 c)
{
    return iflag(line, IUTF8) && (c & 0xc0) == 0x80;
}

/* --- settings --- */

static void special_add(struct line *line, u8 c)
{
    line->special[c / 8] |= (u8)(1U << (c % 8));
}

static bool is_special(const struct line *line, u8 c)
{
    return line->special[c / 8] & (1U << (c % 8));
}

static void special_add_cc(struct line *line, unsigned int index)
{
    u8 c = line->termios.c_cc[index];

    if (c != TTY_CC_DISABLED)
        special_add(line, c);
}

static void special_compute(struct line *line)
{
    static const u8 always[] = {VERASE, VKILL, VEOF, VEOL};
    static const u8 extended[] = {VWERASE, VLNEXT, VREPRINT, VEOL2};

    memset(line->special, 0, sizeof(line->special));
    if (iflag(line, IGNCR | ICRNL))
        special_add(line, '\r');
    if (iflag(line, INLCR))
        special_add(line, '\n');
    if (lflag(line, ICANON)) {
        special_add(line, '\n');
        for (size_t i = 0; i < sizeof(always); i++)
            special_add_cc(line, always[i]);
        for (size_t i = 0; lflag(line, IEXTEN) && i < sizeof(extended); i++)
            special_add_cc(line, extended[i]);
    }
    if (iflag(line, IXON)) {
        special_add_cc(line, VSTART);
        special_add_cc(line, VSTOP);
    }
    if (lflag(line, ISIG)) {
        special_add_cc(line, VINTR);
        special_add_cc(line, VQUIT);
        special_add_cc(line, VSUSP);
    }
}

/* Canonical mode comes or goes: what is there becomes one line without an end, or plain bytes. */
static void canonical_change(struct line *line)
{
    memset(line->ends, 0, sizeof(line->ends));
    line->canon = line->tail;
    if (line->canonical && line->head != line->tail) {
        __set_bit(AT(line->head - 1), line->ends);
        line->canon = line->head;
    }
    line->erasing = false;
    line->literal = false;
}

void line_set_termios(struct line *line, const struct linux_termios2 *termios)
{
    bool was_canonical = line->canonical;

    line->termios = *termios;
    line->canonical = lflag(line, ICANON) && !lflag(line, EXTPROC);
    special_compute(line);
    if (line->canonical != was_canonical)
        canonical_change(line);
}

void line_init(struct line *line, const struct line_ops *ops, void *owner,
               const struct linux_termios2 *termios)
{
    memset(line, 0, sizeof(*line));
    line->ops = ops;
    line->owner = owner;
    line_set_termios(line, termios);
}

void line_flush_input(struct line *line)
{
    line->head = line->canon = line->tail = 0;
    line->literal = false;
    line->erasing = false;
    memset(line->ends, 0, sizeof(line->ends));
}

/* --- echo --- */

void line_echo_flush(struct line *line)
{
    while (line->echo_tail != line->echo_head) {
        unsigned int at = line->echo_tail & (LINE_ECHO_SIZE - 1);
        size_t count = min(line->echo_head - line->echo_tail, LINE_ECHO_SIZE - at);

        count = min(count, line->ops->output_room(line));
        if (!count)
            return;
        line->ops->output(line, line->echo + at, count);
        line->echo_tail += (unsigned int)count;
    }
}

/* Bytes for which there is no room are lost: nobody waits for an echo. */
static void echo_put(struct line *line, const u8 *bytes, size_t count)
{
    if (LINE_ECHO_SIZE - (line->echo_head - line->echo_tail) < count)
        return;
    for (size_t i = 0; i < count; i++)
        line->echo[line->echo_head++ & (LINE_ECHO_SIZE - 1)] = bytes[i];
}

/* Through output processing, as if the program had written it. */
static void echo_raw(struct line *line, u8 c)
{
    u8 out[OPOST_MAX];

    echo_put(line, out, opost_char(line, c, out));
}

/* A control character shows as ^X. */
static void echo_char(struct line *line, u8 c)
{
    if (lflag(line, ECHOCTL) && is_control(c) && c != '\t') {
        u8 shown[2] = {'^', c ^ 0100};

        echo_put(line, shown, sizeof(shown));
        line->column += 2;
        return;
    }
    echo_raw(line, c);
}

static void echo_finish_erasing(struct line *line)
{
    if (line->erasing) {
        echo_raw(line, '/');
        line->erasing = false;
    }
}

/* Text at the beginning of a line: the cursor is where the line begins. */
static void echo_text(struct line *line, u8 c)
{
    if (line->canon == line->head)
        line->canon_column = line->column;
    echo_char(line, c);
}

static void echo_rubout(struct line *line)
{
    echo_raw(line, '\b');
    echo_raw(line, ' ');
    echo_raw(line, '\b');
}

/* --- the ring --- */

static unsigned int ring_used(const struct line *line)
{
    return line->head - line->tail;
}

static void ring_put(struct line *line, u8 c)
{
    unsigned int limit = line->canonical ? LINE_SIZE - 1 : LINE_SIZE;

    if (ring_used(line) >= limit) {
        line->nr_lost++;
        return;
    }
    __clear_bit(AT(line->head), line->ends);
    line->buf[AT(line->head++)] = c;
}

/* 0377 is doubled where it would mark an error. */
static void ring_put_text(struct line *line, u8 c)
{
    if (c == 0377 && iflag(line, PARMRK))
        ring_put(line, c);
    ring_put(line, c);
}

static void ring_put_end(struct line *line, u8 c)
{
    if (ring_used(line) < LINE_SIZE) {
        __set_bit(AT(line->head), line->ends);
        line->buf[AT(line->head++)] = c;
    }
    line->canon = line->head;
}

/* --- editing --- */

/* Columns that the text before a tab takes, back to another tab or the line's beginning. */
static void erase_tab(struct line *line)
{
    unsigned int at = line->head, columns = 0, back;
    bool after_tab = false;

    while (at != line->canon && !after_tab) {
        u8 c = line->buf[AT(--at)];

        if (c == '\t')
            after_tab = true;
        else if (is_control(c))
            columns += lflag(line, ECHOCTL) ? 2 : 0;
        else if (!is_continuation(line, c))
            columns++;
    }
    if (!after_tab)
        columns += line->canon_column;
    back = 8 - (columns & 7);
    while (back--) {
        echo_put(line, (const u8 *)"\b", 1);
        if (line->column > 0)
            line->column--;
    }
}

/* Shows that character @c, @bytes long and just removed from the ring's head, is gone. */
static void erase_show(struct line *line, u8 c, unsigned int bytes, u8 eraser)
{
    if (lflag(line, ECHOPRT)) {
        if (!line->erasing)
            echo_raw(line, '\\');
        line->erasing = true;
        echo_char(line, c);
        for (unsigned int i = 1; i < bytes; i++)
            echo_raw(line, line->buf[AT(line->head + i)]);
    } else if (is_cc(line, eraser, VERASE) && !lflag(line, ECHOE)) {
        echo_char(line, line->termios.c_cc[VERASE]);
    } else if (c == '\t') {
        erase_tab(line);
    } else {
        if (is_control(c) && lflag(line, ECHOCTL))
            echo_rubout(line);
        if (!is_control(c) || lflag(line, ECHOCTL))
            echo_rubout(line);
    }
}

/* Finds the character before the head. False when only part of one is there. */
static bool last_char(const struct line *line, unsigned int *start, u8 *c)
{
    unsigned int at = line->head;

    do
        *c = line->buf[AT(--at)];
    while (is_continuation(line, *c) && at != line->canon);
    *start = at;
    return !is_continuation(line, *c);
}

/* Letters are ISO 8859-1's, as with Linux: so are the first bytes of most letters in UTF-8. */
static bool is_word(u8 c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static void erase_chars(struct line *line, u8 eraser)
{
    bool in_word = false;
    unsigned int start;
    u8 c;

    while (line->head != line->canon && last_char(line, &start, &c)) {
        unsigned int bytes = line->head - start;

        if (is_cc(line, eraser, VWERASE)) {
            if (is_word(c))
                in_word = true;
            else if (in_word)
                break;
        }
        line->head = start;
        if (lflag(line, ECHO))
            erase_show(line, c, bytes, eraser);
        if (is_cc(line, eraser, VERASE))
            break;
    }
    if (line->head == line->canon && lflag(line, ECHO))
        echo_finish_erasing(line);
}

/* KILL where the terminal cannot rub out: a new line instead. */
static void kill_line_plain(struct line *line)
{
    line->head = line->canon;
    if (!lflag(line, ECHO))
        return;
    echo_finish_erasing(line);
    echo_char(line, line->termios.c_cc[VKILL]);
    if (lflag(line, ECHOK))
        echo_raw(line, '\n');
}

static void line_erase(struct line *line, u8 eraser)
{
    unsigned int visual = ECHO | ECHOK | ECHOKE | ECHOE;

    if (line->head == line->canon)
        return;
    if (is_cc(line, eraser, VKILL) && (line->termios.c_lflag & visual) != visual)
        kill_line_plain(line);
    else
        erase_chars(line, eraser);
}

static void line_reprint(struct line *line, u8 c)
{
    echo_finish_erasing(line);
    echo_char(line, c);
    echo_raw(line, '\n');
    for (unsigned int at = line->canon; at != line->head; at++)
        echo_char(line, line->buf[AT(at)]);
}

/* --- bytes that are more than text --- */

static void signal_char(struct line *line, int sig, u8 c)
{
    line->ops->signal(line, sig);
    if (!lflag(line, NOFLSH)) {
        line->echo_tail = line->echo_head;
        line->ops->flush_output(line);
        line_flush_input(line);
    }
    if (iflag(line, IXON))
        line->ops->hold(line, false);
    if (lflag(line, ECHO))
        echo_char(line, c);
}

/* ISIG and IXON. True when the byte is used up. */
static bool receive_control(struct line *line, u8 c)
{
    if (iflag(line, IXON)) {
        if (is_cc(line, c, VSTART)) {
            line->ops->hold(line, false);
            return true;
        }
        if (is_cc(line, c, VSTOP)) {
            line->ops->hold(line, true);
            return true;
        }
    }
    if (lflag(line, ISIG)) {
        int sig = is_cc(line, c, VINTR)   ? SIGINT
                  : is_cc(line, c, VQUIT) ? SIGQUIT
                  : is_cc(line, c, VSUSP) ? SIGTSTP
                                          : 0;

        if (sig) {
            signal_char(line, sig, c);
            return true;
        }
    }
    return false;
}

/* LNEXT, REPRINT: with IEXTEN only. True when the byte is used up. */
static bool receive_extended(struct line *line, u8 c)
{
    if (!lflag(line, IEXTEN))
        return false;
    if (is_cc(line, c, VWERASE)) {
        line_erase(line, c);
        return true;
    }
    if (is_cc(line, c, VLNEXT)) {
        line->literal = true;
        if (lflag(line, ECHO)) {
            echo_finish_erasing(line);
            if (lflag(line, ECHOCTL)) {
                echo_raw(line, '^');
                echo_raw(line, '\b');
            }
        }
        return true;
    }
    if (is_cc(line, c, VREPRINT) && lflag(line, ECHO)) {
        line_reprint(line, c);
        return true;
    }
    return false;
}

/* Line editing. True when the byte is used up. */
static bool receive_canonical(struct line *line, u8 c)
{
    if (is_cc(line, c, VERASE) || is_cc(line, c, VKILL)) {
        line_erase(line, c);
        return true;
    }
    if (receive_extended(line, c))
        return true;
    if (c == '\n') {
        if (lflag(line, ECHO | ECHONL))
            echo_raw(line, '\n');
        ring_put_end(line, c);
        return true;
    }
    if (is_cc(line, c, VEOF)) {
        ring_put_end(line, LINE_EOF);
        return true;
    }
    if (is_cc(line, c, VEOL) || (is_cc(line, c, VEOL2) && lflag(line, IEXTEN))) {
        if (lflag(line, ECHO))
            echo_text(line, c);
        if (c == 0377 && iflag(line, PARMRK))
            ring_put(line, c);
        ring_put_end(line, c);
        return true;
    }
    return false;
}

static void receive_text(struct line *line, u8 c)
{
    if (lflag(line, ECHO)) {
        echo_finish_erasing(line);
        echo_text(line, c);
    }
    ring_put_text(line, c);
}

/* A newline that does not end a line moves the cursor all the same. */
static void receive_newline(struct line *line)
{
    if (lflag(line, ECHO)) {
        echo_finish_erasing(line);
        echo_raw(line, '\n');
    }
    ring_put_text(line, '\n');
}

static void receive_any_restarts(struct line *line)
{
    if (iflag(line, IXON) && iflag(line, IXANY) && line->ops->held(line))
        line->ops->hold(line, false);
}

static void receive_special(struct line *line, u8 c)
{
    if (receive_control(line, c))
        return;
    receive_any_restarts(line);
    if (c == '\r') {
        if (iflag(line, IGNCR))
            return;
        if (iflag(line, ICRNL))
            c = '\n';
    } else if (c == '\n' && iflag(line, INLCR)) {
        c = '\r';
    }
    if (line->canonical && receive_canonical(line, c))
        return;
    if (c == '\n')
        receive_newline(line);
    else
        receive_text(line, c);
}

/* --- bytes that came with trouble --- */

static void receive_break(struct line *line)
{
    if (iflag(line, IGNBRK))
        return;
    if (iflag(line, BRKINT)) {
        line->ops->signal(line, SIGINT);
        if (!lflag(line, NOFLSH)) {
            line->echo_tail = line->echo_head;
            line->ops->flush_output(line);
            line_flush_input(line);
        }
        return;
    }
    if (iflag(line, PARMRK)) {
        ring_put(line, 0377);
        ring_put(line, 0);
    }
    ring_put(line, 0);
}

static void receive_error(struct line *line, u8 c)
{
    if (!iflag(line, INPCK)) {
        ring_put(line, c);
        return;
    }
    if (iflag(line, IGNPAR))
        return;
    if (iflag(line, PARMRK)) {
        ring_put(line, 0377);
        ring_put(line, 0);
        ring_put(line, c);
    } else {
        ring_put(line, 0);
    }
}

static void receive_flagged(struct line *line, u8 c, u8 flag)
{
    switch (flag) {
    case LINE_BREAK: receive_break(line); break;
    case LINE_FRAME:
    case LINE_PARITY: receive_error(line, c); break;
    default: line->nr_lost++; break;
    }
}

/* --- receiving --- */

static bool is_upper(u8 c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}

static void receive_byte(struct line *line, u8 c)
{
    if (iflag(line, ISTRIP))
        c &= 0x7f;
    if (iflag(line, IUCLC) && lflag(line, IEXTEN) && is_upper(c))
        c += 0x20;
    if (lflag(line, EXTPROC)) {
        ring_put(line, c);
        return;
    }
    if (line->literal) {
        line->literal = false;
        receive_text(line, c);
        return;
    }
    if (is_special(line, c)) {
        receive_special(line, c);
        return;
    }
    receive_any_restarts(line);
    receive_text(line, c);
}

/* Whether one more byte can be taken: a byte may become three (PARMRK). */
static bool line_has_room(const struct line *line)
{
    unsigned int need = iflag(line, PARMRK) ? 3 : 1;

    if (line->canonical) {
        if (line->canon == line->tail)
            return true;
        need++;
    }
    return ring_used(line) + need <= LINE_SIZE;
}

size_t line_receive(struct line *line, const u8 *data, const u8 *flags, size_t count)
{
    size_t done = 0;

    while (done < count && line_has_room(line)) {
        if (flags && flags[done] != LINE_NORMAL)
            receive_flagged(line, data[done], flags[done]);
        else
            receive_byte(line, data[done]);
        done++;
    }
    line_echo_flush(line);
    return done;
}

/* --- reading --- */

bool line_readable(const struct line *line, unsigned int min)
{
    if (line->canonical)
        return line->canon != line->tail;
    return ring_used(line) >= min;
}

unsigned int line_pending(const struct line *line)
{
    unsigned int count;

    if (!line->canonical)
        return ring_used(line);
    count = line->canon - line->tail;
    /* What only ends a line is not counted. */
    for (unsigned int at = line->tail; at != line->canon; at++) {
        if (test_bit(AT(at), line->ends) && line->buf[AT(at)] == LINE_EOF)
            count--;
    }
    return count;
}

/* An EOF behind what was read belongs to it: it is not an end of file of its own. */
static bool take_eof(struct line *line)
{
    unsigned int at = AT(line->tail);

    if (line->tail == line->canon || !test_bit(at, line->ends) || line->buf[at] != LINE_EOF)
        return false;
    line->tail++;
    return true;
}

static size_t read_canonical(struct line *line, u8 *buf, size_t count, bool *complete)
{
    size_t done = 0;

    while (line->tail != line->canon) {
        unsigned int at = AT(line->tail);

        if (take_eof(line)) {
            *complete = true;
            break;
        }
        if (done == count)
            break;
        buf[done++] = line->buf[at];
        line->tail++;
        if (test_bit(at, line->ends)) {
            *complete = true;
            break;
        }
    }
    return done;
}

size_t line_read(struct line *line, u8 *buf, size_t count, bool *complete)
{
    size_t done = 0;

    *complete = false;
    if (line->canonical)
        return read_canonical(line, buf, count, complete);
    count = min(count, (size_t)ring_used(line));
    while (done < count) {
        unsigned int at = AT(line->tail);
        size_t run = min(count - done, (size_t)(LINE_SIZE - at));

        memcpy(buf + done, line->buf + at, run);
        line->tail += (unsigned int)run;
        done += run;
    }
    line->canon = line->tail;
    return done;
}
