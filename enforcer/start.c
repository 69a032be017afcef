/* SPDX-License-Identifier: Apache-2.0 */
/* The first instruction: hand the kernel's initial stack (argc, argv, envp, auxv) to rf_main_start(). */
#if defined(__x86_64__)
__asm__(".text\n.global _start\n.type _start,@function\n_start:\n"
        "xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call rf_main_start\n hlt\n.size _start,.-_start\n");
#elif defined(__aarch64__)
__asm__(
    ".text\n.global _start\n.type _start,%function\n_start:\n"
    "mov x29, #0\n mov x30, #0\n mov x0, sp\n and sp, x0, #-16\n bl rf_main_start\n brk #0\n.size _start,.-_start\n");
#elif defined(__riscv)
__asm__(".text\n.global _start\n.type _start,@function\n_start:\n"
        ".option push\n.option norelax\n lla gp, __global_pointer$\n.option pop\n"
        "mv a0, sp\n andi sp, sp, -16\n call rf_main_start\n ebreak\n.size _start,.-_start\n");
#endif
