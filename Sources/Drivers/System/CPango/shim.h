#pragma once
#include <cairo/cairo-pdf.h>
#include <cairo/cairo.h>
#include <dlfcn.h>
#include <pango/pangocairo.h>

/* Loaded when the first label is drawn: cairo and pango bring some thirty libraries, which a box that draws nothing need not
   hold in memory. Types and constants are those of their headers; a function is a member here, with its header's type.
   debian/rules names them for the package. */
#define DEPOT_DRAWING(each) \
    each(cairo_clip) each(cairo_create) each(cairo_destroy) each(cairo_fill) each(cairo_font_options_create) \
    each(cairo_font_options_destroy) each(cairo_font_options_set_antialias) \
    each(cairo_font_options_set_hint_metrics) each(cairo_font_options_set_hint_style) each(cairo_get_source) \
    each(cairo_image_surface_create) each(cairo_image_surface_create_from_png_stream) \
    each(cairo_image_surface_get_data) each(cairo_image_surface_get_height) each(cairo_image_surface_get_stride) \
    each(cairo_image_surface_get_width) each(cairo_mask) each(cairo_move_to) each(cairo_paint) \
    each(cairo_pattern_create_for_surface) each(cairo_pattern_destroy) each(cairo_pattern_set_filter) \
    each(cairo_pdf_surface_create_for_stream) each(cairo_rectangle) each(cairo_restore) each(cairo_rotate) \
    each(cairo_save) each(cairo_scale) each(cairo_set_source_rgb) each(cairo_set_source_surface) \
    each(cairo_show_page) each(cairo_surface_destroy) each(cairo_surface_finish) each(cairo_surface_flush) \
    each(cairo_surface_mark_dirty) each(cairo_surface_status) each(cairo_translate) each(g_object_unref) \
    each(pango_cairo_context_set_font_options) each(pango_cairo_font_map_new) each(pango_cairo_show_layout) \
    each(pango_context_get_metrics) each(pango_context_set_round_glyph_positions) each(pango_font_description_free) \
    each(pango_font_description_from_string) each(pango_font_description_set_absolute_size) \
    each(pango_font_map_create_context) each(pango_font_metrics_get_ascent) each(pango_font_metrics_get_descent) \
    each(pango_font_metrics_unref) each(pango_layout_get_extents) each(pango_layout_get_line_count) \
    each(pango_layout_get_line_readonly) each(pango_layout_is_ellipsized) each(pango_layout_new) \
    each(pango_layout_set_alignment) each(pango_layout_set_ellipsize) each(pango_layout_set_font_description) \
    each(pango_layout_set_height) each(pango_layout_set_text) each(pango_layout_set_width) \
    each(pango_layout_set_wrap)

struct depot_drawing {
#define DEPOT_MEMBER(function) __typeof__(function) *_Nonnull function;
    DEPOT_DRAWING(DEPOT_MEMBER)
};

/* Finds them all; NULL where they are not installed. Not for two threads at once. */
static inline const struct depot_drawing *_Nullable depot_load_drawing(void) {
    static struct depot_drawing drawing;
    /* What a library brings along is searched with it. */
    void *library = dlopen("libpangocairo-1.0.so.0", RTLD_LAZY | RTLD_LOCAL);
    if (!library) return 0;
#define DEPOT_FIND(function) \
    void *found_##function = dlsym(library, #function); \
    if (!found_##function) return 0; \
    drawing.function = (__typeof__(function) *)found_##function;
    DEPOT_DRAWING(DEPOT_FIND)
    return &drawing;
}
