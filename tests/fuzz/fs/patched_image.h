/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing file systems: an image is too large for a fuzzer to invent, so images are made by the
 * format's own tools when the fuzzer starts, and an input is a list of changes to one of them: u8
 * image; { u16 block among those that are not empty; u16 offset; u8 length - 1; bytes }...
 */
#ifndef TESTS_FUZZ_FS_PATCHED_IMAGE_H
#define TESTS_FUZZ_FS_PATCHED_IMAGE_H

#include "../../host/fs/fsimage.h"
#include "../../host/fs/image.h"

#define PATCH_BLOCK  1024U
#define PATCH_IMAGES 8

struct base_image {
    unsigned char *data, *pristine;
    size_t size;
    uint32_t *used; /* numbers of blocks that are not empty */
    uint32_t nr_used;
};

static struct base_image bases[PATCH_IMAGES];
static unsigned int nr_bases;

/* Takes `img` of the work folder in. */
static void base_add(void)
{
    static const unsigned char zero[PATCH_BLOCK];
    struct base_image *base = &bases[nr_bases++];
    struct image image = image_open("img");

    base->size = image.size;
    base->data = malloc(image.size);
    base->pristine = malloc(image.size);
    base->used = malloc(image.size / PATCH_BLOCK * sizeof(uint32_t));
    memcpy(base->data, image.data, image.size);
    memcpy(base->pristine, image.data, image.size);
    for (uint32_t i = 0; i < image.size / PATCH_BLOCK; i++)
        if (memcmp(base->data + (size_t)i * PATCH_BLOCK, zero, PATCH_BLOCK))
            base->used[base->nr_used++] = i;
    image_close(&image);
}

/* Calls fn for each change's place; how many bytes of it lie in the image. */
static struct base_image *patches_apply(const uint8_t *data, size_t size)
{
    struct base_image *base = &bases[size ? data[0] % nr_bases : 0];
    size_t at = 1;

    while (at + 5 < size) {
        uint32_t block = base->used[(data[at] | data[at + 1] << 8) % base->nr_used];
        size_t place =
            (size_t)block * PATCH_BLOCK + (data[at + 2] | data[at + 3] << 8) % PATCH_BLOCK;
        size_t len = data[at + 4] + 1;

        at += 5;
        if (len > size - at)
            len = size - at;
        if (len > base->size - place)
            len = base->size - place;
        memcpy(base->data + place, data + at, len);
        at += len;
    }
    return base;
}

static void patches_undo(struct base_image *base, const uint8_t *data, size_t size)
{
    memcpy(base->data, base->pristine, base->size);
}

/* One run: changes, mount, a walk over everything. */
static void fuzz_image(const struct fs_type *type, const uint8_t *data, size_t size)
{
    struct base_image *base = patches_apply(data, size);
    unsigned long errors;
    struct fsimage *fs;
    int error;

    fs = fsimage_mount(type, base->data, base->size, NULL, FSIMAGE_RDONLY, &error);
    if (fs) {
        fsimage_walk(fs, 200, &errors);
        fsimage_umount(fs);
    }
    patches_undo(base, data, size);
}

/* Makes an image by a shell command; the fuzzer cannot work without. */
static void base_make(const char *command)
{
    if (sh("%s", command)) {
        fprintf(stderr, "cannot make an image: %s\n", command);
        exit(1);
    }
    base_add();
}
#endif
