/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: declared well, used, of a type that fits the place, never too long and never out of its range. */
#include "bind.h"
#include "check.h"
#include "parameters.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct uses {
    struct compile_context *c;
    const struct policy *p;
    bool *used;    /* by place in parameters */
    size_t filled; /* bytes of process.args and process.env, at the longest */
};

/* What may stand where: `spec` of a T_TEMPLATE, "text" of an argument or a variable, "number" in place of one. */
struct place {
    const char *spec;
    enum rf_param_type suggested;
    unsigned types; /* bit n: enum rf_param_type */
    size_t most;    /* bytes, at the longest value */
};
#define ONE(type) (1u << RF_PARAM_##type)
static const struct place places[] = {
    {"path", RF_PARAM_PATH, ONE(PATH) | ONE(NAME) | ONE(NUMBER), RF_STRING_MAX},
    {"hostname", RF_PARAM_NAME, ONE(NAME) | ONE(NUMBER), RF_SHORT_MAX},
    {"cgroup", RF_PARAM_NAME, ONE(NAME) | ONE(NUMBER), RF_SHORT_MAX},
    {"number", RF_PARAM_NUMBER, ONE(NUMBER), RF_STRING_MAX},
    {"text", RF_PARAM_NAME, ~0u, RF_FILL_BYTES},
    {"content", RF_PARAM_NAME, ~0u, RF_STRING_MAX},
};

static const struct place *place_of(const char *spec) {
    size_t i = 0;
    while (strcmp(places[i].spec, spec) != 0) i++;
    return &places[i];
}

static void undeclared(struct uses *u, const struct value *v, const struct place *place) {
    static const char *const forms[] = {
        [RF_PARAM_PATH] = "path", [RF_PARAM_NAME] = "name", [RF_PARAM_NUMBER] = "number, max: ..."};
    struct diags *diags = u->c->diags;
    struct guess guess;
    rf_guess_init(&guess, v->parameter, strlen(v->parameter));
    for (size_t i = 0; i < u->p->parameters.count; i++) rf_guess_try(&guess, u->p->parameters.items[i].name);
    struct diag *d = rf_diag(diags, D_UNDECLARED_PARAMETER, v->at, "the parameter '%s' is not declared", v->parameter);
    if (guess.best)
        rf_diag_label(diags, d, "did you mean '$(%s)'?", guess.best);
    else
        rf_diag_help(diags, d, "write parameters: {%s: {type: %s}}%s", v->parameter, forms[place->suggested],
                     strcmp(place->spec, "text") == 0 ? "; a plain $( is written $$(" : "");
}

/* The literal parts must be plain: '/srv/' + name + '/data'. A name holds no slash and is never '.' or '..'. */
static void check_literals(struct uses *u, const struct value *v, const char *spec) {
    const char *sample = rf_arena_printf(u->c->arena, "%sx%s", v->text, v->suffix);
    if (strcmp(spec, "path") == 0 && v->text[0] != '/')
        rf_diag(u->c->diags, D_BAD_PARAMETER, v->at,
                "the path would not be absolute: write a literal that starts with '/' before the name");
    else if (strcmp(spec, "path") == 0 && !rf_scalar_is_path(sample, strlen(sample)))
        rf_diag(u->c->diags, D_BAD_PATH, v->at, "'%s' is not a plain absolute path", sample);
    else if (strcmp(spec, "cgroup") == 0 && !rf_scalar_is_name(sample, strlen(sample)))
        rf_diag(u->c->diags, D_BAD_NAME, v->at, "'%s' is not a valid name", sample);
}

static void check_place(struct uses *u, const struct value *v, const struct place *place,
                        const struct item *parameter) {
    struct diags *diags = u->c->diags;
    enum rf_param_type type = rf_parameter_type(parameter);
    bool whole = !*v->text && !*v->suffix, whole_only = type == RF_PARAM_PATH && place->types != ~0u;
    size_t length = strlen(v->text) + strlen(v->suffix) + rf_parameter_longest(parameter);
    if (!(place->types >> type & 1)) {
        struct diag *d = rf_diag(diags, D_BAD_PARAMETER, v->at, "a parameter of type %s cannot stand here",
                                 rf_parameter_type_name(parameter));
        rf_diag_other(diags, d, parameter->at, "declared here");
    } else if (!whole && (whole_only || strcmp(place->spec, "number") == 0)) {
        struct diag *d = rf_diag(diags, D_BAD_PARAMETER, v->at, "a parameter of type %s is the whole value here",
                                 rf_parameter_type_name(parameter));
        rf_diag_other(diags, d, parameter->at, "declared here");
    } else if (length > place->most) {
        struct diag *d =
            rf_diag(diags, D_TOO_LONG, v->at, "with the longest value of '%s' this would be too long", v->parameter);
        rf_diag_help(diags, d, "give the parameter a smaller max");
    } else if (type != RF_PARAM_PATH) {
        check_literals(u, v, place->spec);
    }
    if (strcmp(place->spec, "text") == 0) u->filled += length + 1;
}

/* The declaration of the parameter that a value holds, marked as used; NULL: none, or reported. */
static const struct item *use(struct uses *u, const struct value *v, const char *spec) {
    if (!v->set || !v->parameter) return NULL;
    const struct place *place = place_of(spec);
    const struct item *parameter = rf_parameter_find(u->p, v->parameter);
    if (!parameter) {
        undeclared(u, v, place);
        return NULL;
    }
    u->used[parameter - u->p->parameters.items] = true;
    check_place(u, v, place, parameter);
    return rf_parameter_type(parameter) == RF_PARAM_NUMBER ? parameter : NULL;
}

/* Whatever the launch says, the key gets what it could be given here. */
static void use_number(struct uses *u, const struct value *v, const struct key_info *key) {
    const struct item *parameter = use(u, v, "number");
    uint64_t low, high;
    bool allow_max;
    if (!parameter) return;
    rf_scalar_range(key->spec, &low, &high, &allow_max);
    const struct value *min = &RF_FIELD(parameter, parameter, min), *max = &RF_FIELD(parameter, parameter, max);
    if (min->num >= low && max->num <= high) return;
    struct diag *d = rf_diag(u->c->diags, D_OUT_OF_RANGE, v->at,
                             "'%s' may be %" PRIu64 "..%" PRIu64 ", and %s takes %" PRIu64 "..%" PRIu64, v->parameter,
                             min->num, max->num, key->path, low, high);
    rf_diag_other(u->c->diags, d, parameter->at, "declared here");
}

static void use_key(struct uses *u, const struct key_info *key, const struct value *v) {
    if (key->type == T_TEMPLATE)
        use(u, v, key->spec);
    else if (key->flags & F_PARAMETER)
        use_number(u, v, key);
}

static void use_members(struct uses *u, const struct key_info *key, const struct item *item) {
    const struct value text = {
        .set = true, .at = item->at, .text = item->text, .parameter = item->parameter, .suffix = item->suffix};
    if (item->gone) return;
    if (item->parameter) use(u, &text, "text");
    for (size_t f = 0; key->type == T_RECORDS && item->fields && f < FIELD_COUNT; f++)
        if (strcmp(rf_fields[f].record, key->spec) == 0) use_key(u, &rf_fields[f], &item->fields[f]);
}

/* ---- declarations ---- */

#define ADDRESSES (ONE(IPV4) | ONE(IPV6) | ONE(IPV4_PREFIX) | ONE(IPV6_PREFIX))

static bool is_six(const struct item *parameter) {
    enum rf_param_type type = rf_parameter_type(parameter);
    return type == RF_PARAM_IPV6 || type == RF_PARAM_IPV6_PREFIX;
}

/* A prefix without a bit behind it: 10.0.0.1/24 is a slip for one of two things. */
static bool is_bound(struct compile_context *c, const struct item *parameter, const char *text) {
    uint8_t bytes[16];
    const char *slash = strchr(text, '/');
    if (!rf_value_bound_ok(rf_parameter_type(parameter), text, (uint32_t)strlen(text)) || !slash) return false;
    const char *address = rf_arena_copy(c->arena, text, (size_t)(slash - text));
    if (inet_pton(is_six(parameter) ? AF_INET6 : AF_INET, address, bytes) != 1) return false;
    for (unsigned i = (unsigned)strtoul(slash + 1, NULL, 10); i < (is_six(parameter) ? 128u : 32u); i++)
        if (bytes[i / 8] << i % 8 & 0x80) return false;
    return true;
}

static void bad_form(struct compile_context *c, const struct item *parameter) {
    const struct value *preset = &RF_FIELD(parameter, parameter, preset);
    static const struct {
        enum diag_id diag;
        const char *what;
    } forms[] = {[RF_PARAM_PATH] = {D_BAD_PATH, "a plain absolute path"},
                 [RF_PARAM_NAME] = {D_BAD_NAME, "a valid name"},
                 [RF_PARAM_NUMBER] = {D_NOT_A_NUMBER, "a plain decimal number"}};
    enum rf_param_type type = rf_parameter_type(parameter);
    if (type <= RF_PARAM_NUMBER)
        rf_diag(c->diags, forms[type].diag, preset->at, "the default '%s' is not %s", preset->text, forms[type].what);
    else
        rf_diag(c->diags, D_BAD_ADDRESS, preset->at, "the default '%s' is not of type %s", preset->text,
                rf_parameter_type_name(parameter));
}

static void check_preset(struct compile_context *c, const struct item *parameter) {
    const struct value *preset = &RF_FIELD(parameter, parameter, preset);
    const char *bound = rf_parameter_bound(c->arena, parameter), *text = preset->text;
    enum rf_param_type type = rf_parameter_type(parameter);
    if (!preset->set) return;
    uint32_t n = (uint32_t)strlen(text);
    bool form = type == RF_PARAM_PATH     ? rf_scalar_is_path(text, n)
                : type == RF_PARAM_NAME   ? rf_scalar_is_name(text, n)
                : type == RF_PARAM_NUMBER ? rf_value_ok(type, text, "0..18446744073709551615")
                                          : rf_value_ok(type, text, NULL);
    if (!form)
        bad_form(c, parameter);
    else if (type <= RF_PARAM_NAME && n > rf_parameter_longest(parameter))
        rf_diag(c->diags, D_TOO_LONG, preset->at, "the default is longer than the parameter's max");
    else if (!rf_value_ok(type, text, bound))
        rf_diag(c->diags,
                type == RF_PARAM_PATH     ? D_BAD_PATH
                : type == RF_PARAM_NUMBER ? D_OUT_OF_RANGE
                                          : D_BAD_ADDRESS,
                preset->at,
                type == RF_PARAM_PATH     ? "the default is not below '%s'"
                : type == RF_PARAM_NUMBER ? "the default is outside %s"
                                          : "the default is not within %s",
                bound);
}

/* Whether the field is one for parameters of these types; reports it where not. */
static bool field_fits(struct compile_context *c, const struct item *parameter, enum field_id field, unsigned types) {
    const struct value *v = &parameter->fields[field];
    if (!v->set || (types >> rf_parameter_type(parameter) & 1)) return true;
    rf_diag(c->diags, D_BAD_ENTRY, v->at, "'%s' means nothing for a parameter of type %s", rf_fields[field].path,
            rf_parameter_type_name(parameter));
    return false;
}

static bool check_range(struct compile_context *c, const struct item *parameter) {
    const struct value *min = &RF_FIELD(parameter, parameter, min), *max = &RF_FIELD(parameter, parameter, max);
    if (rf_parameter_type(parameter) != RF_PARAM_NUMBER) {
        if (!max->set || (max->num >= 1 && max->num <= RF_STRING_MAX)) return true;
        rf_diag(c->diags, D_OUT_OF_RANGE, max->at, "%" PRIu64 " is outside 1..%u", max->num, RF_STRING_MAX);
        return false;
    }
    if (!max->set) {
        struct diag *d = rf_diag(c->diags, D_MISSING_FIELD, parameter->at, "a number needs a max");
        rf_diag_help(c->diags, d, "the launch may say any number up to it: write max: ...");
    } else if (min->num > max->num) {
        rf_diag(c->diags, D_OUT_OF_RANGE, min->at, "min %" PRIu64 " is above max %" PRIu64, min->num, max->num);
    }
    return max->set && min->num <= max->num;
}

static void check_declaration(struct compile_context *c, const struct item *parameter) {
    const struct value *within = &RF_FIELD(parameter, parameter, within);
    bool good = field_fits(c, parameter, FIELD_parameter_under, ONE(PATH));
    good = field_fits(c, parameter, FIELD_parameter_within, ADDRESSES) && good;
    good = field_fits(c, parameter, FIELD_parameter_min, ONE(NUMBER)) && good;
    good = field_fits(c, parameter, FIELD_parameter_max, ONE(NUMBER) | ONE(PATH) | ONE(NAME)) && good;
    if (!good || !check_range(c, parameter)) return;
    if (within->set && !is_bound(c, parameter, within->text)) {
        bool six = is_six(parameter);
        struct diag *d = rf_diag(c->diags, D_BAD_ADDRESS, within->at, "'%s' is not a prefix of %s addresses",
                                 within->text, six ? "IPv6" : "IPv4");
        rf_diag_help(c->diags, d, "write one such as %s, without bits behind the prefix",
                     six ? "fd00:66::/64" : "10.66.0.0/24");
        return;
    }
    check_preset(c, parameter);
}

void rf_check_parameters(struct compile_context *c, const struct file *file) {
    struct uses u = {.c = c, .p = &file->merged};
    const struct value *parameters = &u.p->parameters;
    u.used = rf_arena_alloc(c->arena, parameters->count + 1);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        const struct value *v = &u.p->all[k];
        use_key(&u, &rf_keys[k], v);
        for (size_t i = 0; rf_keys[k].type >= T_LIST && i < v->count; i++) use_members(&u, &rf_keys[k], &v->items[i]);
    }
    if (u.filled > RF_FILL_BYTES) {
        struct diag *d = rf_diag(
            c->diags, D_TOO_LONG, u.p->process_args.set ? u.p->process_args.at : rf_check_place(file),
            "arguments and variables with parameters may take %zu bytes; %u are the limit", u.filled, RF_FILL_BYTES);
        rf_diag_help(c->diags, d, "give the parameters a smaller max");
    }
    for (size_t i = 0; i < parameters->count; i++) {
        const struct item *parameter = &parameters->items[i];
        if (parameter->gone || !parameter->fields) continue;
        check_declaration(c, parameter);
        if (u.used[i] || rf_check_is_base(file)) continue;
        struct diag *d =
            rf_diag(c->diags, D_UNUSED_PARAMETER, parameter->at, "the parameter '%s' is never used", parameter->name);
        rf_diag_help(c->diags, d, "use it as $(%s), or delete it", parameter->name);
    }
}
