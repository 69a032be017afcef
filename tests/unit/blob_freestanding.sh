#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# blob_freestanding.sh OBJECT...: the objects of the blob's reader, together, want nothing but memcmp, memcpy and
# memset; they have no writable data.
set -eu
[ "$#" -gt 0 ]
defined=$(nm --defined-only -g "$@" | awk 'NF == 3 { print $3 }' | sort -u)
[ -n "$defined" ]
wanted=$(nm -u "$@" | awk '$1 == "U" { print $2 }' | sort -u)
bad=
for symbol in $wanted; do
    case $symbol in memcmp | memcpy | memset | _GLOBAL_OFFSET_TABLE_) continue ;; esac
    printf '%s\n' "$defined" | grep -qx "$symbol" || bad="$bad $symbol"
done
[ -z "$bad" ] || { echo "the reader calls:$bad"; exit 1; }
size -A "$@" | awk '($1 ~ /^\.data$|^\.bss$/ && $2 > 0) { print "writable data:", $0; bad = 1 } END { exit bad }'
# Its tables are plain numbers and characters: nothing has to be relocated.
pointers=$(size -A "$@" | awk '$1 ~ /^\.data\.rel\.ro/ { sum += $2 } END { print sum + 0 }')
[ "$pointers" -eq 0 ] || { echo "$pointers bytes of pointers"; exit 1; }
