// The built web pages as bytes in the program: each file once as it is and once compressed.
// They are made by build.sh; pages.c takes them in.
#ifndef DEPOTD_PAGES_H
#define DEPOTD_PAGES_H

struct depotd_page {
    const char *path;          // "/index.html", "/assets/app-….js"
    const char *content_type;
    const char *encoding;      // "identity" or "gzip", the value of Content-Encoding
    const char *etag;          // with its quotes, different for each encoding
    int immutable;             // 1 when the path changes with the content, so it may be cached for ever
    const unsigned char *bytes;
    unsigned long count;
};

// All pages, in no promised order; the answer lives as long as the program.
const struct depotd_page *depotd_pages(unsigned long *count);

#endif
