/* SPDX-License-Identifier: MIT */
/*
 * What Debian's build of the BearSSL library refers to beyond plain C, needed only where its source
 * could not be had (build-bearssl): gcc's stack protector and the checked copies of glibc. The
 * protector's canary at %fs:0x28 is whatever firmware has there; it only has to stay the same.
 */
#include "libc.h"
#include "uefi.h"

#include <bearssl_build.h>

#if BEARSSL_PREBUILT
void __stack_chk_fail(void);
void *__memcpy_chk(void *dst, const void *src, size_t size, size_t room);
void *__memset_chk(void *dst, int byte, size_t size, size_t room);

void __attribute__((noreturn)) __stack_chk_fail(void)
{
    uefi_runtime->ResetSystem(EfiResetCold, EFI_ABORTED, 0, NULL);
    for (;;)
        __asm__ volatile("hlt");
}

void *__memcpy_chk(void *dst, const void *src, size_t size, size_t room)
{
    if (size > room)
        __stack_chk_fail();
    return memcpy(dst, src, size);
}

void *__memset_chk(void *dst, int byte, size_t size, size_t room)
{
    if (size > room)
        __stack_chk_fail();
    return memset(dst, byte, size);
}
#endif
