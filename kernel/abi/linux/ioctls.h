/* SPDX-License-Identifier: MIT */
/* Numbers of the ioctls that any terminal or file takes: ioctl_tty(2), ioctl_list(2). */
#ifndef ABI_LINUX_IOCTLS_H
#define ABI_LINUX_IOCTLS_H

#define IOC_NRBITS   8
#define IOC_TYPEBITS 8
#define IOC_SIZEBITS 14
#define IOC_NONE     0U
#define IOC_WRITE    1U
#define IOC_READ     2U
#define IOC(dir, type, nr, size) \
    (((dir) << 30) | ((unsigned int)(size) << 16) | ((unsigned int)(type) << 8) | (nr))
#define IO(type, nr)        IOC(IOC_NONE, type, nr, 0)
#define IOR(type, nr, arg)  IOC(IOC_READ, type, nr, sizeof(arg))
#define IOW(type, nr, arg)  IOC(IOC_WRITE, type, nr, sizeof(arg))
#define IOWR(type, nr, arg) IOC(IOC_READ | IOC_WRITE, type, nr, sizeof(arg))

#define TCGETS        0x5401
#define TCSETS        0x5402
#define TCSETSW       0x5403
#define TCSETSF       0x5404
#define TCGETA        0x5405
#define TCSETA        0x5406
#define TCSETAW       0x5407
#define TCSETAF       0x5408
#define TCSBRK        0x5409
#define TCXONC        0x540a
#define TCFLSH        0x540b
#define TIOCEXCL      0x540c
#define TIOCNXCL      0x540d
#define TIOCSCTTY     0x540e
#define TIOCGPGRP     0x540f
#define TIOCSPGRP     0x5410
#define TIOCOUTQ      0x5411
#define TIOCSTI       0x5412
#define TIOCGWINSZ    0x5413
#define TIOCSWINSZ    0x5414
#define TIOCMGET      0x5415
#define TIOCMBIS      0x5416
#define TIOCMBIC      0x5417
#define TIOCMSET      0x5418
#define TIOCGSOFTCAR  0x5419
#define TIOCSSOFTCAR  0x541a
#define FIONREAD      0x541b
#define TIOCINQ       FIONREAD
#define TIOCLINUX     0x541c
#define TIOCCONS      0x541d
#define TIOCGSERIAL   0x541e
#define TIOCSSERIAL   0x541f
#define TIOCPKT       0x5420
#define FIONBIO       0x5421
#define TIOCNOTTY     0x5422
#define TIOCSETD      0x5423
#define TIOCGETD      0x5424
#define TCSBRKP       0x5425
#define TIOCSBRK      0x5427
#define TIOCCBRK      0x5428
#define TIOCGSID      0x5429
#define TCGETS2       0x802c542aU
#define TCSETS2       0x402c542bU
#define TCSETSW2      0x402c542cU
#define TCSETSF2      0x402c542dU
#define TIOCGPTN      0x80045430U
#define TIOCSPTLCK    0x40045431U
#define TIOCGDEV      0x80045432U
#define TIOCSIG       0x40045436U
#define TIOCVHANGUP   0x5437
#define TIOCGPKT      0x80045438U
#define TIOCGPTLCK    0x80045439U
#define TIOCGEXCL     0x80045440U
#define TIOCGPTPEER   0x5441
#define FIONCLEX      0x5450
#define FIOCLEX       0x5451
#define FIOASYNC      0x5452
#define TIOCSERGETLSR 0x5459
#define TIOCMIWAIT    0x545c
#define TIOCGICOUNT   0x545d
#define FIOQSIZE      0x5460

#endif
