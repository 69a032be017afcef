/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"
#include "line.h"

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

/* Says in words what the value of this parameter must be like. */
_Noreturn static void refuse(const struct rf_launch *launch, uint32_t i, const char *value) {
    const struct rf_parameter *p = declared(launch, i);
    const char *under = rf_view_string(&launch->view, p->under);
    if (rf_chars_length(value) > p->max_length)
        rf_fail(at(i), 0, "%s: longer than %u bytes", name_of(launch, i), p->max_length);
    if (p->type == RF_PARAM_NAME)
        rf_fail(at(i), 0, "%s: '%s' is not a name: letters, digits, '.', '_' and '-', the first one a letter or digit",
                name_of(launch, i), value);
    if (under) rf_fail(at(i), 0, "%s: '%s' is not a plain absolute path below %s", name_of(launch, i), value, under);
    rf_fail(at(i), 0, "%s: '%s' is not an absolute path without empty, '.' and '..' components", name_of(launch, i),
            value);
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
        if (!value)
            rf_fail(at(i), 0, "%s: the policy needs it: --param %s=VALUE", name_of(launch, i), name_of(launch, i));
        if (!rf_view_value_ok(&launch->view, p, value, rf_chars_length(value))) refuse(launch, i, value);
        launch->parameters[i] = value;
    }
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
