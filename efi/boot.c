/* SPDX-License-Identifier: MIT */
/*
 * The loader's one path, from the firmware's call to the kernel's first instruction:
 *
 *   boot partition (disk.c, gpt.c) -> entries (config.c, entry.c) -> menu (menu.c)
 *   -> kernel and initrds, verified and measured (image.c, verify.c, tpm.c)
 *   -> memory, page tables, boot_info, ExitBootServices, jump (handover.c, switch.S).
 *
 * An entry that fails is named with the reason, and the next one is tried, in the order of the
 * list. When all have failed the menu is shown, so that somebody can repair the options; when
 * nobody is there the loader returns to the firmware, which may have other things to start.
 */
#include "config.h"
#include "console.h"
#include "disk.h"
#include "handover.h"
#include "mem.h"
#include "menu.h"
#include "stamps.h"
#include "text.h"
#include "tpm.h"

#define CMDLINE_SIZE       (2 * ENTRY_OPTIONS_SIZE)
#define NOBODY_THERE_S     30
#define MEASURED_AS_PREFIX "command line of entry "

static const EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;

struct boot {
    struct esp esp;
    struct boot_config config;
    bool secure_boot;
    char extra_options[ENTRY_OPTIONS_SIZE]; /* from whoever started the loader */
    bool tried[CONFIG_MAX_ENTRIES];
};

static struct boot boot;

static void read_load_options(void)
{
    const EFI_LOADED_IMAGE *image = uefi_protocol(uefi_image, &loaded_image_guid);

    if (image && image->LoadOptions && image->LoadOptionsSize &&
        options_from_load_options(boot.extra_options, sizeof(boot.extra_options),
                                  image->LoadOptions, image->LoadOptionsSize) == -ENOSPC)
        say("load options longer than %d bytes are ignored", ENTRY_OPTIONS_SIZE - 1);
}

static void join_options(const struct entry *entry, char cmdline[CMDLINE_SIZE])
{
    bool both = entry->options[0] && boot.extra_options[0];

    snprintf(cmdline, CMDLINE_SIZE, "%s%s%s", entry->options, both ? " " : "", boot.extra_options);
}

static void tell_system(const struct entry *entry)
{
    char name[ENTRY_NAME_SIZE + 32];
    char partuuid[GUID_TEXT_SIZE];

    uefi_set_loader_variable(L"LoaderInfo", "lintel-boot");
    snprintf(name, sizeof(name), "%s.conf", entry->id);
    uefi_set_loader_variable(L"LoaderEntrySelected", name);
    if (boot.esp.on_gpt) {
        guid_format(&boot.esp.partuuid, partuuid);
        uefi_set_loader_variable(L"LoaderDevicePartUUID", partuuid);
    }
    if (entry->tries_left >= 0) {
        snprintf(name, sizeof(name), "\\loader\\entries\\%s", entry->file);
        uefi_set_loader_variable(L"LoaderBootCountPath", name);
    }
}

/* Returns only if the entry could not be started. */
static void start_entry(struct entry *entry)
{
    static char cmdline[CMDLINE_SIZE];
    struct handover handover = {.cmdline = cmdline, .secure_boot = boot.secure_boot};
    struct boot_images images;
    char description[ENTRY_NAME_SIZE + sizeof(MEASURED_AS_PREFIX)];
    struct reason why;

    config_count_try(entry, boot.esp.root);
    if (images_load(&images, entry, boot.esp.root, &why)) {
        say("entry %s: %s", entry->file, why.text);
        return;
    }
    join_options(entry, cmdline);
    snprintf(description, sizeof(description), MEASURED_AS_PREFIX "%s", entry->id);
    tpm_measure(TPM_PCR_CMDLINE, cmdline, strlen(cmdline), description);
    handover.images = &images;
    handover.esp_partuuid = boot.esp.partuuid;
    root_find(&boot.esp, cmdline, &handover.root_partuuid);
    tell_system(entry);
    if (handover_start(&handover, &why))
        say("entry %s: %s", entry->file, why.text);
    images_free(&images);
}

/* Start @first, then, while they fail, the others in their order. */
static void start_from(unsigned first)
{
    unsigned next = first;

    while (next < boot.config.nr_entries) {
        boot.tried[next] = true;
        start_entry(&boot.config.entries[next]);
        for (next = 0; next < boot.config.nr_entries && boot.tried[next]; next++)
            ;
        if (next < boot.config.nr_entries)
            say("trying entry %s", boot.config.entries[next].file);
    }
}

static void run(void)
{
    unsigned selected;
    bool may_edit;
    bool go_on = true;

    if (esp_find(&boot.esp))
        return;
    stamp("loader: read entries");
    config_read(&boot.config, boot.esp.root);
    if (!boot.config.nr_entries) {
        say("\\loader\\entries has no entry that can be used");
        return;
    }
    may_edit = boot.config.loader.editor && !boot.secure_boot;
    selected = entries_default(boot.config.entries, boot.config.nr_entries,
                               boot.config.loader.default_pattern);
    if (menu_wanted(&boot.config, selected))
        go_on = menu_run(&boot.config, &selected, may_edit, 0);
    while (go_on) {
        memset(boot.tried, 0, sizeof(boot.tried));
        start_from(selected);
        say("no entry could be started; the menu follows in %d s", 3);
        uefi_boot->Stall(3000000);
        go_on = menu_run(&boot.config, &selected, may_edit, NOBODY_THERE_S);
    }
}

/**
 * efi_main() - the loader's entry; gnu-efi's start code calls it after relocating the image.
 */
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    stamp("loader");
    uefi_init(image, system);
    boot.secure_boot = uefi_secure_boot();
    read_load_options();
    run();
    say("nothing was started; back to the firmware");
    return EFI_LOAD_ERROR;
}
