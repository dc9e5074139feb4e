// Nothing to call: counts.c is linked, and read by compiler-rt's profile runtime.
