/* SPDX-License-Identifier: MIT */
#include "random.h"
#include "uefi.h"

#include <cpuid.h>

#define RDRAND_TRIES 16 /* Intel SDM volume 1, 7.3.17.1: ten failures in a row mean a defect */
#define MAX_SIZE     256

static const EFI_GUID rng_guid = EFI_RNG_PROTOCOL_GUID;

static bool has_rdrand(void)
{
    uint32_t eax, ebx, ecx, edx;

    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_RDRND);
}

static bool rdrand(uint64_t *value)
{
    for (int i = 0; i < RDRAND_TRIES; i++) {
        bool ok;

        __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
        if (ok)
            return true;
    }
    return false;
}

/* XOR processor numbers into @buf. Refuses a generator that is stuck, as some have been. */
static bool mix_processor(uint8_t *buf, size_t size)
{
    uint64_t last = 0;

    if (!has_rdrand())
        return false;
    for (size_t at = 0; at < size; at += sizeof(last)) {
        uint64_t value;

        if (!rdrand(&value) || value == last || value == UINT64_MAX)
            return false;
        for (size_t i = 0; i < sizeof(value) && at + i < size; i++)
            buf[at + i] ^= (uint8_t)(value >> 8 * i);
        last = value;
    }
    return true;
}

static bool mix_firmware(uint8_t *buf, size_t size)
{
    EFI_RNG_PROTOCOL *rng = uefi_locate(&rng_guid);
    uint8_t bytes[MAX_SIZE];

    if (!rng || EFI_ERROR(rng->GetRNG(rng, NULL, size, bytes)))
        return false;
    for (size_t i = 0; i < size; i++)
        buf[i] ^= bytes[i];
    memset(bytes, 0, sizeof(bytes));
    return true;
}

bool random_fill(void *buf, size_t size)
{
    bool processor, firmware;

    memset(buf, 0, size);
    if (size > MAX_SIZE)
        return false;
    processor = mix_processor(buf, size);
    firmware = mix_firmware(buf, size);
    if (!processor && !firmware)
        memset(buf, 0, size);
    return processor || firmware;
}
