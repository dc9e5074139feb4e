#pragma once
// The two calls that open and close SpatiaLite on a connection, declared here as spatialite.h declares them: that
// header would bring a second copy of sqlite3.h's types beside GRDB's.
// Source: spatialite/spatialite.h, libspatialite 5.0.
extern void *spatialite_alloc_connection(void);
extern void spatialite_init_ex(void *connection, const void *cache, int verbose);
extern void spatialite_cleanup_ex(const void *cache);

// sqlite3_db_config is variadic, which Swift can not call; its own name would clash with GRDB's declaration.
extern int depotd_db_config(void *connection, int operation, ...) __asm__("sqlite3_db_config");
// SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE: the last connection to close leaves the WAL as it is.
static inline int depotd_keep_wal_on_close(void *connection) {
    return depotd_db_config(connection, 1006, 1, (int *)0);
}

// SQLITE_CONFIG_MEMSTATUS off: SQLite counts its memory under one mutex for all threads, and nobody asks. Refused with
// SQLITE_MISUSE once SQLite is in use, which is harmless.
extern int depotd_config(int option, ...) __asm__("sqlite3_config");
static inline int depotd_count_no_memory(void) { return depotd_config(9, 0); }
