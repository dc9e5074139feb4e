#pragma once
// The two calls that open and close SpatiaLite on a connection, declared here as spatialite.h declares them: that
// header would bring a second copy of sqlite3.h's types beside GRDB's.
// Source: spatialite/spatialite.h, libspatialite 5.0.
extern void *spatialite_alloc_connection(void);
extern void spatialite_init_ex(void *connection, const void *cache, int verbose);
extern void spatialite_cleanup_ex(const void *cache);
