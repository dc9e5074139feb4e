// Takes the built pages into the program with #embed. dist/pages.inc names every file with its hash, and the
// compiler records all of them as dependencies, so a changed page builds this file again.
#include "pages.h"

#if __has_include("../dist/pages.inc")
#pragma clang diagnostic ignored "-Wc23-extensions"   // #embed is C23; clang has it in every mode
#include "../dist/pages.inc"

const struct depotd_page *depotd_pages(unsigned long *count) {
    *count = sizeof pages / sizeof pages[0];
    return pages;
}
#else
#error run make web
#endif
