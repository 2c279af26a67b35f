// SPDX-License-Identifier: MIT
#include <kernel/init/version.h>

#if CONFIG_DEBUG
#define FLAVOUR "debug"
#else
#define FLAVOUR "release"
#endif

const char version_text[] = "#1 SMP PREEMPT Lintel " FLAVOUR;
const char version_banner[] = "Lintel " VERSION_RELEASE " (" FLAVOUR ", " __VERSION__ ")";
