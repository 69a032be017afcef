/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `ringfence`; what each command does is in commands.c. */
#define _GNU_SOURCE
#include "commands.h"
#include "diag.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct command {
    const char *name;
    char letter;
    const char *operands;
    int fewest, most;
    bool program;
    const char *help;
    int (*run)(const struct options *o);
};
static const struct command commands[] = {
#define COMMAND(name, letter, operands, fewest, most, program, help)                                                   \
    {#name, letter, operands, fewest, most, program, help, rf_command_##name},
#include "options.def"
};

enum option_id {
    OPT_NONE = 255,
#define OPTION(id, letter, name, argument, commands, help) OPT_##id,
#include "options.def"
    OPT_HELP,
};
struct option_info {
    int id;
    char letter;
    const char *name, *argument, *commands, *help;
};
static const struct option_info option_list[] = {
#define OPTION(id, letter, name, argument, commands, help) {OPT_##id, letter, name, argument, commands, help},
#include "options.def"
};
#define OPTIONS (sizeof option_list / sizeof *option_list)

static void print_help(void) {
    puts("ringfence: compiles container policies\n\nUsage: ringfence COMMAND [OPTIONS] ...\n\nCommands:");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-8s %-28s %s\n", commands[i].name, commands[i].operands, commands[i].help);
    puts("\nOptions:");
    for (size_t i = 0; i < OPTIONS; i++) {
        char text[64];
        snprintf(text, sizeof text, "%c%c%c --%s%s%s", option_list[i].letter ? '-' : ' ',
                 option_list[i].letter ? option_list[i].letter : ' ', option_list[i].letter ? ',' : ' ',
                 option_list[i].name, option_list[i].argument ? " " : "",
                 option_list[i].argument ? option_list[i].argument : "");
        printf("  %-24s %s\n", text, option_list[i].help);
    }
    puts("      --help               this text\n      --version            the version\n\n"
         "Exit codes: 0 clean, 1 findings, 2 wrong use, 3 cannot read or internal error.");
}

static int usage(const char *format, const char *what) {
    fputs("ringfence: ", stderr);
    fprintf(stderr, format, what); /* NOLINT(clang-diagnostic-format-nonliteral): the callers' literals */
    fputs("\nTry 'ringfence --help'.\n", stderr);
    return EXIT_USAGE;
}

static bool want_color(const char *when) {
    if (strcmp(when, "always") == 0) return true;
    if (strcmp(when, "never") == 0) return false;
    const char *none = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"), *term = getenv("TERM");
    if (none && *none) return false;
    if (force && *force && strcmp(force, "0") != 0) return true;
    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

struct lists {
    const char **include;
    char **parameters;
    char *param_word; /* "--param", as ringfence-run wants to see it */
};

/* One option into *o; 0, or an exit code. */
static int take(int id, char *argument, const struct command *command, struct lists *lists, struct options *o) {
    const struct option_info *info = NULL;
    for (size_t i = 0; i < OPTIONS; i++)
        if (option_list[i].id == id) info = &option_list[i];
    if (!info) return usage("%s", "an option is not known, or its argument is missing");
    if (!strchr(info->commands, command->letter)) return usage("'--%s' does not go with this command", info->name);
    switch (id) {
    case OPT_OUTPUT: o->output = argument; break;
    case OPT_INCLUDE: lists->include[o->include_count++] = argument; break;
    case OPT_PARAM:
        lists->parameters[o->parameter_count++] = lists->param_word;
        lists->parameters[o->parameter_count++] = argument;
        break;
    case OPT_ARCH: o->arch = argument; break;
    case OPT_RAW: o->raw = true; break;
    case OPT_SECOND_OPINION: o->second_opinion = true; break;
    case OPT_KERNEL: o->kernel = argument; break;
    case OPT_HOT: o->hot = argument; break;
    case OPT_DISASSEMBLE: o->disassemble = true; break;
    case OPT_MARKDOWN: o->markdown = true; break;
    case OPT_QUIET: o->quiet = true; break;
    default:
        if (strcmp(argument, "auto") != 0 && strcmp(argument, "always") != 0 && strcmp(argument, "never") != 0)
            return usage("'%s' is not auto, always or never", argument);
        o->color = want_color(argument);
    }
    return 0;
}

/* getopt's tables, from the list. */
static void fill_long(struct option *longs, char *shorts) {
    size_t n = 0;
    for (size_t i = 0; i < OPTIONS; i++) {
        longs[i] = (struct option){option_list[i].name, option_list[i].argument ? required_argument : no_argument, NULL,
                                   option_list[i].id};
        if (!option_list[i].letter) continue;
        shorts[n++] = option_list[i].letter;
        if (option_list[i].argument) shorts[n++] = ':';
    }
    longs[OPTIONS] = (struct option){"help", no_argument, NULL, OPT_HELP};
    shorts[n] = 0;
}

static int by_letter(int letter) {
    for (size_t i = 0; i < OPTIONS; i++)
        if (option_list[i].letter && option_list[i].letter == letter) return option_list[i].id;
    return letter;
}

/* Arguments behind the command's name; 0, an exit code, or -1 when help was printed. */
static int parse(const struct command *command, int argc, char **argv, struct lists *lists, struct options *o) {
    struct option longs[OPTIONS + 2] = {0};
    char shorts[2 * OPTIONS + 1];
    fill_long(longs, shorts);
    int end = 0;
    while (end < argc && strcmp(argv[end], "--") != 0) end++;
    bool dashes = end < argc;
    optind = 1;
    opterr = 0;
    for (int id; (id = getopt_long(end, argv, shorts, longs, NULL)) != -1;) {
        if (id == OPT_HELP) {
            print_help();
            return -1;
        }
        int bad = id == '?' ? usage("option '%s' is not known, or its argument is missing", argv[optind - 1])
                            : take(by_letter(id), optarg, command, lists, o);
        if (bad) return bad;
    }
    o->operands = argv + optind;
    o->operand_count = end - optind;
    if (dashes && command->program)
        o->program = argv + end + 1;
    else if (dashes) { /* the rest are operands: close the gap that -- leaves */
        memmove(argv + end, argv + end + 1, (size_t)(argc - end) * sizeof *argv);
        o->operand_count = argc - 1 - optind;
    }
    if (o->operand_count < command->fewest) return usage("'%s' needs a file", command->name);
    if (o->operand_count > command->most) return usage("too many operands: '%s'", o->operands[command->most]);
    return 0;
}

static int run(int argc, char **argv) {
    if (argc < 2) return usage("%s", "which command?");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help();
        return EXIT_CLEAN;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("ringfence " RF_VERSION);
        return EXIT_CLEAN;
    }
    const struct command *command = NULL;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, argv[1]) == 0) command = &commands[i];
    if (!command) {
        struct guess guess;
        rf_guess_init(&guess, argv[1], strlen(argv[1]));
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) rf_guess_try(&guess, commands[i].name);
        if (guess.best) fprintf(stderr, "ringfence: did you mean '%s'?\n", guess.best);
        return usage("unknown command '%s'", argv[1]);
    }
    static char param_word[] = "--param";
    struct rf_arena *arena = rf_arena_new();
    size_t room = (size_t)argc + 1;
    struct lists lists = {rf_arena_alloc(arena, room * sizeof *lists.include),
                          rf_arena_alloc(arena, 2 * room * sizeof *lists.parameters), param_word};
    struct options o = {.include = lists.include, .parameters = lists.parameters, .color = want_color("auto")};
    int bad = parse(command, argc - 1, argv + 1, &lists, &o);
    int code = bad ? (bad < 0 ? EXIT_CLEAN : bad) : command->run(&o);
    rf_arena_free(arena);
    return code;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_DFL); /* a closed pipe ends us in silence, whatever the parent ignored */
    int code = run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("ringfence: cannot write standard output\n", stderr);
        return EXIT_TROUBLE;
    }
    return code;
}
