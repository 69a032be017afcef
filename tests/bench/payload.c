/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks launch: its first instructions read the clock and tell it, as struct timespec, on descriptor 1. */
#include "enforcer/sys.h"

_Noreturn void rf_main_start(const unsigned long *start);
_Noreturn void rf_main_start(const unsigned long *start) {
    struct __kernel_timespec now;
    (void)start;
    (void)SYS2(clock_gettime, 1, &now); /* CLOCK_MONOTONIC */
    sys_exit(sys_write(1, &now, sizeof now) == (int)sizeof now ? 0 : 1);
}
