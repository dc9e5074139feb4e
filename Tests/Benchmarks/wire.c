/* See wire.h. Only as much of RFC 6455 as a server that is ours or a known peer makes necessary. */
#include "wire.h"

#include "secure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void fail(const char *what)
{
    fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
    exit(1);
}

int connect_local(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

bool send_all(int fd, const void *bytes, size_t count)
{
    const char *next = bytes;
    while (count > 0) {
        ssize_t sent = secure_send(fd, next, count);
        if (sent > 0) {
            next += sent;
            count -= (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 1000);
        } else if (sent < 0 && errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool send_upgrade(int fd, const char *path, const char *token)
{
    char request[1024];
    int length = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n"
        "Authorization: Bearer %s\r\n\r\n",
        path, token);
    return send_all(fd, request, (size_t)length);
}

bool send_text(int fd, const char *text)
{
    unsigned char frame[1024] = {0x81};
    size_t length = strlen(text), head = length < 126 ? 2 : 4;
    if (length > sizeof frame - 8)
        return false;
    frame[1] = (unsigned char)(0x80 | (length < 126 ? length : 126));
    if (head == 4) {
        frame[2] = (unsigned char)(length >> 8);
        frame[3] = (unsigned char)length;
    }
    memcpy(frame + head + 4, text, length);
    return send_all(fd, frame, head + 4 + length);
}

struct needle needle(const char *text)
{
    return (struct needle){.text = text, .length = strlen(text)};
}

int64_t number_after(struct needle *needle, const char *message, size_t length)
{
    if (needle->length == 0)
        return -1;
    size_t at = needle->hint;
    if (at + needle->length > length || memcmp(message + at, needle->text, needle->length) != 0) {
        const char *found = memmem(message, length, needle->text, needle->length);
        if (found == NULL)
            return -1;
        at = needle->hint = (size_t)(found - message);
    }
    int64_t number = 0;
    for (at += needle->length; at < length && message[at] >= '0' && message[at] <= '9'; at++)
        number = number * 10 + (message[at] - '0');
    return number;
}

void record(struct histogram *histogram, int64_t ns)
{
    size_t step = ns < 0 ? 0 : (size_t)ns / 10000;
    histogram->steps[step < HISTOGRAM_STEPS ? step : HISTOGRAM_STEPS - 1]++;
    histogram->count++;
    if (ns > 0 && (uint64_t)ns > histogram->max_ns)
        histogram->max_ns = (uint64_t)ns;
}

double percentile_ms(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)((double)histogram->count * share), seen = 0;
    for (size_t step = 0; step < HISTOGRAM_STEPS; step++) {
        seen += histogram->steps[step];
        if (seen > wanted)
            return ((double)step + 0.5) / 100;
    }
    return (double)histogram->max_ns / 1e6;
}

size_t cut_frame(const char *bytes, size_t count, int *opcode, const char **payload, size_t *length)
{
    const unsigned char *head = (const unsigned char *)bytes;
    if (count < 2)
        return 0;
    size_t size = head[1] & 0x7F, start = 2;
    if (size == 126) {
        if (count < 4)
            return 0;
        size = (size_t)head[2] << 8 | head[3];
        start = 4;
    } else if (size == 127) {
        if (count < 10)
            return 0;
        size = 0;
        for (int index = 2; index < 10; index++)
            size = size << 8 | head[index];
        start = 10;
    }
    if (count < start + size)
        return 0;
    *opcode = head[0] & 0x0F;
    *payload = bytes + start;
    *length = size;
    return start + size;
}
