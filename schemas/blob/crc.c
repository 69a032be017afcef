/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#define POLYNOMIAL 0x82f63b78u /* reflected */

/* Entry n is the remainder of the byte n.  Those of the powers of two give all others, since the sum of two bytes has the
 * sum of their remainders: quick enough to be done at every call, which saves a kilobyte of every program. */
static void fill(uint32_t table[256]) {
    uint32_t remainder = 1;
    table[0] = 0;
    for (uint32_t bit = 128; bit > 0; bit /= 2) {
        remainder = remainder >> 1 ^ (remainder & 1 ? POLYNOMIAL : 0);
        for (uint32_t n = 0; n < 256; n += 2 * bit) table[n + bit] = table[n] ^ remainder;
    }
}

uint32_t rf_crc32c(uint32_t crc, const void *bytes, size_t length) {
    uint32_t table[256];
    const uint8_t *p = bytes;
    fill(table);
    crc = ~crc;
    for (size_t i = 0; i < length; i++) crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
    return ~crc;
}
