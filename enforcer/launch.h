/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One launch.  main.c fills the options, launch.c runs the steps in order; every step takes this struct,
 * does its whole work or calls rf_fail(), which never returns.
 *
 * Three processes may run steps: the supervisor (the one that was started), the first process (born into
 * the new namespaces; becomes the reaper, or the payload itself) and, with a reaper, the payload process.
 */
#ifndef RF_LAUNCH_H
#define RF_LAUNCH_H

#include "../schemas/blob/view.h"
#include "sys.h"

#define RF_PARAMETERS_MAX 64
#define RF_MOUNTS_MAX     1024
#define RF_JOINS_MAX      8
#define RF_DEVICES_MAX    64
#define RF_IO_MAX         64

struct rf_options {
    bool check, plan, features, exact_status;
    int status_fd;             /* -1: none */
    int policy_fd;             /* -1: by name */
    const char *policy;        /* name for messages when policy_fd is given */
    const char *cgroup_parent; /* or NULL */
    const char *parameters[RF_PARAMETERS_MAX];
    uint32_t parameter_count;
    const char *const *program; /* argv of the payload, NULL-terminated; program[0] NULL: none named */
    const char *const *environment;
    char *words, *words_end; /* the launcher's arguments behind argv[0] and its environment, as the kernel laid them */
};

/* Host objects that were opened before anything was made.  -1: not used. */
struct rf_objects {
    int root;                    /* the tree to attach (detached clone), or O_PATH of it when rootless */
    int mounts[RF_MOUNTS_MAX];   /* the same per bind */
    int devices[RF_DEVICES_MAX]; /* the same; only where nodes cannot be made */
    int joins[RF_JOINS_MAX];     /* namespace files */
    int io[RF_IO_MAX];           /* O_PATH */
    int ready;                   /* the service manager's socket, as a mount is */
};

/* What is used most comes first: it is reached with the short form of an address. */
struct rf_launch {
    const struct rf_options *options;
    const struct rf_namespaces *ns;
    const struct rf_root *root;
    const struct rf_process *process;
    const struct rf_confine *confine;
    const struct rf_service *service; /* all 0 where the policy has none */
    const char *program;              /* payload process: the path to execute */
    int proc;                         /* O_PATH of the launcher's /proc, checked to be procfs */
    int go[2];                        /* pipe; the write end is only the supervisor's: hang-up means that it died */
    int ready
        [2]; /* pipe, or sockets for the pseudo-terminal; the second end closes at execve.  -1: the clone itself returns then */
    int child; /* pid of the first process */
    int pidfd;
    int notify;  /* connected to the policy's notify_socket; or -1 */
    int root_fd; /* first process: the attached root */

    uint64_t begun;      /* CLOCK_MONOTONIC at the first instruction, in ns */
    uint32_t euid, egid; /* of the launcher */
    uint64_t caps;       /* effective capabilities of the launcher */
    bool clones;         /* it may clone mounts itself: CAP_SYS_ADMIN.  Otherwise: rootless */
    bool maps;           /* it may write id maps for others: CAP_SETUID, CAP_SETGID */
    bool makes_nodes;    /* mknod(2) of devices will work in the child */

    bool listens, watched;     /* LISTEN_* and WATCHDOG_* were meant for us */
    uint64_t keep;             /* bit n: the payload keeps descriptor n */
    const char *notify_socket; /* NOTIFY_SOCKET=... as the payload gets it; or NULL */

    struct rf_view view;
    const char *parameters[RF_PARAMETERS_MAX]; /* the value of each declared parameter */
    struct rf_objects objects;
};

#define RF_STEP_FAILED    125
#define RF_NOT_EXECUTABLE 126
#define RF_NOT_FOUND      127

/* X(identifier, name in messages): the steps, and what comes before and after them. */
#define RF_STEPS(X)                                                                                                    \
    X(START, "start")                                                                                                  \
    X(OPTIONS, "options")                                                                                              \
    X(LOAD, "load")                                                                                                    \
    X(PARAMETERS, "parameters")                                                                                        \
    X(PLAN, "plan")                                                                                                    \
    X(CHECK, "check")                                                                                                  \
    X(OBJECTS, "objects")                                                                                              \
    X(NOTIFY, "notify")                                                                                                \
    X(CGROUP, "cgroup")                                                                                                \
    X(ENTER, "enter")                                                                                                  \
    X(USER, "user")                                                                                                    \
    X(JOIN, "join")                                                                                                    \
    X(NETWORK, "network")                                                                                              \
    X(HOSTNAME, "hostname")                                                                                            \
    X(SYSCTLS, "sysctls")                                                                                              \
    X(ROOT, "root")                                                                                                    \
    X(PROC, "proc")                                                                                                    \
    X(SYS, "sys")                                                                                                      \
    X(DEV, "dev")                                                                                                      \
    X(MOUNTS, "mounts")                                                                                                \
    X(MASKS, "masks")                                                                                                  \
    X(READ_ONLY, "read-only")                                                                                          \
    X(CWD, "cwd")                                                                                                      \
    X(SESSION, "session")                                                                                              \
    X(TERMINAL, "terminal")                                                                                            \
    X(REAPER, "reaper")                                                                                                \
    X(TUNING, "tuning")                                                                                                \
    X(OOM_SCORE, "oom-score")                                                                                          \
    X(RLIMITS, "rlimits")                                                                                              \
    X(UMASK, "umask")                                                                                                  \
    X(IDENTITY, "identity")                                                                                            \
    X(CAPABILITIES, "capabilities")                                                                                    \
    X(ENVIRONMENT, "environment")                                                                                      \
    X(PROGRAM, "program")                                                                                              \
    X(KEYRING, "keyring")                                                                                              \
    X(SIGNALS, "signals")                                                                                              \
    X(NO_NEW_PRIVS, "no-new-privs")                                                                                    \
    X(LANDLOCK, "landlock")                                                                                            \
    X(FDS, "fds")                                                                                                      \
    X(SECCOMP, "seccomp")                                                                                              \
    X(EXEC, "exec")                                                                                                    \
    X(SUPERVISE, "supervise")
enum {
#define RF_X(id, name) RF_STEP_##id,
    RF_STEPS(RF_X)
#undef RF_X
        RF_STEP_COUNT
};

/* One line of the launch: see the table in launch.c. */
struct rf_step {
    uint32_t name;
    void (*run)(struct rf_launch *launch);
    void (*plan)(const struct rf_launch *launch); /* prints the policy's values, or NULL */
};
enum rf_stage { RF_BEFORE_CLONE, RF_IN_CHILD, RF_IN_PAYLOAD, RF_STAGES };
extern const struct rf_step *const rf_launch_steps[RF_STAGES]; /* each ends with a NULL run */
extern const char *const rf_launch_words[RF_STAGES]; /* for --plan: of each step, packed, one behind the other */

/* Runs every step of a stage in order. */
void rf_launch_run(struct rf_launch *launch, enum rf_stage stage);

/* Starts the payload and stays with it to the end; exits with the code to report. */
_Noreturn void rf_launch_start(struct rf_launch *launch);

static inline bool rf_launch_new(const struct rf_launch *launch, uint64_t kind) {
    return (launch->ns->create & kind) != 0;
}

#endif
