// SQLite's side of the disk: the VFS `powercut`, its files, locks and shared memory. What a file holds and what is left
// of it after a cut is PowerCutDisk.c's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "PowerCut.h"

static sqlite3_vfs *base;
static sqlite3_vfs vfs;

// MARK: reading and writing

static int readFile(sqlite3_file *handle, void *bytes, int count, sqlite3_int64 offset) {
    File *file = ((Handle *)handle)->file;
    pthread_mutex_lock(&powercutMutex);
    int code = SQLITE_OK;
    if (file->isDead) {
        code = SQLITE_IOERR_READ;
    } else {
        int64_t there = file->now.size - offset;
        if (there < 0) there = 0;
        if (there > count) there = count;
        if (there > 0) memcpy(bytes, file->now.bytes + offset, (size_t)there);
        if (there < count) {
            memset((char *)bytes + there, 0, (size_t)(count - there));
            code = SQLITE_IOERR_SHORT_READ;
        }
    }
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static int isFull(Disk *disk, int64_t growth) {
    if (disk->bytesMax < 0 || growth <= 0) return 0;
    for (File *file = disk->files; file != NULL; file = file->next)
        if (!file->isDead) growth += file->now.size;
    return growth > disk->bytesMax;
}

static int writeFile(sqlite3_file *handle, const void *bytes, int count, sqlite3_int64 offset) {
    File *file = ((Handle *)handle)->file;
    pthread_mutex_lock(&powercutMutex);
    int code = SQLITE_OK;
    if (file->isDead) {
        code = SQLITE_IOERR_WRITE;
    } else if (isFull(file->disk, offset + count - file->now.size)) {
        code = SQLITE_FULL;
    } else {
        put(&file->now, offset, bytes, count);
        enqueue(file, 0, offset, bytes, count);
        if (goesOff(file->disk)) code = SQLITE_IOERR_WRITE;
    }
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static int truncateFile(sqlite3_file *handle, sqlite3_int64 size) {
    File *file = ((Handle *)handle)->file;
    pthread_mutex_lock(&powercutMutex);
    int code = SQLITE_IOERR_TRUNCATE;
    if (!file->isDead) {
        resize(&file->now, size);
        enqueue(file, 1, size, NULL, 0);
        if (!goesOff(file->disk)) code = SQLITE_OK;
    }
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static int syncFile(sqlite3_file *handle, int flags) {
    (void)flags;
    File *file = ((Handle *)handle)->file;
    pthread_mutex_lock(&powercutMutex);
    int milliseconds = file->disk->slowMilliseconds;
    pthread_mutex_unlock(&powercutMutex);
    if (milliseconds > 0) nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
    pthread_mutex_lock(&powercutMutex);
    int code = SQLITE_IOERR_FSYNC;
    if (!file->isDead && !goesOff(file->disk)) {
        file->disk->syncs++;
        if (file->disk->failingSyncs > 0) {
            file->disk->failingSyncs--;
        } else {
            for (Pending *pending = file->first; pending != NULL; pending = pending->next) carryOut(file, pending);
            // The first sync of a new file syncs its folder too: os_unix.c, UNIXFILE_DIRSYNC.
            if (!file->isNameOnPlatter)
                for (File *other = file->disk->files; other != NULL; other = other->next)
                    if (!other->isDead) other->isNameOnPlatter = other->isNamed;
            code = SQLITE_OK;
        }
        forgetPending(file);
    }
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static int sizeOfFile(sqlite3_file *handle, sqlite3_int64 *size) {
    File *file = ((Handle *)handle)->file;
    pthread_mutex_lock(&powercutMutex);
    *size = file->now.size;
    int code = file->isDead ? SQLITE_IOERR_FSTAT : SQLITE_OK;
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

// MARK: locks on the file

static int lockFile(sqlite3_file *base, int level) {
    Handle *handle = (Handle *)base;
    File *file = handle->file;
    pthread_mutex_lock(&powercutMutex);
    int code = SQLITE_OK;
    if (handle->lock < level) {
        int othersShare = file->sharedCount - (handle->lock >= SQLITE_LOCK_SHARED) > 0;
        int isPendingElsewhere = file->pending != NULL && file->pending != handle;
        int isReservedElsewhere = file->reserved != NULL && file->reserved != handle;
        if (level == SQLITE_LOCK_SHARED) {
            if (isPendingElsewhere || file->exclusive != NULL) code = SQLITE_BUSY;
            else file->sharedCount++;
        } else if (level == SQLITE_LOCK_RESERVED) {
            if (isReservedElsewhere) code = SQLITE_BUSY;
            else file->reserved = handle;
        } else if (isReservedElsewhere || isPendingElsewhere) {
            code = SQLITE_BUSY;
        } else {
            file->pending = handle;
            if (othersShare) code = SQLITE_BUSY;
            else file->exclusive = handle;
        }
        if (code == SQLITE_OK) handle->lock = level;
    }
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static void unlockUnderMutex(Handle *handle, int level) {
    File *file = handle->file;
    if (handle->lock <= level) return;
    if (file->reserved == handle) file->reserved = NULL;
    if (file->pending == handle) file->pending = NULL;
    if (file->exclusive == handle) file->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE && handle->lock >= SQLITE_LOCK_SHARED) file->sharedCount--;
    handle->lock = level;
}

static int unlockFile(sqlite3_file *handle, int level) {
    pthread_mutex_lock(&powercutMutex);
    unlockUnderMutex((Handle *)handle, level);
    pthread_mutex_unlock(&powercutMutex);
    return SQLITE_OK;
}

static int checkReserved(sqlite3_file *handle, int *isReserved) {
    pthread_mutex_lock(&powercutMutex);
    *isReserved = ((Handle *)handle)->file->reserved != NULL;
    pthread_mutex_unlock(&powercutMutex);
    return SQLITE_OK;
}

// MARK: shared memory

static int shmMap(sqlite3_file *base, int region, int size, int extends, void volatile **out) {
    Handle *handle = (Handle *)base;
    File *file = handle->file;
    pthread_mutex_lock(&powercutMutex);
    int code = file->isDead ? SQLITE_IOERR_SHMMAP : SQLITE_OK;
    *out = NULL;
    if (code == SQLITE_OK) {
        if (!handle->isMapped) file->mapCount++;
        handle->isMapped = 1;
        if (region >= file->regionCount && extends) {
            file->regions = realloc(file->regions, sizeof(void *) * (size_t)(region + 1));
            if (file->regions == NULL) abort();
            while (file->regionCount <= region) file->regions[file->regionCount++] = calloc(1, (size_t)size);
        }
        if (region < file->regionCount) *out = file->regions[region];
    }
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static int shmLock(sqlite3_file *base, int offset, int count, int flags) {
    Handle *handle = (Handle *)base;
    File *file = handle->file;
    unsigned mask = ((1u << count) - 1u) << offset;
    pthread_mutex_lock(&powercutMutex);
    int code = SQLITE_OK;
    for (int slot = offset; slot < offset + count && !(flags & SQLITE_SHM_UNLOCK); slot++) {
        int isExclusiveElsewhere = file->shmExclusive[slot] != NULL && file->shmExclusive[slot] != handle;
        int othersShare = file->shmShared[slot] - (int)(handle->shmShared >> slot & 1u) > 0;
        if (isExclusiveElsewhere || ((flags & SQLITE_SHM_EXCLUSIVE) && othersShare)) code = SQLITE_BUSY;
    }
    for (int slot = offset; slot < offset + count && code == SQLITE_OK; slot++) {
        unsigned bit = 1u << slot;
        if (flags & SQLITE_SHM_UNLOCK) {
            if (handle->shmShared & bit) file->shmShared[slot]--;
            if (handle->shmExclusive & bit) file->shmExclusive[slot] = NULL;
        } else if (flags & SQLITE_SHM_SHARED) {
            if (!(handle->shmShared & bit)) file->shmShared[slot]++;
        } else {
            file->shmExclusive[slot] = handle;
        }
    }
    if (code == SQLITE_OK) {
        if (flags & SQLITE_SHM_UNLOCK) {
            handle->shmShared &= ~mask;
            handle->shmExclusive &= ~mask;
        } else if (flags & SQLITE_SHM_SHARED) {
            handle->shmShared |= mask;
        } else {
            handle->shmExclusive |= mask;
        }
    }
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static void shmBarrier(sqlite3_file *handle) {
    (void)handle;
    __sync_synchronize();
    pthread_mutex_lock(&powercutMutex);
    pthread_mutex_unlock(&powercutMutex);
}

static void unmapUnderMutex(Handle *handle) {
    File *file = handle->file;
    if (!handle->isMapped) return;
    handle->isMapped = 0;
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++) {
        if (handle->shmShared >> slot & 1u) file->shmShared[slot]--;
        if (handle->shmExclusive >> slot & 1u) file->shmExclusive[slot] = NULL;
    }
    handle->shmShared = handle->shmExclusive = 0;
    if (--file->mapCount > 0) return;
    for (int region = 0; region < file->regionCount; region++) free(file->regions[region]);
    free(file->regions);
    file->regions = NULL;
    file->regionCount = 0;
}

static int shmUnmap(sqlite3_file *handle, int deletes) {
    (void)deletes;
    pthread_mutex_lock(&powercutMutex);
    unmapUnderMutex((Handle *)handle);
    pthread_mutex_unlock(&powercutMutex);
    return SQLITE_OK;
}

// MARK: the rest of a file

static int closeFile(sqlite3_file *base) {
    Handle *handle = (Handle *)base;
    File *file = handle->file;
    pthread_mutex_lock(&powercutMutex);
    unlockUnderMutex(handle, SQLITE_LOCK_NONE);
    unmapUnderMutex(handle);
    Disk *disk = file->disk;
    if (handle->deletesOnClose) file->isNamed = file->isNameOnPlatter = 0;
    if (--file->handleCount == 0 && !file->isNamed && !file->isNameOnPlatter) freeFile(file);
    disk->handleCount--;
    freeIfDoomed(disk);
    pthread_mutex_unlock(&powercutMutex);
    return SQLITE_OK;
}

static int control(sqlite3_file *handle, int operation, void *argument) {
    (void)handle, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int sectors(sqlite3_file *handle) {
    (void)handle;
    return 4096;
}

// As SQLite's own VFS says of every disk: bytes beside a write are not harmed by it.
static int characteristics(sqlite3_file *handle) {
    (void)handle;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    2, closeFile, readFile, writeFile, truncateFile, syncFile, sizeOfFile, lockFile, unlockFile, checkReserved,
    control, sectors, characteristics, shmMap, shmLock, shmBarrier, shmUnmap, NULL, NULL,
};

// MARK: the VFS

static int openFile(sqlite3_vfs *self, const char *name, sqlite3_file *out, int flags, int *outFlags) {
    (void)self;
    Handle *handle = (Handle *)out;
    memset(handle, 0, sizeof *handle);
    pthread_mutex_lock(&powercutMutex);
    int code = SQLITE_CANTOPEN;
    Disk *disk = diskOf(name);
    if (disk != NULL && !disk->isOff) {
        File *file = named(disk, name);
        if (file == NULL && (flags & SQLITE_OPEN_CREATE)) file = makeFile(disk, name);
        if (file != NULL) {
            handle->base.pMethods = &methods;
            handle->file = file;
            handle->deletesOnClose = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
            file->handleCount++;
            disk->handleCount++;
            code = SQLITE_OK;
        }
    }
    if (outFlags != NULL) *outFlags = flags;
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static int deleteFile(sqlite3_vfs *self, const char *name, int syncsFolder) {
    (void)self;
    pthread_mutex_lock(&powercutMutex);
    Disk *disk = diskOf(name);
    File *file = disk != NULL && !disk->isOff ? named(disk, name) : NULL;
    int code = file != NULL ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
    if (disk == NULL || disk->isOff) code = SQLITE_IOERR_DELETE;
    if (file != NULL) {
        file->isNamed = 0;
        if (goesOff(disk)) code = SQLITE_IOERR_DELETE;
        else if (syncsFolder) file->isNameOnPlatter = 0;
        if (code == SQLITE_OK && file->handleCount == 0 && !file->isNameOnPlatter) freeFile(file);
    }
    pthread_mutex_unlock(&powercutMutex);
    return code;
}

static int accessFile(sqlite3_vfs *self, const char *name, int flags, int *isThere) {
    (void)self, (void)flags;
    pthread_mutex_lock(&powercutMutex);
    Disk *disk = diskOf(name);
    File *file = disk != NULL ? named(disk, name) : NULL;
    // SQLite takes an empty journal for none.
    *isThere = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
    pthread_mutex_unlock(&powercutMutex);
    return disk != NULL && disk->isOff ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int fullPath(sqlite3_vfs *self, const char *name, int size, char *out) {
    (void)self;
    return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int randomness(sqlite3_vfs *self, int count, char *out) { (void)self; return base->xRandomness(base, count, out); }
static int pauseFor(sqlite3_vfs *self, int microseconds) { (void)self; return base->xSleep(base, microseconds); }
static int now(sqlite3_vfs *self, double *out) { (void)self; return base->xCurrentTime(base, out); }
static int nowInt(sqlite3_vfs *self, sqlite3_int64 *out) { (void)self; return base->xCurrentTimeInt64(base, out); }
static int lastError(sqlite3_vfs *self, int size, char *out) { (void)self, (void)size, (void)out; return 0; }

void registerVFS(void) {
    base = sqlite3_vfs_find(NULL);
    vfs = (sqlite3_vfs){
        .iVersion = 2, .szOsFile = sizeof(Handle), .mxPathname = nameSizeMax - 1, .zName = "powercut",
        .xOpen = openFile, .xDelete = deleteFile, .xAccess = accessFile, .xFullPathname = fullPath,
        .xRandomness = randomness, .xSleep = pauseFor, .xCurrentTime = now, .xCurrentTimeInt64 = nowInt,
        .xGetLastError = lastError,
    };
    sqlite3_vfs_register(&vfs, 0);
}
