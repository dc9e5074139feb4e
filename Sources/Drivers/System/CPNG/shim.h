#pragma once
#include <png.h>
#include <string.h>

/* The simplified interface: no longjmp leaves it. A png_image holds an opaque pointer and must not move, so both steps are
   one call here. `pixels` is RGBA of width * height, and is written only when the header said that size. */
static inline int depot_png_decode(const void *bytes, size_t count, unsigned width, unsigned height, void *pixels) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, bytes, count)) return 0;
    if (image.width != width || image.height != height) {
        png_image_free(&image);
        return 0;
    }
    image.format = PNG_FORMAT_RGBA;
    return png_image_finish_read(&image, NULL, pixels, 0, NULL);
}
