/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RF_MAIN_H
#define RF_MAIN_H

/* The enforcer: reads the options, loads the policy, launches.  `auxv` is the kernel's auxiliary vector. */
_Noreturn void rf_main(int argc, const char *const *argv, const char *const *envp, const unsigned long *auxv);

/* Where start.c goes, with the stack as the kernel made it. */
__attribute__((used)) _Noreturn void rf_main_start(const unsigned long *stack);

#endif
