#pragma once
#include <cups/cups.h>
#include <cups/raster.h>

/* Begins a page of PWG raster. The header is a struct of some 1,800 bytes in arrays, which Swift would take for tuples. */
static inline int depot_raster_begin_page(cups_raster_t *raster, const char *type, int dpi, int width, int height,
                                          int bytes_per_line) {
    cups_page_header2_t header;
    pwg_media_t *media = pwgMediaForSize((width * 2540 + dpi / 2) / dpi, (height * 2540 + dpi / 2) / dpi);
    if (!cupsRasterInitPWGHeader(&header, media, type, dpi, dpi, "one-sided", 0)) return 0;
    header.cupsWidth = (unsigned)width;
    header.cupsHeight = (unsigned)height;
    header.cupsBytesPerLine = (unsigned)bytes_per_line;
    return (int)cupsRasterWriteHeader2(raster, &header);
}
