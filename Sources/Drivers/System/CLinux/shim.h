#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
