# SPDX-License-Identifier: MIT
# What user space is at boot: our init and what initrd/manifest names, in one cpio archive.

INITRD_OUT := $(BUILD)/initrd
INITRD_CFLAGS := -std=gnu11 -Os -static -s -ffile-prefix-map=$(CURDIR)/= -Wall -Wextra -Werror \
    -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-unused-parameter -Wno-sign-compare \
    -D_GNU_SOURCE

initrd_srcs := $(sort $(wildcard initrd/init/*.c))

$(INITRD_OUT)/init: $(initrd_srcs) $(wildcard initrd/init/*.h) initrd/module.mk
	@mkdir -p $(@D)
	$(Q)musl-gcc $(INITRD_CFLAGS) $(initrd_srcs) -o $@

# The files that the manifest names, ours among them.
initrd_files := $(shell initrd/mkcpio --sources --build $(BUILD) initrd/manifest)
$(BUILD)/initrd.cpio: initrd/manifest initrd/mkcpio $(initrd_files)
	$(Q)initrd/mkcpio --build $(BUILD) initrd/manifest $@

.PHONY: initrd
initrd: $(BUILD)/initrd.cpio
