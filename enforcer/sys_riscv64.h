/* SPDX-License-Identifier: Apache-2.0 */
/* The system-call instruction of this machine, for 0 to 6 arguments.  One wrapper per count: clearing unused
 * argument registers would cost more bytes than the calls themselves. */
#ifndef RF_SYS_RISCV64_H
#define RF_SYS_RISCV64_H

static inline long sys_0(long n) {
    register long a7 __asm__("a7") = n;
    register long a0 __asm__("a0");
    __asm__ volatile("ecall" : "=r"(a0) : "r"(a7) : "memory");
    return a0;
}
static inline long sys_1(long n, long a) {
    register long a7 __asm__("a7") = n;
    register long a0 __asm__("a0") = a;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return a0;
}
static inline long sys_2(long n, long a, long b) {
    register long a7 __asm__("a7") = n;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1) : "memory");
    return a0;
}
static inline long sys_3(long n, long a, long b, long c) {
    register long a7 __asm__("a7") = n;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return a0;
}
static inline long sys_4(long n, long a, long b, long c, long d) {
    register long a7 __asm__("a7") = n;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return a0;
}
static inline long sys_5(long n, long a, long b, long c, long d, long e) {
    register long a7 __asm__("a7") = n;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
    return a0;
}
static inline long sys_6(long n, long a, long b, long c, long d, long e, long f) {
    register long a7 __asm__("a7") = n;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = f;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    return a0;
}

/* For clone3 with a stack: the new thread finds nothing on it to return to, so it goes on in `run`. */
static inline long sys_new_stack(long n, void *args, size_t size, void (*run)(void *argument), void *argument) {
    register long a7 __asm__("a7") = n;
    register void *a0 __asm__("a0") = args;
    register size_t a1 __asm__("a1") = size;
    register void *a2 __asm__("a2") = argument;
    register void (*a3)(void *) __asm__("a3") = run;
    __asm__ volatile("ecall\n bnez a0, 1f\n mv s0, zero\n mv a0, a2\n jalr a3\n ebreak\n1:"
                     : "+r"(a0)
                     : "r"(a7), "r"(a1), "r"(a2), "r"(a3)
                     : "memory");
    return (long)a0;
}

#endif
