/* The bench's load client: one thread, one epoll, subscribers on WebSockets and publishers on kept-alive HTTP.
 *
 *   client --port N [--subscribers N] [--publishers N] [--seconds S] [--rate PER-SECOND, 0 = as fast as answered]
 *          [--socket PATH] [--subscribe TEXT] [--resume TEXT] [--token T] [--method M] [--path P] [--body B]
 *          [--ids FILE] [--turns A,B] [--stalled N] [--ordered] [--hold] [--needle TEXT --arrivals FILE]
 *          [--secure PORT [--handshakes full|resumed]]
 *
 * In PATH and B: %a a line of FILE in turn, %s A in the first round through FILE, B in the next, %t nanoseconds when
 * the request was due, %k its number. A message's latency is from %t (behind "t=") to when it was read. Each
 * subscriber checks that nothing is lost or doubled: by "seq" in Changes, by "k=" elsewhere if --ordered.
 *
 * --stalled      so many subscribers do not read until the publishing is over, and are not measured
 * --resume       a subscriber that is cut comes back at once with this text, %e its epoch and %q the last seq it saw
 * --hold         opens the subscribers, says "holding", ends with standard input
 * --secure       subscribers come over TLS to this port; with --handshakes nothing else is done for the seconds given
 * --arrivals     writes for each message that has the needle the number behind it and the nanoseconds of its arrival
 *
 * The answer is one line of JSON on standard output. */
#include "secure.h"
#include "wire.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 18, ID_SIZE = 36, OPENING_MAX = 200 };

static struct {
    int port, secure, subscribers, publishers, stalled;
    double seconds, rate;
    const char *socket, *subscribe, *resume, *token, *method, *path, *body, *ids, *handshakes;
    char *turns[2];
    bool ordered, hold;
} options = {.socket = "/", .token = "-", .method = "POST", .path = "/", .body = "", .seconds = 5,
    .turns = {"", ""}};

/* One connection: a subscriber or a publisher. */
struct peer {
    int fd;
    enum { CLOSED, OPENING, JOINING, OPEN } state;
    bool is_subscriber, is_stalled, is_busy, is_resuming;
    char *rest; /* what came of a frame or an answer that is not whole yet */
    size_t rest_count;
    int64_t last;
    uint64_t delivered, asked_at, gone_at;
    char epoch[ID_SIZE + 1];
};

static struct peer *peers;
static int peer_count, epoll;
static char buffer[READ_SIZE * 2];
static char (*ids)[ID_SIZE + 1];
static size_t id_count;
static FILE *arrivals;
static struct needle sought_arrival, sought_time = {"t=", 2, 0}, sought_seq = {"\"seq\":", 6, 0},
                     sought_number = {"k=", 2, 0};
static struct histogram *latency, *answers, *resumptions;
static uint64_t published, answered, refused, delivered, lost, doubled, resets, cut, frame_bytes, first_publish;
static uint64_t measured_until;
static bool is_input_over;

static void watch(struct peer *peer, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = peer};
    epoll_ctl(epoll, operation, peer->fd, &event);
}

static bool open_peer(struct peer *peer)
{
    bool is_secure = peer->is_subscriber && options.secure > 0;
    peer->fd = connect_local(is_secure ? options.secure : options.port);
    peer->rest_count = 0;
    if (peer->fd < 0)
        return false;
    if ((is_secure && !secure_begin(peer->fd, false)) ||
        (peer->is_subscriber && !send_upgrade(peer->fd, options.socket, options.token))) {
        secure_close(peer->fd);
        return false;
    }
    peer->state = peer->is_subscriber ? OPENING : OPEN;
    watch(peer, EPOLL_CTL_ADD, EPOLLIN);
    return true;
}

static void close_peer(struct peer *peer)
{
    if (peer->state == CLOSED)
        return;
    secure_close(peer->fd);
    peer->state = CLOSED;
    peer->is_busy = false;
    if (peer->gone_at == 0)
        peer->gone_at = now_ns();
    if (peer->is_subscriber)
        cut++;
}

/* Fills in a template. */
static size_t fill(char *out, size_t size, const char *text, uint64_t due, const struct peer *peer)
{
    size_t count = 0;
    uint64_t round = id_count > 0 ? published / id_count : published;
    for (; *text != 0 && count < size - 64; text++) {
        if (*text != '%') {
            out[count++] = *text;
            continue;
        }
        int more = 0;
        switch (*++text) {
        case 'a': more = snprintf(out + count, 64, "%s", id_count > 0 ? ids[published % id_count] : ""); break;
        case 's': more = snprintf(out + count, 64, "%s", options.turns[round % 2]); break;
        case 't': more = snprintf(out + count, 64, "%llu", (unsigned long long)due); break;
        case 'k': more = snprintf(out + count, 64, "%llu", (unsigned long long)published); break;
        case 'e': more = snprintf(out + count, 64, "%s", peer->epoch); break;
        case 'q': more = snprintf(out + count, 64, "%lld", (long long)peer->last); break;
        default: break;
        }
        count += (size_t)more;
    }
    out[count] = 0;
    return count;
}

static void publish(struct peer *peer, uint64_t due)
{
    char path[512], body[2048], request[4096];
    fill(path, sizeof path, options.path, due, peer);
    size_t length = fill(body, sizeof body, options.body, due, peer);
    int count = snprintf(request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        options.method, path, options.token, length, body);
    if (first_publish == 0)
        first_publish = now_ns();
    published++;
    peer->is_busy = true;
    peer->asked_at = due;
    if (!send_all(peer->fd, request, (size_t)count))
        close_peer(peer);
}

static void take_change(struct peer *peer, const char *text, size_t length, uint64_t now)
{
    bool is_change = text[0] == '{';
    if (is_change || options.ordered) {
        int64_t place = number_after(is_change ? &sought_seq : &sought_number, text, length);
        if (place >= 0 && peer->last >= 0) {
            if (place <= peer->last)
                doubled++;
            else
                lost += (uint64_t)(place - peer->last - 1);
        }
        if (place > peer->last)
            peer->last = place;
    }
    peer->delivered++;
    delivered++;
    frame_bytes = length;
    if (arrivals != NULL) {
        int64_t record[2] = {number_after(&sought_arrival, text, length), (int64_t)now};
        if (record[0] >= 0)
            fwrite(record, sizeof record, 1, arrivals);
    }
    if (peer->is_stalled || peer->is_resuming)
        return;
    int64_t sent = number_after(&sought_time, text, length);
    if (sent > 0)
        record(latency, (int64_t)now - sent);
}

static void take_text(struct peer *peer, const char *text, size_t length, uint64_t now)
{
    if (length < 16 || memcmp(text, "{\"type\":\"", 9) != 0 || memcmp(text + 9, "change", 6) == 0) {
        take_change(peer, text, length, now);
        return;
    }
    bool is_subscribed = memcmp(text + 9, "subscribed", 10) == 0;
    if (is_subscribed || memcmp(text + 9, "reset", 5) == 0) {
        struct needle epoch = needle("\"epoch\":\""), seq = needle("\"seq\":");
        number_after(&epoch, text, length);
        memcpy(peer->epoch, text + epoch.hint + epoch.length, ID_SIZE);
        if (!is_subscribed)
            resets++;
        if (!is_subscribed || peer->last < 0)
            peer->last = number_after(&seq, text, length);
        peer->state = OPEN;
    } else if (memcmp(text + 9, "position", 8) == 0 && peer->is_resuming) {
        peer->is_resuming = false;
        record(resumptions, (int64_t)(now - peer->gone_at));
        peer->gone_at = 0;
    }
}

/* Takes what an upgrade was answered. Returns how many bytes it was, 0 while it is not whole. */
static size_t take_head(struct peer *peer, const char *bytes, size_t count)
{
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    if (memcmp(bytes, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "client: the upgrade was answered %.12s\n", bytes);
        close_peer(peer);
        return count;
    }
    char text[512];
    peer->is_resuming = peer->last >= 0 && options.resume != NULL;
    fill(text, sizeof text, peer->is_resuming ? options.resume : options.subscribe ? options.subscribe : "", 0, peer);
    peer->state = options.subscribe != NULL ? JOINING : OPEN;
    if (text[0] != 0 && !send_text(peer->fd, text))
        close_peer(peer);
    return (size_t)(end + 4 - bytes);
}

static size_t take_answer(struct peer *peer, const char *bytes, size_t count, uint64_t now)
{
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    struct needle content = needle("Content-Length: "), lower = needle("content-length: ");
    size_t head = (size_t)(end + 4 - bytes);
    int64_t length = number_after(&content, bytes, head);
    if (length < 0)
        length = number_after(&lower, bytes, head);
    size_t whole = head + (length > 0 ? (size_t)length : 0);
    if (count < whole)
        return 0;
    answered++;
    refused += bytes[9] != '2';
    if (bytes[9] != '2' && refused == 1 && options.resume == NULL)
        fprintf(stderr, "client: answered %.*s\n", (int)(whole < 600 ? whole : 600), bytes);
    record(answers, (int64_t)(now - peer->asked_at));
    peer->is_busy = false;
    return whole;
}

static size_t take_one(struct peer *peer, const char *bytes, size_t count, uint64_t now)
{
    if (!peer->is_subscriber)
        return take_answer(peer, bytes, count, now);
    if (peer->state == OPENING)
        return take_head(peer, bytes, count);
    int opcode;
    const char *payload;
    size_t length, whole = cut_frame(bytes, count, &opcode, &payload, &length);
    if (whole > 0 && opcode == 1)
        take_text(peer, payload, length, now);
    if (whole > 0 && opcode == 9)
        send_all(peer->fd, "\x8A\x80\0\0\0\0", 6);
    if (whole > 0 && opcode == 8)
        close_peer(peer);
    return whole;
}

static void receive(struct peer *peer)
{
    memcpy(buffer, peer->rest, peer->rest_count);
    ssize_t got = secure_recv(peer->fd, buffer + peer->rest_count, READ_SIZE);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        close_peer(peer);
        return;
    }
    uint64_t now = now_ns();
    size_t count = peer->rest_count + (size_t)got, taken = 0;
    while (peer->state != CLOSED && taken < count) {
        size_t one = take_one(peer, buffer + taken, count - taken, now);
        if (one == 0)
            break;
        taken += one;
    }
    peer->rest_count = peer->state == CLOSED ? 0 : count - taken;
    if (peer->rest_count > 0) {
        peer->rest = realloc(peer->rest, peer->rest_count);
        memcpy(peer->rest, buffer + taken, peer->rest_count);
    }
}

static void turn(int64_t wait_ns)
{
    struct epoll_event events[512];
    struct timespec wait = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
    int count = epoll_pwait2(epoll, events, 512, &wait, NULL);
    for (int index = 0; index < count; index++) {
        struct peer *peer = events[index].data.ptr;
        char byte;
        if (peer == NULL)
            is_input_over = read(STDIN_FILENO, &byte, 1) <= 0;
        else if (peer->state != CLOSED)
            receive(peer);
    }
}

/* Opens what is closed, a few at a time so that no queue of the kernel's runs over. Returns how many are not open. */
static int open_missing(void)
{
    int missing = 0, opening = 0;
    for (int index = 0; index < peer_count; index++)
        opening += peers[index].state == OPENING;
    for (int index = 0; index < peer_count; index++) {
        struct peer *peer = &peers[index];
        missing += peer->state != OPEN;
        if (peer->state == CLOSED && opening < OPENING_MAX) {
            if (!open_peer(peer))
                return missing + 1;
            opening++;
        }
    }
    return missing;
}

static void open_all(void)
{
    uint64_t deadline = now_ns() + 20000000000u;
    while (open_missing() > 0) {
        if (now_ns() > deadline) {
            fprintf(stderr, "client: not every connection could be opened\n");
            exit(1);
        }
        turn(1000000);
    }
    cut = 0;
}

static void publish_due(uint64_t start, uint64_t *number, uint64_t now)
{
    for (int index = options.subscribers; index < peer_count; index++) {
        struct peer *peer = &peers[index];
        if (peer->state != OPEN || peer->is_busy)
            continue;
        uint64_t due = options.rate > 0 ? start + (uint64_t)((double)*number * 1e9 / options.rate) : now;
        if (due > now)
            return;
        (*number)++;
        publish(peer, due);
    }
}

static void set_reading(bool is_reading)
{
    for (int index = 0; index < options.stalled; index++)
        if (peers[index].state == OPEN)
            watch(&peers[index], EPOLL_CTL_MOD, is_reading ? EPOLLIN : 0);
}

/* Publishes for the time given, then waits until everybody has everything, at most five seconds. */
static void run(void)
{
    uint64_t start = now_ns(), number = 0, end = start + (uint64_t)(options.seconds * 1e9);
    for (int index = 0; index < options.stalled; index++)
        peers[index].is_stalled = true;
    set_reading(false);
    for (uint64_t now = start; now < end; now = now_ns()) {
        publish_due(start, &number, now);
        if (options.resume != NULL)
            open_missing();
        turn(options.rate > 0 ? 200000 : 1000000);
    }
    measured_until = now_ns();
    set_reading(true);
    uint64_t deadline = measured_until + 5000000000u;
    while (now_ns() < deadline) {
        int waiting = options.resume != NULL ? open_missing() : 0;
        int64_t last = 0;
        for (int index = 0; index < peer_count; index++) {
            struct peer *peer = &peers[index];
            waiting += peer->is_subscriber ? peer->is_resuming : peer->is_busy;
            last = peer->last > last ? peer->last : last;
        }
        for (int index = 0; index < options.subscribers; index++)
            waiting += options.resume != NULL ? peers[index].last < last
                                              : peers[index].delivered + refused < published;
        if (waiting == 0)
            break;
        turn(10000000);
    }
}

/* Reads what comes until standard input ends. */
static void hold(void)
{
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    puts("holding");
    fflush(stdout);
    while (!is_input_over)
        turn(1000000000);
    measured_until = now_ns();
}

static void report(void)
{
    double seconds = first_publish > 0 ? (double)(measured_until - first_publish) / 1e9 : 1;
    uint64_t missing = 0;
    for (int index = 0; index < options.subscribers && options.resume == NULL; index++)
        if (peers[index].delivered + refused < published)
            missing += published - refused - peers[index].delivered;
    printf("{\"published\": %llu, \"refused\": %llu, \"delivered\": %llu, \"lost\": %llu, \"doubled\": %llu, "
           "\"resets\": %llu, \"cut\": %llu, \"frame_bytes\": %llu, \"seconds\": %.3f, \"p50_ms\": %.2f, "
           "\"p99_ms\": %.2f, \"max_ms\": %.2f, \"answer_p50_ms\": %.2f, \"answer_p99_ms\": %.2f, "
           "\"answers_per_second\": %.0f, \"deliveries_per_second\": %.0f, \"resumed\": %llu, \"resume_max_ms\": %.0f}\n",
        (unsigned long long)published, (unsigned long long)refused, (unsigned long long)delivered,
        (unsigned long long)(lost > missing ? lost : missing), (unsigned long long)doubled,
        (unsigned long long)resets, (unsigned long long)cut, (unsigned long long)frame_bytes, seconds,
        percentile_ms(latency, 0.5), percentile_ms(latency, 0.99), (double)latency->max_ns / 1e6,
        percentile_ms(answers, 0.5), percentile_ms(answers, 0.99), (double)answered / seconds,
        (double)delivered / seconds, (unsigned long long)resumptions->count, (double)resumptions->max_ns / 1e6);
}

static void read_ids(void)
{
    FILE *file = fopen(options.ids, "r");
    if (file == NULL)
        fail(options.ids);
    ids = calloc(200000, sizeof *ids);
    while (id_count < 200000 && fscanf(file, "%36s", ids[id_count]) == 1)
        id_count++;
    fclose(file);
}

static void parse(int count, char **words)
{
    static const struct option known[] = {{"port", 1, 0, 'p'}, {"subscribers", 1, 0, 's'}, {"publishers", 1, 0, 'c'},
        {"seconds", 1, 0, 'd'}, {"rate", 1, 0, 'r'}, {"socket", 1, 0, 'w'}, {"subscribe", 1, 0, 'u'},
        {"resume", 1, 0, 'm'}, {"token", 1, 0, 't'}, {"method", 1, 0, 'M'}, {"path", 1, 0, 'P'}, {"body", 1, 0, 'B'},
        {"ids", 1, 0, 'i'}, {"turns", 1, 0, 'S'}, {"stalled", 1, 0, 'l'}, {"ordered", 0, 0, 'o'},
        {"hold", 0, 0, 'h'}, {"secure", 1, 0, 'x'}, {"handshakes", 1, 0, 'H'}, {"needle", 1, 0, 'n'}, {"arrivals", 1, 0, 'a'}, {0, 0, 0, 0}};
    for (int option; (option = getopt_long(count, words, "", known, NULL)) != -1;) {
        switch (option) {
        case 'p': options.port = atoi(optarg); break;
        case 's': options.subscribers = atoi(optarg); break;
        case 'c': options.publishers = atoi(optarg); break;
        case 'd': options.seconds = atof(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 'w': options.socket = optarg; break;
        case 'u': options.subscribe = optarg; break;
        case 'm': options.resume = optarg; break;
        case 't': options.token = optarg; break;
        case 'M': options.method = optarg; break;
        case 'P': options.path = optarg; break;
        case 'B': options.body = optarg; break;
        case 'i': options.ids = optarg; break;
        case 'S':
            options.turns[0] = strtok(optarg, ",");
            options.turns[1] = strtok(NULL, ",");
            break;
        case 'l': options.stalled = atoi(optarg); break;
        case 'o': options.ordered = true; break;
        case 'h': options.hold = true; break;
        case 'x': options.secure = atoi(optarg); break;
        case 'H': options.handshakes = optarg; break;
        case 'n': sought_arrival = needle(optarg); break;
        case 'a': arrivals = fopen(optarg, "w"); break;
        default: exit(2);
        }
    }
}

int main(int count, char **words)
{
    parse(count, words);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (options.handshakes != NULL) {
        bool is_resuming = options.handshakes[0] == 'r';
        unsigned long resumed, shaken = secure_handshakes(options.secure, options.seconds, is_resuming, &resumed);
        printf("{\"handshakes\": %lu, \"resumed\": %lu}\n", shaken, resumed);
        return 0;
    }
    if (options.ids != NULL)
        read_ids();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    peer_count = options.subscribers + options.publishers;
    peers = calloc((size_t)peer_count + 1, sizeof *peers);
    latency = calloc(1, sizeof *latency);
    answers = calloc(1, sizeof *answers);
    resumptions = calloc(1, sizeof *resumptions);
    for (int index = 0; index < peer_count; index++) {
        peers[index].is_subscriber = index < options.subscribers;
        peers[index].last = -1;
    }
    open_all();
    if (options.hold)
        hold();
    else
        run();
    if (arrivals != NULL)
        fclose(arrivals);
    report();
    return 0;
}
