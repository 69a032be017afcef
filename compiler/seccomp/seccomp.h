/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp compiler: conditions to code, and the proof that the code means the policy.
 *
 *   expr.c    text of a condition -> struct rf_cond (per machine: constants differ)
 *   gen.c     struct rf_seccomp -> classic BPF.  Knows nothing of prove.c.
 *   prove.c   struct rf_seccomp + any BPF -> equal, or a witness.  Knows nothing of gen.c: it reads the
 *             conditions by their meaning and runs the program, both over symbolic words.
 *   bpf.c     runs a program on one concrete seccomp_data (inspect, tests); disassembles.
 *
 * Meaning (design): the strictest matching action wins, kill > errno > notify > log > allow (of two errnos, which
 * rf_policy_conflict() makes an error, the one with the smaller value); with no match the
 * default; numbers that are no call of the policy's kernel: `unknown`, whatever later releases made of them: so newer
 * tables change no decision.
 * Another architecture word, and on x86_64 the x32 range (number >= RF_X32_BIT), is kill, unless one of the
 * policies behind `compat` is that ABI's.
 */
#ifndef RF_SECCOMP_H
#define RF_SECCOMP_H

#include "../../schemas/blob/format.h"
#include "../arena.h"
#include "../tables/tables.h"

/* In ascending order of strictness. */
enum rf_action_kind { RF_ACT_ALLOW, RF_ACT_LOG, RF_ACT_NOTIFY, RF_ACT_ERRNO, RF_ACT_KILL };
struct rf_action {
    enum rf_action_kind kind;
    uint32_t error; /* ERRNO: 1..4095; else 0 */
};
/* The SECCOMP_RET_* word of an action, data included. */
uint32_t rf_action_ret(struct rf_action action);

enum rf_cond_kind {
    RF_COND_AND,
    RF_COND_OR,  /* left, right */
    RF_COND_NOT, /* left */
    RF_COND_EQ,
    RF_COND_NE,
    RF_COND_LT,
    RF_COND_LE,
    RF_COND_GT,
    RF_COND_GE,      /* argument op value */
    RF_COND_RANGE,   /* value <= argument <= high */
    RF_COND_BITS,    /* (argument & mask) != 0 */
    RF_COND_BITS_EQ, /* (argument & mask) == value */
    RF_COND_BITS_NE  /* (argument & mask) != value */
};

/* Values and masks are cut to the argument's width (two's complement) and zero above it.  Ordered
 * comparisons of a signed argument compare as signed numbers of that width. */
struct rf_cond {
    enum rf_cond_kind kind;
    const struct rf_cond *left, *right;
    uint8_t argument; /* 0..5 */
    uint8_t width;    /* 16, 32, 64: from the table */
    bool is_signed;
    uint64_t value, high, mask;
    uint32_t start, end; /* byte range in the text of the condition, for diagnostics */
};

/* What is wrong with a condition's text; `start`..`end` is the byte range to underline. */
struct rf_expr_error {
    const char *message; /* in the arena; without final period */
    const char *help;    /* or NULL: a suggestion such as "did you mean 'AF_UNIX'?" */
    uint32_t start, end;
};

/*
 * Parses a condition on `call` for one machine.  Grammar (loosest first):
 *   or:  and ("or" and)*        and: not ("and" not)*        not: "not" not | "(" or ")" | test
 *   test: arg OP value | arg "in" "[" value,... "]" | arg "in" value ".." value
 *       | arg "&" mask            (non-zero)   | "(" arg "&" mask ")" ("==" | "!=") value
 *   OP: == != < <= > >=      value: number | NAME | "-" number | value "|" value
 *   arg: a name of the call's argument list
 * Numbers are decimal or 0x hexadecimal.  Errors: unknown argument (with suggestion), unknown constant,
 * constant wider than the argument (also a negative one for an unsigned argument), condition on a
 * pointer, a call without a typed list, ordering operators on nothing, empty list, low > high, nesting
 * deeper than 32, more than 256 tests, `(x & m) == v` with bits of v outside m.
 * Returns NULL and fills *error.
 */
const struct rf_cond *rf_expr_parse(struct rf_arena *arena, const struct rf_syscall *call, enum rf_machine machine,
                                    const char *text, struct rf_expr_error *error);

struct rf_rule {
    const struct rf_cond *when; /* NULL: always */
    struct rf_action action;
    const void *origin; /* the caller's, for messages; or NULL */
};
struct rf_call_rules {
    uint32_t number;
    const struct rf_rule *rules; /* in any order; count may be 0 (same as not listed) */
    size_t count;
};
struct rf_seccomp {
    enum rf_machine machine;
    uint32_t kernel;           /* RF_RELEASE: newer calls of the table are as if they were not there */
    struct rf_action fallback; /* the policy's `default` */
    struct rf_action unknown;
    const struct rf_call_rules *calls; /* ascending by number, each number once */
    size_t count;
    const uint32_t *hot;             /* how often each call of rf_syscalls[] is made, in any unit; NULL: all alike */
    const struct rf_seccomp *compat; /* another ABI that the same filter judges (its own `compat` the next), or NULL */
};

/* Generates the filter into out[0..RF_FILTER_MAX). Returns the number of instructions, 0 if it would
 * need more than RF_FILTER_MAX. Deterministic. Uses the arena for scratch. */
size_t rf_gen(struct rf_arena *arena, const struct rf_seccomp *policy, struct rf_insn *out);

struct rf_seccomp_data { /* struct seccomp_data of linux/seccomp.h */
    uint32_t number, arch;
    uint64_t instruction_pointer;
    uint64_t args[6];
};

/* Beyond either a proof is TOO_LARGE: it takes a second or two by then. */
#define RF_PROOF_CELLS_MAX 2000000u
#define RF_PROOF_TESTS_MAX 100000000u
enum rf_proof_result { RF_PROVEN, RF_DIFFERS, RF_PROOF_TOO_LARGE, RF_PROOF_MALFORMED };
struct rf_proof {
    enum rf_proof_result result;
    size_t cells; /* regions compared */
    /* DIFFERS: one input on which they differ, and the two answers */
    struct rf_seccomp_data witness;
    uint32_t filter_says, policy_says;
};
/* Compares program and policy over every architecture word, every number and all 64-bit arguments.
 * MALFORMED: the program is not one rf_view_check_filter() would accept (loads instruction_pointer, ...). */
struct rf_proof rf_prove(struct rf_arena *arena, const struct rf_seccomp *policy, const struct rf_insn *insns,
                         size_t count);

/* The policy's answer (SECCOMP_RET_*) for one concrete input: by the evaluator of prove.c. */
uint32_t rf_policy_answer(const struct rf_seccomp *policy, const struct rf_seccomp_data *data);

/*
 * Whether any input that satisfies `where` (NULL: all) can get an answer ALLOW or LOG for call number
 * `number`; fills *witness when it can. For `never` and dead-rule checks.  A search beyond
 * RF_PROOF_CELLS_MAX regions counts as "can", with an input not yet searched as the witness.
 */
bool rf_policy_may_allow(struct rf_arena *arena, const struct rf_seccomp *policy, uint32_t number,
                         const struct rf_cond *where, struct rf_seccomp_data *witness);

/*
 * judge.c: what is true of a condition (NULL: always true) on one ABI over all arguments.  A search beyond
 * RF_PROOF_CELLS_MAX regions answers as a condition that says something would: possible, not total, decides.
 */
bool rf_cond_possible(struct rf_arena *arena, enum rf_machine abi, const struct rf_cond *cond);
bool rf_cond_total(struct rf_arena *arena, enum rf_machine abi, const struct rf_cond *cond);
/* Whether some input is decided by rule `which`: it matches, and neither a stricter rule does nor an equal one before
 * it. Where none is, *other is a rule that covers some of it. */
bool rf_rule_decides(struct rf_arena *arena, enum rf_machine abi, const struct rf_call_rules *call, size_t which,
                     size_t *other);

/* Two errno actions with different values that can match the same input of one call (an error in the
 * policy), even where a kill covers it: true, the rule indices and a witness. Strictest-wins leaves only
 * errno against errno open.  A search beyond RF_PROOF_CELLS_MAX regions counts as a conflict. */
bool rf_policy_conflict(struct rf_arena *arena, const struct rf_seccomp *policy, const struct rf_call_rules *call,
                        size_t *first, size_t *second, struct rf_seccomp_data *witness);

/* The rule that decides one concrete input, of equals the first; NULL: none, and the default or `unknown` is given. */
const struct rf_rule *rf_policy_decider(const struct rf_seccomp *policy, const struct rf_seccomp_data *data);

/*
 * What a program can return for call `number` of an ABI where its arguments satisfy `where` (NULL: whatever they are),
 * each answer once with an input that gets it, in the order of finding. At most `most`; *complete is false when there
 * were more, or the search went beyond RF_PROOF_CELLS_MAX regions.
 */
struct rf_answer {
    uint32_t says;
    struct rf_seccomp_data witness;
};
size_t rf_bpf_answers(struct rf_arena *arena, const struct rf_insn *insns, enum rf_machine abi, uint32_t number,
                      const struct rf_cond *where, struct rf_answer *answers, size_t most, bool *complete);

/* "allow", "errno(EPERM)", ... of a SECCOMP_RET_* word, NUL-terminated into buffer; returns buffer. */
const char *rf_action_words(uint32_t ret, char *buffer, size_t size);

/* Runs a program that rf_view_check_filter() accepts on one input; *steps (or NULL) gets the number of
 * instructions executed. */
uint32_t rf_bpf_run(const struct rf_insn *insns, size_t count, const struct rf_seccomp_data *data, size_t *steps);

/* One instruction in words ("  12: jge #0x1a, 15, 22"), NUL-terminated into buffer. */
void rf_bpf_disassemble(const struct rf_insn *insn, size_t at, char *buffer, size_t size);

#endif
