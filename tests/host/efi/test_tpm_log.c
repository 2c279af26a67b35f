/* SPDX-License-Identifier: MIT */
// sources: efi/tpm_log.c
// cflags: -Iefi
#include "tpm_log.h"

#include "ktap.h"

struct log {
    uint8_t bytes[512];
    size_t size;
};

static void put(struct log *log, uint64_t value, size_t size)
{
    memcpy(log->bytes + log->size, &value, size);
    log->size += size;
}

static void put_header(struct log *log)
{
    put(log, 0, 4);
    put(log, 3, 4);
    log->size += 20;
    put(log, 16 + 8 + 4 + 2 * 4 + 1, 4);
    memcpy(log->bytes + log->size, "Spec ID Event03", 16);
    log->size += 16;
    put(log, 0, 8);
    put(log, 2, 4);
    put(log, 0x0004, 2);
    put(log, 20, 2);
    put(log, 0x000b, 2);
    put(log, 32, 2);
    put(log, 0, 1);
}

/* Returns the event's offset. */
static size_t put_event(struct log *log, uint32_t data_size)
{
    size_t offset = log->size;

    put(log, 4, 4);
    put(log, 13, 4);
    put(log, 2, 4);
    put(log, 0x000b, 2);
    log->size += 32;
    put(log, 0x0004, 2);
    log->size += 20;
    put(log, data_size, 4);
    log->size += data_size;
    return offset;
}

TEST(the_end_of_the_last_event_is_the_size)
{
    struct log log = {0};
    size_t last, before;

    put_header(&log);
    EXPECT_EQ(tpm_log_size(log.bytes, 0, sizeof(log.bytes)), log.size);
    put_event(&log, 10);
    before = log.size;
    last = put_event(&log, 0);
    EXPECT_EQ(tpm_log_size(log.bytes, last, sizeof(log.bytes)), log.size);
    EXPECT_EQ(tpm_log_size(log.bytes, last - 1, sizeof(log.bytes)), before);
}

TEST(malformed_logs_have_no_size)
{
    struct log log = {0};
    size_t last;

    memset(log.bytes, 0xff, sizeof(log.bytes));
    EXPECT_EQ(tpm_log_size(log.bytes, 100, sizeof(log.bytes)), 0);
    log = (struct log){0};
    put_header(&log);
    last = put_event(&log, 50);
    for (size_t limit = 0; limit < log.size; limit++) {
        uint8_t *exact = malloc(limit + !limit);

        memcpy(exact, log.bytes, limit);
        EXPECT_EQ(tpm_log_size(exact, last, limit), 0);
        free(exact);
    }
    log.bytes[last + 8] = 3; /* more digests than algorithms */
    EXPECT_EQ(tpm_log_size(log.bytes, last, sizeof(log.bytes)), 0);
    log.bytes[last + 8] = 2;
    log.bytes[last + 12] = 0x0c; /* an algorithm that the header does not list */
    EXPECT_EQ(tpm_log_size(log.bytes, last, sizeof(log.bytes)), 0);
}

TEST(flipped_bits_do_no_harm)
{
    struct log log = {0};
    size_t last;

    put_header(&log);
    last = put_event(&log, 7);
    for (size_t bit = 0; bit < log.size * 8; bit++) {
        uint8_t *exact = malloc(log.size);

        memcpy(exact, log.bytes, log.size);
        exact[bit / 8] ^= (uint8_t)(1 << bit % 8);
        EXPECT_LE(tpm_log_size(exact, last, log.size), log.size);
        free(exact);
    }
}
