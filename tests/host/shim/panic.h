/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOST_SHIM_PANIC_H
#define TESTS_HOST_SHIM_PANIC_H

/* The next @count warnings are expected and do not end the test; warn_count() tells whether they
 * came. */
void shim_expect_warnings(unsigned int count);

#endif
