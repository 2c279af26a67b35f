/* SPDX-License-Identifier: MIT */
/* ioctl numbers of block devices, and what BLKPG passes. */
#ifndef ABI_LINUX_BLK_IOCTL_H
#define ABI_LINUX_BLK_IOCTL_H

#define BLKROSET         0x125d
#define BLKROGET         0x125e
#define BLKRRPART        0x125f
#define BLKGETSIZE       0x1260
#define BLKFLSBUF        0x1261
#define BLKRASET         0x1262
#define BLKRAGET         0x1263
#define BLKFRASET        0x1264
#define BLKFRAGET        0x1265
#define BLKSECTGET       0x1267
#define BLKSSZGET        0x1268
#define BLKPG            0x1269
#define BLKBSZGET        0x80081270
#define BLKBSZSET        0x40081271
#define BLKGETSIZE64     0x80081272
#define BLKDISCARD       0x1277
#define BLKIOMIN         0x1278
#define BLKIOOPT         0x1279
#define BLKALIGNOFF      0x127a
#define BLKPBSZGET       0x127b
#define BLKDISCARDZEROES 0x127c
#define BLKSECDISCARD    0x127d
#define BLKROTATIONAL    0x127e
#define BLKZEROOUT       0x127f
#define BLKGETDISKSEQ    0x80081280
#define HDIO_GETGEO      0x0301

#ifndef __ASSEMBLER__
struct hd_geometry {
    unsigned char heads;
    unsigned char sectors;
    unsigned short cylinders;
    unsigned long start;
};
#endif
#endif
