/* TLS under the bench's client: sessions by descriptor, so that the client itself need not care. Certificates are not
 * checked; what is measured is the server. */
#ifndef BENCH_SECURE_H
#define BENCH_SECURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Shakes hands on a connected socket, waiting for it; goes on from the last session with `is_resuming`. */
bool secure_begin(int fd, bool is_resuming);
/* As recv and send without flags and without waiting, on a plain descriptor too. */
ssize_t secure_recv(int fd, void *bytes, size_t count);
ssize_t secure_send(int fd, const void *bytes, size_t count);
/* Closes, with a goodbye where TLS is spoken. */
void secure_close(int fd);
/* Shakes hands and closes again for so long. Returns how often; `resumed` of them went on from a ticket. */
unsigned long secure_handshakes(int port, double seconds, bool is_resuming, unsigned long *resumed);

#endif
