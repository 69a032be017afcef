/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"
#include "names.h"
#include "policy.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *typed(const char *type) {
    return json_pack("{s:s}", "type", type);
}
static json_t *pattern(const char *regex) {
    return json_pack("{s:s, s:s}", "type", "string", "pattern", regex);
}

/* Any of several forms. Takes the references; NULL ends the list. */
static json_t *any_of(json_t *a, json_t *b, json_t *c) {
    json_t *list = json_array();
    json_array_append_new(list, a);
    json_array_append_new(list, b);
    if (c) json_array_append_new(list, c);
    return json_pack("{s:o}", "anyOf", list);
}

static json_t *array_of(json_t *items) {
    return json_pack("{s:s, s:o}", "type", "array", "items", items);
}
static json_t *word(const char *text) {
    return json_pack("{s:s}", "const", text);
}

static json_t *closed_object(json_t *properties, json_t *required) {
    json_t *o = json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0, "properties", properties);
    if (json_array_size(required))
        json_object_set_new(o, "required", required);
    else
        json_decref(required);
    return o;
}

static json_t *described(json_t *schema, const char *doc) {
    json_object_set_new(schema, "description", json_string(doc));
    return schema;
}

/* One of the words of "a|b|c". */
static json_t *enumeration(const char *spec) {
    json_t *list = json_array();
    for (const char *w = spec; *w;) {
        size_t n = strcspn(w, "|");
        json_array_append_new(list, json_pack("{s:s%}", "const", w, n));
        w += n + (w[n] == '|');
    }
    return json_pack("{s:o}", "oneOf", list);
}

static json_t *integer(const char *spec) {
    char *dots;
    long long low = strtoll(spec, &dots, 10), high = strtoll(dots + 2, &dots, 10);
    json_t *number =
        json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)low, "maximum", (json_int_t)high);
    return *dots == '|' ? any_of(number, word("max"), NULL) : number;
}

static json_t *quantity(const char *units, bool unlimited) {
    json_t *text = json_pack("{s:s, s:o}", "type", "string", "pattern",
                             json_sprintf("^((0|[1-9][0-9]*)(%s)%s)$", units, unlimited ? "|max" : ""));
    return any_of(text, json_pack("{s:i}", "const", 0), NULL);
}

#define PATH_PATTERN    "^(/|(/[^/]+)+)$"
#define NAME_CHARACTERS "[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
#define NAME_PATTERN    "^" NAME_CHARACTERS "$"

static json_t *names(const char *(*at)(unsigned)) {
    json_t *list = json_array();
    for (unsigned i = 0; at(i); i++) json_array_append_new(list, json_string(at(i)));
    return json_pack("{s:o}", "enum", list);
}

static const char *machine_at(unsigned i) {
    return i < RF_MACHINES ? rf_machine_info[i].name : NULL;
}
static const char *abi_at(unsigned i) {
    return i < RF_ABIS ? rf_machine_info[i].name : NULL;
}

static const char *signal_at(unsigned i) {
    return rf_name_signal_at(i) ? rf_name_signal_at(i)->name : NULL;
}
static const char *securebit_at(unsigned i) {
    return rf_name_securebit_at(i) ? rf_name_securebit_at(i)->name : NULL;
}

static json_t *device_member(void) {
    json_t *list = json_array();
    for (int i = 0; rf_name_device_at(i); i++) json_array_append_new(list, json_string(rf_name_device_at(i)->name));
    json_array_append_new(list, json_null()); /* the word null, unquoted */
    return json_pack("{s:o}", "enum", list);
}

static json_t *member(const char *spec) {
    if (strcmp(spec, "path") == 0) return pattern(PATH_PATTERN);
    if (strcmp(spec, "id") == 0) return integer("0..4294967294");
    if (strcmp(spec, "port") == 0) return integer("1..65535");
    if (strcmp(spec, "own_port") == 0) return integer("0..65535");
    if (strcmp(spec, "scope") == 0) return enumeration("abstract_unix|signal");
    if (strcmp(spec, "env") == 0) return pattern("^[A-Za-z_][A-Za-z0-9_]*$");
    if (strcmp(spec, "call") == 0) return pattern("^(@[a-z][a-z-]*|[a-z_][a-z0-9_]*)$");
    if (strcmp(spec, "key") == 0) return pattern("^[a-z_]+(\\.[A-Za-z0-9_]+)*$");
    if (strcmp(spec, "capability") == 0) return names(rf_name_capability_at);
    if (strcmp(spec, "arch") == 0) return names(machine_at);
    if (strcmp(spec, "abi") == 0) return names(abi_at);
    if (strcmp(spec, "device") == 0) return device_member();
    if (strcmp(spec, "signal") == 0) return names(signal_at);
    if (strcmp(spec, "securebit") == 0) return names(securebit_at);
    if (strcmp(spec, "text") == 0) return json_pack("{s:[s, s]}", "type", "string", "number"); /* sleep 5 */
    return typed("string");
}

static json_t *set_of(const char *spec) {
    json_t *add = described(array_of(member(spec)), "Added to what is inherited.");
    json_t *remove = described(array_of(member(spec)), "Taken out of what is inherited or added; must be there.");
    json_t *whole = described(array_of(member(spec)), "The whole set, whatever is inherited.");
    json_t *edit = closed_object(json_pack("{s:o, s:o}", "add", add, "remove", remove), json_array());
    json_object_set_new(edit, "minProperties", json_integer(1));
    return any_of(array_of(member(spec)), edit,
                  closed_object(json_pack("{s:o}", "replace", whole), json_pack("[s]", "replace")));
}

static json_t *value_schema(const struct key_info *key);

static json_t *record(const char *name) {
    json_t *properties = json_object(), *required = json_array();
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        if (strcmp(rf_fields[f].record, name) != 0) continue;
        json_t *v = value_schema(&rf_fields[f]);
        json_object_set_new(v, "description", json_string(rf_fields[f].doc));
        json_object_set_new(properties, rf_fields[f].path, v);
        if (rf_fields[f].flags & F_REQUIRED) json_array_append_new(required, json_string(rf_fields[f].path));
    }
    return closed_object(properties, required);
}

static json_t *map_of(const char *name_pattern, json_t *value) {
    return json_pack("{s:s, s:b, s:{s:o}}", "type", "object", "additionalProperties", 0, "patternProperties",
                     name_pattern, value);
}

static json_t *rlimit_value(const struct rlimit_info *info) {
    static const char *const units[] = {
        [RLIMIT_BYTES] = "[kMGT]?B|[KMGT]iB", [RLIMIT_SECONDS] = "s|min|h|d", [RLIMIT_MICROSECONDS] = "us|ms|s"};
    return info->unit == RLIMIT_COUNT ? integer("0..9223372036854775807|max") : quantity(units[info->unit], true);
}

static json_t *rlimits(void) {
    json_t *properties = json_object();
    for (unsigned i = 0; rf_name_rlimit_at(i); i++) {
        const struct rlimit_info *info = rf_name_rlimit_at(i);
        json_t *soft = described(rlimit_value(info), "What holds until the program raises it.");
        json_t *hard = described(rlimit_value(info), "What the program can raise it to.");
        json_t *both =
            closed_object(json_pack("{s:o, s:o}", "soft", soft, "hard", hard), json_pack("[s, s]", "soft", "hard"));
        json_t *limit = any_of(rlimit_value(info), both, typed("null"));
        char doc[80];
        snprintf(doc, sizeof doc, "The limit '%s' of getrlimit(2); one value sets soft and hard.", info->name);
        json_object_set_new(properties, info->name, described(limit, doc));
    }
    return closed_object(properties, json_array());
}

static json_t *clock_offset(const char *doc) {
    return described(any_of(pattern("^-?(0|[1-9][0-9]*)(s|min|h|d)$"), json_pack("{s:i}", "const", 0), NULL), doc);
}

static json_t *namespace_schema(const char *spec) {
    json_t *path = described(pattern(PATH_PATTERN), "File of the namespace, such as /run/netns/x.");
    json_t *join = closed_object(json_pack("{s:o}", "join", path), json_pack("[s]", "join"));
    json_t *custom = NULL;
    if (strcmp(spec, "user") == 0)
        custom = closed_object(json_pack("{s:o, s:o}", "uid_map", described(array_of(record("id_map")), "User ids."),
                                         "gid_map", described(array_of(record("id_map")), "Group ids.")),
                               json_pack("[s, s]", "uid_map", "gid_map"));
    if (strcmp(spec, "time") == 0)
        custom = closed_object(json_pack("{s:o, s:o}", "boottime", clock_offset("Added to the time since boot."),
                                         "monotonic", clock_offset("Added to the monotonic clock.")),
                               json_array());
    return any_of(json_pack("{s:[s, s]}", "enum", "new", "host"), join, custom);
}

static json_t *never_schema(void) {
    json_t *names_of = described(array_of(member("capability")), "Capabilities never to be given.");
    json_t *capability = closed_object(json_pack("{s:o}", "capability", names_of), json_pack("[s]", "capability"));
    json_t *calls =
        described(array_of(typed("string")),
                  "Calls never to be allowed, with arguments if only some are meant: socket(AF_VSOCK, ...).");
    json_t *call = closed_object(json_pack("{s:o}", "call", calls), json_pack("[s]", "call"));
    json_t *is = json_pack("{s:[s, s, s]}", "type", "string", "boolean", "integer");
    json_t *key = closed_object(json_pack("{s:o, s:o}", "key", described(member("key"), "A key by its full path."),
                                          "is", described(is, "The value that it is never to have.")),
                                json_pack("[s, s]", "key", "is"));
    return array_of(any_of(capability, call, key));
}

static json_t *text_schema(const char *spec) {
    if (strcmp(spec, "name") == 0) return pattern(NAME_PATTERN);
    if (strcmp(spec, "path") == 0) return pattern(PATH_PATTERN);
    if (strcmp(spec, "call") == 0) return pattern("^[a-z_][a-z0-9_]*$");
    if (strcmp(spec, "value") == 0) return json_pack("{s:[s, s]}", "type", "string", "number");
    return typed("string");
}

/* The words of "allow|errno|kill", an errno with its name. */
static json_t *action(const char *spec) {
    static const char word[] = "errno";
    const char *errno_at = strstr(spec, word);
    json_t *schema = typed("string");
    json_object_set_new(
        schema, "pattern",
        json_sprintf("^(%.*s%s\\([A-Z0-9]+\\)%s)$", (int)(errno_at - spec), spec, word, errno_at + sizeof word - 1));
    return schema;
}

static json_t *compat(void) {
    json_t *properties = json_object();
    for (unsigned m = 0; m < RF_MACHINES; m++) {
        json_t *abis = json_array();
        for (unsigned i = RF_MACHINES; i < RF_ABIS; i++)
            if (rf_machine_info[i].carrier == m) json_array_append_new(abis, json_string(rf_machine_info[i].name));
        if (!json_array_size(abis)) {
            json_decref(abis);
            continue;
        }
        json_t *list = array_of(json_pack("{s:o}", "enum", abis));
        json_object_set_new(properties, rf_machine_info[m].name,
                            described(list, "ABIs whose calls this machine's filter judges."));
    }
    return closed_object(properties, json_array());
}

/* "idle|fifo(1..99)": words, some with a number in parentheses. */
static json_t *graded(const char *spec) {
    char regex[256] = "^(";
    for (const char *w = spec; *w;) {
        size_t n = strcspn(w, "|("), used = strlen(regex);
        snprintf(regex + used, sizeof regex - used, "%s%.*s%s", w == spec ? "" : "|", (int)n, w,
                 w[n] == '(' ? "\\((0|[1-9][0-9]?)\\)" : "");
        w += strcspn(w, "|");
        w += *w == '|';
    }
    size_t used = strlen(regex);
    snprintf(regex + used, sizeof regex - used, ")$");
    return pattern(regex);
}

static json_t *plain_schema(const struct key_info *key) {
    switch (key->type) {
    case T_INT:
    case T_SINT:
    case T_COUNT: return integer(key->spec);
    case T_BOOL: return typed("boolean");
    case T_ENUM: return enumeration(key->spec);
    case T_TEXT: return text_schema(key->spec);
    case T_TEMPLATE: return strcmp(key->spec, "path") == 0 ? pattern("^(/|\\$\\()") : typed("string");
    case T_SIZE: return quantity("[kMGT]?B|[KMGT]iB", strstr(key->spec, "|max") != NULL);
    case T_RATE: return quantity("[kMG]?B/s|[KMG]iB/s", true);
    case T_CPU: return any_of(json_pack("{s:s, s:f}", "type", "number", "minimum", 0.01), word("max"), NULL);
    case T_DURATION: {
        bool unlimited = strstr(key->spec, "|max") != NULL;
        json_t *text = pattern(unlimited ? "^((0|[1-9][0-9]*)(ms|s|min|h|d)|max)$" : "^(0|[1-9][0-9]*)(ms|s|min|h|d)$");
        return unlimited ? text : any_of(text, json_pack("{s:i}", "const", 0), NULL);
    }
    case T_MODE: return pattern("^[0-7]{3,5}$");
    case T_LANGUAGE: return json_pack("{s:i}", "const", 1);
    case T_KERNEL: return pattern("^v[0-9]{1,2}\\.[0-9]{1,2}$");
    case T_ACTION: return action(key->spec);
    case T_LIST: return array_of(member(key->spec));
    case T_SET: return set_of(key->spec);
    case T_NANOSECONDS: return pattern("^[1-9][0-9]*(ns|us|ms|s)$");
    case T_GRADED: return graded(key->spec);
    case T_RANGES: return any_of(pattern("^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$"), integer(key->spec), NULL);
    case T_MAP:
        if (strcmp(key->spec, "fd") == 0) return map_of(NAME_PATTERN, any_of(integer("3..63"), typed("null"), NULL));
        return map_of(strcmp(key->spec, "env") == 0 ? "^[A-Za-z_][A-Za-z0-9_]*$" : "^(net|kernel|fs|user)[./]",
                      json_pack("{s:[s, s, s]}", "type", "string", "number", "null"));
    case T_RLIMITS: return rlimits();
    case T_NAMESPACE: return namespace_schema(key->spec);
    case T_ERRNOS: return map_of("^[A-Z][A-Z0-9]*$", any_of(set_of("call"), typed("null"), NULL));
    case T_COMPAT: return compat();
    case T_RECORD: return record(key->spec);
    case T_WRITABLE:
        return any_of(typed("boolean"),
                      closed_object(json_pack("{s:o}", key->spec,
                                              described(record(key->spec), "What is written goes to memory.")),
                                    json_pack("[s]", key->spec)),
                      NULL);
    case T_RECORDS:
        return key->merge == M_MAP ? map_of(NAME_PATTERN, any_of(record(key->spec), typed("null"), NULL))
                                   : array_of(record(key->spec));
    case T_NEVER: return never_schema();
    }
    return typed("string");
}

static json_t *value_schema(const struct key_info *key) {
    json_t *plain = plain_schema(key);
    return key->flags & F_PARAMETER ? any_of(plain, pattern("^\\$\\(" NAME_CHARACTERS "\\)$"), NULL) : plain;
}

struct section_doc {
    const char *path, *doc;
};
static const struct section_doc sections[] = {
#define SECTION(path, doc) {path, doc},
#include "keys.def"
};

static json_t *section(const char *path);

/* The section directly inside `prefix` to which a key belongs, or NULL if it stands in `prefix` itself. */
static const struct section_doc *inner_section(const char *prefix, const char *key) {
    size_t n = strlen(prefix);
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        size_t m = strlen(sections[s].path);
        if (m <= n || strncmp(sections[s].path, prefix, n) != 0 || strchr(sections[s].path + n, '.')) continue;
        if (strncmp(key, sections[s].path, m) == 0 && key[m] == '.') return &sections[s];
    }
    return NULL;
}

/* The keys below `prefix` ("" or "process."). */
static json_t *keys_below(const char *prefix) {
    json_t *properties = json_object(), *required = json_array();
    size_t n = strlen(prefix);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        const char *path = rf_keys[k].path;
        if (strncmp(path, prefix, n) != 0 || (rf_keys[k].flags & F_HIDDEN)) continue;
        const struct section_doc *inner = inner_section(prefix, path);
        const char *name = inner ? inner->path + n : path + n;
        if (json_object_get(properties, name)) continue;
        json_t *v = inner ? section(inner->path) : value_schema(&rf_keys[k]);
        json_object_set_new(v, "description", json_string(inner ? inner->doc : rf_keys[k].doc));
        json_object_set_new(properties, name, v);
        if (!n && (k == K_ringfence || k == K_name)) json_array_append_new(required, json_string(name));
    }
    return closed_object(properties, required);
}

static json_t *section(const char *path) {
    char text[128];
    snprintf(text, sizeof text, "%s.", path);
    json_t *object = keys_below(text);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        size_t n = strlen(text);
        if ((rf_keys[k].flags & F_SHORTHAND) && strncmp(rf_keys[k].path, text, n) == 0)
            return any_of(enumeration(rf_keys[k].spec), object, NULL);
    }
    return object;
}

int rf_schema_print(FILE *out) {
    json_t *schema = keys_below("");
    json_object_set_new(schema, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
    json_object_set_new(schema, "$id", json_string("https://ringfence.dev/schemas/policy.v1.schema.json"));
    json_object_set_new(schema, "title", json_string("Ringfence container policy, language version 1"));
    int bad = json_dumpf(schema, out, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(schema);
    return bad || fputc('\n', out) == EOF ? -1 : 0;
}
