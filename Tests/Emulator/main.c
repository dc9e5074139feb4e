/* Emulated USB devices under an unmodified program. Commands come by line on standard input, events go by line to
 * standard output, so that a test waits for what happened and never sleeps.
 *
 *   umockdev-wrapper emulator [no-host] -- PROGRAM ARGUMENT...
 *
 * Bus 1 and its root hub are always there, but for "no-host": a box without USB.
 *
 * Describe a device (answers "ok"):
 *   keyboard NAME PORT [VID:PID]    a boot keyboard at a port such as 1-3 or 1-3.2; hubs come by themselves
 *   pos NAME PORT [VID:PID]         a HID POS scanner with Honeywell's layout
 *   composite NAME PORT [VID:PID]   a boot keyboard (interface 0) and a mouse (interface 1)
 *   device NAME PORT DEVICE-HEX CONFIG-HEX [REPORT-DESCRIPTOR-HEX for interface 0, 1, ...; - for none]
 *   string NAME INDEX TEXT          1 manufacturer, 2 product, 3 serial
 *   hide-strings NAME               strings by control transfer only, not in sysfs
 *   refuse NAME                     stalls SET_PROTOCOL, SET_IDLE and SET_REPORT
 *   interval NAME MICROSECONDS      least time between two reports; 0 at once
 * Plug (answers "plugged NAME", "unplugged NAME"):
 *   plug NAME
 *   unplug NAME [error]             with "error" transfers end with EPROTO instead of ENODEV, as some kernels do
 *   busy NAME INTERFACE             another program holds the interface
 *   unbind NAME INTERFACE           the kernel's driver lets go of it
 *   stall NAME                      the endpoints halt until CLEAR_HALT
 * Report:
 *   type NAME TEXT                  US layout, a press and a release each; \n Enter, \t Tab, \xHH Ctrl+key, \\ itself
 *   report NAME[:INTERFACE] HEX     one raw report
 *   wait-idle NAME                  later: "idle NAME NANOSECONDS", CLOCK_MONOTONIC when the program took the last one
 * Run (answers "started PID"; later "ended CODE" or "ended signal N"):
 *   start
 *   tell TEXT                       a line to the program's standard input; what it prints comes as "out LINE"
 *   kill SIGNAL                     by number
 *   quit                            ends the program, then this one; so does the end of standard input
 *
 * Events besides: claimed, released, detached, attached, abandoned NAME INTERFACE · asked NAME (first transfer) ·
 * set-protocol, set-idle NAME INTERFACE VALUE · set-report NAME INTERFACE VALUE HEX · cleared NAME ENDPOINT ·
 * error TEXT. Build: make emulator. */
#include "emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

GMutex lock;
static GMutex print_lock;
static UMockdevTestbed *testbed;
static GHashTable *devices, *hubs;
static char **program;
static pid_t child;
static int child_input = -1;
static GMutex child_lock;
static GCond child_ended;

void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_mutex_lock(&print_lock);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    g_mutex_unlock(&print_lock);
    va_end(arguments);
}

/* --- describing --- */

static GByteArray *from_hex(const char *hex) {
    GByteArray *bytes = g_byte_array_new();
    for (; g_ascii_isxdigit(hex[0]) && g_ascii_isxdigit(hex[1]); hex += 2) {
        guint8 byte = g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]);
        g_byte_array_append(bytes, &byte, 1);
    }
    return bytes;
}

static const char keyboard_report[] =
    "05010906A101050719E029E71500250175019508810295017508810395057501050819012905910295017503910395067508150026FF00"
    "0507190029FF8100C0";
static const char mouse_report[] = "05010902A1010901A10005091901290315002501950375018102950175058103050109300931"
    "1581257F750895028106C0C0";
static const char pos_report[] =
    "068C000902A1010912A102850215002600FF75089501050109" "3B8102" "9503058C09FB09FC09FD8102" "953809FE820201"
    "0666FF95020904" "09008102" "058C25017501950809FF8102C0C0";

/* Keeps hubs above a port: a device's path is its parents' ports. */
static void add_hub(const char *syspath, const char *name, int bus) {
    static int number = 1;
    if (!g_hash_table_add(hubs, g_strdup(syspath))) return;
    GError *error = NULL;
    int address = number++;
    char *text = g_strdup_printf("P: %s\nN: bus/usb/%03d/%03d\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DRIVER=usb\n"
        "E: BUSNUM=%03d\nE: DEVNUM=%03d\nE: DEVNAME=/dev/bus/usb/%03d/%03d\nA: bConfigurationValue=1\\n\n"
        "A: busnum=%d\\n\nA: devnum=%d\\n\nA: speed=480\\n\n"
        "H: descriptors=12010002090001406B1D020006050302010109021900010100E0000904000001090000000705810304000C\n",
        syspath, bus, address, bus, address, bus, address, bus, address);
    if (!umockdev_testbed_add_from_string(testbed, text, &error)) say("error hub %s: %s", name, error->message);
    g_free(text);
}

static void add_hubs(const char *port) {
    GString *path = g_string_new(NULL);
    int bus = atoi(port);
    g_string_printf(path, "/devices/usb%d", bus);
    add_hub(path->str, port, bus);
    for (const char *p = port; (p = strchr(p, '.')); p++) {
        g_string_append_printf(path, "/%.*s", (int)(p - port), port);
        add_hub(path->str, port, bus);
    }
    g_string_free(path, TRUE);
}

static Device *add_device(const char *name, const char *port, const char *device, const char *config) {
    Device *made = g_new0(Device, 1);
    made->name = g_strdup(name);
    made->port = g_strdup(port);
    made->device = from_hex(device);
    made->config = from_hex(config);
    g_mutex_lock(&lock);
    g_hash_table_insert(devices, made->name, made);
    g_mutex_unlock(&lock);
    return made;
}

static void describe(char **words) {
    Device *device = add_device(words[1], words[2], words[3], words[4]);
    for (int i = 0; i < INTERFACE_MAX && words[5 + i]; i++)
        if (strcmp(words[5 + i], "-")) device->report[i] = from_hex(words[5 + i]);
    if (device->device->len < 18) say("error a device descriptor has 18 bytes");
    else say("ok");
}

static void preset(const char *kind, const char *name, const char *port, const char *ids) {
    unsigned vendor = 0x05E0, model = 0x1200;
    if (ids) sscanf(ids, "%x:%x", &vendor, &model);
    char *device = g_strdup_printf("1201000200000040%02X%02X%02X%02X000101020301", vendor & 255, vendor >> 8, model & 255, model >> 8);
    bool is_pos = !strcmp(kind, "pos"), is_composite = !strcmp(kind, "composite");
    const char *config = is_pos ? "09022200010100A032" "090400000103000000" "092111010001225700" "0705810340000A"
        : is_composite ? "09023B00020100A032" "090400000103010100" "092111010001223F00" "0705810308000A"
                         "090401000103010200" "092111010001223400" "0705820308000A"
        : "09022200010100A032" "090400000103010100" "092111010001223F00" "0705810308000A";
    Device *made = add_device(name, port, device, config);
    made->report[0] = from_hex(is_pos ? pos_report : keyboard_report);
    if (is_composite) made->report[1] = from_hex(mouse_report);
    g_free(device);
    say("ok");
}

/* --- reporting --- */

static const char lower[] = "....abcdefghijklmnopqrstuvwxyz1234567890\n\033\b\t -=[]\\#;'`,./";
static const char upper[] = "....ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\n\033\b\t _+{}|~:\"~<>?";

/* Control characters that have no key of their own are Ctrl and a letter or bracket. */
static void press(Plug *plug, unsigned char character) {
    guint8 report[8] = {0}, none[8] = {0};
    bool is_control = character < 0x20 && !strchr("\n\t\b\033", character);
    if (is_control) report[0] = 0x01, character |= character >= 0x1B ? 0x40 : 0x60;
    const char *key = strchr(lower + 4, character);
    if (key) {
        report[2] = key - lower;
    } else if ((key = strchr(upper + 4, character))) {
        report[0] |= 0x02;
        report[2] = key - upper;
    }
    queue_report(plug, 0, report, sizeof report);
    queue_report(plug, 0, none, sizeof none);
}

static void type(Plug *plug, const char *text) {
    for (; *text; text++) {
        unsigned char character = *text;
        if (character == '\\' && text[1]) {
            text++;
            character = *text == 'n' ? '\n' : *text == 't' ? '\t' : *text;
            if (*text == 'x' && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2])) {
                character = g_ascii_xdigit_value(text[1]) << 4 | g_ascii_xdigit_value(text[2]);
                text += 2;
            }
        }
        press(plug, character);
    }
    pump(plug);
}

static void report(Plug *plug, int interface, const char *hex) {
    GByteArray *bytes = from_hex(hex);
    if (!queue_report(plug, interface, bytes->data, bytes->len)) say("error no such interface");
    g_byte_array_unref(bytes);
    pump(plug);
}

/* Reports with an interval become due without anybody asking. */
static gpointer tick(gpointer unused) {
    for (;; g_usleep(200)) {
        GHashTableIter all;
        gpointer device;
        g_mutex_lock(&lock);
        g_hash_table_iter_init(&all, devices);
        while (g_hash_table_iter_next(&all, NULL, &device)) {
            Device *each = device;
            if (each->interval_us && each->plug) pump(each->plug);
        }
        g_mutex_unlock(&lock);
    }
    return unused;
}

/* --- running --- */

static gpointer forward(gpointer stream) {
    char *line = NULL;
    size_t room = 0;
    for (ssize_t count; (count = getline(&line, &room, stream)) > 0;) {
        line[strcspn(line, "\n")] = 0;
        say("out %s", line);
    }
    free(line);
    fclose(stream);
    return NULL;
}

static gpointer await_end(gpointer output) {
    int status = 0;
    waitpid(child, &status, 0);
    g_thread_join(output);
    g_mutex_lock(&child_lock);
    child = 0;
    close(child_input);
    child_input = -1;
    if (WIFSIGNALED(status)) say("ended signal %d", WTERMSIG(status));
    else say("ended %d", WEXITSTATUS(status));
    g_cond_broadcast(&child_ended);
    g_mutex_unlock(&child_lock);
    return NULL;
}

static void start(void) {
    int in[2], out[2];
    g_mutex_lock(&child_lock);
    bool is_running = child != 0;
    g_mutex_unlock(&child_lock);
    if (is_running || !program || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) {
        say("error cannot start");
        return;
    }
    pid_t parent = getpid();
    child = fork();
    if (child == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(127);
        execvp(program[0], program);
        perror(program[0]);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    child_input = in[1];
    say("started %d", child);
    g_thread_new("end", await_end, g_thread_new("out", forward, fdopen(out[0], "r")));
}

static void tell(const char *text) {
    char *line = g_strconcat(text, "\n", NULL);
    if (child_input < 0 || write(child_input, line, strlen(line)) < 0) say("error nobody listens");
    g_free(line);
}

/* Ends the program: by SIGTERM, and after five seconds by SIGKILL. */
static void end_child(void) {
    gint64 deadline = g_get_monotonic_time() + 5 * G_TIME_SPAN_SECOND;
    g_mutex_lock(&child_lock);
    if (child) kill(child, SIGTERM);
    while (child && g_cond_wait_until(&child_ended, &child_lock, deadline)) {}
    if (child) kill(child, SIGKILL);
    while (child) g_cond_wait(&child_ended, &child_lock);
    g_mutex_unlock(&child_lock);
}

/* --- commands --- */

static void unplug(Device *device, bool with_error) {
    Plug *plug = device->plug;
    g_mutex_lock(&lock);
    device->plug = NULL;
    g_mutex_unlock(&lock);
    plug_out(testbed, plug, with_error ? -EPROTO : -ENODEV);
    say("unplugged %s", device->name);
}

static void hold(Plug *plug, const char *number, Holder holder) {
    int index = number ? atoi(number) : 0;
    if (index >= 0 && index < INTERFACE_MAX) plug->interface[index].holder = holder;
    say("ok");
}

static void stall(Plug *plug) {
    for (int i = 0; i < INTERFACE_MAX; i++) plug->interface[i].halted = true;
    pump(plug);
    say("ok");
}

/* Commands about a device that is plugged in. */
static bool on_plug(const char *command, Device *device, int interface, const char *rest) {
    Plug *plug = device->plug;
    bool is_known = true;
    g_mutex_lock(&lock);
    if (!strcmp(command, "type")) type(plug, rest ? rest : "");
    else if (!strcmp(command, "report")) report(plug, interface, rest ? rest : "");
    else if (!strcmp(command, "wait-idle")) wait_idle(plug);
    else if (!strcmp(command, "busy")) hold(plug, rest, HOLDER_OTHER);
    else if (!strcmp(command, "unbind")) hold(plug, rest, HOLDER_NONE);
    else if (!strcmp(command, "stall")) stall(plug);
    else is_known = false;
    g_mutex_unlock(&lock);
    return is_known;
}

static bool on_device(const char *command, Device *device, int interface, const char *rest) {
    if (!strcmp(command, "plug") && !device->plug) {
        add_hubs(device->port);
        Plug *plug = plug_in(testbed, device);
        g_mutex_lock(&lock);
        device->plug = plug;
        g_mutex_unlock(&lock);
        say("plugged %s", device->name);
    } else if (!strcmp(command, "unplug") && device->plug) {
        unplug(device, rest != NULL);
    } else if (!strcmp(command, "interval") && rest) {
        device->interval_us = g_ascii_strtoull(rest, NULL, 10);
        say("ok");
    } else if (!strcmp(command, "string") && rest && rest[0] >= '1' && rest[0] <= '7' && rest[1] == ' ') {
        device->string[rest[0] - '0'] = g_strdup(rest + 2);
        say("ok");
    } else if (!strcmp(command, "hide-strings")) {
        device->hides_strings = true;
        say("ok");
    } else if (!strcmp(command, "refuse")) {
        device->refuses_requests = true;
        say("ok");
    } else {
        return device->plug && on_plug(command, device, interface, rest);
    }
    return true;
}

static bool on_line(char *line) {
    char **words = g_strsplit(line, " ", -1);
    guint count = g_strv_length(words);
    bool is_known = true;
    if (!strcmp(line, "start")) start();
    else if (g_str_has_prefix(line, "tell ")) tell(line + 5);
    else if (count == 2 && !strcmp(words[0], "kill")) is_known = child && !kill(child, atoi(words[1]));
    else if (count >= 5 && !strcmp(words[0], "device")) describe(words);
    else if (count >= 3 && (!strcmp(words[0], "keyboard") || !strcmp(words[0], "pos") || !strcmp(words[0], "composite")))
        preset(words[0], words[1], words[2], words[3]);
    else if (count >= 2) {
        char *colon = strchr(words[1], ':');
        if (colon) *colon = 0;
        Device *device = g_hash_table_lookup(devices, words[1]);
        char *after_name = strchr(line + strlen(words[0]) + 1, ' ');
        is_known = device && on_device(words[0], device, colon ? atoi(colon + 1) : 0, after_name ? after_name + 1 : NULL);
    } else is_known = false;
    g_strfreev(words);
    return is_known;
}

/* umockdev 0.17 complains about each client that is killed or leaves without closing; here that is everyday life. */
static void log_all_but_one(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer unused) {
    if (!strstr(message, "Destroying IoctlClient with open stream")) g_log_default_handler(domain, level, message, unused);
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < count; i++)
        if (!strcmp(arguments[i], "--")) program = arguments + i + 1;
    testbed = umockdev_testbed_new(); /* before in_mock_environment(), which remembers its first answer */
    if (!umockdev_in_mock_environment()) {
        fprintf(stderr, "run this under umockdev-wrapper (apt-get install umockdev)\n");
        return 2;
    }
    devices = g_hash_table_new(g_str_hash, g_str_equal);
    hubs = g_hash_table_new(g_str_hash, g_str_equal);
    if (count < 2 || strcmp(arguments[1], "no-host")) add_hub("/devices/usb1", "1", 1);
    g_log_set_default_handler(log_all_but_one, NULL);
    g_thread_new("tick", tick, NULL);
    say("ready");
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (!strcmp(line, "quit")) break;
        if (*line && !on_line(line)) say("error cannot: %.100s", line);
    }
    end_child();
    g_object_unref(testbed); /* removes the sandbox */
    return 0;
}
