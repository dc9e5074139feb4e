/* What the same work costs in C with nothing around it: the floors that Depotd is measured against.
 *
 *   floor broadcast DATABASE    prints its port; every GET becomes a WebSocket, every POST's body is committed as one
 *                               row with synchronous=FULL and then sent to all of them
 *   floor rows DATABASE SECONDS GROUP
 *                               commits rows, GROUP to a transaction, and prints rows a second and the milliseconds
 *                               within which 99 % of the transactions were over
 *
 * It checks nothing and queues nothing: a socket that takes no more loses the message, and the client counts that. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTION_MAX = 65536 };

static sqlite3 *database;
static sqlite3_stmt *begin, *insert, *commit;
static int64_t sequence;
static int subscribers[CONNECTION_MAX], subscriber_count;

static void must(int result, const char *what)
{
    if (result == SQLITE_OK || result == SQLITE_DONE)
        return;
    fprintf(stderr, "floor: %s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

/* The table of Changes as Depotd has it, with its two indexes. */
static void open_database(const char *path)
{
    must(sqlite3_open(path, &database), "open");
    must(sqlite3_exec(database,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
             "CREATE TABLE IF NOT EXISTS change (seq INTEGER PRIMARY KEY, epoch TEXT NOT NULL, node TEXT NOT NULL,"
             " n INTEGER NOT NULL, hlc INTEGER NOT NULL, boot TEXT NOT NULL, monotonic INTEGER NOT NULL, actor TEXT,"
             " device TEXT, topic TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,"
             " hash BLOB NOT NULL) STRICT;"
             "CREATE UNIQUE INDEX IF NOT EXISTS change_identity ON change (node, epoch, n);"
             "CREATE INDEX IF NOT EXISTS change_subject ON change (topic, subject, seq);",
             NULL, NULL, NULL),
        "schema");
    must(sqlite3_prepare_v2(database, "BEGIN IMMEDIATE", -1, &begin, NULL), "begin");
    must(sqlite3_prepare_v2(database, "COMMIT", -1, &commit, NULL), "commit");
    must(sqlite3_prepare_v2(database,
             "INSERT INTO change VALUES (?1, '019aa000-0000-7000-8000-000000000001',"
             " '019aa000-0000-7000-8000-000000000002', ?1, 115000000000000000 + ?1,"
             " '019aa000-0000-4000-8000-000000000003', 1000000 * ?1, NULL, 'local programs', 'assets', 'status',"
             " '019aa000-0000-7000-8000-' || printf('%012d', ?1 % 100), ?2, ?3)",
             -1, &insert, NULL),
        "insert");
}

static void step(sqlite3_stmt *statement)
{
    must(sqlite3_step(statement), "step");
    sqlite3_reset(statement);
}

static void insert_row(const char *body, size_t length)
{
    static const unsigned char hash[32];
    sqlite3_bind_int64(insert, 1, ++sequence);
    sqlite3_bind_text(insert, 2, body, (int)length, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 3, hash, sizeof hash, SQLITE_STATIC);
    step(insert);
}

static void broadcast(const char *body, size_t length)
{
    step(begin);
    insert_row(body, length);
    step(commit);
    char frame[4096] = {(char)0x81, (char)length};
    size_t head = 2;
    if (length > 125) {
        frame[1] = 126;
        frame[2] = (char)(length >> 8);
        frame[3] = (char)length;
        head = 4;
    }
    memcpy(frame + head, body, length);
    for (int index = 0; index < subscriber_count; index++)
        send(subscribers[index], frame, head + length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void answer(int fd, const char *text)
{
    send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Requests are small and come whole over loopback, one at a time. */
static void serve(int fd)
{
    char request[8192];
    ssize_t count = recv(fd, request, sizeof request - 1, MSG_DONTWAIT);
    if (count <= 0) {
        if (count == 0 || errno != EAGAIN) {
            for (int index = 0; index < subscriber_count; index++)
                if (subscribers[index] == fd)
                    subscribers[index] = subscribers[--subscriber_count];
            close(fd);
        }
        return;
    }
    request[count] = 0;
    if (memcmp(request, "GET ", 4) == 0) {
        answer(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        subscribers[subscriber_count++] = fd;
    } else if (memcmp(request, "POST", 4) == 0) {
        char *body = strstr(request, "\r\n\r\n");
        if (body != NULL)
            broadcast(body + 4, (size_t)(request + count - body - 4));
        answer(fd, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    }
}

static void serve_all(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1024) != 0)
        exit(1);
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll, events, 256, -1);
        for (int index = 0; index < count; index++) {
            int fd = events[index].data.fd;
            if (fd != listener) {
                serve(fd);
            } else if ((fd = accept(listener, NULL, NULL)) >= 0) {
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                event.data.fd = fd;
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
            }
        }
    }
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static void commit_rows(double seconds, int group)
{
    char body[201];
    memset(body, '.', sizeof body);
    enum { TIMES_MAX = 1 << 20 };
    double *times = calloc(TIMES_MAX, sizeof *times), start = seconds_now(), last = start;
    int commits = 0;
    while (last < start + seconds) {
        step(begin);
        for (int index = 0; index < group; index++)
            insert_row(body, 200);
        step(commit);
        double now = seconds_now();
        if (commits < TIMES_MAX)
            times[commits++] = now - last;
        last = now;
    }
    qsort(times, (size_t)commits, sizeof *times, compare);
    printf("%.0f %.3f\n", (double)sequence / (last - start), times[commits * 99 / 100] * 1000);
    free(times);
}

int main(int count, char **words)
{
    if (count == 3 && strcmp(words[1], "broadcast") == 0) {
        open_database(words[2]);
        serve_all();
    } else if (count == 5 && strcmp(words[1], "rows") == 0) {
        open_database(words[2]);
        commit_rows(atof(words[3]), atoi(words[4]));
    } else {
        fprintf(stderr, "floor broadcast DATABASE | rows DATABASE SECONDS GROUP\n");
        return 2;
    }
    return 0;
}
