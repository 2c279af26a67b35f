# SPDX-License-Identifier: MIT
# The UEFI loader: $(BUILD)/BOOTX64.EFI, the same signed for Secure Boot, and the signatures of what
# it loads. gnu-efi gives declarations, start code and linker script; no other library code than the
# signature check is linked in.
#
# Keys: keys/signing.pem signs kernels and initrds; its public half is compiled into the loader. It
# is made on the first build of a checkout and never leaves it. For Secure Boot in virtual machines
# the loader is signed with the test key that Debian's ovmf package ships for this purpose; set
# SB_KEY and SB_CERT to use one of your own.

EFI_OUT := $(BUILD)/efi
BEARSSL := build/cache/bearssl
SIGNING_KEY := keys/signing.pem

EFI_CRT0 := /usr/lib/crt0-efi-x86_64.o
EFI_LDS := /usr/lib/elf_x86_64_efi.lds
OVMF_KEYS := /usr/share/ovmf/PkKek-1-snakeoil
SB_KEY ?= $(EFI_OUT)/snakeoil.key
SB_CERT ?= $(OVMF_KEYS).pem

# Firmware's interrupts use our stack (no red zone), and %fs:0x28 is not ours (no stack protector).
EFI_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-stack-check -fshort-wchar \
    -fpic -fvisibility=hidden -mno-red-zone -mgeneral-regs-only -maccumulate-outgoing-args \
    -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -fwrapv \
    -ffile-prefix-map=$(CURDIR)/= -DGNU_EFI_USE_MS_ABI -isystem /usr/include/efi \
    -isystem /usr/include/efi/x86_64 -isystem $(BEARSSL)/include -Iefi -I$(ABI_INC) \
    -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla \
    -Wundef
EFI_LDFLAGS := -nostdlib -shared -Bsymbolic -znocombreloc -znoexecstack --no-undefined \
    --build-id=sha1 -T $(EFI_LDS)
EFI_SECTIONS := -j .text -j .sdata -j .data -j .dynamic -j .dynsym -j .rel -j .rela -j '.rel.*' \
    -j '.rela.*' -j .reloc

efi_srcs := $(sort $(wildcard efi/*.c efi/*.S))
efi_objs := $(patsubst efi/%,$(EFI_OUT)/%.o,$(efi_srcs)) $(EFI_OUT)/signing_key.o
-include $(efi_objs:.o=.d)

$(BEARSSL)/libbearssl.a: efi/build-bearssl
	@mkdir -p $(@D)
	$(Q)CC=$(CC) efi/build-bearssl $(@D)

$(EFI_OUT)/%.c.o: efi/%.c efi/module.mk $(BEARSSL)/libbearssl.a | $(ABI_INC)/abi
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -MMD -MP -c $< -o $@
$(EFI_OUT)/%.S.o: efi/%.S efi/module.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -MMD -MP -c $< -o $@
# gcc must not turn the loops of memcpy and its kin into calls of themselves.
$(EFI_OUT)/libc.c.o: EFI_CFLAGS += -fno-tree-loop-distribute-patterns

$(SIGNING_KEY):
	@mkdir -p $(@D)
	$(Q)(umask 077; openssl ecparam -name prime256v1 -genkey -noout -out $@)

# The last 65 bytes of the DER form are the point: 4, x, y.
$(EFI_OUT)/signing_key.c: $(SIGNING_KEY)
	@mkdir -p $(@D)
	$(Q){ printf '#include "verify.h"\nconst uint8_t signing_key[SIGNING_KEY_SIZE] = {'; \
	    openssl ec -in $< -pubout -outform DER 2>/dev/null | tail -c 65 | od -An -v -tu1 | \
	    sed 's/\([0-9][0-9]*\)/\1,/g'; printf '};\n'; } > $@
$(EFI_OUT)/signing_key.o: $(EFI_OUT)/signing_key.c
	$(Q)$(CC) $(EFI_CFLAGS) -MMD -MP -c $< -o $@

$(EFI_OUT)/loader.so: $(efi_objs) $(BEARSSL)/libbearssl.a $(EFI_CRT0)
	$(Q)ld $(EFI_LDFLAGS) $(EFI_CRT0) $(efi_objs) $(BEARSSL)/libbearssl.a \
	    -L/usr/lib -lgnuefi -o $@

# Without relocations the image works only at the address that no firmware gives it.
define efi_image
$(Q)readelf -SW $< | grep -q ' \.rela ' || { echo "$<: no .rela section"; exit 1; }
$(Q)objcopy -S $(EFI_SECTIONS) --target=efi-app-x86_64 --subsystem=10 $< $@
endef

$(BUILD)/BOOTX64.EFI: $(EFI_OUT)/loader.so
	$(efi_image)

$(EFI_OUT)/snakeoil.key: $(OVMF_KEYS).key
	@mkdir -p $(@D)
	$(Q)(umask 077; openssl rsa -in $< -passin pass:snakeoil -out $@ 2>/dev/null)
%.signed.EFI: %.EFI $(SB_KEY) $(SB_CERT)
	$(Q)sbsign --key $(SB_KEY) --cert $(SB_CERT) --output $@ $< 2>&1 | \
	    { grep -v '^Signing Unsigned original image$$' || true; }

# Detached signatures: ECDSA P-256 over SHA-256, DER.
$(BUILD)/%.sig: $(BUILD)/% $(SIGNING_KEY)
	$(Q)openssl dgst -sha256 -sign $(SIGNING_KEY) -out $@ $<

.PHONY: loader
loader: $(BUILD)/BOOTX64.EFI $(BUILD)/BOOTX64.signed.EFI

# What the boot scenarios use beside the loader: firmware that misbehaves, and a program in the
# kernel's place that checks and prints what it was handed.
hostile_srcs := $(wildcard tests/boot/firmware/*.c)
hostile_objs := $(patsubst tests/boot/firmware/%,$(EFI_OUT)/hostile/%.o,$(hostile_srcs)) \
    $(addprefix $(EFI_OUT)/,libc.c.o uefi.c.o console.c.o file.c.o text.c.o pool.c.o)
-include $(hostile_objs:.o=.d)

$(EFI_OUT)/hostile/%.c.o: tests/boot/firmware/%.c efi/module.mk | $(ABI_INC)/abi
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -MMD -MP -c $< -o $@
$(EFI_OUT)/hostile.so: $(hostile_objs) $(EFI_CRT0)
	$(Q)ld $(EFI_LDFLAGS) $(EFI_CRT0) $(hostile_objs) -L/usr/lib -lgnuefi -o $@
$(BUILD)/hostile.EFI: $(EFI_OUT)/hostile.so
	$(efi_image)

PAYLOAD_CFLAGS := -std=gnu11 -O2 -ffreestanding -fPIE -mno-red-zone -mgeneral-regs-only \
    -fno-stack-protector -fcf-protection=none -fvisibility=hidden -fno-asynchronous-unwind-tables \
    -Wall -Wextra -Werror -I$(ABI_INC)
$(EFI_OUT)/payload/%.o: tests/boot/payload/% kernel/abi/boot.h efi/module.mk | $(ABI_INC)/abi
	@mkdir -p $(@D)
	$(Q)$(CC) $(PAYLOAD_CFLAGS) -c $< -o $@
payload_objs := $(EFI_OUT)/payload/start.S.o $(EFI_OUT)/payload/payload.c.o
$(BUILD)/payload: tests/boot/payload/payload.lds $(payload_objs)
	$(Q)ld -pie --no-dynamic-linker -z text -z noexecstack -z norelro -z max-page-size=4096 \
	    --no-undefined -T $^ -o $@

.PHONY: loader-tests
loader-tests: $(BUILD)/hostile.EFI $(BUILD)/payload $(BUILD)/payload.sig

# The host test of the signature check links the same library as the loader.
build/host/efi/test_verify: $(BEARSSL)/libbearssl.a
