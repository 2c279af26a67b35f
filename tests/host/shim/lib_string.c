// SPDX-License-Identifier: MIT
/* The kernel's own, for every test that does not name it among its sources. */
#include "../../../kernel/lib/string.c"
