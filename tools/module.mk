# SPDX-License-Identifier: MIT
# The commands: what they need on the host, the image, and running it. `make help` shows them.

# Variables of the commands reach the tools through the environment, as they were given: $(value)
# keeps the `$` in EXEC='echo $HOME' from being expanded by make.
user_variables := EXEC TIMEOUT ROOT PACKAGES ADD DISK SMP MEM CPU CMDLINE ICOUNT SECUREBOOT TPM \
    BOOT GDB KERNEL KEEP QEMU_ARGS TESTS
$(foreach v,$(user_variables),$(if $(filter undefined,$(origin $v)),,\
    $(eval override $v := $$(value $v))$(eval export $v)))

# Debian's packages, installed before anything is built. As an included makefile it is brought up to
# date first, and again whenever the list changes.
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)
-include build/packages.mk
build/packages.mk: tools/build/install-deps
	@mkdir -p $(@D)
	@tools/build/install-deps
	@echo '# The packages of tools/build/install-deps are installed.' > $@
endif

# `make run` exits with the status of the guest's command, which make can do only with help.
ifneq ($(filter run,$(MAKECMDGOALS)),)
-load build/make-exit.so(make_exit_gmk_setup)
build/make-exit.so: tools/build/make-exit.c build/packages.mk
	@$(CC) -shared -fPIC -O2 -Wall -Wextra $< -o $@
endif

# What a disk holds beside its root file system.
esp_loader := $(BUILD)/BOOTX64$(if $(filter 1,$(SECUREBOOT)),.signed).EFI
esp_parts := $(esp_loader) $(addprefix $(BUILD)/,lintel lintel.sig initrd.cpio initrd.cpio.sig)

.PHONY: help run image esp check format clean compile_commands.json
# Debian's kernel needs nothing of ours but the root: it runs also while ours does not compile.
run: $(if $(filter linux,$(KERNEL)),,$(esp_parts))
	@tools/run/run --build $(BUILD) --status-file build/.exit-status.$$PPID

image: $(esp_parts)
	@tools/image/mkimage disk --build $(BUILD)

esp: $(esp_parts)
	@tools/image/mkimage esp --build $(BUILD)

# Style and layering; the objects are looked at too, so they are compiled first. Then whether the
# documents are true.
check: $(kobjs) $(BEARSSL)/libbearssl.a $(ABI_INC)/abi
	@status=0; KERNEL_FLAGS="$(KCFLAGS)" DRIVERS_FLAGS="$(KCFLAGS) $(KCFLAGS_drivers)" \
	    FS_FLAGS="$(KCFLAGS) $(KCFLAGS_fs)" EFI_FLAGS="$(EFI_CFLAGS)" \
	    HOST_FLAGS="$(HOST_CFLAGS)" tools/check/check $(KOUT) || status=1; \
	    tools/check/docs || status=1; exit $$status

# Lays out every C file as the checks want it.
format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

# What `make --dry-run --always-make` would compile, in the form that clangd and clang-tidy read.
compile_commands.json:
	@$(MAKE) --no-print-directory --dry-run --always-make Q= kernel loader initrd host-tests | \
	    tools/build/compile-commands > $@
	@echo "$@: $$(grep -c '"file"' $@) files"

clean:
	rm -rf build compile_commands.json

help:
	@sed 's/^/  /' tools/help.txt
