/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: that the program could start, and that its lists have room in the compiled form. */
#include "check.h"
#include "merge.h"

#define MOST 1024u /* of LANDLOCK_PATHS and LANDLOCK_PORTS in sections.def */

static const enum key_id keys[] = {K_landlock_read, K_landlock_write, K_landlock_execute,    K_landlock_connect,
                                   K_landlock_bind, K_landlock_scope, K_landlock_minimum_abi};

static const struct value *first_said(const struct policy *p) {
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (p->all[keys[i]].set) return &p->all[keys[i]];
    return NULL;
}

bool rf_check_has_landlock(const struct policy *p) {
    return first_said(p) != NULL;
}

/* Lists that share one section; what is in two of them counts twice. */
static void check_room(struct compile_context *c, const struct policy *p, const enum key_id *lists, size_t count,
                       const char *what) {
    const struct value *last = NULL;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        n += rf_merge_count(&p->all[lists[i]]);
        if (p->all[lists[i]].set) last = &p->all[lists[i]];
    }
    if (last && n > MOST)
        rf_diag(c->diags, D_TOO_MANY, last->at, "landlock has %zu %s in all its lists; %u are the limit", n, what,
                MOST);
}

void rf_check_landlock(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    const struct value *said = first_said(p);
    if (!said) return;
    check_room(c, p, keys, 3, "paths");
    check_room(c, p, keys + 3, 2, "ports");
    if (rf_check_is_base(file) || rf_merge_count(&p->landlock_execute) || file->own.landlock_execute.bad) return;
    struct diag *d = rf_diag(c->diags, D_MISSING_KEY, p->landlock_execute.set ? p->landlock_execute.at : said->at,
                             "landlock without anything in 'landlock.execute' lets no program start");
    rf_diag_help(c->diags, d,
                 "any key of landlock refuses every file access that no list gives: write execute: [/usr], or "
                 "read: [/], write: [/] and execute: [/] where files are not to be restricted");
}
