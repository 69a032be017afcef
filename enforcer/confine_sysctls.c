/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel shows each process the sysctls of its own namespaces, whichever procfs it asks: this runs in the new ones. */
#include "confine.h"
#include "line.h"

#define INSIDE (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)

/* Runs of blanks to single ones, as the value in the policy was written: the kernel puts tabs between numbers. */
static void squeeze(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (*from > ' ')
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    if (to > text && to[-1] == ' ') to--;
    *to = '\0';
}

void rf_confine_sysctls(struct rf_launch *launch) {
    static char got[RF_PAGE];
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_SYSCTLS); i++) {
        const struct rf_sysctl *s = RF_RECORD(&launch->view, SYSCTLS, struct rf_sysctl, i);
        const struct rf_where where = RF_AT(SYSCTLS, SYSCTLS, i);
        const char *value = rf_view_string(&launch->view, s->value);
        const char *name = rf_view_string(&launch->view, s->name);
        if (!RF_PRINT(got, "sys%s", name)) rf_fail(where, -ENAMETOOLONG, "%s", name);
        int fd = sys_openat2(launch->proc, got, O_RDWR, INSIDE);
        if (fd == -EACCES && rf_launch_new(launch, CLONE_NEWUSER))
            rf_fail(where, fd, "/proc/%s: this kernel leaves it to the host's root", got);
        rf_must(where, fd, "cannot open /proc/%s", got);
        int n = sys_write(fd, value, s->value.length);
        if (n == (int)s->value.length) n = sys_pread(fd, got, sizeof got - 1, 0);
        rf_must(where, n, "%s: cannot write '%s', or not read it back", name, value);
        got[n] = '\0';
        sys_close(fd);
        squeeze(got);
        if (!rf_chars_equal(got, value)) rf_fail(where, 0, "%s: the kernel took '%s' as '%s'", name, value, got);
    }
}
