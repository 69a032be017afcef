/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "commands.h"
#include "compile.h"
#include "filters.h"
#include "hot.h"
#include "inspect.h"
#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void rf_job_start(struct job *job, const struct options *o) {
    memset(job, 0, sizeof *job);
    job->arena = rf_arena_new();
    rf_diags_init(&job->diags, job->arena);
    job->context = (struct compile_context){.arena = job->arena,
                                            .diags = &job->diags,
                                            .include = o->include,
                                            .include_count = (size_t)o->include_count,
                                            .installed = RF_POLICY_DIR};
}

int rf_job_finish(struct job *job, const struct options *o, int code) {
    for (size_t i = 0; i < job->diags.count; i++) {
        const struct diag *d = job->diags.list[i];
        bool trouble = (d->id == D_UNREADABLE && !d->at.source) || d->id == D_CANNOT_WRITE || d->id == D_NOT_PROVEN ||
                       d->id == D_BLOB_INVALID;
        if (trouble) code = EXIT_TROUBLE;
        if (!trouble && code == EXIT_CLEAN && rf_diag_info[d->id].severity == SEVERITY_ERROR) code = EXIT_FINDINGS;
    }
    rf_diags_print(&job->diags, stderr, o->color);
    rf_arena_free(job->arena);
    return code;
}

int rf_command_check(const struct options *o) {
    int worst = EXIT_CLEAN;
    for (int i = 0; i < o->operand_count; i++) {
        struct job job;
        rf_job_start(&job, o);
        bool good = rf_compile(&job.context, o->operands[i], NULL);
        int code = rf_job_finish(&job, o, EXIT_CLEAN);
        if (good && code == EXIT_CLEAN && !o->quiet) {
            rf_diag_put(stdout, o->operands[i]);
            puts(": ok");
        }
        if (code > worst) worst = code;
    }
    return worst;
}

/* web.ringfence.yaml -> web.fence */
static const char *default_output(struct rf_arena *arena, const char *input) {
    static const char *const endings[] = {".ringfence.yaml", ".yaml", ".yml"};
    size_t n = strlen(input);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t m = strlen(endings[i]);
        if (n > m && strcmp(input + n - m, endings[i]) == 0)
            return rf_arena_printf(arena, "%.*s.fence", (int)(n - m), input);
    }
    return rf_arena_printf(arena, "%s.fence", input);
}

int rf_command_compile(const struct options *o) {
    struct job job;
    struct blob blob;
    rf_job_start(&job, o);
    const char *input = o->operands[0];
    const char *output = o->output ? o->output : strcmp(input, "-") == 0 ? "-" : default_output(job.arena, input);
    if (o->hot) job.context.hot = rf_hot_read(&job.context, o->hot);
    bool ready = !o->hot || job.context.hot;
    if (ready && rf_compile(&job.context, input, &blob)) rf_emit_file(&job.context, &blob, output);
    return rf_job_finish(&job, o, EXIT_CLEAN);
}

int rf_command_run(const struct options *o) {
    struct job job;
    struct blob blob;
    rf_job_start(&job, o);
    int fd = -1;
    if (rf_compile(&job.context, o->operands[0], &blob)) fd = rf_emit_memfd(&job.context, &blob);
    char self[4096 - 16];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *slash = n > 0 ? (self[n] = 0, strrchr(self, '/')) : NULL;
    const char *runner = rf_arena_printf(job.arena, "%.*sringfence-run", slash ? (int)(slash - self + 1) : 0, self);
    size_t program = 0, count = 0;
    while (o->program && o->program[program]) program++;
    char **args = rf_arena_alloc(job.arena, ((size_t)o->parameter_count + program + 6) * sizeof *args);
    args[count++] = rf_arena_copy(job.arena, "ringfence-run", 13);
    args[count++] = rf_arena_copy(job.arena, "--policy-fd", 11);
    args[count++] = rf_arena_printf(job.arena, "%d", fd);
    for (int i = 0; i < o->parameter_count; i++) args[count++] = o->parameters[i];
    if (program) args[count++] = rf_arena_copy(job.arena, "--", 2);
    for (size_t i = 0; i < program; i++) args[count++] = o->program[i];
    if (fd < 0) return rf_job_finish(&job, o, EXIT_CLEAN);
    execv(runner, args);
    fprintf(stderr, "ringfence: cannot start %s: %s\n", runner, strerror(errno));
    rf_arena_free(job.arena);
    return EXIT_TROUBLE;
}

int rf_command_inspect(const struct options *o) {
    struct job job;
    rf_job_start(&job, o);
    struct filters f;
    if (rf_filters_open_blob(&job.context, o->operands[0], &f)) rf_inspect(&f.view, &f.map, o->disassemble, stdout);
    return rf_job_finish(&job, o, EXIT_CLEAN);
}

int rf_command_schema(const struct options *o) {
    if (o->markdown)
        rf_reference_print(stdout);
    else if (rf_schema_print(stdout) < 0)
        return EXIT_TROUBLE;
    return EXIT_CLEAN;
}
