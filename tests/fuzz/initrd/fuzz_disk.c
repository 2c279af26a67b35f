// SPDX-License-Identifier: MIT
// sources: initrd/init/gpt.c initrd/init/probe.c
/* The initrd's reading of disks: partition tables and superblocks of any content. */
#include "../../../initrd/init/init.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct partition part;
    struct probed probed;

    if (fd < 0)
        fd = memfd_create("disk", 0);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    for (unsigned int number = 1; number <= 3; number++)
        if (partition_read(fd, 512, number, &part) && strlen(part.label) >= sizeof(part.label))
            abort();
    if (probe_superblock(fd, &probed) && !probed.type)
        abort();
    return 0;
}
