/* SPDX-License-Identifier: MIT */
/*
 * The display through the Graphics Output Protocol (UEFI 2.10, section 12.9). There may be none,
 * one or several, and each may have modes without a framebuffer. The first display that has a mode
 * with one is used, the console's own first.
 */
#include "graphics.h"
#include "uefi.h"
#include "video_mode.h"

#define MAX_MODES 256

static const EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static const EFI_GUID edid_active_guid = EFI_EDID_ACTIVE_PROTOCOL_GUID;

static bool is_linear(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info)
{
    const EFI_PIXEL_BITMASK *masks = &info->PixelInformation;

    switch (info->PixelFormat) {
    case PixelRedGreenBlueReserved8BitPerColor:
    case PixelBlueGreenRedReserved8BitPerColor: return true;
    case PixelBitMask:
        return pixel_masks_usable(masks->RedMask, masks->GreenMask, masks->BlueMask,
                                  masks->ReservedMask);
    default: return false;
    }
}

static unsigned list_modes(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, struct video_mode *modes)
{
    unsigned nr = gop->Mode->MaxMode < MAX_MODES ? gop->Mode->MaxMode : MAX_MODES;

    for (unsigned i = 0; i < nr; i++) {
        EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = NULL;
        UINTN size = 0;

        modes[i] = (struct video_mode){0};
        if (EFI_ERROR(gop->QueryMode(gop, i, &size, &info)) || !info)
            continue;
        modes[i].width = info->HorizontalResolution;
        modes[i].height = info->VerticalResolution;
        modes[i].linear = is_linear(info);
        uefi_boot->FreePool(info);
    }
    return nr;
}

/* Describe the mode that is set. Returns false if it has no framebuffer, or an impossible one. */
static bool describe(const EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, struct boot_framebuffer *fb)
{
    const EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode = gop->Mode;
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = mode->Info;
    static const uint32_t formats[] = {
        [PixelRedGreenBlueReserved8BitPerColor] = BOOT_FB_RGB32,
        [PixelBlueGreenRedReserved8BitPerColor] = BOOT_FB_BGR32,
        [PixelBitMask] = BOOT_FB_BITMASK,
    };
    uint64_t pitch = (uint64_t)info->PixelsPerScanLine * 4;

    if (!is_linear(info) || !mode->FrameBufferBase || !info->HorizontalResolution ||
        info->PixelsPerScanLine < info->HorizontalResolution || pitch > UINT32_MAX ||
        pitch * info->VerticalResolution > mode->FrameBufferSize)
        return false;
    *fb = (struct boot_framebuffer){
        .base = mode->FrameBufferBase,
        .size_bytes = mode->FrameBufferSize,
        .width = info->HorizontalResolution,
        .height = info->VerticalResolution,
        .pitch_bytes = (uint32_t)pitch,
        .format = formats[info->PixelFormat],
    };
    if (info->PixelFormat == PixelBitMask) {
        fb->red_mask = info->PixelInformation.RedMask;
        fb->green_mask = info->PixelInformation.GreenMask;
        fb->blue_mask = info->PixelInformation.BlueMask;
        fb->reserved_mask = info->PixelInformation.ReservedMask;
    }
    return true;
}

static bool use_display(EFI_HANDLE handle, struct boot_framebuffer *fb)
{
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = uefi_protocol(handle, &gop_guid);
    EFI_EDID_ACTIVE_PROTOCOL *edid = uefi_protocol(handle, &edid_active_guid);
    struct video_mode modes[MAX_MODES];
    uint32_t width = 0, height = 0;
    int best;

    if (!gop || !gop->Mode || !gop->Mode->Info)
        return false;
    if (edid && edid->Edid)
        edid_preferred(edid->Edid, edid->SizeOfEdid, &width, &height);
    best = video_mode_choose(modes, list_modes(gop, modes), gop->Mode->Mode, width, height);
    if (best >= 0 && (uint32_t)best != gop->Mode->Mode)
        gop->SetMode(gop, (uint32_t)best);
    return describe(gop, fb);
}

void graphics_set_best_mode(struct boot_framebuffer *fb)
{
    EFI_HANDLE *handles;
    size_t nr;
    bool found;

    *fb = (struct boot_framebuffer){.format = BOOT_FB_NONE};
    nr = uefi_handles(&gop_guid, &handles);
    found = false;
    for (size_t i = 0; i < nr && !found; i++)
        found = handles[i] != uefi_system->ConsoleOutHandle && use_display(handles[i], fb);
    if (nr)
        uefi_boot->FreePool(handles);
    if (!found && uefi_system->ConsoleOutHandle)
        use_display(uefi_system->ConsoleOutHandle, fb);
}
