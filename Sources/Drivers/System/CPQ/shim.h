#pragma once
#include <postgresql/libpq-fe.h>

/* Binary parameters of one call; libpq wants four arrays side by side. Returns 1 when it was queued. */
static inline int depot_pq_send(
    PGconn *connection, const char *sql, int count, const Oid *types, const char *const *values, const int *lengths,
    const int *formats) {
    return PQsendQueryParams(connection, sql, count, types, values, lengths, formats, 0);
}
