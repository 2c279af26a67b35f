/* SPDX-License-Identifier: MIT */
#ifndef EFI_MENU_H
#define EFI_MENU_H

#include "config.h"

/**
 * menu_wanted() - wait for the configured time; has somebody asked for the menu?
 *
 * With a timeout any key asks for it. Without one nothing waits, and only a key that is no
 * character (Escape, an arrow, a function key) does: a serial line may already have been typed
 * ahead for the system to come.
 */
bool menu_wanted(const struct boot_config *config, unsigned selected);

/**
 * menu_run() - show the menu until an entry is chosen.
 *
 * @selected: the entry to begin with; the chosen one on return. @idle_s: leave when no key comes
 * for that long (0: stay). Options may have been edited in place if @may_edit. Returns false if the
 * user wants to go back to the firmware, or nobody is there.
 */
bool menu_run(struct boot_config *config, unsigned *selected, bool may_edit, unsigned idle_s);

#endif
