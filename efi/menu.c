/* SPDX-License-Identifier: MIT */
/*
 * The boot menu and the editor for an entry's options, on whatever text console there is. It uses
 * nothing but clearing, cursor movement and two colours, so that it also works on a serial line.
 */
#include "menu.h"
#include "console.h"
#include "line_edit.h"

#define CTRL(c) ((c) - 'a' + 1)

enum menu_action { MENU_STAY, MENU_START, MENU_LEAVE };

struct menu {
    struct boot_config *config;
    unsigned selected;
    bool may_edit;
    unsigned columns;
    unsigned rows;
};

bool menu_wanted(const struct boot_config *config, unsigned selected)
{
    EFI_INPUT_KEY key;
    bool pressed;

    if (config->loader.timeout_s < 0)
        return true;
    if (config->loader.timeout_s == 0)
        return console_poll_key(&key) && key.UnicodeChar == 0;
    say("starting %s in %d s; press a key for the menu", config->entries[selected].file,
        config->loader.timeout_s);
    pressed = console_wait_key(&key, (uint64_t)config->loader.timeout_s * 1000);
    return pressed;
}

static void draw_entry(const struct menu *menu, unsigned index)
{
    const struct entry *entry = &menu->config->entries[index];
    const char *name = entry->title ? entry->title : entry->id;

    console_invert(index == menu->selected);
    console_print("%s %.*s%s%s%s", index == menu->selected ? " >" : "  ", (int)menu->columns - 24,
                  name, entry->version ? " " : "", entry->version ? entry->version : "",
                  entry_is_bad(entry) ? " (bad: no tries left)" : "");
    console_invert(false);
    console_print("\n");
}

static void draw(const struct menu *menu)
{
    unsigned room = menu->rows - 5;
    unsigned first = menu->selected < room ? 0 : menu->selected - room + 1;

    console_clear();
    console_print("Lintel: what shall be started?\n\n");
    for (unsigned i = first; i < menu->config->nr_entries && i < first + room; i++)
        draw_entry(menu, i);
    console_print("\nEnter: start   %sq: back to the firmware\n",
                  menu->may_edit ? "e: edit the options   " : "");
}

static bool edit_key(struct line_edit *line, const EFI_INPUT_KEY *key)
{
    switch (key->ScanCode) {
    case SCAN_LEFT: line_do(line, LINE_LEFT); return true;
    case SCAN_RIGHT: line_do(line, LINE_RIGHT); return true;
    case SCAN_HOME: line_do(line, LINE_HOME); return true;
    case SCAN_END: line_do(line, LINE_END); return true;
    case SCAN_DELETE: line_do(line, LINE_DELETE); return true;
    case SCAN_ESC: return false;
    default: break;
    }
    switch (key->UnicodeChar) {
    case '\r':
    case '\n': return false;
    case '\b':
    case 0x7f: line_do(line, LINE_BACKSPACE); break;
    case CTRL('a'): line_do(line, LINE_HOME); break;
    case CTRL('e'): line_do(line, LINE_END); break;
    case CTRL('k'): line_do(line, LINE_KILL); break;
    default:
        if (key->UnicodeChar < 0x7f)
            line_insert(line, (char)key->UnicodeChar);
        break;
    }
    return true;
}

/* Returns true for Enter, false for Escape. */
static bool edit_options(const struct menu *menu, struct line_edit *line)
{
    unsigned width = menu->columns - 2;
    EFI_INPUT_KEY key;

    console_clear();
    console_print("Options of %s\nEnter: start with these   Esc: back\n",
                  menu->config->entries[menu->selected].id);
    for (;;) {
        size_t first = line_window(line, width);

        console_move(0, 3);
        console_print("%-*.*s", (int)width, (int)width, line->text + first);
        console_move((unsigned)(line->cursor - first), 3);
        if (!console_wait_key(&key, 0))
            return false;
        if (!edit_key(line, &key))
            return key.ScanCode != SCAN_ESC;
    }
}

static enum menu_action edit_entry(struct menu *menu)
{
    struct entry *entry = &menu->config->entries[menu->selected];
    static char saved[ENTRY_OPTIONS_SIZE];
    struct line_edit line = {.text = entry->options, .size = ENTRY_OPTIONS_SIZE};

    if (!menu->may_edit)
        return MENU_STAY;
    memcpy(saved, entry->options, sizeof(saved));
    line_do(&line, LINE_END);
    if (edit_options(menu, &line))
        return MENU_START;
    memcpy(entry->options, saved, sizeof(saved));
    return MENU_STAY;
}

static enum menu_action handle_key(struct menu *menu, const EFI_INPUT_KEY *key)
{
    if (key->ScanCode == SCAN_UP && menu->selected > 0)
        menu->selected--;
    if (key->ScanCode == SCAN_DOWN && menu->selected + 1 < menu->config->nr_entries)
        menu->selected++;
    switch (key->UnicodeChar) {
    case '\r':
    case '\n': return MENU_START;
    case 'e': return edit_entry(menu);
    case 'q': return MENU_LEAVE;
    default: return MENU_STAY;
    }
}

bool menu_run(struct boot_config *config, unsigned *selected, bool may_edit, unsigned idle_s)
{
    struct menu menu = {.config = config, .selected = *selected, .may_edit = may_edit};
    enum menu_action action = MENU_STAY;
    EFI_INPUT_KEY key;

    /* A person may think for longer than the firmware's watchdog allows. */
    uefi_boot->SetWatchdogTimer(0, 0, 0, NULL);
    console_size(&menu.columns, &menu.rows);
    while (action == MENU_STAY) {
        draw(&menu);
        if (!console_wait_key(&key, (uint64_t)idle_s * 1000))
            action = MENU_LEAVE;
        else
            action = handle_key(&menu, &key);
    }
    console_clear();
    *selected = menu.selected;
    return action == MENU_START;
}
