#pragma once
#include <zint.h>

/* A symbol holds an array of 28,800 bytes, which Swift would take for a tuple of as many members and never be done with.
   So it stays behind a pointer to a struct that is never completed. */
typedef struct depot_symbol depot_symbol;

/* Encodes UTF-8. Returns NULL, or a symbol to be freed with depot_symbol_free; `result` is zint's. */
static inline depot_symbol *depot_symbol_make(int symbology, int option_3, const unsigned char *text, int count,
                                              int *result) {
    struct zint_symbol *symbol = ZBarcode_Create();
    if (!symbol) return 0;
    symbol->symbology = symbology;
    symbol->input_mode = UNICODE_MODE;
    symbol->option_3 = option_3;
    *result = ZBarcode_Encode(symbol, text, count);
    if (*result < ZINT_ERROR) return (depot_symbol *)symbol;
    ZBarcode_Delete(symbol);
    return 0;
}

static inline void depot_symbol_free(depot_symbol *symbol) { ZBarcode_Delete((struct zint_symbol *)symbol); }
static inline int depot_symbol_width(const depot_symbol *symbol) { return ((const struct zint_symbol *)symbol)->width; }
static inline int depot_symbol_rows(const depot_symbol *symbol) { return ((const struct zint_symbol *)symbol)->rows; }

/* A bit for each module, the lowest first. */
static inline int depot_symbol_is_dark(const depot_symbol *symbol, int row, int column) {
    return ((const struct zint_symbol *)symbol)->encoded_data[row][column >> 3] >> (column & 7) & 1;
}
