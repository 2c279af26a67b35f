# SPDX-License-Identifier: MIT
# The console's font is made from a Debian package.
kobjs += $(KOUT)/font.o

$(KOUT)/font.c: tools/build/gen-font
	@mkdir -p $(@D)
	$(Q)tools/build/gen-font build/cache/font > $@.tmp && mv $@.tmp $@
$(KOUT)/font.o: $(KOUT)/font.c drivers/fbcon/font.h | $(ABI_INC)/abi
	$(Q)$(CC) $(KCFLAGS) -iquote $(CURDIR)/drivers/fbcon -c $< -o $@
