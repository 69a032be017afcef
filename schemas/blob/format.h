/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a compiled policy (*.fence).  blob.v1.md says the same in words.
 *
 * A file is two regions:
 *
 *   launch part   header, section table, sections; read whole and summed at every launch
 *   source map    which policy line each item came from; read only to print an error, strippable
 *
 * Invariants that rf_view_open() checks and everything after it relies on:
 *   - little-endian, as every machine we run on; sections in ascending order of type, each type at
 *     most once, each starting at the next multiple of 8 behind the previous one, padding zero;
 *   - a section is an array of records of one fixed size (the STRINGS section: bytes);
 *   - a string lies wholly in STRINGS, is followed by NUL and holds no NUL; strings stand in the
 *     order of their first use, walking the records in section order, and each once: so one policy
 *     has one encoding;
 *   - every value of a closed set (enums, flag words) is inside it; reserved fields are zero.
 *
 * Numbers are the kernel's own (CLONE_*, RLIMIT_*, capability bits, AUDIT_ARCH_*), so that the
 * enforcer resolves nothing.
 */
#ifndef RF_BLOB_FORMAT_H
#define RF_BLOB_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define RF_BLOB_MAGIC  "\x8fRFN\r\n\x1a\n" /* a CR LF pair catches text-mode damage; 8 bytes, no NUL */
#define RF_BLOB_MAJOR  1
#define RF_BLOB_MINOR  0
#define RF_BLOB_ALIGN  8
#define RF_BLOB_MAX    262144u
#define RF_FILTER_MAX  4096u       /* BPF_MAXINSNS */
#define RF_STRING_MAX  4095u       /* PATH_MAX - 1; also bounds one argument or environment entry */
#define RF_RECORDS_MAX 4096u       /* records of one section other than STRINGS */
#define RF_NONE        0xffffffffu /* "absent" for an rf_str offset, a parameter index */
#define RF_UNLIMITED   UINT64_MAX

struct rf_header {
    uint8_t magic[8];
    uint16_t major;         /* a higher one is refused */
    uint16_t minor;         /* a higher one is read if no unknown section or required bit is there */
    uint32_t total_length;  /* of the file, source map included */
    uint32_t launch_length; /* of the launch part; multiple of 8 */
    uint32_t section_count;
    uint64_t required;    /* RF_REQUIRE_* bits; an unknown one is refused */
    uint32_t language;    /* policy language version, the policy's `ringfence:` */
    uint32_t kernel;      /* the policy's `kernel:`, major << 16 | minor */
    uint32_t launch_crc;  /* CRC-32C of the launch part, this field taken as zero */
    uint32_t map_crc;     /* CRC-32C of the source map, 0 without one */
    uint8_t identity[32]; /* SHA-256 of the launch part with total_length, launch_crc, map_crc and
                                 identity taken as zero: the same with or without a source map */
};

struct rf_section {
    uint32_t type;   /* enum rf_section_type */
    uint32_t offset; /* from the start of the file */
    uint32_t length; /* bytes, without padding; never 0 (an empty section is left out) */
    uint32_t reserved;
};

/* Features of the kernel or of the enforcer, beyond Linux 5.10, without which this blob must not start. */
#define RF_REQUIRE_MOUNT_SETATTR 0x1u /* recursive read-only, id-mapped binds: Linux 5.12 */
#define RF_REQUIRE_MDWE          0x2u /* the prctl PR_SET_MDWE, Linux 6.3 */
#define RF_REQUIRE_ALL           0x3u

struct rf_str {
    uint32_t offset; /* into STRINGS; RF_NONE: absent (then length is 0) */
    uint32_t length; /* without the NUL */
};

/* A value that may hold one parameter: prefix + parameter's value + suffix.  Without a parameter the
 * whole value is prefix and suffix is absent.  A wholly absent text has prefix absent, no parameter. */
struct rf_text {
    struct rf_str prefix;
    struct rf_str suffix;
    uint32_t parameter; /* index into PARAMETERS, or RF_NONE */
    uint32_t reserved;
};

enum rf_section_type {
    RF_STRINGS = 1,
    RF_PARAMETERS,
    RF_NAMESPACES,
    RF_JOINS,
    RF_ID_MAPS,
    RF_ROOT,
    RF_MOUNTS,
    RF_MASKS,
    RF_READ_ONLY,
    RF_DEVICES,
    RF_LIMITS,
    RF_IO,
    RF_PROCESS,
    RF_ARGS,
    RF_ENV,
    RF_PASS_ENV,
    RF_GROUPS,
    RF_RLIMITS,
    RF_CONFINE,
    RF_FILTER_X86_64,
    RF_FILTER_AARCH64,
    RF_FILTER_RISCV64,
    RF_LANDLOCK,
    RF_LANDLOCK_PATHS,
    RF_LANDLOCK_PORTS,
    RF_TUNING,
    RF_CPUS,
    RF_NODES,
    RF_DOMAINNAME,
    RF_SYSCTLS,
    RF_CGROUP,
    RF_FILLS,
    RF_SERVICE,
    RF_KEEP_FDS,
    RF_ATTEND,
    RF_SECTION_END
};
#define RF_IS_FILTER(type) ((type) >= RF_FILTER_X86_64 && (type) <= RF_FILTER_RISCV64)

enum rf_param_type {
    RF_PARAM_PATH = 1,
    RF_PARAM_NAME,
    RF_PARAM_NUMBER,
    RF_PARAM_IPV4,
    RF_PARAM_IPV6,
    RF_PARAM_IPV4_PREFIX, /* an address and a prefix length: its host bits are free */
    RF_PARAM_IPV6_PREFIX
};

/* A path value is absolute, without "." and ".." components.  A name value is 1..max_length bytes
 * of [A-Za-z0-9._-], first one a letter or digit.  The others: value.c. */
struct rf_parameter {
    struct rf_str name;
    struct rf_str under;    /* PATH: the value must resolve beneath this directory, no symlinks; or absent.
                               NUMBER: "LEAST..MOST".  Addresses: a prefix that holds the value; or absent */
    struct rf_str fallback; /* default value; absent: required at launch */
    uint32_t type;          /* enum rf_param_type */
    uint32_t max_length;    /* bytes, 1..RF_STRING_MAX */
};

#define RF_NS_SET_TIME 0x1u /* write the two clock offsets; without it they are 0 */
#define RF_NS_MAP_SELF 0x2u /* user namespace without ID_MAPS: process.uid/gid inside is the launcher's euid/egid */

struct rf_namespaces {
    uint32_t create;  /* CLONE_NEW* of the namespaces made new */
    uint32_t flags;   /* RF_NS_* */
    int64_t boottime; /* seconds added to CLOCK_BOOTTIME, CLOCK_MONOTONIC */
    int64_t monotonic;
    struct rf_text hostname; /* absent: left as it is; only with CLONE_NEWUTS; at most 64 bytes */
};

struct rf_join {
    struct rf_str path; /* a namespace file */
    uint32_t kind;      /* its CLONE_NEW* flag */
    uint32_t reserved;
};

struct rf_id_map {
    uint32_t kind; /* 0: uid, 1: gid */
    uint32_t inside;
    uint32_t outside;
    uint32_t size;
};

enum rf_proc { RF_PROC_NONE, RF_PROC_FULL, RF_PROC_PIDS };
enum rf_sys { RF_SYS_NONE, RF_SYS_READ_ONLY };
#define RF_ROOT_WRITABLE 0x1u
#define RF_ROOT_KEEP     0x2u /* exactly when CLONE_NEWNS is not created: nothing is mounted, path is "/" */
/* Two bits: how little one user sees of the others in /proc; 0: a full /proc shows all, one of pids nothing. */
#define RF_ROOT_HIDEPID   0xcu
#define RF_HIDEPID(flags) ((flags) >> 2 & 3)
enum rf_hidepid { RF_HIDEPID_NOACCESS = 1, RF_HIDEPID_INVISIBLE, RF_HIDEPID_PTRACEABLE };

struct rf_root {
    struct rf_text path;
    uint32_t flags;
    uint32_t proc; /* enum rf_proc */
    uint32_t sys;  /* enum rf_sys */
    uint32_t reserved;
};

enum rf_mount_kind {
    RF_MOUNT_BIND = 1,
    RF_MOUNT_TMPFS,
    RF_MOUNT_OVERLAY, /* the root itself: the image below, untouched, and above it a tmpfs that takes what is written */
    RF_MOUNT_CONTENT, /* a file of our own */
    RF_MOUNT_DEVPTS,
    RF_MOUNT_MQUEUE,
    RF_MOUNT_CGROUP /* cgroup v2, from the leaf down */
};
#define RF_MOUNT_WRITABLE  0x1u /* of a BIND; TMPFS, OVERLAY, DEVPTS, MQUEUE always have it, CONTENT and CGROUP never */
#define RF_MOUNT_RECURSIVE 0x2u /* BIND; without WRITABLE it needs RF_REQUIRE_MOUNT_SETATTR */
#define RF_MOUNT_NOEXEC    0x4u /* BIND, TMPFS */
#define RF_MOUNT_ID_MAP    0x8u /* BIND: owners through ID_MAPS; needs RF_REQUIRE_MOUNT_SETATTR */

struct rf_mount {          /* in ascending byte order of target, so parents come first */
    struct rf_str target;  /* absolute, inside the root; / exactly for OVERLAY; never /proc*, /sys*, /dev itself; but
                              CGROUP may be /sys/fs/cgroup */
    struct rf_text source; /* BIND: host path; CONTENT: the file's bytes; else absent */
    uint32_t kind;
    uint32_t flags;
    uint64_t size;   /* TMPFS, OVERLAY: bytes, never 0; else 0 */
    uint32_t mode;   /* TMPFS: 0..07777; CONTENT: 0..0777; else 0 */
    uint32_t uid;    /* TMPFS, CONTENT: owner, as seen inside */
    uint32_t gid;    /* the same; DEVPTS: group of the terminals */
    uint32_t inodes; /* TMPFS, OVERLAY: most files and directories; 0: as many as the kernel lets */
};

struct rf_path {
    struct rf_str path;
}; /* MASKS and READ_ONLY, ascending, absolute */

struct rf_device {
    struct rf_str name; /* under /dev, no slash */
    uint32_t major;
    uint32_t minor;
    uint32_t mode; /* permission bits */
    uint32_t reserved;
};

enum rf_controller { RF_CTL_CPU = 1, RF_CTL_MEMORY, RF_CTL_PIDS };
enum rf_compare {                   /* how the value read back may differ from the text written */
                  RF_CMP_EXACT = 1, /* equal up to the final newline */
                  RF_CMP_PAGES = 2, /* a number of bytes, rounded down to the page by the kernel; unlimited is "max"
                                 (v2) or any number >= 2^63 - 2^16 (v1) */
};
#define RF_LIMIT_OPTIONAL 0x1u /* skip, and say so, where the file or controller is missing */
#define RF_LIMIT_IF_SWAP                                                                                               \
    0x2u /* skip where the kernel has no such file: swap accounting is off and the
                                     host has no swap at all, else fail */

struct rf_limit {        /* in the order they must be written */
    struct rf_str file;  /* cgroup file name */
    struct rf_str text;  /* what is written */
    uint32_t controller; /* enum rf_controller */
    uint32_t version;    /* 1 or 2: used only on a host whose controller is there */
    uint32_t compare;    /* enum rf_compare */
    uint32_t flags;
    uint64_t value; /* the same as a number; RF_UNLIMITED for max; PAGES only, else 0.  With a FILLS record: what is
                       added to the parameter's value */
};

struct rf_io {
    struct rf_text device; /* host path: block device, or anything on one */
    uint64_t rbps;         /* bytes per second; RF_UNLIMITED: not limited.  v2 io.max, v1 blkio.throttle.* */
    uint64_t wbps;
    uint64_t riops; /* operations per second */
    uint64_t wiops;
};

enum rf_init { RF_INIT_NONE, RF_INIT_REAPER };
#define RF_PROCESS_SET_OOM      0x1u /* oom_score_adj is written */
#define RF_PROCESS_OOM_OPTIONAL 0x2u

struct rf_process {
    struct rf_str cwd;
    uint32_t uid; /* as seen inside */
    uint32_t gid;
    uint32_t init;  /* enum rf_init */
    uint32_t umask; /* 0..0777 */
    uint32_t flags;
    int32_t oom_score_adj; /* -1000..1000 */
};

struct rf_arg {
    struct rf_str text;
};                                /* ARGS: the program and its arguments; ENV: NAME=value */
#define RF_PASS_ENV_OPTIONAL 0x1u /* may be unset in the launcher; without it that fails the launch */
struct rf_pass_env {              /* a variable taken from the launcher's environment */
    struct rf_str name;
    uint32_t flags;
    uint32_t reserved;
};
struct rf_group {
    uint32_t gid;
    uint32_t reserved;
};                     /* ascending */
struct rf_rlimit {     /* ascending by resource */
    uint32_t resource; /* RLIMIT_* */
    uint32_t reserved;
    uint64_t soft; /* RF_UNLIMITED is RLIM_INFINITY */
    uint64_t hard;
};

#define RF_CONFINE_NO_FILTER 0x1u /* the policy says `seccomp: none`; then no FILTER section is there */

struct rf_confine {
    uint64_t capabilities; /* bit n: capability n; the whole set the payload may have */
    uint32_t flags;
    uint32_t reserved;
    struct rf_text notify_socket; /* host path: who answers the calls for which a filter says USER_NOTIF; absent exactly
                                     when none does */
};

struct rf_cgroup {
    struct rf_text name; /* of the leaf directory, behind the enforcer's own prefix: no slash, at most 64 bytes */
};
#define RF_SHORT_MAX 64u /* __NEW_UTS_LEN; a cgroup's name too */

/* A record whose string holds a parameter: `text` stands for it, and the string itself is empty (MOUNTS: the size of a
 * TMPFS is 0).  LIMITS, MOUNTS: a NUMBER, without prefix and suffix. */
struct rf_fill {
    uint32_t section; /* MOUNTS, LIMITS, ARGS or ENV */
    uint32_t index;   /* of the record in it; ascending by (section, index) */
    struct rf_text text;
};
#define RF_FILLS_MAX  1024u
#define RF_FILL_BYTES 131072u /* of all values of FILLS at their longest, each with its NUL */

enum rf_supervision { RF_SUPERVISED, RF_SAME_PROCESS };
enum rf_hand_on { RF_HAND_ON_NOT, RF_HAND_ON, RF_HAND_ON_IF_THERE };

/* What a service manager and its services say to each other; left out when all of it is 0. */
struct rf_service {
    uint32_t supervision;   /* enum rf_supervision; SAME_PROCESS: execve in the process that was started, so no new or
                               joined pid namespace, no new time namespace, no reaper, no notify_socket */
    uint32_t listen_fds;    /* enum rf_hand_on: the descriptors of LISTEN_FDS, and its variables */
    uint32_t notify_socket; /* enum rf_hand_on: the socket of NOTIFY_SOCKET, at /dev/notify, and WATCHDOG_* */
    uint32_t reserved;
};

#define RF_KEEP_FD_MAX 63u /* one 64-bit word says which descriptors stay */
struct rf_keep_fd {        /* strictly ascending by fd */
    struct rf_str name;    /* what the policy calls it */
    uint32_t fd;           /* 3..RF_KEEP_FD_MAX */
    uint32_t reserved;
};

#define RF_ATTEND_TERMINAL 0x1u /* the payload gets a pseudo-terminal; not with RF_ROOT_KEEP */
#define RF_ATTEND_STOP     0x2u /* stop_timeout counts from any SIGTERM that is passed on */
#define RF_STOP_TIMEOUT    10000u

/*
 * How the supervisor attends to the payload.  Without the record: no terminal, no time limit, RF_STOP_TIMEOUT.
 * SIGTERM becomes SIGKILL after stop_timeout: that of the time limit always; one that is passed on with
 * RF_ATTEND_STOP, and where the payload is process 1 of a new pid namespace, since there the kernel drops what it has no
 * handler for.
 */
struct rf_attend {
    uint64_t time_limit;   /* milliseconds; 0: none */
    uint64_t stop_timeout; /* milliseconds */
    uint32_t flags;
    uint32_t reserved;
};

/* One instruction of classic BPF: struct sock_filter of linux/filter.h. */
struct rf_insn {
    uint16_t code;
    uint8_t jt;
    uint8_t jf;
    uint32_t k;
};

#define RF_LANDLOCK_BIND    0x1u /* ports: the kernel's LANDLOCK_ACCESS_NET_* of TCP */
#define RF_LANDLOCK_CONNECT 0x2u
#define RF_LANDLOCK_READ    0x1u /* paths: what each means is the enforcer's, and the policy reference's */
#define RF_LANDLOCK_WRITE   0x2u
#define RF_LANDLOCK_EXECUTE 0x4u

struct rf_landlock {
    uint32_t abi;   /* the least that the kernel must have */
    uint32_t ports; /* RF_LANDLOCK_BIND, _CONNECT: refused but for LANDLOCK_PORTS */
    uint32_t scope; /* LANDLOCK_SCOPE_*: 1 abstract unix sockets, 2 signals */
    uint32_t reserved;
};
struct rf_landlock_path { /* ascending by path */
    struct rf_str path;   /* inside the root */
    uint32_t access;      /* RF_LANDLOCK_READ, _WRITE, _EXECUTE */
    uint32_t reserved;
};
struct rf_landlock_port { /* ascending by port */
    uint32_t port;
    uint32_t access; /* of what LANDLOCK.ports has */
};

/* In the order in which they are set; value is what the kernel's call takes. */
enum rf_tuning_kind {
    RF_TUNING_NICE = 1,        /* setpriority: -20..19 */
    RF_TUNING_IO_PRIORITY,     /* ioprio_set: class << 13 | level */
    RF_TUNING_SCHEDULER,       /* sched_setscheduler: SCHED_*; the one with a priority */
    RF_TUNING_PERSONALITY,     /* personality: PER_LINUX or PER_LINUX32, no flags */
    RF_TUNING_TIMER_SLACK,     /* PR_SET_TIMERSLACK: nanoseconds */
    RF_TUNING_MDWE,            /* PR_SET_MDWE: 1; needs RF_REQUIRE_MDWE */
    RF_TUNING_STORE_BYPASS,    /* PR_SET_SPECULATION_CTRL: PR_SPEC_DISABLE or PR_SPEC_FORCE_DISABLE */
    RF_TUNING_INDIRECT_BRANCH, /* the same */
    RF_TUNING_L1D_FLUSH,       /* PR_SPEC_ENABLE */
    RF_TUNING_NUMA,            /* set_mempolicy: MPOL_*; the nodes are in NODES */
    RF_TUNING_SECUREBITS,      /* SECBIT_* beside those that are always set; each gets its lock too */
    RF_TUNING_KEEP_IGNORED,    /* bit n - 1: signal n stays ignored if the launcher ignores it */
    RF_TUNING_END
};

struct rf_tuning { /* ascending by kind */
    uint32_t kind; /* enum rf_tuning_kind */
    uint32_t priority;
    int64_t value;
};

struct rf_bits { /* CPUS, NODES: bit b of record i is number 64 * i + b; the last record is not 0 */
    uint64_t bits;
};

struct rf_domainname { /* only with CLONE_NEWUTS */
    struct rf_text text;
};

struct rf_sysctl {      /* ascending by name */
    struct rf_str name; /* path below /proc/sys, with the leading slash: one of a namespace that is made new */
    struct rf_str value;
};

/*
 * The source map: header, files, entries, then string bytes to the end.  Entries ascend by
 * (section, index, action).  `index` is the number of the record in its section; in a section of at most one record
 * (NAMESPACES, ROOT, CONFINE...) the byte offset of the field; in a FILTER section the system-call number
 * (of i386 and arm with RF_MAP_COMPAT), RF_NONE for the default action or RF_MAP_UNKNOWN for that of newer calls.
 */
#define RF_MAP_COMPAT  0x80000000u
#define RF_MAP_UNKNOWN 0xfffffffeu

struct rf_map_header {
    uint32_t file_count;
    uint32_t entry_count;
    uint32_t string_bytes;
    uint32_t reserved;
};
struct rf_map_file {
    struct rf_str name; /* as a reader of the main policy would write it: relative to it, '/' separated */
    uint8_t sha256[32]; /* of the source's bytes */
};
struct rf_map_entry {
    uint32_t section;
    uint32_t index;
    uint32_t file;   /* index into the files */
    uint32_t line;   /* 1-based */
    uint32_t column; /* 1-based, in characters */
    int32_t
        action; /* FILTER sections: SECCOMP_RET_* that the line gives the call: the strictest is the least; else 0 */
};

#endif
