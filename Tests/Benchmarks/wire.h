/* What the bench's client knows of the wire: connecting, cutting a WebSocket's frames out of a stream, finding a number
 * in them cheaply, and a histogram of latencies. The client itself is client.c. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t now_ns(void); /* CLOCK_MONOTONIC */
void fail(const char *what);

/* Connects to 127.0.0.1 and waits for it; -1 when nobody listens. The socket is then non-blocking, without Nagle. */
int connect_local(int port);
/* Sends everything, waiting for room; false when the connection is lost. */
bool send_all(int fd, const void *bytes, size_t count);
bool send_upgrade(int fd, const char *path, const char *token);
/* A client's text frame, masked with zeros. */
bool send_text(int fd, const char *text);

/* A text to look for in messages that look alike: tried first where it was last time. */
struct needle {
    const char *text;
    size_t length;
    size_t hint;
};
struct needle needle(const char *text);
/* The decimal number behind the needle; -1 where there is none. */
int64_t number_after(struct needle *needle, const char *message, size_t length);

/* Microseconds, in steps of 10 up to 20 s. */
enum { HISTOGRAM_STEPS = 2000000 };
struct histogram {
    uint32_t steps[HISTOGRAM_STEPS];
    uint64_t count;
    uint64_t max_ns;
};
void record(struct histogram *histogram, int64_t ns);
double percentile_ms(const struct histogram *histogram, double share);

/* Cuts one frame off the front. Returns its whole length, or 0 while it is not all there. */
size_t cut_frame(const char *bytes, size_t count, int *opcode, const char **payload, size_t *length);

#endif
