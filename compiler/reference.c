/* SPDX-License-Identifier: Apache-2.0 */
/* docs/policy-reference.md, from keys.def. */
#include "policy.h"
#include "schema.h"

#include <string.h>

static const char *const type_words[] = {
    [T_INT] = "number",
    [T_SINT] = "number",
    [T_BOOL] = "true or false",
    [T_ENUM] = "one of",
    [T_TEXT] = "text",
    [T_TEMPLATE] = "text, may hold one `$(parameter)`",
    [T_SIZE] = "size such as `512MiB`",
    [T_COUNT] = "number",
    [T_RATE] = "rate such as `200MB/s`",
    [T_CPU] = "decimal such as `1.5`",
    [T_DURATION] = "time such as `10s` (`ms`, `s`, `min`, `h`, `d`)",
    [T_MODE] = "quoted octal string",
    [T_NANOSECONDS] = "time such as `50us`",
    [T_GRADED] = "one of",
    [T_RANGES] = "numbers such as `0-3,8`",
    [T_LANGUAGE] = "`1`",
    [T_KERNEL] = "release such as `v6.12`",
    [T_ACTION] = "action",
    [T_LIST] = "list",
    [T_SET] = "set",
    [T_MAP] = "mapping of names to texts",
    [T_RLIMITS] = "mapping of limits to values",
    [T_NAMESPACE] = "`new`, `host` or `{join: PATH}`",
    [T_ERRNOS] = "mapping of errno names to sets of calls",
    [T_COMPAT] = "mapping of machines to ABIs",
    [T_RECORD] = "a mapping",
    [T_WRITABLE] = "true, false or `{overlay: {size: ...}}`",
    [T_RECORDS] = "entries",
    [T_NEVER] = "list of `{capability: [...]}`, `{call: [...]}`, `{key: ..., is: ...}`",
};
static const char *const merge_words[] = {
    [M_SCALAR] = "later wins", [M_SET] = "member by member",          [M_MAP] = "by key, `null` deletes",
    [M_KEYED] = "by key",      [M_SEALED] = "union, never removable", [M_OWN] = "not inherited",
};

/* The kind of member, in the plural. */
static const char *members_in_words(const char *spec) {
    static const char *const words[][2] = {
        {"abi", "machines and ABIs"},
        {"arch", "machines"},
        {"base", "base policies"},
        {"call", "system calls and `\"@groups\"`"},
        {"capability", "capabilities"},
        {"device", "device nodes"},
        {"env", "variables"},
        {"id", "group ids"},
        {"key", "key paths"},
        {"own_port", "ports"},
        {"path", "paths"},
        {"port", "ports"},
        {"scope", "`abstract_unix` and `signal`"},
        {"securebit", "securebits"},
        {"signal", "signals"},
        {"text", "texts"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], spec) == 0) return words[i][1];
    return spec;
}

static void print_type(FILE *out, const struct key_info *key) {
    bool fds = key->type == T_MAP && strcmp(key->spec, "fd") == 0;
    fputs(fds ? "mapping of names to descriptor numbers" : type_words[key->type], out);
    if (key->type == T_ENUM || key->type == T_GRADED)
        for (const char *w = key->spec; *w;) {
            size_t n = strcspn(w, "|");
            fprintf(out, "%s `%.*s`", w == key->spec ? "" : ",", (int)n, w);
            w += n + (w[n] == '|');
        }
    if (key->type == T_LIST || key->type == T_SET) fprintf(out, " of %s", members_in_words(key->spec));
    if (key->type == T_RATE || key->type == T_CPU || (key->spec && strstr(key->spec, "|max"))) fputs(", or `max`", out);
    if (key->flags & F_PARAMETER) fputs(", or a `$(number)` parameter", out);
    if (key->type == T_INT || key->type == T_SINT || key->type == T_RANGES) fprintf(out, " %s", key->spec);
}

static void print_fields(FILE *out, const char *record, int indent) {
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        if (strcmp(rf_fields[f].record, record) != 0) continue;
        fprintf(out, "%*s- `%s` (", indent, "", rf_fields[f].path);
        print_type(out, &rf_fields[f]);
        fprintf(out, "%s): %s\n", rf_fields[f].flags & F_REQUIRED ? ", required" : "", rf_fields[f].doc);
        if (rf_fields[f].type == T_RECORD) print_fields(out, rf_fields[f].spec, indent + 2);
    }
}

static void print_key(FILE *out, const struct key_info *key) {
    fprintf(out, "\n### `%s`\n\n%s\n\n- Type: ", key->path, key->doc);
    print_type(out, key);
    fprintf(out, "\n- Default: ");
    if (key->preset)
        fprintf(out, "`%s`\n", key->preset);
    else
        fprintf(out, "%s\n", key->flags & F_REQUIRED ? "none; a complete policy states or inherits it" : "none");
    fprintf(out, "- Merged: %s\n", merge_words[key->merge]);
    if (key->flags & F_SHORTHAND) fprintf(out, "- The section may be written as this one word.\n");
    if (key->flags & F_OPTIONAL) fprintf(out, "- May be named under `optional`.\n");
    if (key->type == T_RECORDS || key->type == T_RECORD) {
        fprintf(out, "- Keys of %s:\n", key->type == T_RECORD ? "it" : "an entry");
        print_fields(out, key->spec, 2);
    }
    if (key->type == T_WRITABLE) {
        fprintf(out, "- Keys of `overlay`:\n");
        print_fields(out, key->spec, 2);
    }
    if (strcmp(key->path, "namespaces.user") == 0) {
        fprintf(out, "- Keys of an entry of `uid_map` and `gid_map`:\n");
        print_fields(out, "id_map", 2);
    }
}

void rf_reference_print(FILE *out) {
    fputs("<!-- Printed by `ringfence schema --markdown` from compiler/keys.def; do not edit. -->\n"
          "# Policy reference, language version 1\n\n"
          "Every key, in the order of the file. A set is a plain list, `{add: [...], remove: [...]}` or `{replace: "
          "[...]}`.\n",
          out);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        if (!(rf_keys[k].flags & F_HIDDEN)) print_key(out, &rf_keys[k]);
        if ((rf_keys[k].flags & F_HIDDEN) && (rf_keys[k].flags & F_SHORTHAND))
            fprintf(out, "\n### `seccomp: none`\n\n%s\n", rf_keys[k].doc);
    }
}
