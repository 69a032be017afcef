/* SPDX-License-Identifier: Apache-2.0 */
#include "parameters.h"
#include "check.h"

#include <inttypes.h>
#include <string.h>

const struct item *rf_parameter_find(const struct policy *p, const char *name) {
    const struct item *parameter = name ? rf_item_find(&p->parameters, name) : NULL;
    return parameter && !parameter->gone && parameter->fields ? parameter : NULL;
}

enum rf_param_type rf_parameter_type(const struct item *parameter) {
    return (enum rf_param_type)(RF_FIELD(parameter, parameter, type).num +
                                1); /* in keys.def they stand in that order */
}

const char *rf_parameter_type_name(const struct item *parameter) {
    return RF_FIELD(parameter, parameter, type).text;
}

const char *rf_parameter_bound(struct rf_arena *arena, const struct item *parameter) {
    const struct value *under = &RF_FIELD(parameter, parameter, under),
                       *within = &RF_FIELD(parameter, parameter, within);
    if (rf_parameter_type(parameter) == RF_PARAM_NUMBER)
        return rf_arena_printf(arena, "%" PRIu64 "..%" PRIu64, RF_FIELD(parameter, parameter, min).num,
                               RF_FIELD(parameter, parameter, max).num);
    return under->set ? under->text : within->set ? within->text : NULL;
}

uint32_t rf_parameter_longest(const struct item *parameter) {
    static const uint32_t usual[] = {
        [RF_PARAM_PATH] = RF_STRING_MAX, [RF_PARAM_NAME] = 63,       [RF_PARAM_IPV4] = 15, [RF_PARAM_IPV6] = 45,
        [RF_PARAM_IPV4_PREFIX] = 18,     [RF_PARAM_IPV6_PREFIX] = 49};
    const struct value *max = &RF_FIELD(parameter, parameter, max);
    enum rf_param_type type = rf_parameter_type(parameter);
    uint32_t digits = 1;
    if (type != RF_PARAM_NUMBER) return max->set ? (uint32_t)max->num : usual[type];
    for (uint64_t n = max->num; n > 9; n /= 10) digits++;
    return digits;
}

uint64_t rf_parameter_most(const struct policy *p, const struct value *v) {
    const struct item *parameter = rf_parameter_find(p, v->parameter);
    return parameter ? RF_FIELD(parameter, parameter, max).num : v->num;
}
