# SPDX-License-Identifier: MIT
# The kernel: kernel/, drivers/ and fs/ compile into one image. A folder added under one of them is
# found by itself. Sources see only the include paths their room allows (see ARCHITECTURE.md).

CC ?= gcc
KLD := ld
KOUT := $(BUILD)/kernel

# <abi/...> is kernel/abi, reached through a link so that no other part of kernel/ becomes visible.
ABI_INC := build/include
$(ABI_INC)/abi:
	@mkdir -p $(ABI_INC)
	@ln -sfn ../../kernel/abi $@

KCFLAGS := -std=gnu11 -O2 -g -ffreestanding -fPIE -mcmodel=small -mno-red-zone -mgeneral-regs-only \
    -fno-strict-aliasing -fno-common -fwrapv -fno-stack-protector -fcf-protection=none \
    -fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks -fmacro-prefix-map=$(CURDIR)/= \
    -ffile-prefix-map=$(CURDIR)/= -include kernel/include/kernel/hidden.h \
    -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla \
    -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wundef
# <kernel/syscall/syscalls.h>, the handlers' prototypes, is generated.
GEN_INC := $(KOUT)/include
KCFLAGS += -D__KERNEL__ -I$(ABI_INC) -Ikernel/include -I$(GEN_INC)
KCFLAGS_release := -fomit-frame-pointer -DCONFIG_DEBUG=0 -DCONFIG_KASAN=0
KCFLAGS_debug := -fno-omit-frame-pointer -fno-optimize-sibling-calls \
    -DCONFIG_DEBUG=1 -DCONFIG_KASAN=1 \
    -fstack-protector-strong -mstack-protector-guard=global
KCFLAGS += $(KCFLAGS_$(CONFIG))

# What the compiler checks at run time in the debug kernel; reports come from kernel/debug. Files
# that a detector itself runs through, and those that run before its memory is there, are exempt.
ifeq ($(CONFIG),debug)
SANITIZE_UNDEFINED := -fsanitize=undefined -fno-sanitize=alignment,null,object-size,vptr \
    -fno-sanitize=nonnull-attribute,returns-nonnull-attribute
UNDEFINED_EXEMPT := kernel/debug/%.c kernel/lib/printf.c kernel/arch/pvh.c
SANITIZE_ADDRESS := -fsanitize=kernel-address -fasan-shadow-offset=0xdffffc0000000000 \
    --param asan-stack=1 --param asan-globals=1 --param asan-instrumentation-with-call-threshold=0
ADDRESS_EXEMPT := kernel/debug/%.c kernel/arch/pvh.c kernel/base/backtrace.c kernel/mm/slab.c
SANITIZERS := $(SANITIZE_UNDEFINED) $(SANITIZE_ADDRESS)
sanitize = $(if $(filter $(UNDEFINED_EXEMPT),$(1)),,$(SANITIZE_UNDEFINED)) \
    $(if $(filter $(ADDRESS_EXEMPT),$(1)),,$(SANITIZE_ADDRESS))
endif
# Rooms outside kernel/ also see the headers of their kind.
KCFLAGS_drivers := -Idrivers/include
KCFLAGS_fs := -Ifs/include

ksrcs := $(wildcard kernel/*/*.c kernel/*/*.S drivers/*/*.c fs/*/*.c tests/kernel/*.c)
ksrcs := $(filter-out kernel/abi/% kernel/include/%,$(ksrcs))
# Detectors and their tests: in the debug kernel alone.
ifneq ($(CONFIG),debug)
ksrcs := $(filter-out kernel/debug/% tests/kernel/debug_%,$(ksrcs))
endif
kobjs := $(patsubst %,$(KOUT)/%.o,$(ksrcs))
# A folder may have rules of its own, and add what they make to kobjs.
include $(wildcard drivers/*/module.mk fs/*/module.mk)
-include $(kobjs:.o=.d)

KCC = $(CC) $(KCFLAGS) $(KCFLAGS_$(firstword $(subst /, ,$<))) $(call sanitize,$<) -MMD -MP

# Changes when a flag does: everything is then compiled again.
$(KOUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(KCFLAGS) $(SANITIZERS)' | cmp -s - $@ || \
	    echo '$(CC) $(KCFLAGS) $(SANITIZERS)' > $@

$(KOUT)/%.c.o: %.c $(KOUT)/flags | $(ABI_INC)/abi $(GEN_INC)/kernel/syscall/syscalls.h \
        $(KOUT)/syscall_table.h
	@mkdir -p $(@D)
	$(Q)$(KCC) -c $< -o $@
$(KOUT)/%.S.o: %.S | $(ABI_INC)/abi
	@mkdir -p $(@D)
	$(Q)$(KCC) -c $< -o $@

# One line a system call; everything else is generated.
$(KOUT)/syscall_table.h: kernel/syscall/syscalls.tbl tools/build/gen-syscalls
	@mkdir -p $(@D)
	$(Q)tools/build/gen-syscalls table $< > $@
$(GEN_INC)/kernel/syscall/syscalls.h: kernel/syscall/syscalls.tbl tools/build/gen-syscalls
	@mkdir -p $(@D)
	$(Q)tools/build/gen-syscalls protos $< > $@.tmp
	$(Q)cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@
$(KOUT)/kernel/syscall/%.o: KCFLAGS += -I$(KOUT)

# The vDSO is user code: compiled and linked for itself, carried in the image as bytes.
VDSO := $(KOUT)/vdso.so
$(VDSO): kernel/arch/vdso/vdso.c kernel/arch/vdso/vdso.lds | $(ABI_INC)/abi
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -fPIC -ffreestanding -mgeneral-regs-only -fno-stack-protector \
	    -fcf-protection=none -fno-asynchronous-unwind-tables -Wall -Wextra -Werror \
	    -Wno-unused-parameter -I$(ABI_INC) -Ikernel/include -c $< -o $(VDSO:.so=.o)
	$(Q)$(KLD) -shared -soname linux-vdso.so.1 --hash-style=both -z noexecstack --eh-frame-hdr \
	    -T kernel/arch/vdso/vdso.lds $(VDSO:.so=.o) -o $@
$(KOUT)/kernel/arch/vdso_image.S.o: $(VDSO)
$(KOUT)/kernel/arch/vdso_image.S.o: KCFLAGS += -DVDSO_FILE='"$(VDSO)"'

# Linked twice: the first link gives the addresses for the symbol table that the second carries.
# -shared, because ld calls a -pie image with a fixed address ET_EXEC.
KLDFLAGS := -shared -Bsymbolic -z text -z noexecstack -z max-page-size=4096 -z separate-code \
    --build-id=sha1 --orphan-handling=error -T kernel/kernel.lds --no-undefined
$(KOUT)/pass1.elf: $(kobjs) kernel/kernel.lds
	$(Q)$(KLD) $(KLDFLAGS) $(kobjs) -o $@
$(KOUT)/symbols.S: $(KOUT)/pass1.elf tools/build/gen-symbols
	$(Q)tools/build/gen-symbols $< > $@
$(KOUT)/symbols.o: $(KOUT)/symbols.S
	$(Q)$(CC) -c $< -o $@
$(BUILD)/lintel.debug: $(KOUT)/pass1.elf $(KOUT)/symbols.o
	$(Q)$(KLD) $(KLDFLAGS) $(kobjs) $(KOUT)/symbols.o -o $@
# The file that boots: without DWARF, which stays in lintel.debug for gdb.
$(BUILD)/lintel: $(BUILD)/lintel.debug
	$(Q)objcopy -S $< $@

.PHONY: kernel
kernel: $(BUILD)/lintel
