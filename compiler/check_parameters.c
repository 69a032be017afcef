/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: declared, used, of a type that fits the place, and never too long. */
#include "bind.h"
#include "check.h"

#include <string.h>

struct uses {
    struct compile_context *c;
    const struct policy *p;
    bool *used; /* by place in parameters */
};

static size_t longest(const struct item *parameter) {
    if (RF_FIELD(parameter, parameter, max).set) return RF_FIELD(parameter, parameter, max).num;
    return RF_FIELD(parameter, parameter, type).num == 0 ? RF_STRING_MAX : 63;
}

static void use(struct uses *u, const struct value *v, const char *spec) {
    if (!v->set || !v->parameter) return;
    struct diags *diags = u->c->diags;
    const struct item *parameter = rf_item_find(&u->p->parameters, v->parameter);
    if (!parameter || parameter->gone) {
        struct guess guess;
        rf_guess_init(&guess, v->parameter, strlen(v->parameter));
        for (size_t i = 0; i < u->p->parameters.count; i++) rf_guess_try(&guess, u->p->parameters.items[i].name);
        struct diag *d =
            rf_diag(diags, D_UNDECLARED_PARAMETER, v->at, "the parameter '%s' is not declared", v->parameter);
        if (guess.best)
            rf_diag_label(diags, d, "did you mean '$(%s)'?", guess.best);
        else
            rf_diag_help(diags, d, "write parameters: {%s: {type: %s}}", v->parameter,
                         strcmp(spec, "path") == 0 ? "path" : "name");
        return;
    }
    u->used[parameter - u->p->parameters.items] = true;
    bool is_path = RF_FIELD(parameter, parameter, type).num == 0, whole = !*v->text && !*v->suffix;
    if (is_path && (strcmp(spec, "path") != 0 || !whole)) {
        struct diag *d = rf_diag(diags, D_BAD_PARAMETER, v->at,
                                 whole ? "a path parameter cannot stand here" : "a path parameter is the whole value");
        rf_diag_other(diags, d, parameter->at, "declared here");
    } else if (!is_path && strcmp(spec, "path") == 0 && v->text[0] != '/') {
        rf_diag(diags, D_BAD_PARAMETER, v->at,
                "the path would not be absolute: write a literal that starts with '/' before the name");
    } else if (strlen(v->text) + strlen(v->suffix) + longest(parameter) >
               (strcmp(spec, "hostname") == 0 ? 64u : RF_STRING_MAX)) {
        struct diag *d =
            rf_diag(diags, D_TOO_LONG, v->at, "with the longest value of '%s' this would be too long", v->parameter);
        rf_diag_help(diags, d, "give the parameter a smaller max");
    } else if (!is_path && strcmp(spec, "path") == 0) {
        /* The literal parts must be plain: '/srv/' + name + '/data'. A name holds no slash and is never '.' or '..'. */
        const char *sample = rf_arena_printf(u->c->arena, "%sx%s", v->text, v->suffix);
        if (!rf_scalar_is_path(sample, strlen(sample)))
            rf_diag(diags, D_BAD_PATH, v->at, "'%s' is not a plain absolute path", sample);
    }
}

static void check_preset(struct compile_context *c, const struct item *parameter) {
    const struct value *preset = &RF_FIELD(parameter, parameter, preset),
                       *under = &RF_FIELD(parameter, parameter, under);
    bool is_path = RF_FIELD(parameter, parameter, type).num == 0;
    if (under->set && !is_path) rf_diag(c->diags, D_BAD_ENTRY, under->at, "'under' means nothing for a name");
    if (!preset->set) return;
    size_t n = strlen(preset->text);
    if (is_path ? !rf_scalar_is_path(preset->text, n) : !rf_scalar_is_name(preset->text, n))
        rf_diag(c->diags, is_path ? D_BAD_PATH : D_BAD_NAME, preset->at, "the default '%s' is not a %s", preset->text,
                is_path ? "plain absolute path" : "valid name");
    else if (n > longest(parameter))
        rf_diag(c->diags, D_TOO_LONG, preset->at, "the default is longer than the parameter's max");
    else if (under->set && !(strncmp(preset->text, under->text, strlen(under->text)) == 0 &&
                             (preset->text[strlen(under->text)] == '/' || strcmp(under->text, "/") == 0)))
        rf_diag(c->diags, D_BAD_PATH, preset->at, "the default is not below '%s'", under->text);
}

static void use_in_record(struct uses *u, const struct item *entry, const char *record) {
    for (size_t f = 0; f < FIELD_COUNT && entry->fields; f++)
        if (rf_fields[f].type == T_TEMPLATE && strcmp(rf_fields[f].record, record) == 0)
            use(u, &entry->fields[f], rf_fields[f].spec);
}

void rf_check_parameters(struct compile_context *c, const struct file *file) {
    struct uses u = {.c = c, .p = &file->merged};
    const struct value *parameters = &u.p->parameters;
    u.used = rf_arena_alloc(c->arena, parameters->count + 1);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        const struct value *v = &u.p->all[k];
        if (rf_keys[k].type == T_TEMPLATE) use(&u, v, rf_keys[k].spec);
        for (size_t i = 0; rf_keys[k].type == T_RECORDS && i < v->count; i++)
            if (!v->items[i].gone) use_in_record(&u, &v->items[i], rf_keys[k].spec);
    }
    for (size_t i = 0; i < parameters->count; i++) {
        const struct item *parameter = &parameters->items[i];
        if (parameter->gone || !parameter->fields) continue;
        check_preset(c, parameter);
        if (u.used[i] || rf_check_is_base(file)) continue;
        struct diag *d =
            rf_diag(c->diags, D_UNUSED_PARAMETER, parameter->at, "the parameter '%s' is never used", parameter->name);
        rf_diag_help(c->diags, d, "use it as $(%s), or delete it", parameter->name);
    }
}
