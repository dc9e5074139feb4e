// A slow disk for the unmodified daemon: preloaded, it makes every fsync and fdatasync take SLOW_DISK_MS longer, as a
// card does that cleans up behind itself. For measurements; tests use the VFS of Tests/PowerCutVFS.
//
//   make slow-disk && SLOW_DISK_MS=4 LD_PRELOAD=$PWD/.build/slowdisk.so .build/release/depotd demo
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int Sync(int descriptor);

static int slowly(const char *name, int descriptor) {
    const char *text = getenv("SLOW_DISK_MS");
    long milliseconds = text != NULL ? strtol(text, NULL, 10) : 0;
    if (milliseconds > 0)
        nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
    return ((Sync *)dlsym(RTLD_NEXT, name))(descriptor);
}

int fsync(int descriptor) { return slowly("fsync", descriptor); }
int fdatasync(int descriptor) { return slowly("fdatasync", descriptor); }
