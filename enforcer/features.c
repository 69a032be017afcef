/* SPDX-License-Identifier: Apache-2.0 */
#include "features.h"
#include "fail.h"
#include "files.h"
#include "limit_parts.h"
#include "line.h"
#include <linux/prctl.h>
#include <linux/seccomp.h>

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#endif
#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66 /* Linux 6.3 */
#endif

static char text[2 * RF_PAGE];
static struct rf_line line;
static bool first;

static void open_list(const char *name, const char *bracket) {
    rf_line_format(&line, ",\n  \"%s\": %s", name, bracket);
    first = true;
}

static void close_list(const char *bracket) {
    rf_line_text(&line, bracket);
}

static const char *comma(void) {
    bool was = first;
    first = false;
    return was ? "" : ", ";
}

static void say(const char *name, bool there) {
    rf_line_format(&line, "%s\"%s\": %s", comma(), name, there ? "true" : "false");
}

/* From one string to the one behind it: no pointers have to be stored. */
static const char *behind(const char *name) {
    return name + rf_chars_length(name) + 1;
}

static void say_release(const struct rf_launch *launch) {
    char release[128];
    int n = rf_files_read(launch->proc, "sys/kernel/osrelease", release, sizeof release);
    if (n > 0) release[n - 1] = '\0';
    rf_line_text(&line, "{\n  \"version\": \"" RF_VERSION "\",\n  \"kernel\": \"");
    rf_line_json(&line, n > 0 ? release : "");
    rf_line_text(&line, "\"");
}

static void say_capabilities(const struct rf_launch *launch) {
    open_list("capabilities", "[");
    for (uint32_t n = 0; n < 64; n++)
        if (launch->caps >> n & 1) rf_line_format(&line, "%s\"%s\"", comma(), rf_fail_capability(n));
    close_list("]");
}

static void say_namespaces(const struct rf_launch *launch) {
    open_list("namespaces", "{");
    for (const char *name = "cgroup\0ipc\0mnt\0net\0pid\0time\0user\0uts\0"; *name != '\0'; name = behind(name)) {
        char file[32];
        RF_PRINT(file, "self/ns/%s", name);
        say(name, sys_faccessat(launch->proc, file, 0) == 0);
    }
    close_list("}");
}

/* Sysctls and security modules may forbid it in ways that only the attempt tells. */
static void say_user_namespace(void) {
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    siginfo_t info;
    int child = sys_clone3(&args);
    if (child == 0) sys_exit(0);
    while (child > 0 && sys_waitid(P_PID, child, &info, WEXITED) == -EINTR) continue;
    rf_line_format(&line, ",\n  \"makes_user_namespaces\": %s", child > 0 ? "true" : "false");
}

/* A line of /proc/filesystems ends in the name.  One that is a module not yet loaded is not there. */
static void say_file_systems(const struct rf_launch *launch) {
    static char list[RF_PAGE];
    if (rf_files_read(launch->proc, "filesystems", list, sizeof list) < 0) list[0] = '\0';
    open_list("file_systems", "{");
    for (const char *name = "cgroup2\0devpts\0mqueue\0overlay\0proc\0sysfs\0tmpfs\0"; *name != '\0';
         name = behind(name)) {
        bool there = false;
        for (const char *p = list; p; p = rf_chars_next(p, '\t')) {
            const char *rest = rf_chars_after(p, name);
            there = there || (rest && *rest == '\n');
        }
        say(name, there);
    }
    close_list("}");
}

static void say_seccomp(void) {
    static const uint32_t actions[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO, SECCOMP_RET_LOG,
                                       SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW};
    const uint32_t *action = actions;
    open_list("seccomp", "{");
    for (const char *name = "kill\0errno\0log\0notify\0allow\0"; *name != '\0'; name = behind(name)) {
        say(name, sys_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, action++) == 0);
    }
    close_list("}");
}

static void say_calls(void) {
    const struct mount_attr nothing = {0};
    int abi = SYS3(landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
    rf_line_format(&line, ",\n  \"landlock_abi\": %d", abi < 0 ? 0 : abi);
    open_list("calls", "{");
    /* With a descriptor that is none only an unknown call is ENOSYS. */
    say("mount_setattr", sys_mount_setattr(-1, 0, &nothing) != -ENOSYS);
    say("memory_deny_write_execute", sys_prctl(PR_GET_MDWE, 0, 0) >= 0);
    say("speculation_control", sys_prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0) >= 0);
    close_list("}");
}

static void say_cgroups(void) {
    rf_limits.mount_v2 = -1;
    rf_limit_v2_mount();
    rf_line_text(&line, ",\n  \"cgroup2\": ");
    if (rf_limits.mount_v2_path)
        rf_line_format(&line, "\"%s\"", rf_limits.mount_v2_path);
    else
        rf_line_text(&line, "null");
    open_list("controllers", "{");
    for (uint32_t c = 1; c < RF_CTL_COUNT; c++) {
        const char *name = rf_limit_names[c];
        unsigned version = rf_limit_v1_has(c == RF_CTL_IO ? "blkio" : name) ? 1 : rf_limit_v2_has(name) ? 2 : 0;
        rf_line_format(&line, "%s\"%s\": %u", comma(), name, version);
    }
    close_list("}");
}

_Noreturn void rf_features_print(const struct rf_launch *launch) {
    line = RF_LINE(text);
    say_release(launch);
    say_capabilities(launch);
    say_namespaces(launch);
    say_user_namespace();
    say_file_systems(launch);
    say_seccomp();
    say_calls();
    say_cgroups();
    rf_line_text(&line, "\n}\n");
    sys_exit(rf_files_write_all(1, text, line.used) < 0 ? RF_STEP_FAILED : 0);
}
