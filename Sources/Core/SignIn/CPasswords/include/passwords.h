// The passwords that are tried first, as bytes in the program: build.sh writes them, passwords.c takes them in.
#ifndef DEPOTD_PASSWORDS_H
#define DEPOTD_PASSWORDS_H

// Lower case, a line each with a line end before and behind it, sorted; ends with a NUL. Lives as long as the program.
const char *depotd_common_passwords(void);

#endif
