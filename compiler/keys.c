/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <string.h>

#define REQUIRED  F_REQUIRED
#define OPTIONAL  F_OPTIONAL
#define SHORTHAND F_SHORTHAND
#define HIDDEN    F_HIDDEN
#define IS_KEY    F_IS_KEY
#define PARAMETER F_PARAMETER
const struct key_info rf_keys[KEY_COUNT] = {
#define KEY(id, path, type, spec, preset, merge, flags, doc)                                                           \
    {NULL, #id, path, T_##type, spec, preset, M_##merge, flags, doc},
#include "keys.def"
};
const struct key_info rf_fields[FIELD_COUNT] = {
#define FIELD(record, id, name, type, spec, preset, flags, doc)                                                        \
    {#record, #id, name, T_##type, spec, preset, M_OWN, flags, doc},
#include "keys.def"
};
static const char *const later[] = {
#define LATER(path) path,
#include "keys.def"
};

bool rf_keys_is_later(const char *path) {
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (strcmp(later[i], path) == 0) return true;
    return false;
}

static const struct later_word later_words[] = {
#define LATER_WORD(path, word) {path, word},
#include "keys.def"
};

const struct later_word *rf_keys_later_word(size_t i) {
    return i < sizeof later_words / sizeof *later_words ? &later_words[i] : NULL;
}

const struct key_info *rf_keys_member(const char *path) {
    for (size_t i = 0; i < KEY_COUNT; i++) {
        size_t n = strlen(rf_keys[i].path);
        if (strcmp(rf_keys[i].path, path) == 0) return &rf_keys[i];
        bool member =
            strncmp(rf_keys[i].path, path, n) == 0 && path[n] == '.' && path[n + 1] && rf_keys[i].type == T_SET;
        if (member && strcmp(rf_keys[i].spec, "env") == 0) return &rf_keys[i];
    }
    return NULL;
}

const struct key_info *rf_keys_find(const char *path) {
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(rf_keys[i].path, path) == 0) return &rf_keys[i];
    return NULL;
}

const struct key_info *rf_keys_value(const char *path) {
    const struct key_info *key = rf_keys_find(path);
    if (key) return key->flags & F_HIDDEN ? NULL : key;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        size_t n = strlen(path);
        if ((rf_keys[i].flags & F_SHORTHAND) && strncmp(rf_keys[i].path, path, n) == 0 &&
            strcmp(rf_keys[i].path + n, ".mode") == 0)
            return &rf_keys[i];
    }
    return NULL;
}

bool rf_keys_is_section(const char *path) {
    size_t n = strlen(path);
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strncmp(rf_keys[i].path, path, n) == 0 && rf_keys[i].path[n] == '.') return rf_keys_find(path) == NULL;
    return false;
}
