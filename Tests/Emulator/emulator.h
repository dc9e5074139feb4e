/* Emulated USB devices for tests: what the two halves share. device.c plays usbfs for one plugged-in device, main.c
 * takes the commands and runs the program under test. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <umockdev.h>

enum { INTERFACE_MAX = 8, STRING_MAX = 8 };

/* A device as described by commands. It can be plugged in and out many times; each time is a Plug of its own. */
typedef struct {
    char *name, *port;
    GByteArray *device, *config, *report[INTERFACE_MAX];
    char *string[STRING_MAX];
    bool hides_strings;     /* from sysfs, so that they are asked for by control transfer */
    bool refuses_requests;  /* stalls SET_PROTOCOL, SET_IDLE and SET_REPORT */
    uint64_t interval_us;   /* between two reports; 0 as fast as they are asked for */
    struct Plug *plug;      /* null while unplugged */
} Device;

typedef enum { HOLDER_NONE, HOLDER_KERNEL, HOLDER_OTHER, HOLDER_CLIENT } Holder;

typedef struct {
    bool exists, halted;
    uint8_t class_code, endpoint;
    Holder holder;
    UMockdevIoctlClient *client; /* while HOLDER_CLIENT; only compared, never used */
    GQueue reports;              /* GBytes that wait to be asked for */
} Interface;

/* A device while it is plugged in, and what remains of it for programs that still have it open. */
typedef struct Plug {
    Device *device;
    int fifo;
    char *node, *syspath;
    GQueue below; /* paths of the interfaces and HID devices under it, the deepest first */
    Interface interface[INTERFACE_MAX];
    GQueue flying, done; /* Urb: submitted, and finished but not reaped */
    bool gone, was_asked;
    int gone_status;
    uint64_t next_due_us, last_handed_ns;
    bool is_waiting_idle;
    UMockdevIoctlBase *handler;
} Plug;

extern GMutex lock; /* guards every Device and Plug */

/* Prints one event line on standard output. */
void say(const char *format, ...) G_GNUC_PRINTF(1, 2);

Plug *plug_in(UMockdevTestbed *testbed, Device *device);
void plug_out(UMockdevTestbed *testbed, Plug *plug, int status);
/* Hands waiting reports to waiting transfers; called with the lock. */
void pump(Plug *plug);
/* Queues one report on an interface; false if there is no such interface. Called with the lock. */
bool queue_report(Plug *plug, int interface, const uint8_t *bytes, size_t count);
/* Says "idle" now or as soon as the last report has been reaped; called with the lock. */
void wait_idle(Plug *plug);
