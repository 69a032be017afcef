/* SPDX-License-Identifier: Apache-2.0 */
/* Options, and what has to be true before anything else. */
#include "main.h"
#include "check.h"
#include "fail.h"
#include "features.h"
#include "files.h"
#include "limit.h"
#include "line.h"
#include "load.h"
#include "params.h"
#include "pass.h"
#include "plan.h"
#include "status.h"
#include <linux/auxvec.h>
#include <linux/magic.h>
#include <linux/prctl.h>

#ifndef RF_VERSION
#error "the build gives RF_VERSION"
#endif

static struct rf_launch launch;
static struct rf_options options;

static const char help[] RF_PACKED =
    "usage: ringfence-run [OPTIONS] POLICY.fence [--param NAME=VALUE]... [--] [PROGRAM [ARGS...]]\n"
    "\n"
    "Starts a program, fenced in as a compiled policy says, or does not start it.\n"
    "\n"
    "  --param NAME=VALUE   value of a parameter of the policy\n"
    "  --policy-fd N        read the policy from a sealed memfd\n"
    "  --status-fd N        write one JSON line at the start and one at the end to descriptor N\n"
    "  --cgroup-parent DIR  make the cgroup (v2) below DIR, a path below the cgroup mount\n"
    "  --exact-status       end by the signal that killed the program, not with 128+N\n"
    "  --check              say what would keep it from starting here; start nothing\n"
    "  --plan               print the steps of the launch; do nothing\n"
    "  --features           print what this kernel offers, as JSON; no policy needed\n"
    "  --version, --help\n"
    "\n"
    "Exit code: the program's; 128+N: killed by signal N; 125: not started; 126: it cannot be\n"
    "executed; 127: it is not there.\n";

/* Of packed words. */
_Noreturn static void print_and_exit(const char *packed) {
    static char text[RF_PAGE];
    struct rf_line line = RF_LINE(text);
    rf_line_packed(&line, packed);
    sys_exit(rf_files_write_all(1, text, line.used) < 0 ? RF_STEP_FAILED : 0);
}

static int descriptor(const char *option, const char *text, int lowest) {
    const char *p = text;
    uint64_t value;
    if (!rf_chars_number(&p, &value) || *p != '\0' || value > INT32_MAX || value < (uint64_t)lowest)
        rf_fail(RF_STEP(OPTIONS), 0, "%s: '%s' is not a descriptor number from %d", option, text, lowest);
    rf_must(RF_STEP(OPTIONS), sys_fcntl((int)value, F_GETFD, 0), "%s %s", option, text);
    return (int)value;
}

/* If `word` is this option, its value: behind '=', or the next word (then *used gets 2). */
static const char *value_of(const char *option, const char *const *word, int *used) {
    const char *rest = rf_chars_after(word[0], option);
    if (!rest || (*rest != '\0' && *rest != '=')) return NULL;
    *used = 1;
    if (*rest == '=') return rest + 1;
    if (!word[1]) rf_fail(RF_STEP(OPTIONS), 0, "%s needs a value", option);
    *used = 2;
    return word[1];
}

/* One option; the number of words it took, 0 if it is none. */
static int parse_option(const char *const *word) {
    const char *value;
    int used = 1;
    if (rf_chars_equal(word[0], "--check")) {
        options.check = true;
    } else if (rf_chars_equal(word[0], "--plan")) {
        options.plan = true;
    } else if (rf_chars_equal(word[0], "--features")) {
        options.features = true;
    } else if (rf_chars_equal(word[0], "--exact-status")) {
        options.exact_status = true;
    } else if (rf_chars_equal(word[0], "--help")) {
        print_and_exit(help);
    } else if (rf_chars_equal(word[0], "--version")) {
        print_and_exit(RF_WORDS("ringfence-run " RF_VERSION "\n"));
    } else if ((value = value_of("--status-fd", word, &used))) {
        options.status_fd = descriptor("--status-fd", value, 1);
    } else if ((value = value_of("--policy-fd", word, &used))) {
        options.policy_fd = descriptor("--policy-fd", value, 3);
        options.policy = "--policy-fd";
    } else if ((value = value_of("--cgroup-parent", word, &used))) {
        options.cgroup_parent = value;
    } else if ((value = value_of("--param", word, &used))) {
        if (!rf_chars_find(value, '=')) rf_fail(RF_STEP(OPTIONS), 0, "--param %s: is not NAME=VALUE", value);
        if (options.parameter_count == RF_PARAMETERS_MAX) rf_fail(RF_STEP(OPTIONS), 0, "too many --param");
        options.parameters[options.parameter_count++] = value;
    } else {
        return 0;
    }
    return used;
}

static void parse(const char *const *word) {
    while (*word) {
        int used = parse_option(word);
        word += used;
        if (used) continue;
        if (rf_chars_equal(*word, "--")) {
            word++;
            if (options.policy) break;
            if (*word) options.policy = *word++;
            break;
        }
        if ((*word)[0] == '-' && (*word)[1] != '\0')
            rf_fail(RF_STEP(OPTIONS), 0, "unknown option %s; see ringfence-run --help", *word);
        if (options.policy) break;
        options.policy = *word++;
    }
    if (options.features && (options.policy || options.check || options.plan))
        rf_fail(RF_STEP(OPTIONS), 0, "--features stands alone: it is about the kernel, not about a policy");
    if (!options.policy && !options.features) rf_fail(RF_STEP(OPTIONS), 0, "no policy named; see ringfence-run --help");
    if (options.policy_fd >= 0 && options.policy_fd == options.status_fd)
        rf_fail(RF_STEP(OPTIONS), 0, "--policy-fd and --status-fd name the same descriptor");
    options.program = word;
}

/* Without 0-2 the next files opened, the policy or a cgroup, would be the payload's standard streams.  A directory of the
 * host on one of them would be a way past the payload's root: its number, or -1. */
static int open_standard(void) {
    struct statx st;
    int directory = -1;
    for (int fd = 0; fd < 3; fd++) {
        int error = sys_fstatx(fd, &st);
        /* There may be no stderr to say it on. */
        if (error == -EBADF && SYS4(openat, AT_FDCWD, "/dev/null", O_RDWR, 0) != fd) sys_exit(RF_STEP_FAILED);
        if (error == 0 && (st.stx_mode & S_IFMT) == S_IFDIR) directory = fd;
    }
    return directory;
}

/* Signals stay blocked until the payload has its own empty mask: none may end us half-way. */
static void settle(const unsigned long *auxv) {
    for (; auxv[0] != AT_NULL; auxv += 2)
        if (auxv[0] == AT_SECURE && auxv[1] != 0)
            rf_fail(RF_STEP(START), 0, "refuses to run set-id or with file capabilities");
    int error = sys_prctl(PR_SET_DUMPABLE, 0, 0);
    if (error == 0) error = sys_sigmask(~UINT64_C(0), NULL);
    /* An inherited SIG_IGN would make the kernel reap our child behind our back. */
    if (error == 0) error = sys_sigaction(SIGCHLD, &sys_action_default, NULL);
    rf_must(RF_STEP(START), error, "cannot settle");
}

static bool holds(uint64_t caps, int number) {
    return (caps >> number & 1) != 0;
}

/* Who we are, which decides how mounts, maps and nodes are made. */
static void look_around(void) {
    struct sys_caps caps;
    rf_must(RF_STEP(START), sys_capget(&caps), "cannot read our capabilities");
    launch.euid = (uint32_t)sys_geteuid();
    launch.egid = (uint32_t)sys_getegid();
    launch.caps = caps.effective;
    launch.clones = holds(caps.effective, CAP_SYS_ADMIN);
    launch.maps = holds(caps.effective, CAP_SETUID) && holds(caps.effective, CAP_SETGID);
    int proc = sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    if (proc < 0) rf_fail(RF_STEP(START), proc, "/proc");
    if (!rf_files_on(proc, PROC_SUPER_MAGIC)) rf_fail(RF_STEP(START), 0, "/proc is not procfs");
    launch.proc = proc;
}

/* mknod(2) of a device works only in the first user namespace (its number is PROC_USER_INIT_INO). */
static void look_at_nodes(void) {
    if (holds(launch.caps, CAP_MKNOD) && !rf_launch_new(&launch, CLONE_NEWUSER) &&
        rf_view_count(&launch.view, RF_DEVICES) > 0)
        launch.makes_nodes = rf_must(RF_STEP(START), rf_files_link_is(launch.proc, "self/ns/user", "user:[4026531837]"),
                                     "/proc/self/ns/user");
}

/* The kernel lays all the strings out in one run, arguments first. */
static void find_words(int argc, const char *const *argv, const char *const *envp) {
    const char *last = argc > 1 ? argv[argc - 1] : NULL;
    const char *first = argc > 1 ? argv[1] : envp[0];
    for (; *envp; envp++) last = *envp;
    if (!last || first > last) return;
    options.words = (char *)(uintptr_t)first;
    options.words_end = (char *)(uintptr_t)last + rf_chars_length(last);
}

_Noreturn void rf_main(int argc, const char *const *argv, const char *const *envp, const unsigned long *auxv) {
    /* Not as initialisers: these structs are large, and zero pages cost nothing in the file. */
    options.status_fd = options.policy_fd = -1;
    launch.root_fd = launch.notify = launch.pidfd = launch.proc = launch.go[0] = launch.go[1] = launch.ready[0] =
        launch.ready[1] = -1;
    launch.begun = rf_status_now();
    launch.options = &options;
    options.environment = envp;
    find_words(argc, argv, envp);
    const int directory = open_standard();
    rf_fail_init(&launch);
    settle(auxv);
    parse(argc > 0 ? argv + 1 : argv);
    if (directory >= 0) rf_fail(RF_STEP(START), 0, "descriptor %u is a directory", (unsigned)directory);
    look_around();
    if (options.features) rf_features_print(&launch);
    rf_load_policy(&launch);
    if (!options.plan) rf_pass_find(&launch); /* all that follows opens has to stay */
    rf_params_bind(&launch);
    look_at_nodes();
    if (options.plan) {
        rf_plan_print(&launch);
        sys_exit(0);
    }
    if (options.check) rf_check(&launch);
    rf_launch_start(&launch);
}

/* The kernel's initial stack: argc, argv, NULL, envp, NULL, auxv. */
_Noreturn void rf_main_start(const unsigned long *stack) {
    int argc = (int)stack[0];
    const char *const *argv = (const char *const *)(stack + 1);
    const char *const *envp = argv + argc + 1;
    const char *const *end = envp;
    while (*end) end++;
    rf_main(argc, argv, envp, (const unsigned long *)(end + 1));
}
