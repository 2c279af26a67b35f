/* SPDX-License-Identifier: MIT */
/*
 * Text to and keys from whatever consoles the firmware has: screen and serial line look the same
 * here. A machine may have neither; then output is lost and no key ever comes.
 */
#include "console.h"
#include "text.h"

#define LINE_SIZE 512
#define TICK_MS   20

static void print_text(const char *text)
{
    uint16_t units[LINE_SIZE];
    size_t used = 0;

    if (!uefi_system->ConOut)
        return;
    while (*text) {
        char piece[64];
        size_t length = 0;

        if (*text == '\n') {
            units[used++] = '\r';
            units[used++] = '\n';
            text++;
        } else {
            while (text[length] && text[length] != '\n' && length < sizeof(piece) - 1)
                length++;
            /* Do not cut inside a character: go back over UTF-8 continuation bytes. */
            while (length > 4 && text[length] && ((uint8_t)text[length] & 0xc0) == 0x80)
                length--;
            memcpy(piece, text, length);
            piece[length] = '\0';
            text += length;
            used += utf16_from_utf8(units + used, ARRAY_SIZE(units) - used, piece);
        }
        if (!*text || used > ARRAY_SIZE(units) - sizeof(piece) - 2) {
            units[used] = 0;
            uefi_system->ConOut->OutputString(uefi_system->ConOut, units);
            used = 0;
        }
    }
}

void console_print(const char *fmt, ...)
{
    char text[LINE_SIZE];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    print_text(text);
}

void say(const char *fmt, ...)
{
    static const char prefix[] = "lintel-boot: ";
    char text[LINE_SIZE];
    size_t length = sizeof(prefix) - 1;
    va_list args;

    memcpy(text, prefix, length);
    va_start(args, fmt);
    vsnprintf(text + length, sizeof(text) - length - 1, fmt, args);
    va_end(args);
    length = strlen(text);
    text[length] = '\n';
    text[length + 1] = '\0';
    print_text(text);
}

void console_clear(void)
{
    if (uefi_system->ConOut)
        uefi_system->ConOut->ClearScreen(uefi_system->ConOut);
}

void console_move(unsigned column, unsigned row)
{
    if (uefi_system->ConOut)
        uefi_system->ConOut->SetCursorPosition(uefi_system->ConOut, column, row);
}

void console_invert(bool inverted)
{
    UINTN attribute = inverted ? EFI_TEXT_ATTR(EFI_BLACK, EFI_BACKGROUND_LIGHTGRAY)
                               : EFI_TEXT_ATTR(EFI_LIGHTGRAY, EFI_BACKGROUND_BLACK);

    if (uefi_system->ConOut)
        uefi_system->ConOut->SetAttribute(uefi_system->ConOut, attribute);
}

void console_size(unsigned *columns, unsigned *rows)
{
    UINTN nr_columns = 0, nr_rows = 0;

    if (!uefi_system->ConOut ||
        EFI_ERROR(uefi_system->ConOut->QueryMode(
            uefi_system->ConOut, (UINTN)uefi_system->ConOut->Mode->Mode, &nr_columns, &nr_rows)) ||
        nr_columns < 20 || nr_rows < 8) {
        nr_columns = 80;
        nr_rows = 25;
    }
    *columns = (unsigned)nr_columns;
    *rows = (unsigned)nr_rows;
}

bool console_poll_key(EFI_INPUT_KEY *key)
{
    return uefi_system->ConIn &&
           !EFI_ERROR(uefi_system->ConIn->ReadKeyStroke(uefi_system->ConIn, key));
}

bool console_wait_key(EFI_INPUT_KEY *key, uint64_t timeout_ms)
{
    if (!uefi_system->ConIn)
        return false;
    for (uint64_t waited = 0;; waited += TICK_MS) {
        if (console_poll_key(key))
            return true;
        if (timeout_ms && waited >= timeout_ms)
            return false;
        uefi_boot->Stall(TICK_MS * 1000);
    }
}
