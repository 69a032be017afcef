#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shipped.sh PROGRAM POLICIES: PROGRAM over every example of the folder, and over the smallest policy that extends each
# base, for all machines and once more with every ABI.
set -eu
program=$1 policies=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for base in "$policies"/base/*.ringfence.yaml; do
    name=$(basename "$base" .ringfence.yaml)
    for abis in own all; do
        {
            printf '%s\n' 'ringfence: 1' "name: $name-$abis" "extends: [$name]" 'arch: [x86_64, aarch64, riscv64]' \
                'kernel: v6.12' 'process: {uid: 0, gid: 0}' 'root: {path: /srv/root}'
            if [ "$abis" = all ]; then echo 'compat: {x86_64: [i386, x32], aarch64: [arm]}'; fi
        } >"$scratch/$name-$abis.ringfence.yaml"
    done
done
"$program" -I "$policies/base" "$policies"/examples/*.ringfence.yaml "$scratch"/*.ringfence.yaml
