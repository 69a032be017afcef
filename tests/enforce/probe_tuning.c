/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define WORDS 128

/* The result of a call, or minus its errno. */
static long ask(long number, long a, long b, long c, long d) {
    long result = syscall(number, a, b, c, d, 0);
    return result == -1 ? -errno : result;
}

static void put_number(const char *key, long value) {
    rf_probe_put(", \"%s\": %ld", key, value);
}

static void put_set(const char *key, const uint64_t words[WORDS]) {
    const char *comma = "";
    rf_probe_put(", \"%s\": [", key);
    for (unsigned n = 0; n < WORDS * 64; n++)
        if (words[n / 64] >> n % 64 & 1) rf_probe_put("%s%u", comma, n), comma = ", ";
    rf_probe_put("]");
}

static void put_sets(void) {
    uint64_t words[WORDS] = {0};
    int mode = -1;
    ask(SYS_sched_getaffinity, 0, sizeof(words), (long)(uintptr_t)words, 0);
    put_set("affinity", words);
    memset(words, 0, sizeof(words));
    long result = ask(SYS_get_mempolicy, (long)(uintptr_t)&mode, (long)(uintptr_t)words, 1025, 0);
    put_number("memory_policy", result < 0 ? result : mode);
    put_set("nodes", words);
}

void rf_probe_tuning(void) {
    struct utsname names;
    int priority = -1;
    errno = 0;
    int nice = getpriority(PRIO_PROCESS, 0);
    put_number("nice", errno != 0 ? 99 : nice);
    put_number("io_priority", ask(SYS_ioprio_get, 1, 0, 0, 0));
    put_number("scheduler", ask(SYS_sched_getscheduler, 0, 0, 0, 0));
    ask(SYS_sched_getparam, 0, (long)(uintptr_t)&priority, 0, 0);
    put_number("priority", priority);
    put_number("personality", ask(SYS_personality, 0xffffffff, 0, 0, 0));
    put_number("timer_slack", ask(SYS_prctl, PR_GET_TIMERSLACK, 0, 0, 0));
    put_number("mdwe", ask(SYS_prctl, 66 /* PR_GET_MDWE */, 0, 0, 0));
    rf_probe_put(", \"speculation\": [%ld, %ld, %ld]", ask(SYS_prctl, 52, 0, 0, 0), ask(SYS_prctl, 52, 1, 0, 0),
                 ask(SYS_prctl, 52, 2, 0, 0)); /* PR_GET_SPECULATION_CTRL */
    put_sets();
    rf_probe_put(", \"domainname\": ");
    rf_probe_put_string(uname(&names) == 0 ? names.domainname : "");
    rf_probe_put(", \"machine\": ");
    rf_probe_put_string(names.machine);
}
