# SPDX-License-Identifier: Apache-2.0
# The seccomp compiler, on a small world of its own instead of the real tables.
add_library(seccomp_kit STATIC seccomp_kit.c seccomp_mutants.c seccomp_tables.c)
target_link_libraries(seccomp_kit PUBLIC rf_seccomp)
foreach(test expr gen prove judge kernel)
  rf_unit_test(test_seccomp_${test} rf_seccomp seccomp_kit)
endforeach()
# Rules and policies stand there as positional tables: what only messages need (origin, hot) is left out of them.
foreach(target seccomp_kit test_seccomp_gen test_seccomp_prove test_seccomp_judge test_seccomp_kernel)
  target_compile_options(${target} PRIVATE -Wno-missing-field-initializers)
endforeach()
# Random policies by the hundred thousand, where the code is optimised; a million: test_seccomp_gen 1000000 SEED.
if(CMAKE_BUILD_TYPE STREQUAL Release AND NOT RF_SANITIZE)
  foreach(seed 1 2 3 4)
    add_test(NAME seccomp_random_${seed} COMMAND test_seccomp_gen 25000 ${seed})
    set_tests_properties(seccomp_random_${seed} PROPERTIES TIMEOUT 300 LABELS seccomp)
  endforeach()
endif()
