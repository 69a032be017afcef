/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"
#include "line.h"
#include "object.h"
#include "params.h"
#include "rights.h"
#include <linux/un.h>

static _Alignas(16) char stack[4 * RF_PAGE];
static int the_listener, handed_over; /* between the two threads */

static const struct rf_where at = RF_FIELD(NOTIFY, CONFINE, struct rf_confine, notify_socket);

bool rf_notify_wanted(const struct rf_launch *launch) {
    return rf_params_present(&launch->confine->notify_socket);
}

/* Neither call waits for the other side: a launch must not hang on it. */
void rf_notify_connect(struct rf_launch *launch) {
    struct sockaddr_un address = {.sun_family = RF_UNIX};
    if (!rf_notify_wanted(launch)) return;
    int socket = rf_object_open_socket(launch, &launch->confine->notify_socket, at);
    /* What was looked at is what is connected to, whatever its name leads to by now. */
    RF_PRINT(address.sun_path, "/proc/self/fd/%d", socket);
    launch->notify = rf_must(at, sys_socket(RF_UNIX, RF_UNIX_STREAM | RF_UNIX_NON_BLOCKING | RF_UNIX_CLOEXEC),
                             "cannot make a socket");
    rf_must(at, sys_connect(launch->notify, &address, sizeof address), "cannot connect to the policy's socket");
    sys_close(socket);
}

/* The names are those of the Open Container Initiative's "container process state", so that its agents understand it.
 * `pid` is the first process, as the launcher sees it. */
static void write_state(const struct rf_launch *launch, struct rf_line *line) {
    static const char hex[] = "0123456789abcdef";
    const uint8_t *identity = launch->view.header->identity;
    int pid = (int)rf_shared->first;
    rf_line_format(line,
                   "{\"ociVersion\":\"1.1.0\",\"fds\":[\"seccompFd\"],\"pid\":%d,\"state\":{\"ociVersion\":\"1.1.0\","
                   "\"id\":\"ringfence.%d\",\"status\":\"creating\",\"pid\":%d,\"bundle\":\"\"},\"metadata\":\"",
                   pid, pid, pid);
    for (size_t i = 0; i < sizeof launch->view.header->identity; i++) {
        const char digits[] = {hex[identity[i] >> 4], hex[identity[i] & 15]};
        rf_line_bytes(line, digits, sizeof digits);
    }
    rf_line_text(line, "\"}\n");
}

/* The thread.  It shares the table of descriptors, so that the listener is one of its own as soon as it is there. */
_Noreturn static void send(void *argument) {
    const struct rf_launch *launch = argument;
    const struct __kernel_timespec pause = {0, 50000};
    char text[512];
    struct rf_line line = RF_LINE(text);
    write_state(launch, &line);
    while (!__atomic_load_n(&the_listener, __ATOMIC_ACQUIRE)) sys_ppoll(NULL, 0, &pause);
    int fds[RF_RIGHTS_MOST] = {the_listener, -1};
    int sent = rf_must(at, rf_rights_send(launch->notify, text, line.used, fds, 1), "cannot hand over the listener");
    if ((uint32_t)sent != line.used) rf_fail(at, 0, "the socket took only a part of the message");
    __atomic_store_n(&handed_over, 1, __ATOMIC_RELEASE);
    sys_exit_thread(); /* execve would do it otherwise */
}

/* Under SCHED_FIFO what waits without a call could keep the processor from the thread that it waits for. */
void rf_notify_prepare(struct rf_launch *launch) {
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
        .stack = (uint64_t)(uintptr_t)stack,
        .stack_size = sizeof stack,
    };
    if ((sys_getscheduler() & ~SCHED_RESET_ON_FORK) == SCHED_FIFO)
        rf_fail(at, 0, "notifications cannot be set up under SCHED_FIFO; use SCHED_RR");
    rf_must(at, sys_thread(&args, send, launch), "cannot start the thread that hands over the listener");
}

void rf_notify_hand_over(int listener) {
    __atomic_store_n(&the_listener, listener, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&handed_over, __ATOMIC_ACQUIRE)) {
    }
}
