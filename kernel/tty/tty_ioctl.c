/* SPDX-License-Identifier: MIT */
/* Terminal ioctls: settings, window size, flow, modem lines (ioctl_tty(2)). */
#include "tty_internal.h"

#include <abi/linux/ioctls.h>
#include <abi/linux/signal.h>
#include <kernel/arch/uaccess.h>
#include <kernel/err.h>
#include <kernel/errno_internal.h>
#include <kernel/lib/string.h>
#include <kernel/proc/cred.h>
#include <kernel/proc/signal.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/poll.h>

/* --- speeds --- */

static const struct {
    unsigned int code, rate;
} baud_rates[] = {
    {B0, 0},
    {B50, 50},
    {B75, 75},
    {B110, 110},
    {B134, 134},
    {B150, 150},
    {B200, 200},
    {B300, 300},
    {B600, 600},
    {B1200, 1200},
    {B1800, 1800},
    {B2400, 2400},
    {B4800, 4800},
    {B9600, 9600},
    {B19200, 19200},
    {B38400, 38400},
    {B57600, 57600},
    {B115200, 115200},
    {B230400, 230400},
    {B460800, 460800},
    {B500000, 500000},
    {B576000, 576000},
    {B921600, 921600},
    {B1000000, 1000000},
    {B1152000, 1152000},
    {B1500000, 1500000},
    {B2000000, 2000000},
    {B2500000, 2500000},
    {B3000000, 3000000},
    {B3500000, 3500000},
    {B4000000, 4000000},
};

static unsigned int baud_of_code(unsigned int code, unsigned int other)
{
    if (code == BOTHER)
        return other;
    for (size_t i = 0; i < ARRAY_SIZE(baud_rates); i++) {
        if (baud_rates[i].code == code)
            return baud_rates[i].rate;
    }
    return 0;
}

unsigned int tty_baud_rate(const struct linux_termios2 *termios)
{
    return baud_of_code(termios->c_cflag & CBAUD, termios->c_ospeed);
}

void tty_set_baud(struct linux_termios2 *termios, unsigned int rate)
{
    unsigned int code = BOTHER;

    for (size_t i = 0; i < ARRAY_SIZE(baud_rates); i++) {
        if (baud_rates[i].rate == rate)
            code = baud_rates[i].code;
    }
    termios->c_cflag = (termios->c_cflag & ~(CBAUD | CIBAUD)) | code;
    termios->c_ispeed = termios->c_ospeed = rate;
}

static void speeds_complete(struct linux_termios2 *termios)
{
    unsigned int in = (termios->c_cflag & CIBAUD) >> IBSHIFT;

    termios->c_ospeed = tty_baud_rate(termios);
    termios->c_ispeed = in == B0 ? termios->c_ospeed : baud_of_code(in, termios->c_ispeed);
}

/* --- settings --- */

/* A pty's master sees in packets that the slave changed what XON and XOFF mean. */
static void packet_note_settings(struct tty *tty, const struct linux_termios2 *old)
{
    const struct linux_termios2 *now = &tty->termios;
    bool stop = (now->c_iflag & IXON) && now->c_cc[VSTOP] == ('S' - 0100) &&
                now->c_cc[VSTART] == ('Q' - 0100);
    bool was_stop = (old->c_iflag & IXON) && old->c_cc[VSTOP] == ('S' - 0100) &&
                    old->c_cc[VSTART] == ('Q' - 0100);

    if (stop != was_stop)
        tty_packet_note(tty, stop ? TIOCPKT_NOSTOP : TIOCPKT_DOSTOP,
                        stop ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
    if ((old->c_lflag | now->c_lflag) & EXTPROC)
        tty_packet_note(tty, 0, TIOCPKT_IOCTL);
}

int tty_set_termios(struct tty *tty, const struct linux_termios2 *termios)
{
    struct linux_termios2 old;
    bool restart;

    rwsem_write_lock(&tty->termios_rwsem);
    old = tty->termios;
    tty->termios = *termios;
    /* What the hardware is cannot be set: a pty has no other size than 8 bits. */
    if (tty->ops->set_termios)
        tty->ops->set_termios(tty, &old);
    spin_lock(&tty->line_lock);
    line_set_termios(tty->line, &tty->termios);
    spin_unlock(&tty->line_lock);
    restart = (old.c_iflag & IXON) && !(tty->termios.c_iflag & IXON);
    packet_note_settings(tty, &old);
    rwsem_write_unlock(&tty->termios_rwsem);
    /* Without IXON nobody could start it again. */
    if (restart)
        tty_hold(tty, false, false);
    /* What was waiting to become a line may be readable now. */
    tty_input_wake(tty);
    tty_port_kick(tty->port);
    return 0;
}

enum termios_form { FORM_TERMIO, FORM_TERMIOS, FORM_TERMIOS2 };

static void termios_from_termio(struct linux_termios2 *termios, const struct linux_termio *old)
{
    termios->c_iflag = (termios->c_iflag & 0xffff0000) | old->c_iflag;
    termios->c_oflag = (termios->c_oflag & 0xffff0000) | old->c_oflag;
    termios->c_cflag = (termios->c_cflag & 0xffff0000) | old->c_cflag;
    termios->c_lflag = (termios->c_lflag & 0xffff0000) | old->c_lflag;
    termios->c_line = old->c_line;
    memcpy(termios->c_cc, old->c_cc, NCC);
}

static int termios_from_user(struct linux_termios2 *termios, enum termios_form form,
                             const void __user *arg)
{
    struct linux_termio termio;

    switch (form) {
    case FORM_TERMIO:
        if (copy_from_user(&termio, arg, sizeof(termio)))
            return -EFAULT;
        termios_from_termio(termios, &termio);
        break;
    case FORM_TERMIOS:
        if (copy_from_user(termios, arg, sizeof(struct linux_termios)))
            return -EFAULT;
        break;
    case FORM_TERMIOS2:
        if (copy_from_user(termios, arg, sizeof(*termios)))
            return -EFAULT;
        break;
    }
    speeds_complete(termios);
    return 0;
}

#define SET_DRAIN 0x1
#define SET_FLUSH 0x2

static long termios_set_ioctl(struct tty *tty, enum termios_form form, unsigned int how,
                              const void __user *arg)
{
    struct linux_termios2 termios;
    int err = tty_check_change(tty, SIGTTOU);

    if (err)
        return err;
    rwsem_read_lock(&tty->termios_rwsem);
    termios = tty->termios;
    rwsem_read_unlock(&tty->termios_rwsem);
    err = termios_from_user(&termios, form, arg);
    if (err)
        return err;
    if (how & SET_FLUSH)
        tty_flush_input(tty);
    if (how & SET_DRAIN) {
        err = tty_wait_sent(tty, TIMEOUT_NONE);
        if (err)
            return err;
    }
    return tty_set_termios(tty, &termios);
}

static long termios_get_ioctl(struct tty *tty, enum termios_form form, void __user *arg)
{
    struct linux_termios2 termios;
    struct linux_termio termio;

    rwsem_read_lock(&tty->termios_rwsem);
    termios = tty->termios;
    rwsem_read_unlock(&tty->termios_rwsem);
    if (form == FORM_TERMIOS)
        return copy_to_user(arg, &termios, sizeof(struct linux_termios)) ? -EFAULT : 0;
    if (form == FORM_TERMIOS2)
        return copy_to_user(arg, &termios, sizeof(termios)) ? -EFAULT : 0;
    termio = (struct linux_termio){
        .c_iflag = (unsigned short)termios.c_iflag,
        .c_oflag = (unsigned short)termios.c_oflag,
        .c_cflag = (unsigned short)termios.c_cflag,
        .c_lflag = (unsigned short)termios.c_lflag,
        .c_line = termios.c_line,
    };
    memcpy(termio.c_cc, termios.c_cc, NCC);
    return copy_to_user(arg, &termio, sizeof(termio)) ? -EFAULT : 0;
}

static long settings_ioctl(struct tty *tty, unsigned int cmd, void __user *arg)
{
    switch (cmd) {
    case TCGETA: return termios_get_ioctl(tty, FORM_TERMIO, arg);
    case TCGETS: return termios_get_ioctl(tty, FORM_TERMIOS, arg);
    case TCGETS2: return termios_get_ioctl(tty, FORM_TERMIOS2, arg);
    case TCSETA: return termios_set_ioctl(tty, FORM_TERMIO, 0, arg);
    case TCSETAW: return termios_set_ioctl(tty, FORM_TERMIO, SET_DRAIN, arg);
    case TCSETAF: return termios_set_ioctl(tty, FORM_TERMIO, SET_DRAIN | SET_FLUSH, arg);
    case TCSETS: return termios_set_ioctl(tty, FORM_TERMIOS, 0, arg);
    case TCSETSW: return termios_set_ioctl(tty, FORM_TERMIOS, SET_DRAIN, arg);
    case TCSETSF: return termios_set_ioctl(tty, FORM_TERMIOS, SET_DRAIN | SET_FLUSH, arg);
    case TCSETS2: return termios_set_ioctl(tty, FORM_TERMIOS2, 0, arg);
    case TCSETSW2: return termios_set_ioctl(tty, FORM_TERMIOS2, SET_DRAIN, arg);
    case TCSETSF2: return termios_set_ioctl(tty, FORM_TERMIOS2, SET_DRAIN | SET_FLUSH, arg);
    default: return -ENOIOCTLCMD;
    }
}

/* --- window size --- */

static void winsize_store(struct tty *tty, const struct linux_winsize *ws)
{
    struct pid *pgrp;
    bool same;

    rwsem_write_lock(&tty->termios_rwsem);
    same = memcmp(&tty->winsize, ws, sizeof(*ws)) == 0;
    tty->winsize = *ws;
    rwsem_write_unlock(&tty->termios_rwsem);
    if (same)
        return;
    pgrp = tty_pgrp_get(tty);
    if (pgrp)
        kill_pgrp(pgrp, SIGWINCH, true);
    pid_put(pgrp);
}

void tty_resize(struct tty *tty, const struct linux_winsize *ws)
{
    struct tty *other =
        tty->driver->type == TTY_DRIVER_PTY_MASTER || tty->driver->type == TTY_DRIVER_PTY_SLAVE
            ? tty->link
            : NULL;

    winsize_store(tty, ws);
    if (other)
        winsize_store(other, ws);
    if (tty->ops->resize)
        tty->ops->resize(tty, ws);
}

static long winsize_ioctl(struct tty *tty, unsigned int cmd, void __user *arg)
{
    struct linux_winsize ws;

    if (cmd == TIOCSWINSZ) {
        if (copy_from_user(&ws, arg, sizeof(ws)))
            return -EFAULT;
        tty_resize(tty, &ws);
        return 0;
    }
    rwsem_read_lock(&tty->termios_rwsem);
    ws = tty->winsize;
    rwsem_read_unlock(&tty->termios_rwsem);
    return copy_to_user(arg, &ws, sizeof(ws)) ? -EFAULT : 0;
}

/* --- flow, flushing, breaks --- */

static long flow_ioctl(struct tty *tty, unsigned long arg)
{
    int err = tty_check_change(tty, SIGTTOU);
    u8 ch;

    if (err)
        return err;
    switch (arg) {
    case TCOOFF: tty_hold(tty, true, true); return 0;
    case TCOON: tty_hold(tty, false, true); return 0;
    case TCIOFF:
    case TCION:
        ch = tty->termios.c_cc[arg == TCIOFF ? VSTOP : VSTART];
        if (ch == TTY_CC_DISABLED)
            return 0;
        if (tty->ops->send_xchar)
            tty->ops->send_xchar(tty, ch);
        else
            (void)tty->ops->write(tty, &ch, 1);
        return 0;
    default: return -EINVAL;
    }
}

static long flush_ioctl(struct tty *tty, unsigned long arg)
{
    int err = tty_check_change(tty, SIGTTOU);

    if (err)
        return err;
    if (arg > TCIOFLUSH)
        return -EINVAL;
    if (arg != TCOFLUSH)
        tty_flush_input(tty);
    if (arg != TCIFLUSH)
        tty_flush_output(tty);
    return 0;
}

static int send_break(struct tty *tty, unsigned int duration_ms)
{
    int err;

    if (!tty->ops->break_ctl)
        return 0;
    err = tty->ops->break_ctl(tty, true);
    if (!err) {
        msleep(duration_ms);
        err = tty->ops->break_ctl(tty, false);
    }
    return err;
}

#define BREAK_MS          250
#define BREAK_MS_PER_UNIT 100

/* tcdrain(3) is TCSBRK with an argument other than 0. */
static long break_ioctl(struct tty *tty, unsigned int cmd, unsigned long arg)
{
    int err = tty_check_change(tty, SIGTTOU);

    if (!err)
        err = tty_wait_sent(tty, TIMEOUT_NONE);
    if (err)
        return err;
    switch (cmd) {
    case TIOCSBRK:
    case TIOCCBRK: return tty->ops->break_ctl ? tty->ops->break_ctl(tty, cmd == TIOCSBRK) : 0;
    case TCSBRK: return arg ? 0 : send_break(tty, BREAK_MS);
    default:
        return send_break(tty, arg ? (unsigned int)min(arg, 100UL) * BREAK_MS_PER_UNIT : BREAK_MS);
    }
}

/* --- counts, faked input, modes --- */

static long count_ioctl(struct tty *tty, unsigned int cmd, int __user *arg)
{
    unsigned int count = 0;

    if (cmd == TIOCOUTQ) {
        count = tty->ops->chars_in_buffer ? (unsigned int)tty->ops->chars_in_buffer(tty) : 0;
    } else {
        spin_lock(&tty->line_lock);
        count = line_pending(tty->line);
        spin_unlock(&tty->line_lock);
    }
    return put_user((int)count, arg);
}

/* As if typed: one's own terminal, or anybody's with the capability. */
static long fake_input_ioctl(struct tty *tty, const char __user *arg)
{
    u8 ch;

    if (READ_ONCE(current->signal->tty) != tty && !capable(CAP_SYS_ADMIN))
        return -EPERM;
    if (copy_from_user(&ch, arg, 1))
        return -EFAULT;
    spin_lock(&tty->line_lock);
    (void)line_receive(tty->line, &ch, NULL, 1);
    spin_unlock(&tty->line_lock);
    tty_input_wake(tty);
    return 0;
}

static long discipline_ioctl(struct tty *tty, unsigned int cmd, int __user *arg)
{
    int number, err;

    if (cmd == TIOCGETD)
        return put_user(N_TTY, arg);
    err = tty_check_change(tty, SIGTTOU);
    if (err)
        return err;
    if (get_user(number, arg))
        return -EFAULT;
    return number == N_TTY ? 0 : -EINVAL;
}

static long mode_ioctl(struct tty *tty, unsigned int cmd, unsigned long arg)
{
    int __user *word = (int __user *)arg;
    int value;

    switch (cmd) {
    case TIOCEXCL: set_bit(TTY_EXCLUSIVE, &tty->flags); return 0;
    case TIOCNXCL: clear_bit(TTY_EXCLUSIVE, &tty->flags); return 0;
    case TIOCGEXCL: return put_user(tty_flag(tty, TTY_EXCLUSIVE), word);
    case TIOCVHANGUP:
        if (!capable(CAP_SYS_ADMIN))
            return -EPERM;
        tty_hangup_now(tty);
        return 0;
    case TIOCGDEV: {
        dev_t devt = tty_devt(tty_real(tty));

        return put_user((MINOR(devt) & 0xff) | (MAJOR(devt) << 8) | ((MINOR(devt) & ~0xffU) << 12),
                        (unsigned int __user *)arg);
    }
    case TIOCGSOFTCAR: return put_user(tty->termios.c_cflag & CLOCAL ? 1 : 0, word);
    case TIOCSSOFTCAR:
        if (get_user(value, word))
            return -EFAULT;
        rwsem_write_lock(&tty->termios_rwsem);
        tty->termios.c_cflag = (tty->termios.c_cflag & ~CLOCAL) | (value ? CLOCAL : 0);
        rwsem_write_unlock(&tty->termios_rwsem);
        return 0;
    default: return -ENOIOCTLCMD;
    }
}

/* --- modem lines --- */

static long modem_set(struct tty *tty, unsigned int cmd, unsigned int value)
{
    const unsigned int settable = TIOCM_DTR | TIOCM_RTS | TIOCM_OUT1 | TIOCM_OUT2 | TIOCM_LOOP;
    unsigned int set = 0, clear = 0;

    if (!tty->ops->tiocmset)
        return -ENOTTY;
    switch (cmd) {
    case TIOCMBIS: set = value; break;
    case TIOCMBIC: clear = value; break;
    default:
        set = value;
        clear = ~value;
        break;
    }
    return tty->ops->tiocmset(tty, set & settable, clear & settable);
}

static long modem_ioctl(struct tty *tty, unsigned int cmd, unsigned int __user *arg)
{
    unsigned int value;
    int lines;

    if (cmd == TIOCMGET) {
        lines = tty->ops->tiocmget ? tty->ops->tiocmget(tty) : -ENOTTY;
        return lines < 0 ? lines : put_user((unsigned int)lines, arg);
    }
    if (get_user(value, arg))
        return -EFAULT;
    return modem_set(tty, cmd, value);
}

static long serial_ioctl(struct tty *tty, unsigned int cmd, void __user *arg)
{
    struct linux_serial_struct serial = {};
    struct linux_serial_icounter counts = {};
    int err = -ENOTTY;

    if (cmd == TIOCGSERIAL) {
        if (tty->ops->get_serial)
            err = tty->ops->get_serial(tty, &serial);
        return !err && copy_to_user(arg, &serial, sizeof(serial)) ? -EFAULT : err;
    }
    if (tty->ops->get_icount)
        err = tty->ops->get_icount(tty, &counts);
    return !err && copy_to_user(arg, &counts, sizeof(counts)) ? -EFAULT : err;
}

/* --- the whole --- */

/* Those that mean a pty's slave when they are used on its master. */
static long common_ioctl(struct tty *tty, unsigned int cmd, unsigned long arg)
{
    void __user *user = (void __user *)arg;
    struct tty *real = tty_real(tty);

    switch (cmd) {
    case TIOCGWINSZ:
    case TIOCSWINSZ: return winsize_ioctl(real, cmd, user);
    case TCXONC: return flow_ioctl(tty, arg);
    case TCFLSH: return flush_ioctl(tty, arg);
    case TCSBRK:
    case TCSBRKP:
    case TIOCSBRK:
    case TIOCCBRK: return break_ioctl(tty, cmd, arg);
    case TIOCOUTQ:
    case FIONREAD: return count_ioctl(tty, cmd, user);
    case TIOCSTI: return fake_input_ioctl(tty, user);
    case TIOCGETD:
    case TIOCSETD: return discipline_ioctl(tty, cmd, user);
    case TIOCMGET:
    case TIOCMSET:
    case TIOCMBIS:
    case TIOCMBIC: return modem_ioctl(tty, cmd, user);
    case TIOCGSERIAL:
    case TIOCGICOUNT: return serial_ioctl(tty, cmd, user);
    default: return settings_ioctl(real, cmd, user);
    }
}

long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
    struct tty *tty = file_tty(file);
    long result;

    if (file_hung_up(file))
        return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
    if (tty_flag(tty, TTY_IO_ERROR))
        return -EIO;
    result = tty_job_ioctl(tty, file, cmd, arg);
    if (result == -ENOIOCTLCMD && tty->ops->ioctl)
        result = tty->ops->ioctl(tty, cmd, arg);
    if (result == -ENOIOCTLCMD)
        result = mode_ioctl(tty, cmd, arg);
    if (result == -ENOIOCTLCMD)
        result = common_ioctl(tty, cmd, arg);
    return result == -ENOIOCTLCMD ? -ENOTTY : result;
}
