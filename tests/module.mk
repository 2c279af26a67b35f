# SPDX-License-Identifier: MIT
# The tests.
#
# tests/host/AREA/test_*.c: each is one program for the build machine, compiled under ASan and UBSan
# together with the sources of the tree that its head names (paths from the top of the tree):
#     // sources: kernel/lib/rbtree.c kernel/lib/string.c
#     // cflags: -DSOMETHING=1
# Both lines are optional and may be repeated. Sources of the tree see tests/host/shim before
# kernel/include, so that a shim header can stand in for one that cannot exist on the host; what the
# shims need in code is in tests/host/shim/*.c, of which a program links only what it refers to.

HOST_OUT := build/host
HOST_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-strict-aliasing -fwrapv \
    -fsanitize=address,undefined -fno-sanitize-recover=undefined \
    -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers \
    -D_GNU_SOURCE -D__HOST_TEST__ -Itests/host -Itests/host/shim -I$(ABI_INC) -Ikernel/include \
    -Idrivers/include -Ifs/include

host_tests := $(sort $(wildcard tests/host/*/test_*.c))
host_programs := $(patsubst tests/host/%.c,$(HOST_OUT)/%,$(host_tests))
host_shims := $(patsubst tests/host/shim/%.c,$(HOST_OUT)/shim/%.o,$(wildcard tests/host/shim/*.c))

# What the head of a test says after `// KEY:`.
host_head = $(shell sed -n 's|^// $1: *||p' $2)

-include $(host_shims:.o=.d) $(host_programs:=.d)

$(HOST_OUT)/shim/%.o: tests/host/shim/%.c tests/module.mk | $(ABI_INC)/abi
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(HOST_OUT)/libshim.a: $(host_shims)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcs $@ $^

# Compiled as one command, so that a test needs no other rule than its head. The dependency file of
# such a command would name only the last source's headers: it is put together from -MM.
$(HOST_OUT)/%: tests/host/%.c $(HOST_OUT)/libshim.a tests/module.mk | $(ABI_INC)/abi
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(call host_head,cflags,$<) $< $(call host_head,sources,$<) \
	    $(HOST_OUT)/libshim.a -lpthread -o $@
	@$(CC) $(HOST_CFLAGS) $(call host_head,cflags,$<) -MM -MP -MT $@ $< \
	    $(call host_head,sources,$<) > $@.d

# Only what is a rule's target is made: `make test` names them all.
.PHONY: host-tests user-tests test-products
host-tests: $(host_programs)

# tests/user/*.c: programs for the guest, static, printing KTAP by the same header. They lie in the
# root's /tests.
user_sources := $(sort $(wildcard tests/user/*.c))
user_programs := $(patsubst tests/user/%.c,build/user/tests/%,$(user_sources))
user-tests: $(user_programs)
build/user/tests/%: tests/user/%.c tests/host/ktap.h tests/module.mk
	@mkdir -p $(@D)
	$(Q)musl-gcc -static -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wno-sign-compare \
	    -Itests/host \
	    $(call host_head,cflags,$<) $< -o $@

# What the suites boot: of both configurations, since the release kernel runs some of them too.
test-products: $(esp_parts) $(BUILD)/BOOTX64.signed.EFI loader-tests

NR_JOBS := $(shell nproc)
test_products = +@$(MAKE) --no-print-directory -s -j$(NR_JOBS) DEBUG=$1 test-products

.PHONY: test test-host test-kernel test-user test-user-linux test-run test-boot
.PHONY: test-host-products test-guest-products
test-host-products:
	+@$(MAKE) --no-print-directory -s -j$(NR_JOBS) host-tests
test-guest-products:
	$(call test_products,1)
	$(call test_products,0)
	+@$(MAKE) --no-print-directory -s -j$(NR_JOBS) user-tests

test: test-host-products test-guest-products
	@tools/run/run-tests host kernel user run boot
test-host: test-host-products
	@tools/run/run-tests host
test-kernel test-user test-run test-boot: test-guest-products
	@tools/run/run-tests $(@:test-%=%)

# What the programs of tests/user expect is what Linux does.
test-user-linux:
	+@$(MAKE) --no-print-directory -s -j$(NR_JOBS) user-tests
	@KERNEL=linux tools/run/run-tests user-linux

# tests/bench: the operations that `make bench` counts, and what measures a boot.
build/bench/bench: $(wildcard tests/bench/*.[ch]) tests/module.mk
	@mkdir -p $(@D)
	$(Q)musl-gcc -static -std=gnu11 -O2 -Wall -Wextra -Werror -Wno-missing-field-initializers \
	    $(filter %.c,$^) -o $@
build/bench/init: tests/bench/boot/init.c tests/bench/bench.h tests/module.mk
	@mkdir -p $(@D)
	$(Q)musl-gcc -static -std=gnu11 -O2 -Wall -Wextra -Werror $< -o $@
build/bench/entry: tests/bench/boot/entry.S tests/module.mk
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@.o
	$(Q)ld -nostdlib -static -z noexecstack -e entry -Ttext=0x1000000 $@.o -o $@

.PHONY: bench bench-programs
bench-programs: $(addprefix build/bench/,bench init entry)
bench: bench-programs
	@tools/build/install-deps lz4
	+@$(MAKE) --no-print-directory -s -j$(NR_JOBS) DEBUG=0 kernel initrd
	@tools/run/bench

# tests/fuzz/AREA/fuzz_*.c: libFuzzer entry points over the sources that their heads name, as in the
# host tests. What a fuzzer learns stays in build/fuzz/AREA/fuzz_*.corpus from run to run.
FUZZ_SECONDS ?= 60
FUZZ_CFLAGS := $(filter-out -fsanitize=%,$(HOST_CFLAGS)) -fsanitize=fuzzer,address,undefined
fuzz_programs := $(patsubst tests/%.c,build/%,$(sort $(wildcard tests/fuzz/*/fuzz_*.c)))

build/fuzz/%: tests/fuzz/%.c tests/module.mk FORCE | $(ABI_INC)/abi
	@mkdir -p $(@D) $@.corpus
	$(Q)clang $(FUZZ_CFLAGS) $(call host_head,cflags,$<) $< $(call host_head,sources,$<) -o $@
.PHONY: FORCE fuzz
FORCE:
fuzz: $(fuzz_programs)
	@for f in $^; do echo "# $$f"; $$f -max_total_time=$(FUZZ_SECONDS) -max_len=32768 \
	    -verbosity=0 -print_final_stats=0 -artifact_prefix=$$f. $$f.corpus || exit 1; done
