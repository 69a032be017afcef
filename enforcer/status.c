/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"
#include "fail.h"
#include "files.h"
#include "limit.h"
#include "line.h"

#define SKIPPED_MAX 72

static const char *skipped[SKIPPED_MAX];
static uint32_t skipped_count;

static void send(const struct rf_launch *launch, struct rf_line *line) {
    rf_line_text(line, "}\n");
    /* If nobody listens any more: the payload's life does not hang on it. */
    if (launch->options->status_fd >= 0) (void)rf_files_write_all(launch->options->status_fd, line->start, line->used);
}

uint64_t rf_status_now(void) {
    struct __kernel_timespec now = {0, 0};
    sys_clock(RF_CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void rf_status_start(const struct rf_launch *launch) {
    static char text[7 * RF_PAGE]; /* a path of a page, six characters for each byte */
    struct rf_line line = RF_LINE(text);
    if (launch->options->status_fd < 0) return;
    const char *cgroup = rf_limit_path(launch);
    rf_line_format(&line, "{\"event\":\"start\",\"pid\":%d,\"cgroup\":%s", launch->child, cgroup ? "\"" : "null");
    if (cgroup) {
        rf_line_json(&line, cgroup);
        rf_line_text(&line, "\"");
    }
    rf_line_format(&line, ",\"launched_ns\":%lu,\"started_ns\":%lu", launch->begun, rf_status_now());
    send(launch, &line);
}

void rf_status_exit(const struct rf_launch *launch, const struct rf_status_end *end) {
    static const char names[] RF_PACKED = ",\"oom_kills\":\0,\"memory_peak\":\0,\"pids_refused\":\0,\"cpu_user_us\":\0"
                                          ",\"cpu_system_us\":";
    const char *name = names;
    static char text[RF_PAGE];
    struct rf_line line = RF_LINE(text);
    if (launch->options->status_fd < 0) return;
    rf_line_format(&line, "{\"event\":\"exit\",\"code\":%d,\"signal\":%d", end->code, end->signal);
    for (int i = 0; i < RF_COUNTS; i++, name += rf_chars_length(name) + 1) {
        rf_line_packed(&line, name);
        if (end->counts[i] == RF_UNCOUNTED)
            rf_line_text(&line, "null");
        else
            rf_line_format(&line, "%lu", end->counts[i]);
    }
    rf_line_format(&line, ",\"time_limit\":%s,\"skipped\":[", end->time_limit ? "true" : "false");
    for (uint32_t i = 0; i < skipped_count; i++) {
        rf_line_text(&line, i ? ",\"" : "\"");
        rf_line_json(&line, skipped[i]);
        rf_line_text(&line, "\"");
    }
    rf_line_text(&line, "]");
    send(launch, &line);
}

void rf_status_error(const struct rf_launch *launch, int code, const char *step, const char *message) {
    static char text[6 * RF_PAGE];
    struct rf_line line = RF_LINE(text);
    if (launch->options->status_fd < 0) return;
    rf_line_format(&line, "{\"event\":\"error\",\"exit\":%d,\"step\":\"%s\",\"message\":\"", code, step);
    rf_line_json(&line, message);
    rf_line_text(&line, "\"");
    send(launch, &line);
}

void rf_status_skipped(const char *name) {
    if (skipped_count < SKIPPED_MAX) skipped[skipped_count++] = name;
}

void rf_status_tell_skipped(void) {
    char text[1024];
    struct rf_line line = RF_LINE(text);
    if (skipped_count == 0) return;
    rf_line_text(&line, "ringfence-run: optional items that this machine cannot do were skipped: ");
    for (uint32_t i = 0; i < skipped_count; i++) {
        rf_line_text(&line, i ? ", " : "");
        rf_line_text(&line, skipped[i]);
    }
    rf_fail_print(2, text);
}
