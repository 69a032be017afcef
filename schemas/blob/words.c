/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <inttypes.h>
#include <linux/sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "build.h"

void rf_words_say(struct rf_words *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->text + w->used, sizeof w->text - w->used, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof w->text - w->used) w->used += (size_t)n;
}

void rf_words_bytes(struct rf_words *w, const char *text, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c > 0x7e)
            rf_words_say(w, "\\x%02x", c);
        else
            rf_words_say(w, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
}

void rf_words_quoted(struct rf_words *w, const struct rf_view *v, struct rf_str s) {
    rf_words_say(w, "\"");
    rf_words_bytes(w, rf_view_string(v, s), s.length);
    rf_words_say(w, "\"");
}

void rf_words_word(struct rf_words *w, const struct rf_view *v, struct rf_str s) {
    const char *text = rf_view_string(v, s);
    for (uint32_t i = 0; i < s.length; i++) {
        unsigned char c = (unsigned char)text[i]; /* plain char is unsigned on some machines */
        if (c <= ' ' || c > 0x7e || strchr("\"\\,:", text[i])) {
            rf_words_quoted(w, v, s);
            return;
        }
    }
    rf_words_say(w, "%s", text);
}

/* As a policy writes it: there $( begins a parameter. */
static void literal(struct rf_words *w, const struct rf_view *v, struct rf_str s) {
    const char *text = rf_view_string(v, s);
    for (uint32_t i = 0; i < s.length; i++) {
        if (text[i] == '$' && i + 1 < s.length && text[i + 1] == '(') rf_words_say(w, "$");
        rf_words_bytes(w, text + i, 1);
    }
}

void rf_words_text(struct rf_words *w, const struct rf_view *v, const struct rf_text *t) {
    rf_words_say(w, "\"");
    literal(w, v, t->prefix);
    if (t->parameter != RF_NONE) {
        struct rf_str name = RF_RECORD(v, PARAMETERS, struct rf_parameter, t->parameter)->name;
        rf_words_say(w, "$(");
        rf_words_bytes(w, rf_view_string(v, name), name.length);
        rf_words_say(w, ")");
    }
    literal(w, v, t->suffix);
    rf_words_say(w, "\"");
}

void rf_words_filled(struct rf_words *w, const struct rf_view *v, enum rf_section_type section, uint32_t i,
                     struct rf_str own) {
    const struct rf_fill *fill = rf_view_fill(v, section, i);
    const struct rf_text text = {own, RF_STR_ABSENT, RF_NONE, 0};
    rf_words_text(w, v, fill ? &fill->text : &text);
}

void rf_words_size(struct rf_words *w, uint64_t n, const struct rf_unit *units) {
    for (; units->value > 1 && (n == 0 || n % units->value != 0); units++) {
    }
    rf_words_say(w, "%" PRIu64 " %s", n / units->value, units->name);
}

const struct rf_unit rf_words_sizes[] = {
    {UINT64_C(1) << 40, "TiB"}, {1u << 30, "GiB"}, {1u << 20, "MiB"}, {1u << 10, "KiB"},
    {1000000000, "GB"},         {1000000, "MB"},   {1, "B"}};
const struct rf_unit rf_words_rates[] = {
    {1000000000, "GB/s"}, {1u << 30, "GiB/s"}, {1000000, "MB/s"}, {1u << 20, "MiB/s"},
    {1000, "kB/s"},       {1u << 10, "KiB/s"}, {1, "B/s"}};

const struct rf_unit rf_words_times[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};

void rf_words_bits(struct rf_words *w, uint64_t value, const struct rf_bit *bits, size_t count) {
    const char *between = "";
    for (size_t i = 0; i < count; i++) {
        if (!(value & bits[i].mask)) continue;
        rf_words_say(w, "%s%s", between, bits[i].name);
        between = ", ";
    }
    if (!*between) rf_words_say(w, "none");
}

const struct rf_bit rf_words_namespaces[8] = {
    {CLONE_NEWTIME, "time"}, {CLONE_NEWNS, "mount"},  {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWUTS, "uts"},
    {CLONE_NEWIPC, "ipc"},   {CLONE_NEWUSER, "user"}, {CLONE_NEWPID, "pid"},       {CLONE_NEWNET, "network"}};
