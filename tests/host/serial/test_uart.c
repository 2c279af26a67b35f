// SPDX-License-Identifier: MIT
// The 16550 driver against a model of the chip: present, absent, dead, with and without FIFO.
// sources: drivers/serial/uart.c kernel/lib/kstrtox.c
#include "../../../drivers/serial/uart.h"

#include <errno.h>

#include "ktap.h"

/* The chip: what is written is noted; the transmitter empties after some reads of LSR. */
static struct {
    bool present, has_fifo, dead;
    u8 ier, fcr, lcr, mcr, divisor[2];
    char sent[4096];
    size_t nr_sent;
    unsigned int lsr_reads, bytes_since_empty;
} chip;

u8 inb(u16 port)
{
    if (!chip.present)
        return 0xff;
    switch (port - 0x3f8) {
    case UART_IER: return chip.lcr & UART_LCR_DLAB ? chip.divisor[1] : chip.ier;
    case UART_IIR: return UART_IIR_NONE | (chip.has_fifo && (chip.fcr & 1) ? UART_IIR_FIFO : 0);
    case UART_LCR: return chip.lcr;
    case UART_LSR:
        chip.lsr_reads++;
        if (chip.dead)
            return 0;
        chip.bytes_since_empty = 0;
        return UART_LSR_EMPTY | UART_LSR_IDLE;
    default: return 0;
    }
}

void outb(u8 v, u16 port)
{
    if (!chip.present)
        return;
    switch (port - 0x3f8) {
    case UART_TX:
        if (chip.lcr & UART_LCR_DLAB) {
            chip.divisor[0] = v;
            return;
        }
        /* A byte beyond the FIFO is lost, which the test below would see. */
        if (++chip.bytes_since_empty <= (chip.has_fifo ? 16u : 1u))
            chip.sent[chip.nr_sent++] = v;
        return;
    case UART_IER:
        if (chip.lcr & UART_LCR_DLAB)
            chip.divisor[1] = v;
        else
            chip.ier = v & 0x0f;
        return;
    case UART_FCR: chip.fcr = v; return;
    case UART_LCR: chip.lcr = v; return;
    case UART_MCR: chip.mcr = v; return;
    }
}

u16 inw(u16 port)
{
    abort();
}
u32 inl(u16 port)
{
    abort();
}
void outw(u16 v, u16 port)
{
    abort();
}
void outl(u32 v, u16 port)
{
    abort();
}

TEST(absent_port_is_not_a_uart)
{
    struct uart uart = {.port = 0x3f8};

    EXPECT_FALSE(uart_probe(&uart));
}

TEST(fifo_is_found_and_interrupts_are_left_off)
{
    struct uart uart = {.port = 0x3f8};

    chip.present = chip.has_fifo = true;
    chip.ier = 0x05;
    ASSERT_TRUE(uart_probe(&uart));
    EXPECT_EQ(uart.fifo_size, 16);
    EXPECT_EQ(chip.ier, 0);
    chip.has_fifo = false;
    ASSERT_TRUE(uart_probe(&uart));
    EXPECT_EQ(uart.fifo_size, 1);
}

TEST(output_is_complete_with_and_without_fifo)
{
    struct uart uart = {.port = 0x3f8};
    char text[100], want[201];
    size_t n = 0;

    for (int i = 0; i < 100; i++) {
        text[i] = i % 15 == 14 ? '\n' : 'a' + i % 26;
        if (text[i] == '\n')
            want[n++] = '\r';
        want[n++] = text[i];
    }
    for (int fifo = 0; fifo < 2; fifo++) {
        memset(&chip, 0, sizeof(chip));
        chip.present = true;
        chip.has_fifo = fifo;
        ASSERT_TRUE(uart_probe(&uart));
        uart_write_polled(&uart, text, sizeof(text));
        ASSERT_EQ(chip.nr_sent, n);
        EXPECT_MEMEQ(chip.sent, want, n);
    }
}

TEST(fifo_output_looks_at_the_line_once_in_16_bytes)
{
    struct uart uart = {.port = 0x3f8};
    char text[160];

    memset(text, 'x', sizeof(text));
    chip.present = chip.has_fifo = true;
    ASSERT_TRUE(uart_probe(&uart));
    chip.lsr_reads = 0;
    uart_write_polled(&uart, text, sizeof(text));
    EXPECT_EQ(chip.lsr_reads, 10);
}

TEST(dead_transmitter_costs_one_bounded_wait_and_recovers)
{
    struct uart uart = {.port = 0x3f8};

    chip.present = chip.has_fifo = true;
    ASSERT_TRUE(uart_probe(&uart));
    chip.dead = true;
    uart_write_polled(&uart, "hello", 5);
    EXPECT_TRUE(uart.stuck);
    chip.lsr_reads = 0;
    for (int i = 0; i < 10; i++)
        uart_write_polled(&uart, "hello", 5);
    EXPECT_EQ(chip.lsr_reads, 10);
    EXPECT_EQ(chip.nr_sent, 0);
    chip.dead = false;
    uart_write_polled(&uart, "hello", 5);
    EXPECT_EQ(chip.nr_sent, 5);
    EXPECT_FALSE(uart.stuck);
}

TEST(mode_sets_divisor_and_frame)
{
    struct uart uart = {.port = 0x3f8};
    struct uart_mode mode = {.baud = 9600, .data_bits = 7, .parity = 'e'};

    chip.present = true;
    chip.ier = 5;
    uart_set_mode(&uart, &mode);
    EXPECT_EQ(chip.divisor[0], 12);
    EXPECT_EQ(chip.divisor[1], 0);
    EXPECT_EQ(chip.lcr, 0x1a);
    EXPECT_EQ(chip.ier, 5);
}

TEST(mode_words_are_read_as_console_gives_them)
{
    static const char *const wrong[] = {"115200x8", "115200n9", "115200n8rr", "40", "200000", "n4"};
    struct uart_mode mode = {.baud = 115200, .data_bits = 8, .parity = 'n'};

    ASSERT_EQ(uart_mode_parse("9600e7r", &mode), 0);
    EXPECT_EQ(mode.baud, 9600);
    EXPECT_EQ(mode.parity, 'e');
    EXPECT_EQ(mode.data_bits, 7);
    EXPECT_TRUE(mode.hardware_flow);
    ASSERT_EQ(uart_mode_parse("19200", &mode), 0);
    EXPECT_EQ(mode.baud, 19200);
    EXPECT_EQ(mode.parity, 'e');
    ASSERT_EQ(uart_mode_parse("", &mode), 0);
    for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        EXPECT_EQ(uart_mode_parse(wrong[i], &mode), -EINVAL);
        EXPECT_EQ(mode.baud, 19200);
    }
}
