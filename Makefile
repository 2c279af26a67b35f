# SPDX-License-Identifier: MIT
# The only entry point; `make help` lists the commands. Every room's rules are in its own module.mk,
# every product goes under build/.

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash

# Commands are not shown: what `make run EXEC=` prints is the guest's alone. V=1 shows them.
Q := $(if $(filter 1,$(V)),,@)

CONFIG := $(if $(filter 1,$(DEBUG)),debug,release)
BUILD := build/$(CONFIG)

.PHONY: all
all: kernel loader initrd $(BUILD)/lintel.sig $(BUILD)/initrd.cpio.sig

.DEFAULT_GOAL := all
ROOMS := kernel efi initrd tools tests
include $(wildcard $(ROOMS:=/module.mk))

# Everything of the kernel compiled, not linked: with CC=clang BUILD=build/clang a second opinion.
ifneq ($(findstring clang,$(CC)),)
KCFLAGS += -Wno-unknown-attributes -Wno-unknown-pragmas
endif
.PHONY: kernel-objects
kernel-objects: $(kobjs)
