/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock's lists: one record for each path and port, with all that the lists give it. */
#include "check.h"
#include "lower.h"

#include <stdlib.h>
#include <string.h>

struct list {
    const struct value *value;
    uint32_t access;
};
struct grant {
    const struct item *item;
    uint32_t access;
};

static int by_object(const void *pa, const void *pb) {
    const struct grant *a = pa, *b = pb;
    if (a->item->num != b->item->num) return a->item->num < b->item->num ? -1 : 1; /* ports; paths have no number */
    int order = strcmp(a->item->name, b->item->name);
    return order ? order : (a->access > b->access) - (a->access < b->access);
}

/* Every path or port once, in order, noted for the source map; *count gets how many. */
static struct grant *collect(struct lower *l, enum rf_section_type section, const struct list *lists, size_t n,
                             size_t *count) {
    struct grant *grants = NULL;
    size_t all = 0, used = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < lists[i].value->count; k++) {
            const struct item *item = &lists[i].value->items[k];
            struct grant grant = {item, lists[i].access};
            if (!item->gone) RF_PUSH(l->c->arena, grants, all, grant);
        }
    if (all) qsort(grants, all, sizeof *grants, by_object);
    for (size_t i = 0; i < all; i++) {
        if (used && strcmp(grants[used - 1].item->name, grants[i].item->name) == 0)
            grants[used - 1].access |= grants[i].access;
        else
            grants[used++] = grants[i];
        rf_lower_note(l, section, (uint32_t)(used - 1), grants[i].item->at);
    }
    *count = used;
    return grants;
}

static void lower_paths(struct lower *l) {
    const struct policy *p = l->p;
    const struct list lists[] = {{&p->landlock_read, RF_LANDLOCK_READ},
                                 {&p->landlock_write, RF_LANDLOCK_WRITE},
                                 {&p->landlock_execute, RF_LANDLOCK_EXECUTE}};
    size_t n;
    const struct grant *grants = collect(l, RF_LANDLOCK_PATHS, lists, sizeof lists / sizeof *lists, &n);
    struct rf_landlock_path *out = RF_LOWER_RECORDS(l, LANDLOCK_PATHS, struct rf_landlock_path, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct rf_landlock_path){rf_lower_string(l, grants[i].item->name), grants[i].access, 0};
}

static void lower_ports(struct lower *l) {
    const struct policy *p = l->p;
    const struct list lists[] = {{&p->landlock_connect, RF_LANDLOCK_CONNECT}, {&p->landlock_bind, RF_LANDLOCK_BIND}};
    size_t n;
    const struct grant *grants = collect(l, RF_LANDLOCK_PORTS, lists, sizeof lists / sizeof *lists, &n);
    struct rf_landlock_port *out = RF_LOWER_RECORDS(l, LANDLOCK_PORTS, struct rf_landlock_port, n);
    for (size_t i = 0; i < n; i++) out[i] = (struct rf_landlock_port){(uint32_t)grants[i].item->num, grants[i].access};
}

void rf_lower_landlock(struct lower *l) {
    const struct policy *p = l->p;
    const struct value *connect = &p->landlock_connect, *bind = &p->landlock_bind, *scope = &p->landlock_scope;
    if (!rf_check_has_landlock(p)) return;
    struct rf_landlock *out = RF_LOWER_RECORDS(l, LANDLOCK, struct rf_landlock, 1);
    out->ports = (connect->set ? RF_LANDLOCK_CONNECT : 0) | (bind->set ? RF_LANDLOCK_BIND : 0);
    for (size_t i = 0; i < scope->count; i++)
        if (!scope->items[i].gone) out->scope |= (uint32_t)scope->items[i].num;
    /* What says the most has its line shown where a kernel has less. */
    const struct {
        const struct value *because;
        uint32_t abi;
    } needs[] = {{&p->landlock_minimum_abi, p->landlock_minimum_abi.set ? (uint32_t)p->landlock_minimum_abi.num : 0},
                 {scope, out->scope ? 6 : 0},
                 {connect->set ? connect : bind, out->ports ? 4 : 0},
                 {&p->landlock_execute, 1}};
    const struct value *because = needs[0].because;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (needs[i].abi > out->abi) out->abi = needs[i].abi, because = needs[i].because;
    RF_LOWER_NOTE_FIELD(l, LANDLOCK, struct rf_landlock, abi, because);
    RF_LOWER_NOTE_FIELD(l, LANDLOCK, struct rf_landlock, ports, connect->set ? connect : bind);
    RF_LOWER_NOTE_FIELD(l, LANDLOCK, struct rf_landlock, scope, scope);
    lower_paths(l);
    lower_ports(l);
}
