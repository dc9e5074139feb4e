// A disk that forgets what was not synced: an SQLite VFS, `powercut`, over files in memory. It is for tests of what a
// power cut, a full disk, a failing sync or a slow one does to a Store. PowerCutVFS.c says what survives a cut; the
// Swift side is Tests/CoreTests/PowerCut/PowerCutDisk.swift.
//
// Files are named "/disk-ID/FILE". All functions may be called from any thread.
#pragma once
#include <stdint.h>

/// Makes an empty disk and gives back its id. The VFS is registered with the first.
int powercut_disk_make(void);
/// Forgets a disk; it goes when the last file on it is closed.
void powercut_disk_free(int disk);

/// Puts a file on the disk, synced.
void powercut_put(int disk, const char *file, const void *bytes, int64_t count);
/// The size of a file as it reads now; -1 if there is none.
int64_t powercut_size(int disk, const char *file);
/// Copies out at most `capacity` bytes of a file as it reads now.
void powercut_get(int disk, const char *file, void *bytes, int64_t capacity);

/// Cuts the power at the `operations`-th write, truncation, sync or deletion from now on; `seed` says what survives.
void powercut_arm(int disk, int64_t operations, uint64_t seed);
/// Cuts the power now. Every open file answers SQLITE_IOERR from then on.
void powercut_cut(int disk, uint64_t seed);
/// Whether the power is off; nothing can be opened then.
int powercut_is_off(int disk);
/// Lets files be opened again, over what survived.
void powercut_power_on(int disk);

/// Refuses with SQLITE_FULL what would make all files together longer; -1 for no bound.
void powercut_limit(int disk, int64_t bytes);
/// Makes each sync take this long.
void powercut_slow(int disk, int milliseconds);
/// Fails the next syncs as Linux does: what they should have written is forgotten, and the sync after says it is well.
void powercut_fail_syncs(int disk, int count);
/// Syncs since the disk was made.
int64_t powercut_syncs(int disk);
