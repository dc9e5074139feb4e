// What PowerCutDisk.c (contents and the cut) and PowerCutVFS.c (SQLite's side) share.
#pragma once
#include <pthread.h>
#include <sqlite3.h>

#include "PowerCutVFS.h"

enum { sectorSize = 512, nameSizeMax = 200 };

typedef struct {
    unsigned char *bytes;
    int64_t size, capacity;
} Content;

// One write or truncation that was not synced.
typedef struct Pending {
    struct Pending *next;
    int64_t serial, offset, count;
    int isTruncation;
    unsigned char bytes[];
} Pending;

typedef struct Disk Disk;
typedef struct Handle Handle;

typedef struct File {
    struct File *next;
    Disk *disk;
    char name[nameSizeMax];
    Content now, platter;
    Pending *first, *last;
    int isNamed, isNameOnPlatter, isDead, handleCount;
    int sharedCount;
    Handle *reserved, *pending, *exclusive;
    void **regions;
    int regionCount, mapCount;
    int shmShared[SQLITE_SHM_NLOCK];
    Handle *shmExclusive[SQLITE_SHM_NLOCK];
} File;

struct Handle {
    sqlite3_file base;
    File *file;
    int lock, isMapped, deletesOnClose;
    unsigned shmShared, shmExclusive;
};

struct Disk {
    int id, isOff, isDoomed, handleCount, failingSyncs, slowMilliseconds;
    File *files;
    int64_t serial, countdown, bytesMax, syncs;
    uint64_t seed;
};

// Everything below is called with it held.
extern pthread_mutex_t powercutMutex;

Disk *diskOf(const char *path);
File *named(Disk *disk, const char *name);
File *makeFile(Disk *disk, const char *name);
void freeFile(File *file);
void freeIfDoomed(Disk *disk);
void resize(Content *content, int64_t size);
void put(Content *content, int64_t offset, const void *bytes, int64_t count);
void enqueue(File *file, int isTruncation, int64_t offset, const void *bytes, int64_t count);
void carryOut(File *file, const Pending *pending);
void forgetPending(File *file);
// Counts an operation that changes the disk. Returns whether the power went.
int goesOff(Disk *disk);
void registerVFS(void);
