#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

/* fcntl is variadic, which Swift cannot call. Both return -1 with errno set when they fail. */
static inline int depot_dup_cloexec(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }

static inline int depot_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* EPOLLET and friends are enumerators above INT_MAX or plain macros; the driver uses these as plain numbers. */
enum {
    DEPOT_EPOLLIN = EPOLLIN,
    DEPOT_EPOLLOUT = EPOLLOUT,
    DEPOT_EPOLLRDHUP = EPOLLRDHUP,
    DEPOT_EPOLLHUP = EPOLLHUP,
    DEPOT_EPOLLERR = EPOLLERR,
};

/* Whether the descriptor is a Unix socket. */
static inline int depot_is_unix(int fd) {
    int domain = 0;
    socklen_t length = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

/* Declared only for _DEFAULT_SOURCE, which the importer does not set. */
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
static inline int depot_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

/* accept4 is declared only for _GNU_SOURCE, which the importer does not set. */
extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
static inline int depot_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* A socket on which the kernel tells of addresses and routes that come and go; -1 when it will not. */
static inline int depot_listen_to_routes(void) {
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads one message. Returns 1 for something new, 0 for anything else, -1 when there is none. */
static inline int depot_read_route_news(int fd) {
    char message[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
    struct nlmsghdr *head = (struct nlmsghdr *)message;
    ssize_t count = recv(fd, message, sizeof message, 0);
    if (count < (ssize_t)sizeof *head) return -1;
    return head->nlmsg_type == RTM_NEWADDR || head->nlmsg_type == RTM_NEWROUTE;
}

/* Whether the calling thread runs only when a core has nothing else to do; -1 with errno set when that is refused. The numbers
   are the kernel's SCHED_IDLE and SCHED_OTHER, which are declared only for _GNU_SOURCE. */
static inline int depot_run_when_idle(int whether) {
    struct sched_param none = {0};
    return sched_setscheduler(0, whether ? 5 : 0, &none);
}

static inline void *depot_try_to_stop_being_idle(void *may) {
    *(int *)may = depot_run_when_idle(1) == 0 && depot_run_when_idle(0) == 0;
    return NULL;
}

/* Whether a thread that runs only when idle may run as before again: RLIMIT_NICE or CAP_SYS_NICE, tried on a thread of its own. */
static inline int depot_may_stop_being_idle(void) {
    int may = 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, depot_try_to_stop_being_idle, &may) != 0) return 0;
    pthread_join(thread, NULL);
    return may;
}
