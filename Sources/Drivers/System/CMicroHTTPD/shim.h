#pragma once
#include <microhttpd.h>

/* Swift cannot call variadic C functions: each one that is needed has a wrapper with fixed arguments here. */

/* What the listener gives to libmicrohttpd at its start. All callbacks receive `cls`. */
struct depot_mhd_settings {
    int listen_socket;
    size_t connection_memory_limit;
    unsigned int connection_limit;
    unsigned int inactivity_seconds;
    void *cls;
    MHD_LogCallback log;
    MHD_AcceptPolicyCallback accept;
    MHD_AccessHandlerCallback access;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    void *(*target)(void *cls, const char *uri, struct MHD_Connection *connection);
    size_t (*unescape)(void *cls, struct MHD_Connection *connection, char *text);
};

/* What 0.9 checks when told to be strict (spaces in targets, a missing Host) is checked by HTTPHeadRules, which can
   word its refusals; 1.0 has a level that also forbids bare line feeds and the like. */
#if MHD_VERSION >= 0x01000000
#define DEPOT_MHD_STRICT MHD_OPTION_CLIENT_DISCIPLINE_LVL, (int)1
#else
#define DEPOT_MHD_STRICT MHD_OPTION_STRICT_FOR_CLIENT, (int)0
#endif

/* Starts a daemon without threads that is driven from outside through its epoll descriptor. */
static inline struct MHD_Daemon *depot_mhd_start(const struct depot_mhd_settings *s) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG, 0,
        s->accept, s->cls, s->access, s->cls,
        MHD_OPTION_EXTERNAL_LOGGER, s->log, s->cls,
        MHD_OPTION_LISTEN_SOCKET, s->listen_socket,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->connection_memory_limit,
        MHD_OPTION_CONNECTION_LIMIT, s->connection_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, s->inactivity_seconds,
        DEPOT_MHD_STRICT,
        MHD_OPTION_NOTIFY_COMPLETED, s->completed, s->cls,
        MHD_OPTION_NOTIFY_CONNECTION, s->connection, s->cls,
        MHD_OPTION_URI_LOG_CALLBACK, s->target, s->cls,
        MHD_OPTION_UNESCAPE_CALLBACK, s->unescape, s->cls,
        MHD_OPTION_END);
}

static inline int depot_mhd_epoll_fd(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

static inline int depot_mhd_connection_fd(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static inline const struct sockaddr *depot_mhd_peer(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

static inline void *depot_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* Gives libmicrohttpd's end of an upgraded connection back to it. */
static inline enum MHD_Result depot_mhd_upgrade_close(struct MHD_UpgradeResponseHandle *handle) {
    return MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

/* The names that Swift gives to these closed enumerations differ from one version of the header to the next. */
static inline int depot_mhd_is_start(enum MHD_ConnectionNotificationCode code) {
    return code == MHD_CONNECTION_NOTIFY_STARTED;
}

static inline struct MHD_Response *depot_mhd_empty_response(void) {
    return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
}

static inline int depot_mhd_each_header(struct MHD_Connection *connection, MHD_KeyValueIteratorN each, void *cls) {
    return MHD_get_connection_values_n(connection, MHD_HEADER_KIND, each, cls);
}

/* Milliseconds until MHD_run is due, or -1 for no wish. */
static inline long long depot_mhd_timeout(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    if (MHD_get_timeout(daemon, &milliseconds) != MHD_YES) return -1;
    return milliseconds > 3600000 ? 3600000 : (long long)milliseconds;
}
