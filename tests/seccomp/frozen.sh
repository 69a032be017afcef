#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# frozen.sh RINGFENCE NEWER POLICIES: a compiler with newer tables gives old policies the same bytes, and a call that
# only it knows is told by it: else this would compare nothing.
set -euo pipefail
declare -A compilers=([old]=$1 [newer]=$2)
policies=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
write() {
    printf '%s\n' 'ringfence: 1' "name: $1" 'arch: [x86_64, aarch64, riscv64]' \
        'compat: {x86_64: [i386, x32], aarch64: [arm]}' "kernel: $2" 'process: {uid: 1, gid: 1}' 'root: {path: /}' \
        'capabilities: []' 'seccomp:' '  default: errno(EPERM)' '  allow: ["@system-service"]' \
        '  kill: ["@module", "@swap"]' >"$scratch/$1.ringfence.yaml"
}
write groups-4.8 v4.8
write groups-6.1 v6.1
write groups-7.2 v7.2
count=0
for policy in "$policies"/examples/*.ringfence.yaml "$scratch"/*.ringfence.yaml; do
    name=$(basename "$policy" .ringfence.yaml)
    for compiler in old newer; do
        "${compilers[$compiler]}" compile -I "$policies/base" -o "$scratch/$name.$compiler" "$policy" 2>/dev/null
    done
    if cmp -s "$scratch/$name.old" "$scratch/$name.newer"; then
        count=$((count + 1))
    else
        echo "not ok: $name is another policy to the newer compiler"
        failed=1
    fi
done
"${compilers[newer]}" simulate "$scratch/groups-7.2.ringfence.yaml" file_later | grep -q 'x86_64   errno(ENOSYS)' || {
    echo "not ok: the newer tables have nothing new: this test compares nothing"
    failed=1
}
echo "ok: $count policies have the same bytes under newer tables"
exit "$failed"
