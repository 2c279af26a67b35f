// SPDX-License-Identifier: MIT
/*
 * The first program, for measuring how long a kernel takes to come to it: says what the time stamp
 * counter is, and powers off.
 */
#include "../bench.h"
#include <stdio.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

int main(void)
{
    uint64_t now = bench_now();

    printf("\ninit-tsc %llu\n", (unsigned long long)now);
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}
