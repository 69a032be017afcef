/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"
#include "line.h"
#include "load.h"

static const struct rf_parameter *declared(const struct rf_launch *launch, uint32_t i) {
    return RF_RECORD(&launch->view, PARAMETERS, struct rf_parameter, i);
}

static const char *name_of(const struct rf_launch *launch, uint32_t i) {
    return rf_view_string(&launch->view, declared(launch, i)->name);
}

static struct rf_where at(uint32_t i) {
    return RF_AT(PARAMETERS, PARAMETERS, i);
}

/* The value in NAME=VALUE if the name is this one, else NULL. */
static const char *value_for(const char *given, const char *name) {
    const char *rest = rf_chars_after(given, name);
    return rest && *rest == '=' ? rest + 1 : NULL;
}

static void check_given(const struct rf_launch *launch) {
    for (uint32_t g = 0; g < launch->options->parameter_count; g++) {
        const char *given = launch->options->parameters[g];
        bool known = false;
        for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_PARAMETERS); i++)
            known = known || value_for(given, name_of(launch, i));
        if (!known) rf_fail(RF_STEP(PARAMETERS), 0, "--param %s: the policy declares no such parameter", given);
    }
}

/* Says in words what the value of this parameter must be like; NULL: there is none. */
_Noreturn static void refuse(const struct rf_launch *launch, uint32_t i, const char *value) {
    static const char kinds[] RF_PACKED = "an absolute path without '.' and '..'\0"
                                          "a name (letters, digits; then also '.', '_', '-')\0"
                                          "a plain number\0an IPv4 address\0an IPv6 address\0"
                                          "an IPv4 address/prefix length\0an IPv6 address/prefix length\0";
    const struct rf_parameter *p = declared(launch, i);
    const char *under = rf_view_string(&launch->view, p->under);
    char kind[64];
    struct rf_line line = RF_LINE(kind);
    rf_line_packed(&line, rf_chars_nth(kinds, p->type - 1));
    if (!value)
        value = "nothing";
    else if (rf_chars_length(value) > p->max_length)
        value = "a longer one"; /* which would push the rest out of the line */
    rf_fail(at(i), 0, "--param %s: the policy needs %s of at most %u bytes%s%s; given: %s", name_of(launch, i), kind,
            p->max_length, under ? ", within " : "", under ? under : "", value);
}

/* Writes into the records of FILLS what stands there in this launch, so that nobody has to ask.  The texts go behind the
 * blob, one after the other: its rules see to it that there is room. */
static void fill(const struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    char *strings = (char *)(uintptr_t)v->records[RF_STRINGS], *text = (char *)rf_load_bytes + RF_LOAD_ROOM;
    for (uint32_t i = 0; i < rf_view_count(v, RF_FILLS); i++) {
        const struct rf_fill *f = RF_RECORD(v, FILLS, struct rf_fill, i);
        const char *value = launch->parameters[f->text.parameter];
        void *records = (void *)(uintptr_t)v->records[f->section];
        struct rf_str *string = &((struct rf_arg *)records)[f->index].text;
        if (f->section == RF_MOUNTS) {
            rf_chars_number(&value, &((struct rf_mount *)records)[f->index].size);
            continue;
        }
        rf_params_text(launch, &f->text, text, RF_LOAD_ROOM_BYTES, at(f->text.parameter));
        if (f->section == RF_LIMITS) {
            struct rf_limit *limit = &((struct rf_limit *)records)[f->index];
            uint64_t added = limit->value;
            rf_chars_number(&value, &limit->value); /* a NUMBER was checked to be one, and the sum to fit */
            limit->value += added;
            rf_line_print(text, 24, "%lu", limit->value);
            string = &limit->text;
        }
        string->offset = (uint32_t)(text - strings);
        string->length = (uint32_t)rf_chars_length(text);
        text += string->length + 1;
    }
}

void rf_params_bind(struct rf_launch *launch) {
    check_given(launch);
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_PARAMETERS); i++) {
        const struct rf_parameter *p = declared(launch, i);
        const char *value = NULL;
        for (uint32_t g = 0; g < launch->options->parameter_count; g++) {
            const char *given = value_for(launch->options->parameters[g], name_of(launch, i));
            if (given && value) rf_fail(at(i), 0, "%s: given twice", name_of(launch, i));
            if (given) value = given;
        }
        if (!value) value = rf_view_string(&launch->view, p->fallback);
        if (!value || !rf_view_value_ok(&launch->view, p, value, rf_chars_length(value))) refuse(launch, i, value);
        launch->parameters[i] = value;
    }
    fill(launch);
}

bool rf_params_present(const struct rf_text *text) {
    return text->prefix.offset != RF_NONE || text->parameter != RF_NONE;
}

void rf_params_text(const struct rf_launch *launch, const struct rf_text *text, char *buffer, size_t size,
                    struct rf_where where) {
    const char *prefix = rf_view_string(&launch->view, text->prefix);
    const char *suffix = rf_view_string(&launch->view, text->suffix);
    const char *value = text->parameter != RF_NONE ? launch->parameters[text->parameter] : "";
    if (!rf_line_print(buffer, size, "%s%s%s", prefix ? prefix : "", value, suffix ? suffix : ""))
        rf_fail(where, 0, "with its parameter this becomes too long: %s", buffer);
}

const struct rf_parameter *rf_params_under(const struct rf_launch *launch, const struct rf_text *text) {
    if (text->parameter == RF_NONE) return NULL;
    const struct rf_parameter *p = declared(launch, text->parameter);
    return p->type == RF_PARAM_PATH && p->under.offset != RF_NONE ? p : NULL;
}
