/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

__asm__(".section .both, \"awx\", @progbits\n nop\n .text\n");

int main(void) {
    return printf("dynamic\n") < 0;
}
