/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the generator.  A filter is first a graph of decisions, each node made once and below its
 * parents in number (children are made first), so that every pass is a loop over the array:
 *
 *   gen.c       policy -> ranges of numbers with one answer, and the answer of each call
 *   gen_tree.c  ranges of one word -> the smallest search tree
 *   gen_cond.c  one condition -> decisions
 *   gen_emit.c  the graph itself; graph -> instructions
 */
#ifndef RF_GEN_H
#define RF_GEN_H

#include "seccomp.h"

#include <linux/bpf_common.h>

struct rf_gen_node {
    uint16_t op;   /* BPF_JEQ, BPF_JGE, BPF_JSET, or BPF_RET */
    uint16_t word; /* byte offset in seccomp_data */
    uint32_t mask; /* what is tested is the word & mask */
    uint32_t k;
    uint32_t yes, no; /* nodes */
};

struct rf_gen {
    struct rf_arena *arena;
    struct rf_gen_node *nodes;
    uint32_t *slots; /* hash table of node numbers + 1 */
    uint32_t count, slot_count;
    uint32_t price; /* of an instruction in a number tree: twentieths of a step of the mean */
};

#define RF_WORD_NUMBER         0u
#define RF_WORD_ARCH           4u
#define RF_WORD_LOW(argument)  (16u + 8u * (argument))
#define RF_WORD_HIGH(argument) (20u + 8u * (argument))
#define RF_WHOLE               0xffffffffu

/* The node that is exactly this; made if it is new. */
uint32_t rf_gen_node(struct rf_gen *g, struct rf_gen_node node);
uint32_t rf_gen_ret(struct rf_gen *g, uint32_t ret);
/* As rf_gen_node, but leaves out a test whose outcome cannot matter. */
uint32_t rf_gen_test(struct rf_gen *g, uint32_t op, uint32_t word, uint32_t mask, uint32_t k, uint32_t yes,
                     uint32_t no);

/* Writes the instructions of everything below `root` to out[0..RF_FILTER_MAX); 0 if they do not fit. */
size_t rf_gen_emit(struct rf_gen *g, uint32_t root, struct rf_insn *out);

struct rf_gen_range { /* ascending, without gaps: [low, next one's low) */
    uint32_t low, high;
    uint32_t answer; /* what `resolve` turns into a node */
    uint32_t weight; /* how often inputs fall here, in any unit */
};

/* A search tree over one word whose leaves are the answers.  `resolve` is called when the leaf is
 * placed, so that what it makes lies close to its test. */
uint32_t rf_gen_tree(struct rf_gen *g, uint32_t word, uint32_t mask, const struct rf_gen_range *ranges, size_t count,
                     uint32_t (*resolve)(void *context, uint32_t answer), void *context);

/* Decides `cond`: nodes that lead to `yes` or `no`. */
uint32_t rf_gen_cond(struct rf_gen *g, const struct rf_cond *cond, uint32_t yes, uint32_t no);

#endif
