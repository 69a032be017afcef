/* SPDX-License-Identifier: Apache-2.0 */
#include "become.h"
#include "landlock.h"
#include "line.h"
#include "pass.h"

#define ENVIRONMENT_MAX (256 + 64 + RF_PASS_VARIABLES)
#define ARGS_MAX        256
#define SCRIPT_LINE     256 /* BINPRM_BUF_SIZE: how much of a script the kernel looks at */
#define SCRIPT_DEPTH    5   /* interpreters of interpreters, as the kernel has it */

static const char *environment[ENVIRONMENT_MAX + 1];
static const char *arguments[ARGS_MAX + 1];
static char path[RF_PAGE];

/* The policy's entries and what it passes on; nothing else of the launcher's environment. */
static void make_environment(const struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    uint32_t n = 0;
    for (uint32_t i = 0; i < rf_view_count(v, RF_ENV); i++)
        environment[n++] = rf_view_string(v, RF_RECORD(v, ENV, struct rf_arg, i)->text);
    environment[n] = NULL;
    for (uint32_t i = 0; i < rf_view_count(v, RF_PASS_ENV); i++) {
        const struct rf_pass_env *pass = RF_RECORD(v, PASS_ENV, struct rf_pass_env, i);
        const char *name = rf_view_string(v, pass->name);
        struct rf_where where = RF_AT(ENVIRONMENT, PASS_ENV, i);
        const char *value = rf_pass_lookup(launch->options->environment, name);
        if (rf_pass_lookup(environment, name))
            rf_fail(where, 0, "%s: is both in process.env and in process.pass_env", name);
        if (!value && !(pass->flags & RF_PASS_ENV_OPTIONAL))
            rf_fail(where, 0, "%s: not set in the launcher's environment; set it, or make process.pass_env.%s optional",
                    name, name);
        if (!value) continue;
        environment[n++] = value - rf_chars_length(name) - 1;
        environment[n] = NULL;
    }
    n += rf_pass_environment(launch, environment + n);
    environment[n] = NULL;
}

static const char *const *make_arguments(const struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    uint32_t n = rf_view_count(v, RF_ARGS);
    if (n == 0) return launch->options->program;
    for (uint32_t i = 0; i < n; i++) arguments[i] = rf_view_string(v, RF_RECORD(v, ARGS, struct rf_arg, i)->text);
    arguments[n] = NULL;
    return arguments;
}

static struct rf_where at(const struct rf_launch *launch) {
    return rf_view_count(&launch->view, RF_ARGS) ? RF_AT(PROGRAM, ARGS, 0) : RF_STEP(PROGRAM);
}

#define PLAIN RESOLVE_NO_MAGICLINKS

/* 0, or why this path cannot be executed.  A magic link (/proc/self/exe) would lead to the enforcer itself. */
static int check_program(const char *name) {
    struct statx st;
    int fd = sys_openat2(AT_FDCWD, name, O_PATH, PLAIN);
    if (fd < 0) return fd;
    int error = sys_fstatx(fd, &st);
    if (error == 0 && (st.stx_mode & S_IFMT) != S_IFREG) error = (st.stx_mode & S_IFMT) == S_IFDIR ? -EISDIR : -EACCES;
    if (error == 0) error = sys_faccessat2(fd, "", 1, AT_EMPTY_PATH | AT_EACCESS);
    sys_close(fd);
    return error;
}

/* Replaces `name` by the interpreter in its "#!" line; false if it has none that we can read. */
static bool read_interpreter(const char *name, char interpreter[SCRIPT_LINE]) {
    char head[SCRIPT_LINE];
    int fd = sys_openat2(AT_FDCWD, name, O_RDONLY | O_NOCTTY | O_NONBLOCK, PLAIN);
    if (fd < 0) return false;
    int n = sys_read(fd, head, sizeof head);
    sys_close(fd);
    if (n < 3 || head[0] != '#' || head[1] != '!') return false;
    int at_byte = 2, used = 0;
    while (at_byte < n && (head[at_byte] == ' ' || head[at_byte] == '\t')) at_byte++;
    while (at_byte < n && used + 1 < SCRIPT_LINE && head[at_byte] != ' ' && head[at_byte] != '\t' &&
           head[at_byte] != '\n' && head[at_byte] != '\0')
        interpreter[used++] = head[at_byte++];
    interpreter[used] = '\0';
    return used > 0;
}

static void check_interpreters(const struct rf_launch *launch) {
    static char names[2][SCRIPT_LINE];
    const char *name = path;
    for (int depth = 0; depth < SCRIPT_DEPTH && read_interpreter(name, names[depth & 1]); depth++) {
        name = names[depth & 1];
        int error = check_program(name);
        if (error < 0)
            rf_fail_code(error == -ENOENT ? RF_NOT_FOUND : RF_NOT_EXECUTABLE, at(launch), error,
                         "%s: cannot run its interpreter %s", path, name);
    }
}

/* Along PATH, as execvp(3), but elements that are not absolute are passed over. */
static int search(const char *name, const char *list) {
    int best = -ENOENT;
    while (*list != '\0') {
        const char *end = rf_chars_find(list, ':');
        size_t length = end ? (size_t)(end - list) : rf_chars_length(list);
        struct rf_line line = RF_LINE(path);
        rf_line_bytes(&line, list, length);
        rf_line_text(&line, "/");
        rf_line_text(&line, name);
        if (*list == '/' && !rf_line_full(&line)) {
            int error = check_program(path);
            if (error == 0) return 0;
            if (error != -ENOENT && error != -ENOTDIR) best = error;
        }
        list += length;
        if (*list == ':') list++;
    }
    return best;
}

void rf_become_resolve(struct rf_launch *launch) {
    int error;
    make_environment(launch);
    const char *name = make_arguments(launch)[0];
    const char *list = rf_pass_lookup(environment, "PATH");
    if (!name) return; /* --check without a program */
    if (rf_chars_find(name, '/')) {
        error = RF_PRINT(path, "%s", name) ? check_program(path) : -ENAMETOOLONG;
    } else {
        error = search(name, list ? list : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }
    if (error == -ENOENT || error == -ENOTDIR)
        rf_fail_code(RF_NOT_FOUND, at(launch), error, "%s: not found in the payload's root", name);
    if (error < 0) rf_fail_code(RF_NOT_EXECUTABLE, at(launch), error, "%s: cannot be executed", name);
    check_interpreters(launch);
    launch->program = path;
}

void rf_become_payload(struct rf_launch *launch) {
    const char *const *argv = rf_view_count(&launch->view, RF_ARGS) ? arguments : launch->options->program;
    __atomic_store_n(&rf_shared->executing, 1u, __ATOMIC_RELEASE);
    if (launch->options->check) sys_exit(0); /* the rehearsal ends here, by a fault if the filter refuses exit_group */
    int error = sys_execve(launch->program, argv, environment);
    __atomic_store_n(&rf_shared->executing, 0u, __ATOMIC_RELEASE);
    switch (error) {
    case -ENOENT: rf_fail_code(RF_NOT_FOUND, RF_STEP(EXEC), error, "%s or its interpreter", launch->program);
    case -EACCES:
        if (rf_landlock_of(launch))
            rf_fail_code(RF_NOT_EXECUTABLE, RF_STEP(EXEC), error,
                         "%s: landlock.execute has to cover it, its interpreter and its loader", launch->program);
        __attribute__((fallthrough));
    case -ENOEXEC:
    case -ELIBBAD:
    case -ETXTBSY:
    case -EISDIR:
    case -ENOTDIR:
    case -EINVAL:
    case -ELOOP: rf_fail_code(RF_NOT_EXECUTABLE, RF_STEP(EXEC), error, "%s", launch->program);
    default: rf_fail(RF_STEP(EXEC), error, "%s", launch->program);
    }
}
