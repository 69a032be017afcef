# SPDX-License-Identifier: Apache-2.0
# The tables: lookups, planted faults, and each other source of the same facts.
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
set(rf_tables_dir ${PROJECT_SOURCE_DIR}/compiler/tables)

rf_unit_test(test_tables rf_tables PkgConfig::SECCOMP)
add_test(NAME tables_mutants
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/tables_mutants.py ${rf_tables_dir})
set_tests_properties(tables_mutants PROPERTIES TIMEOUT 300 LABELS unit)
foreach(check numbers arguments constants libseccomp)
  add_test(NAME tables_${check} COMMAND Python3::Interpreter ${rf_tables_dir}/check.py ${check})
  set_tests_properties(tables_${check} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120 LABELS unit)
endforeach()
