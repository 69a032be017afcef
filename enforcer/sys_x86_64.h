/* SPDX-License-Identifier: Apache-2.0 */
/* The system-call instruction of this machine, for 0 to 6 arguments.  One wrapper per count: clearing unused
 * argument registers would cost more bytes than the calls themselves. */
#ifndef RF_SYS_X86_64_H
#define RF_SYS_X86_64_H

static inline long sys_0(long n) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(n) : "rcx", "r11", "memory");
    return result;
}
static inline long sys_1(long n, long a) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(n), "D"(a) : "rcx", "r11", "memory");
    return result;
}
static inline long sys_2(long n, long a, long b) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(n), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return result;
}
static inline long sys_3(long n, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
static inline long sys_4(long n, long a, long b, long c, long d) {
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}
static inline long sys_5(long n, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}
static inline long sys_6(long n, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* For clone3 with a stack: the new thread finds nothing on it to return to, so it goes on in `run`. */
static inline long sys_new_stack(long n, void *args, size_t size, void (*run)(void *argument), void *argument) {
    register void *r8 __asm__("r8") = argument;
    register void (*r9)(void *) __asm__("r9") = run;
    long result;
    __asm__ volatile("syscall\n test %%rax, %%rax\n jnz 1f\n xor %%ebp, %%ebp\n mov %%r8, %%rdi\n call *%%r9\n ud2\n1:"
                     : "=a"(result)
                     : "0"(n), "D"(args), "S"(size), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

#endif
