#pragma once
#include <dlfcn.h>
#include <libheif/heif.h>
#include <malloc.h>
#include <pthread.h>
#include <string.h>

/* libheif is not linked but loaded, and by the helper that decodes one picture only: it brings some ten megabytes of codecs
   along, which the daemon would carry for nothing. Nothing here names a function of it but through this table. */
struct depot_heif {
    __typeof__(&heif_init) init;
    __typeof__(&heif_context_alloc) context;
    __typeof__(&heif_context_set_maximum_image_size_limit) limit;
    __typeof__(&heif_context_set_max_decoding_threads) threads;
    __typeof__(&heif_context_read_from_memory_without_copy) read;
    __typeof__(&heif_context_get_primary_image_handle) primary;
    __typeof__(&heif_image_handle_get_width) wide;
    __typeof__(&heif_image_handle_get_height) high;
    __typeof__(&heif_decoding_options_alloc) options;
    __typeof__(&heif_decode_image) decode;
    __typeof__(&heif_image_get_width) width;
    __typeof__(&heif_image_get_height) height;
    __typeof__(&heif_image_get_plane_readonly) plane;
};

static inline void *depot_heif_nothing(void *given) { return given; }

/* Loads it with its decoders, while files can still be opened. Returns 1, or 0 where it is not installed. */
static inline int depot_heif_load(struct depot_heif *heif) {
    void *library = dlopen("libheif.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
#define DEPOT_FIND(member, name) \
    if (!(heif->member = (__typeof__(heif->member))dlsym(library, #name))) return 0
    DEPOT_FIND(init, heif_init);
    DEPOT_FIND(context, heif_context_alloc);
    DEPOT_FIND(limit, heif_context_set_maximum_image_size_limit);
    DEPOT_FIND(threads, heif_context_set_max_decoding_threads);
    DEPOT_FIND(read, heif_context_read_from_memory_without_copy);
    DEPOT_FIND(primary, heif_context_get_primary_image_handle);
    DEPOT_FIND(wide, heif_image_handle_get_width);
    DEPOT_FIND(high, heif_image_handle_get_height);
    DEPOT_FIND(options, heif_decoding_options_alloc);
    DEPOT_FIND(decode, heif_decode_image);
    DEPOT_FIND(width, heif_image_get_width);
    DEPOT_FIND(height, heif_image_get_height);
    DEPOT_FIND(plane, heif_image_get_plane_readonly);
#undef DEPOT_FIND
    /* libde265 decodes in a thread of its own: a heap for each would be 64 MiB of addresses, and asks for the processors. */
    mallopt(M_ARENA_MAX, 1);
    /* glibc sets its signals up with the first thread. */
    pthread_t first;
    if (pthread_create(&first, NULL, depot_heif_nothing, NULL) != 0 || pthread_join(first, NULL) != 0) return 0;
    return heif->init(NULL).code == heif_error_Ok;
}

struct depot_heif_rows {
    const unsigned char *rgba;
    int width, height, stride;
};

/* Decodes the picture that is shown first, turned as it says, one tile at a time. What its parts may boast of is bounded by
   the process's memory; none has a side longer than a panorama's. The rows stay until the process ends, and so does all
   else: it decodes one picture. Returns 1 if there are rows. */
static inline int depot_heif_decode(
    const struct depot_heif *heif, const void *bytes, size_t count, long pixels, struct depot_heif_rows *rows) {
    struct heif_context *context = heif->context();
    if (!context) return 0;
    heif->limit(context, 1 << 14);
    heif->threads(context, 0);
    if (heif->read(context, bytes, count, NULL).code != heif_error_Ok) return 0;
    struct heif_image_handle *handle = NULL;
    if (heif->primary(context, &handle).code != heif_error_Ok) return 0;
    if ((long)heif->wide(handle) * heif->high(handle) > pixels) return 0;
    struct heif_decoding_options *options = heif->options();
    if (!options) return 0;
    options->convert_hdr_to_8bit = 1;
    struct heif_image *image = NULL;
    if (heif->decode(handle, &image, heif_colorspace_RGB, heif_chroma_interleaved_RGBA, options).code != heif_error_Ok)
        return 0;
    rows->width = heif->width(image, heif_channel_interleaved);
    rows->height = heif->height(image, heif_channel_interleaved);
    rows->rgba = heif->plane(image, heif_channel_interleaved, &rows->stride);
    return rows->rgba && rows->width > 0 && rows->height > 0 && (long)rows->width * rows->height <= pixels;
}
