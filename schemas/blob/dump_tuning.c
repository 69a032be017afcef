/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of process attributes and sysctls in words. */
#include <inttypes.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/securebits.h>

#include "words.h"

static void say_io_priority(struct rf_words *w, uint64_t value) {
    static const char *const classes[] = {"none", "realtime", "best-effort", "idle"};
    uint64_t class = IOPRIO_PRIO_CLASS(value);
    rf_words_say(w, "%s", classes[class & 3]);
    if (class != IOPRIO_CLASS_IDLE) rf_words_say(w, "(%u)", (unsigned)(value & 7));
}

static void say_scheduler(struct rf_words *w, const struct rf_tuning *t) {
    static const char *const policies[] = {"other", "fifo", "rr", "batch", "deadline", "idle"};
    rf_words_say(w, "%s", policies[t->value]);
    if (t->priority) rf_words_say(w, "(%" PRIu32 ")", t->priority);
}

static void say_signals(struct rf_words *w, uint64_t mask) {
    static const char *const names[] = {"",       "HUP",  "INT",    "QUIT", "ILL",   "TRAP", "ABRT", "BUS",
                                        "FPE",    "KILL", "USR1",   "SEGV", "USR2",  "PIPE", "ALRM", "TERM",
                                        "STKFLT", "CHLD", "CONT",   "STOP", "TSTP",  "TTIN", "TTOU", "URG",
                                        "XCPU",   "XFSZ", "VTALRM", "PROF", "WINCH", "IO",   "PWR",  "SYS"};
    const char *between = "";
    for (unsigned n = 1; n < 32; n++) {
        if (!(mask >> (n - 1) & 1)) continue;
        rf_words_say(w, "%s%s", between, names[n]);
        between = ", ";
    }
}

void rf_words_tuning(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    static const char *const names[] = {"",
                                        "nice: ",
                                        "io priority: ",
                                        "scheduler: ",
                                        "personality: ",
                                        "timer slack: ",
                                        "memory that was writable is never executable",
                                        "speculative store bypass: ",
                                        "indirect branch speculation: ",
                                        "L1D cache flushed when it is left",
                                        "memory policy: ",
                                        "further securebits, locked: ",
                                        "signals that stay ignored: "};
    static const char *const policies[] = {"", "preferred", "bind", "interleave", "local"};
    static const struct rf_bit bits[] = {{SECBIT_NOROOT, "noroot"},
                                         {SECBIT_NO_SETUID_FIXUP, "no_setuid_fixup"},
                                         {SECBIT_NO_CAP_AMBIENT_RAISE, "no_cap_ambient_raise"}};
    const struct rf_tuning *t = RF_RECORD(v, TUNING, struct rf_tuning, i);
    rf_words_say(w, "%s", names[t->kind]);
    switch ((enum rf_tuning_kind)t->kind) {
    case RF_TUNING_NICE: rf_words_say(w, "%" PRId64, t->value); break;
    case RF_TUNING_IO_PRIORITY: say_io_priority(w, (uint64_t)t->value); break;
    case RF_TUNING_SCHEDULER: say_scheduler(w, t); break;
    case RF_TUNING_PERSONALITY: rf_words_say(w, t->value ? "linux32" : "linux"); break;
    case RF_TUNING_TIMER_SLACK: rf_words_say(w, "%" PRId64 " ns", t->value); break;
    case RF_TUNING_STORE_BYPASS:
    case RF_TUNING_INDIRECT_BRANCH:
        rf_words_say(w, t->value == PR_SPEC_DISABLE ? "disabled" : "disabled for good");
        break;
    case RF_TUNING_NUMA: rf_words_say(w, "%s", policies[t->value]); break;
    case RF_TUNING_SECUREBITS: SAY_BITS(w, (uint64_t)t->value, bits); break;
    case RF_TUNING_KEEP_IGNORED: say_signals(w, (uint64_t)t->value); break;
    default: break;
    }
}

/* The numbers of one 64, as ranges. */
static void say_bits(struct rf_words *w, uint64_t bits, uint32_t first) {
    const char *between = "";
    for (uint32_t n = 0; n < 64; n++) {
        uint32_t from = n;
        if (!(bits >> n & 1)) continue;
        while (n < 63 && bits >> (n + 1) & 1) n++;
        rf_words_say(w, n > from ? "%s%" PRIu32 "-%" PRIu32 : "%s%" PRIu32, between, first + from, first + n);
        between = ",";
    }
    if (!bits) rf_words_say(w, "none of %" PRIu32 "-%" PRIu32, first, first + 63);
}

void rf_words_cpus(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    rf_words_say(w, "processors ");
    say_bits(w, RF_RECORD(v, CPUS, struct rf_bits, i)->bits, 64 * i);
}

void rf_words_nodes(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    rf_words_say(w, "memory nodes ");
    say_bits(w, RF_RECORD(v, NODES, struct rf_bits, i)->bits, 64 * i);
}

void rf_words_domainname(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    rf_words_say(w, "domain name: ");
    rf_words_text(w, v, &RF_RECORD(v, DOMAINNAME, struct rf_domainname, i)->text);
}

void rf_words_sysctl(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_sysctl *s = RF_RECORD(v, SYSCTLS, struct rf_sysctl, i);
    rf_words_say(w, "sysctl ");
    rf_words_word(w, v, s->name);
    rf_words_say(w, " = ");
    rf_words_quoted(w, v, s->value);
}
