/* Plays Linux's usbfs (drivers/usb/core/devio.c) for emulated devices: claims, kernel drivers, control requests and
 * interrupt transfers. What it does on each ioctl is what the kernel does, as far as libusb can tell. */
#include "emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    UMockdevIoctlData *data;
    UMockdevIoctlClient *client;
    bool is_report;
} Urb;

static struct usbdevfs_urb *urb_of(Urb *urb) { return (struct usbdevfs_urb *)urb->data->data; }

/* usbfs is writable when a transfer can be reaped. The node is a FIFO of one page: full means nothing to reap. */
static void show_readiness(Plug *plug) {
    char page[4096] = {0};
    if (g_queue_is_empty(&plug->done)) {
        while (write(plug->fifo, page, sizeof page) > 0) {}
    } else {
        while (read(plug->fifo, page, sizeof page) > 0) {}
    }
}

static Interface *by_endpoint(Plug *plug, uint8_t endpoint) {
    for (int i = 0; i < INTERFACE_MAX; i++)
        if (plug->interface[i].exists && plug->interface[i].endpoint == endpoint) return &plug->interface[i];
    return NULL;
}

static void check_idle(Plug *plug) {
    if (!plug->is_waiting_idle) return;
    for (int i = 0; i < INTERFACE_MAX; i++)
        if (!g_queue_is_empty(&plug->interface[i].reports)) return;
    for (GList *l = plug->done.head; l; l = l->next)
        if (((Urb *)l->data)->is_report) return;
    plug->is_waiting_idle = false;
    say("idle %s %" G_GUINT64_FORMAT, plug->device->name, plug->last_handed_ns);
}

void wait_idle(Plug *plug) {
    plug->is_waiting_idle = true;
    check_idle(plug);
}

/* Whether a flying transfer is finished now, and how. */
static bool settle(Plug *plug, Urb *entry) {
    struct usbdevfs_urb *urb = urb_of(entry);
    Interface *interface = by_endpoint(plug, urb->endpoint);
    urb->actual_length = 0;
    if (plug->gone) {
        urb->status = plug->gone_status;
        return true;
    }
    if (!interface) return false;
    if (interface->halted) {
        urb->status = -EPIPE;
        return true;
    }
    uint64_t now = g_get_monotonic_time();
    if (g_queue_is_empty(&interface->reports) || now < plug->next_due_us) return false;
    plug->next_due_us = now + plug->device->interval_us;
    GBytes *report = g_queue_pop_head(&interface->reports);
    gsize count = 0;
    const uint8_t *bytes = g_bytes_get_data(report, &count);
    urb->status = count > (gsize)urb->buffer_length ? -EOVERFLOW : 0;
    urb->actual_length = MIN(count, (gsize)urb->buffer_length);
    memcpy(urb->buffer, bytes, urb->actual_length);
    g_bytes_unref(report);
    return entry->is_report = true;
}

void pump(Plug *plug) {
    for (GList *l = plug->flying.head, *next; l; l = next) {
        next = l->next;
        if (!settle(plug, l->data)) continue;
        g_queue_push_tail(&plug->done, l->data);
        g_queue_delete_link(&plug->flying, l);
    }
    show_readiness(plug);
}

bool queue_report(Plug *plug, int interface, const uint8_t *bytes, size_t count) {
    if (interface < 0 || interface >= INTERFACE_MAX || !plug->interface[interface].endpoint) return false;
    g_queue_push_tail(&plug->interface[interface].reports, g_bytes_new(bytes, count));
    return true;
}

/* --- control requests --- */

static int string_descriptor(Device *device, int index, uint8_t *out) {
    if (index == 0) {
        memcpy(out, "\x04\x03\x09\x04", 4);
        return 4;
    }
    if (index >= STRING_MAX || !device->string[index]) return -EPIPE;
    glong count = 0;
    gunichar2 *text = g_utf8_to_utf16(device->string[index], -1, NULL, &count, NULL);
    if (!text) return -EPIPE;
    count = MIN(count, 126);
    out[0] = 2 + 2 * count;
    out[1] = 3;
    memcpy(out + 2, text, 2 * count);
    g_free(text);
    return out[0];
}

static int class_request(Plug *plug, struct usb_ctrlrequest *setup, const uint8_t *data) {
    const char *name = plug->device->name;
    if (plug->device->refuses_requests) return -EPIPE;
    switch (setup->bRequest) {
    case 0x09: {
        GString *hex = g_string_new(NULL);
        for (int i = 0; i < setup->wLength; i++) g_string_append_printf(hex, "%02x", data[i]);
        say("set-report %s %d %04x %s", name, setup->wIndex, setup->wValue, hex->str);
        g_string_free(hex, TRUE);
        return setup->wLength;
    }
    case 0x0A: say("set-idle %s %d %d", name, setup->wIndex, setup->wValue >> 8); return setup->wLength;
    case 0x0B: say("set-protocol %s %d %d", name, setup->wIndex, setup->wValue); return setup->wLength;
    default: return -EPIPE;
    }
}

/* The bytes answered, or a negative status. `data` has room for wLength bytes. */
static int answer(Plug *plug, struct usb_ctrlrequest *setup, uint8_t *data) {
    uint8_t string[256];
    int index = setup->wIndex & 0xFF, kind = setup->wValue >> 8, count = -EPIPE;
    if (setup->bRequestType == 0x21) return class_request(plug, setup, data);
    if (setup->bRequest != USB_REQ_GET_DESCRIPTOR) return -EPIPE;
    if (setup->bRequestType == 0x80 && kind == USB_DT_STRING) {
        count = string_descriptor(plug->device, setup->wValue & 0xFF, string);
        if (count > 0) memcpy(data, string, MIN(count, setup->wLength));
    } else if (setup->bRequestType == 0x81 && kind == 0x22 && index < INTERFACE_MAX && plug->device->report[index]) {
        GByteArray *report = plug->device->report[index];
        count = report->len;
        memcpy(data, report->data, MIN(count, setup->wLength));
    }
    return MIN(count, setup->wLength);
}

/* The kernel lets a request to an interface through only if the caller has it, or can have it just now. */
static int check_recipient(Plug *plug, struct usb_ctrlrequest *setup, UMockdevIoctlClient *client) {
    if ((setup->bRequestType & USB_RECIP_MASK) != USB_RECIP_INTERFACE) return 0;
    int index = setup->wIndex & 0xFF;
    if (index >= INTERFACE_MAX || !plug->interface[index].exists) return ENOENT;
    Interface *interface = &plug->interface[index];
    if (interface->holder == HOLDER_CLIENT && interface->client == client) return 0;
    if (interface->holder != HOLDER_NONE) return EBUSY;
    interface->holder = HOLDER_CLIENT;
    interface->client = client;
    return 0;
}

/* --- ioctls --- */

static int submit(Plug *plug, UMockdevIoctlClient *client, UMockdevIoctlData *arg) {
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);
    if (!data) return EFAULT;
    struct usbdevfs_urb *urb = (struct usbdevfs_urb *)data->data;
    if (!umockdev_ioctl_data_resolve(data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), urb->buffer_length, NULL))
        return EFAULT;
    bool is_control = urb->type == USBDEVFS_URB_TYPE_CONTROL;
    if (is_control) {
        int error = check_recipient(plug, urb->buffer, client);
        if (error) return error;
        int count = answer(plug, urb->buffer, (uint8_t *)urb->buffer + 8);
        urb->status = count < 0 ? count : 0;
        urb->actual_length = MAX(count, 0);
    } else {
        Interface *interface = by_endpoint(plug, urb->endpoint);
        if (!interface || interface->holder != HOLDER_CLIENT || interface->client != client) return ENOENT;
    }
    Urb *entry = g_new0(Urb, 1);
    entry->data = g_object_ref(data);
    entry->client = client;
    g_queue_push_tail(is_control ? &plug->done : &plug->flying, entry);
    if (!is_control && !plug->was_asked) {
        plug->was_asked = true;
        say("asked %s", plug->device->name);
    }
    pump(plug);
    return 0;
}

/* Answers with the first finished transfer of this client; EAGAIN if there is none. */
static int reap(Plug *plug, UMockdevIoctlClient *client) {
    for (GList *l = plug->done.head; l; l = l->next) {
        Urb *entry = l->data;
        if (entry->client != client) continue;
        UMockdevIoctlData *slot =
            umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, sizeof(gpointer), NULL);
        umockdev_ioctl_data_set_ptr(slot, 0, entry->data);
        g_queue_delete_link(&plug->done, l);
        show_readiness(plug);
        if (entry->is_report) {
            struct timespec now;
            clock_gettime(CLOCK_MONOTONIC, &now);
            plug->last_handed_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
        }
        check_idle(plug);
        g_free(entry);
        return 0;
    }
    return plug->gone ? ENODEV : EAGAIN;
}

static int discard(Plug *plug, UMockdevIoctlClient *client, gulong address) {
    for (GList *l = plug->flying.head; l; l = l->next) {
        Urb *entry = l->data;
        if (entry->client != client || entry->data->client_addr != address) continue;
        urb_of(entry)->status = -ENOENT;
        urb_of(entry)->actual_length = 0;
        g_queue_push_tail(&plug->done, entry);
        g_queue_delete_link(&plug->flying, l);
        show_readiness(plug);
        return 0;
    }
    return EINVAL;
}

static Interface *interface_at(Plug *plug, unsigned number) {
    return number < INTERFACE_MAX && plug->interface[number].exists ? &plug->interface[number] : NULL;
}

static int take(Plug *plug, unsigned number, UMockdevIoctlClient *client) {
    plug->interface[number].holder = HOLDER_CLIENT;
    plug->interface[number].client = client;
    say("claimed %s %u", plug->device->name, number);
    return 0;
}

static int claim(Plug *plug, unsigned number, UMockdevIoctlClient *client, bool disconnects) {
    Interface *interface = interface_at(plug, number);
    if (!interface) return EINVAL;
    if (interface->holder == HOLDER_CLIENT && interface->client == client) return take(plug, number, client);
    if (interface->holder == HOLDER_KERNEL && disconnects) {
        say("detached %s %u", plug->device->name, number);
        interface->holder = HOLDER_NONE;
    }
    return interface->holder == HOLDER_NONE ? take(plug, number, client) : EBUSY;
}

static int release(Plug *plug, unsigned number, UMockdevIoctlClient *client) {
    Interface *interface = interface_at(plug, number);
    if (!interface || interface->holder != HOLDER_CLIENT || interface->client != client) return EINVAL;
    interface->holder = HOLDER_NONE;
    say("released %s %u", plug->device->name, number);
    return 0;
}

/* USBDEVFS_IOCTL: the kernel driver is sent away or asked back. */
static int driver(Plug *plug, UMockdevIoctlData *arg, int *result) {
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_ioctl), NULL);
    struct usbdevfs_ioctl *command = (struct usbdevfs_ioctl *)data->data;
    Interface *interface = interface_at(plug, command->ifno);
    if (!interface) return EINVAL;
    if (command->ioctl_code == USBDEVFS_DISCONNECT) {
        if (interface->holder != HOLDER_KERNEL) return ENODATA;
        interface->holder = HOLDER_NONE;
        say("detached %s %d", plug->device->name, command->ifno);
    } else if (command->ioctl_code == (int)USBDEVFS_CONNECT) {
        if (interface->holder != HOLDER_NONE) return EBUSY;
        interface->holder = HOLDER_KERNEL;
        *result = 1;
        say("attached %s %d", plug->device->name, command->ifno);
    }
    return 0;
}

static int driver_name(Plug *plug, UMockdevIoctlData *arg) {
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_getdriver), NULL);
    struct usbdevfs_getdriver *query = (struct usbdevfs_getdriver *)data->data;
    Interface *interface = interface_at(plug, query->interface);
    if (!interface || interface->holder == HOLDER_NONE) return ENODATA;
    const char *kernel = interface->class_code == 3 ? "usbhid" : "cdc_acm";
    strcpy(query->driver, interface->holder == HOLDER_KERNEL ? kernel : "usbfs");
    return 0;
}

static unsigned number_in(UMockdevIoctlData *arg) {
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(unsigned), NULL);
    return data ? *(unsigned *)data->data : ~0u;
}

static int clear_halt(Plug *plug, unsigned endpoint) {
    Interface *interface = by_endpoint(plug, endpoint);
    if (!interface) return ENOENT;
    interface->halted = false;
    say("cleared %s %u", plug->device->name, endpoint);
    return 0;
}

static int perform(Plug *plug, UMockdevIoctlClient *client, gulong request, int *result) {
    UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client), *data;
    if (request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY) return reap(plug, client);
    if (request == USBDEVFS_DISCARDURB) return discard(plug, client, *(gulong *)arg->data);
    if (plug->gone) return ENODEV;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        data = umockdev_ioctl_data_resolve(arg, 0, sizeof(guint32), NULL);
        *(guint32 *)data->data = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_BULK_CONTINUATION |
            USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_BULK_SCATTER_GATHER | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        return 0;
    case USBDEVFS_GETDRIVER: return driver_name(plug, arg);
    case USBDEVFS_IOCTL: return driver(plug, arg, result);
    case USBDEVFS_DISCONNECT_CLAIM:
        data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_disconnect_claim), NULL);
        return claim(plug, ((struct usbdevfs_disconnect_claim *)data->data)->interface, client, true);
    case USBDEVFS_CLAIMINTERFACE: return claim(plug, number_in(arg), client, false);
    case USBDEVFS_RELEASEINTERFACE: return release(plug, number_in(arg), client);
    case USBDEVFS_CLEAR_HALT: return clear_halt(plug, number_in(arg));
    case USBDEVFS_SUBMITURB: return submit(plug, client, arg);
    case USBDEVFS_RESET: case USBDEVFS_SETINTERFACE: case USBDEVFS_SETCONFIGURATION: return 0;
    default: return ENOTTY;
    }
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer plug) {
    (void)base;
    int result = 0;
    g_mutex_lock(&lock);
    int error = perform(plug, client, umockdev_ioctl_client_get_request(client), &result);
    g_mutex_unlock(&lock);
    umockdev_ioctl_client_complete(client, error ? -1 : result, error);
    return TRUE;
}

static void drop_urbs(GQueue *queue, UMockdevIoctlClient *client) {
    for (GList *l = queue->head, *next; l; l = next) {
        next = l->next;
        Urb *entry = l->data;
        if (entry->client != client) continue;
        g_object_unref(entry->data);
        g_free(entry);
        g_queue_delete_link(queue, l);
    }
}

/* A closed file gives its interfaces back, but nobody asks the kernel's driver to return. */
static void on_closed(gpointer data, GObject *closed) {
    Plug *plug = data;
    UMockdevIoctlClient *client = (UMockdevIoctlClient *)closed;
    g_mutex_lock(&lock);
    drop_urbs(&plug->flying, client);
    drop_urbs(&plug->done, client);
    for (int i = 0; i < INTERFACE_MAX; i++) {
        Interface *interface = &plug->interface[i];
        if (interface->holder != HOLDER_CLIENT || interface->client != client) continue;
        interface->holder = HOLDER_NONE;
        say("abandoned %s %d", plug->device->name, i);
    }
    show_readiness(plug);
    g_mutex_unlock(&lock);
}

/* umockdev 0.17 has a signal "client-vanished" and never sends it; but the client object goes with its file. */
static void on_connected(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer plug) {
    (void)base;
    g_object_weak_ref(G_OBJECT(client), on_closed, plug);
}

/* --- plugging --- */

/* Finds the interfaces and their interrupt-IN endpoints; a lying configuration just has fewer. */
static void read_config(Plug *plug, GByteArray *config) {
    Interface *current = NULL;
    for (guint at = 0; at + 2 <= config->len && config->data[at] >= 2; at += config->data[at]) {
        const uint8_t *item = config->data + at;
        guint left = config->len - at;
        if (item[1] == USB_DT_INTERFACE && left >= 9 && item[2] < INTERFACE_MAX) {
            current = &plug->interface[item[2]];
            current->exists = true;
            current->class_code = item[5];
            current->holder = item[5] == 3 || item[5] == 2 ? HOLDER_KERNEL : HOLDER_NONE;
        } else if (item[1] == USB_DT_ENDPOINT && left >= 7 && current && item[2] & 0x80 && (item[3] & 3) == 3) {
            current->endpoint = item[2];
        }
    }
}

/* "1-3.2" is /devices/usb1/1-3/1-3.2. */
static char *syspath_of(const char *port) {
    GString *path = g_string_new(NULL);
    g_string_printf(path, "/devices/usb%d", atoi(port));
    for (const char *p = port; *p; p++)
        if (p[1] == '.' || p[1] == 0) g_string_append_printf(path, "/%.*s", (int)(p + 1 - port), port);
    return g_string_free(path, FALSE);
}

static void append_hex(GString *text, GByteArray *bytes) {
    for (guint i = 0; i < bytes->len; i++) g_string_append_printf(text, "%02X", bytes->data[i]);
}

static void add(UMockdevTestbed *testbed, const char *text) {
    GError *error = NULL;
    if (!umockdev_testbed_add_from_string(testbed, text, &error)) say("error %s", error->message);
}

/* The kernel makes a HID device with the report descriptor below each interface that usbhid has. */
static void add_hid(UMockdevTestbed *testbed, Plug *plug) {
    static int instance;
    for (int i = 0; i < INTERFACE_MAX; i++) {
        GByteArray *report = plug->device->report[i];
        if (!report || !plug->interface[i].exists || plug->interface[i].holder != HOLDER_KERNEL) continue;
        const uint8_t *id = plug->device->device->data + 8;
        char *folder = g_strdup_printf("%s/%s:%d.%d", plug->syspath, plug->device->port, plug->device->config->data[5], i);
        GString *text = g_string_new(NULL);
        g_string_printf(text, "P: %s\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n\n", folder);
        char *hid = g_strdup_printf("%s/0003:%02X%02X:%02X%02X.%04X", folder, id[1], id[0], id[3], id[2], ++instance);
        g_string_append_printf(text, "P: %s\nE: SUBSYSTEM=hid\nH: report_descriptor=", hid);
        append_hex(text, report);
        g_string_append(text, "\n");
        add(testbed, text->str);
        g_string_free(text, TRUE);
        g_queue_push_head(&plug->below, folder);
        g_queue_push_head(&plug->below, hid);
    }
}

static void replace_node(UMockdevTestbed *testbed, Plug *plug) {
    char *root = umockdev_testbed_get_root_dir(testbed);
    char *path = g_strconcat(root, plug->node, NULL);
    unlink(path);
    if (mkfifo(path, 0666)) say("error mkfifo %s", path);
    plug->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    fcntl(plug->fifo, F_SETPIPE_SZ, 4096);
    show_readiness(plug);
    g_free(path);
    g_free(root);
}

Plug *plug_in(UMockdevTestbed *testbed, Device *device) {
    static const char *name[] = {"", "manufacturer", "product", "serial"};
    static int number = 20; /* the kernel gives each plugged device a new address, too */
    Plug *plug = g_new0(Plug, 1);
    plug->device = device;
    plug->syspath = syspath_of(device->port);
    int bus = atoi(device->port), address = ++number;
    plug->node = g_strdup_printf("/dev/bus/usb/%03d/%03d", bus, address);
    read_config(plug, device->config);
    plug->handler = umockdev_ioctl_base_new();
    g_object_connect(plug->handler, "signal-after::handle-ioctl", on_ioctl, plug, NULL);
    g_object_connect(plug->handler, "signal-after::client-connected", on_connected, plug, NULL);
    GError *error = NULL;
    if (!umockdev_testbed_attach_ioctl(testbed, plug->node, plug->handler, &error)) say("error %s", error->message);
    GString *text = g_string_new(NULL);
    /* Not yet a usb_device: libusb must not see it before its node is a FIFO. */
    g_string_printf(text, "P: %s\nN: %s\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_coming\nE: DRIVER=usb\nE: BUSNUM=%03d\n"
        "E: DEVNUM=%03d\nE: DEVNAME=%s\nA: bConfigurationValue=%d\\n\nA: busnum=%d\\n\nA: devnum=%d\\n\nA: speed=12\\n\n",
        plug->syspath, plug->node + 5, bus, address, plug->node, device->config->len > 5 ? device->config->data[5] : 1,
        bus, address);
    for (int i = 1; i <= 3 && !device->hides_strings; i++)
        if (device->string[i]) g_string_append_printf(text, "A: %s=%s\\n\n", name[i], device->string[i]);
    g_string_append(text, "H: descriptors=");
    append_hex(text, device->device);
    append_hex(text, device->config);
    g_string_append(text, "\n");
    add(testbed, text->str);
    g_string_free(text, TRUE);
    replace_node(testbed, plug);
    add_hid(testbed, plug);
    char *path = g_strconcat("/sys", plug->syspath, NULL);
    umockdev_testbed_set_property(testbed, path, "DEVTYPE", "usb_device");
    umockdev_testbed_uevent(testbed, path, "add");
    g_free(path);
    return plug;
}

void plug_out(UMockdevTestbed *testbed, Plug *plug, int status) {
    g_mutex_lock(&lock);
    plug->gone_status = status;
    plug->gone = true;
    pump(plug);
    g_mutex_unlock(&lock);
    char *path = g_strconcat("/sys", plug->syspath, NULL);
    umockdev_testbed_uevent(testbed, path, "remove");
    for (char *below; (below = g_queue_pop_head(&plug->below)); g_free(below)) {
        char *full = g_strconcat("/sys", below, NULL);
        umockdev_testbed_remove_device(testbed, full);
        g_free(full);
    }
    umockdev_testbed_remove_device(testbed, path);
    g_free(path);
}
