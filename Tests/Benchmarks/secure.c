/* See secure.h. */
#include "secure.h"

#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTOR_MAX = 1 << 16 };

static gnutls_session_t sessions[DESCRIPTOR_MAX];
static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priorities;
static gnutls_datum_t ticket;

/* GnuTLS reads the head of a record and then the record; here both come with one call. It is asked until it has taken
 * all of them in, so one buffer serves every session. */
static struct {
    int fd;
    size_t at, count;
    char bytes[1 << 16];
} ahead = {.fd = -1};

static ssize_t pull(gnutls_transport_ptr_t transport, void *bytes, size_t count)
{
    int fd = (int)(long)transport;
    if (ahead.fd != fd || ahead.at == ahead.count) {
        ssize_t got = recv(fd, ahead.bytes, sizeof ahead.bytes, 0);
        if (got <= 0)
            return got;
        ahead.fd = fd;
        ahead.at = 0;
        ahead.count = (size_t)got;
    }
    size_t left = ahead.count - ahead.at;
    count = count < left ? count : left;
    memcpy(bytes, ahead.bytes + ahead.at, count);
    ahead.at += count;
    return (ssize_t)count;
}

bool secure_begin(int fd, bool is_resuming)
{
    if (fd >= DESCRIPTOR_MAX)
        return false;
    if (credentials == NULL) {
        gnutls_certificate_allocate_credentials(&credentials);
        gnutls_priority_init(&priorities, "NORMAL:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-X25519", NULL);
    }
    gnutls_session_t session;
    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    gnutls_priority_set(session, priorities);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    if (is_resuming && ticket.size > 0)
        gnutls_session_set_data(session, ticket.data, ticket.size);
    gnutls_transport_set_int(session, fd);
    fcntl(fd, F_SETFL, 0);
    int result;
    do
        result = gnutls_handshake(session);
    while (result < 0 && !gnutls_error_is_fatal(result));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (result != 0) {
        gnutls_deinit(session);
        return false;
    }
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_ptr(session, (gnutls_transport_ptr_t)(long)fd);
    sessions[fd] = session;
    return true;
}

static ssize_t as_errno(ssize_t result)
{
    if (result >= 0)
        return result;
    errno = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED ? EAGAIN : ECONNRESET;
    return -1;
}

ssize_t secure_recv(int fd, void *bytes, size_t count)
{
    gnutls_session_t session = fd < DESCRIPTOR_MAX ? sessions[fd] : NULL;
    if (session == NULL)
        return recv(fd, bytes, count, MSG_DONTWAIT);
    size_t got = 0;
    while (got < count) {
        ssize_t more = gnutls_record_recv(session, (char *)bytes + got, count - got);
        bool is_taken = ahead.fd != fd || ahead.at == ahead.count;
        if (more == GNUTLS_E_AGAIN && !is_taken)
            continue; /* a ticket, with more behind it */
        if (more <= 0)
            return got > 0 ? (ssize_t)got : as_errno(more);
        got += (size_t)more;
        if (is_taken && gnutls_record_check_pending(session) == 0)
            break;
    }
    return (ssize_t)got;
}

ssize_t secure_send(int fd, const void *bytes, size_t count)
{
    gnutls_session_t session = fd < DESCRIPTOR_MAX ? sessions[fd] : NULL;
    return session == NULL ? send(fd, bytes, count, MSG_NOSIGNAL) : as_errno(gnutls_record_send(session, bytes, count));
}

void secure_close(int fd)
{
    if (fd < DESCRIPTOR_MAX && sessions[fd] != NULL) {
        gnutls_bye(sessions[fd], GNUTLS_SHUT_WR);
        gnutls_deinit(sessions[fd]);
        sessions[fd] = NULL;
    }
    close(fd);
}

/* A ticket comes behind the handshake; a request makes the server send something to read it with. */
static void take_ticket(int fd)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    char answer[4096];
    send_all(fd, request, sizeof request - 1);
    for (int tries = 0; tries < 1000 && secure_recv(fd, answer, sizeof answer) < 0; tries++)
        usleep(1000);
    gnutls_session_get_data2(sessions[fd], &ticket);
}

unsigned long secure_handshakes(int port, double seconds, bool is_resuming, unsigned long *resumed)
{
    unsigned long count = 0;
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
    *resumed = 0;
    while (now_ns() < end) {
        int fd = connect_local(port);
        if (fd < 0 || !secure_begin(fd, is_resuming))
            fail("handshake");
        if (is_resuming && ticket.size == 0)
            take_ticket(fd);
        *resumed += gnutls_session_is_resumed(sessions[fd]) != 0;
        count++;
        secure_close(fd);
    }
    return count;
}
