// Takes the list of common passwords into the program with #embed, so that it is on no disk and in no Swift literal.
#include "passwords.h"

#if __has_include("dist/common.txt")
#pragma clang diagnostic ignored "-Wc23-extensions"   // #embed is C23; clang has it in every mode
static const char common[] = {
#embed "dist/common.txt"
    , 0};

const char *depotd_common_passwords(void) { return common; }
#else
#error run make web
#endif
