// The disk of PowerCutVFS.h. Each file is kept twice: as it reads now, and as it is on the platter; between them is a
// list of what was written and not synced. A cut keeps of that list what its seed says: nothing, all, everything up to
// a moment, or any sectors of 512 bytes in any mixture, since a disk may write back in any order and stop in a write.
// Names are on the platter from the first sync of a new file on, which syncs its folder, as SQLite's own VFS does it with
// journals; before that a created or deleted name may go either way. Shared memory is lost.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "PowerCut.h"

pthread_mutex_t powercutMutex = PTHREAD_MUTEX_INITIALIZER;

enum { diskCountMax = 4096 };
static Disk *disks[diskCountMax];
static int diskCount;

// MARK: chance

// splitmix64
static uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// MARK: content

void resize(Content *content, int64_t size) {
    if (size > content->capacity) {
        content->capacity = size * 2;
        content->bytes = realloc(content->bytes, (size_t)content->capacity);
        if (content->bytes == NULL) abort();
    }
    if (size > content->size) memset(content->bytes + content->size, 0, (size_t)(size - content->size));
    content->size = size;
}

void put(Content *content, int64_t offset, const void *bytes, int64_t count) {
    if (offset + count > content->size) resize(content, offset + count);
    memcpy(content->bytes + offset, bytes, (size_t)count);
}

void forgetPending(File *file) {
    for (Pending *pending = file->first; pending != NULL;) {
        Pending *next = pending->next;
        free(pending);
        pending = next;
    }
    file->first = file->last = NULL;
}

void enqueue(File *file, int isTruncation, int64_t offset, const void *bytes, int64_t count) {
    Pending *pending = malloc(sizeof *pending + (size_t)(isTruncation ? 0 : count));
    if (pending == NULL) abort();
    *pending = (Pending){NULL, ++file->disk->serial, offset, count, isTruncation};
    if (!isTruncation) memcpy(pending->bytes, bytes, (size_t)count);
    if (file->last != NULL) file->last->next = pending;
    else file->first = pending;
    file->last = pending;
}

void carryOut(File *file, const Pending *pending) {
    if (pending->isTruncation) resize(&file->platter, pending->offset);
    else put(&file->platter, pending->offset, pending->bytes, pending->count);
}

// MARK: files and disks; all under the mutex

static Disk *find(int id) { return id > 0 && id <= diskCount ? disks[id - 1] : NULL; }

Disk *diskOf(const char *path) {
    int id = 0;
    return path != NULL && sscanf(path, "/disk-%d/", &id) == 1 ? find(id) : NULL;
}

File *named(Disk *disk, const char *name) {
    for (File *file = disk->files; file != NULL; file = file->next)
        if (file->isNamed && strcmp(file->name, name) == 0) return file;
    return NULL;
}

File *makeFile(Disk *disk, const char *name) {
    File *file = calloc(1, sizeof *file);
    if (file == NULL) abort();
    file->disk = disk;
    if (name != NULL) {
        snprintf(file->name, sizeof file->name, "%s", name);
        file->isNamed = 1;
    }
    file->next = disk->files;
    disk->files = file;
    return file;
}

void freeFile(File *file) {
    for (File **link = &file->disk->files; *link != NULL; link = &(*link)->next)
        if (*link == file) {
            *link = file->next;
            break;
        }
    forgetPending(file);
    for (int region = 0; region < file->regionCount; region++) free(file->regions[region]);
    free(file->regions);
    free(file->now.bytes);
    free(file->platter.bytes);
    free(file);
}

void freeIfDoomed(Disk *disk) {
    if (!disk->isDoomed || disk->handleCount > 0) return;
    while (disk->files != NULL) freeFile(disk->files);
    disks[disk->id - 1] = NULL;
    free(disk);
}

// MARK: the cut

static void survive(File *file, int policy, int64_t moment, uint64_t *chance) {
    for (Pending *pending = file->first; pending != NULL; pending = pending->next) {
        if (policy == 0) continue;
        if (policy == 1 || (policy == 2 && pending->serial < moment)) {
            carryOut(file, pending);
            continue;
        }
        if (policy == 2 && pending->serial > moment) continue;
        if (pending->isTruncation) {
            if (draw(chance) & 1) carryOut(file, pending);
            continue;
        }
        for (int64_t at = 0; at < pending->count;) {
            int64_t end = ((pending->offset + at) / sectorSize + 1) * sectorSize - pending->offset;
            if (end > pending->count) end = pending->count;
            if (draw(chance) & 1) put(&file->platter, pending->offset + at, pending->bytes + at, end - at);
            at = end;
        }
    }
}

static void cut(Disk *disk, uint64_t seed) {
    uint64_t chance = seed;
    int64_t earliest = disk->serial;
    for (File *file = disk->files; file != NULL; file = file->next)
        if (!file->isDead && file->first != NULL && file->first->serial < earliest) earliest = file->first->serial;
    int policy = (int)(draw(&chance) % 4);
    int64_t moment = earliest + (int64_t)(draw(&chance) % (uint64_t)(disk->serial - earliest + 1));
    disk->isOff = 1;
    disk->countdown = 0;
    File *before = disk->files;
    for (File *file = before, *next; file != NULL; file = next) {
        next = file->next;
        if (file->isDead) continue;
        file->isDead = 1;
        // A name that is only in memory, or only on the platter, may go either way.
        int isThere = file->isNamed == file->isNameOnPlatter ? file->isNamed : (int)(draw(&chance) & 1);
        int isReplaced = !file->isNamed && named(disk, file->name) != NULL;
        if (isThere && !isReplaced && file->name[0] != 0) {
            survive(file, policy, moment, &chance);
            File *survivor = makeFile(disk, file->name);
            survivor->isNameOnPlatter = 1;
            put(&survivor->platter, 0, file->platter.bytes, file->platter.size);
            put(&survivor->now, 0, file->platter.bytes, file->platter.size);
        }
        file->isNamed = file->isNameOnPlatter = 0;
        if (file->handleCount == 0) freeFile(file);
    }
}

int goesOff(Disk *disk) {
    if (disk->countdown == 0 || --disk->countdown > 0) return 0;
    cut(disk, disk->seed);
    return 1;
}

// MARK: what tests call

int powercut_disk_make(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, registerVFS);
    pthread_mutex_lock(&powercutMutex);
    Disk *disk = calloc(1, sizeof *disk);
    if (disk == NULL || diskCount == diskCountMax) abort();
    disk->id = diskCount + 1;
    disk->bytesMax = -1;
    disks[diskCount++] = disk;
    pthread_mutex_unlock(&powercutMutex);
    return disk->id;
}

void powercut_disk_free(int id) {
    pthread_mutex_lock(&powercutMutex);
    Disk *disk = find(id);
    if (disk != NULL) {
        disk->isDoomed = 1;
        freeIfDoomed(disk);
    }
    pthread_mutex_unlock(&powercutMutex);
}

static void path(int id, const char *file, char *out) { snprintf(out, nameSizeMax, "/disk-%d/%s", id, file); }

void powercut_put(int id, const char *name, const void *bytes, int64_t count) {
    char full[nameSizeMax];
    path(id, name, full);
    pthread_mutex_lock(&powercutMutex);
    File *file = makeFile(find(id), full);
    file->isNameOnPlatter = 1;
    put(&file->now, 0, bytes, count);
    put(&file->platter, 0, bytes, count);
    pthread_mutex_unlock(&powercutMutex);
}

int64_t powercut_size(int id, const char *name) {
    char full[nameSizeMax];
    path(id, name, full);
    pthread_mutex_lock(&powercutMutex);
    File *file = named(find(id), full);
    int64_t size = file != NULL ? file->now.size : -1;
    pthread_mutex_unlock(&powercutMutex);
    return size;
}

void powercut_get(int id, const char *name, void *bytes, int64_t capacity) {
    char full[nameSizeMax];
    path(id, name, full);
    pthread_mutex_lock(&powercutMutex);
    File *file = named(find(id), full);
    if (file != NULL) memcpy(bytes, file->now.bytes, (size_t)(capacity < file->now.size ? capacity : file->now.size));
    pthread_mutex_unlock(&powercutMutex);
}

void powercut_arm(int id, int64_t operations, uint64_t seed) {
    pthread_mutex_lock(&powercutMutex);
    find(id)->countdown = operations;
    find(id)->seed = seed;
    pthread_mutex_unlock(&powercutMutex);
}

void powercut_cut(int id, uint64_t seed) {
    pthread_mutex_lock(&powercutMutex);
    if (!find(id)->isOff) cut(find(id), seed);
    pthread_mutex_unlock(&powercutMutex);
}

int powercut_is_off(int id) {
    pthread_mutex_lock(&powercutMutex);
    int isOff = find(id)->isOff;
    pthread_mutex_unlock(&powercutMutex);
    return isOff;
}

void powercut_power_on(int id) {
    pthread_mutex_lock(&powercutMutex);
    find(id)->isOff = 0;
    pthread_mutex_unlock(&powercutMutex);
}

void powercut_limit(int id, int64_t bytes) {
    pthread_mutex_lock(&powercutMutex);
    find(id)->bytesMax = bytes;
    pthread_mutex_unlock(&powercutMutex);
}

void powercut_slow(int id, int milliseconds) {
    pthread_mutex_lock(&powercutMutex);
    find(id)->slowMilliseconds = milliseconds;
    pthread_mutex_unlock(&powercutMutex);
}

void powercut_fail_syncs(int id, int count) {
    pthread_mutex_lock(&powercutMutex);
    find(id)->failingSyncs = count;
    pthread_mutex_unlock(&powercutMutex);
}

int64_t powercut_syncs(int id) {
    pthread_mutex_lock(&powercutMutex);
    int64_t syncs = find(id)->syncs;
    pthread_mutex_unlock(&powercutMutex);
    return syncs;
}
