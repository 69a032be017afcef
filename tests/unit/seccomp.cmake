# SPDX-License-Identifier: Apache-2.0
# The seccomp compiler, on a small world of its own instead of the real tables.
add_library(seccomp_kit STATIC seccomp_kit.c seccomp_tables.c)
target_link_libraries(seccomp_kit PUBLIC rf_seccomp)
foreach(test expr gen prove kernel)
  rf_unit_test(test_seccomp_${test} rf_seccomp seccomp_kit)
endforeach()
