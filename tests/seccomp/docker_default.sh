#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docker_default.sh RINGFENCE DOCKER_DIFF BASES: compiles policies that are docker-default and another set of
# capabilities or another kernel, and compares each with the moby profile named by RINGFENCE_DOCKER_PROFILE, or else with
# the one of the data folder beside the tree.
set -eu
ringfence=$1 diff=$2 bases=$3
profile=${RINGFENCE_DOCKER_PROFILE:-$bases/../../../shared/data/docker-default-seccomp.json}
if [ ! -r "$profile" ]; then
    echo "SKIP: no moby seccomp profile at $profile (RINGFENCE_DOCKER_PROFILE names another)"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# compare NAME [LINE...]: docker-default with these further lines.
compare() {
    name=$1
    shift
    printf '%s\n' 'ringfence: 1' 'name: plain' 'extends: [docker-default]' 'arch: [x86_64, aarch64]' \
        'process: {uid: 0, gid: 0}' 'root: {path: /srv/root}' "$@" >"$scratch/plain.ringfence.yaml"
    "$ringfence" compile -I "$bases" -o "$scratch/plain.fence" "$scratch/plain.ringfence.yaml"
    if ! "$diff" "$profile" "$scratch/plain.fence" $abis >"$scratch/out"; then
        echo "not ok: $name"
        failed=1
    elif [ "$name" != default ]; then
        echo "ok: $name: $(sed -n 's/^\(.*\) inputs compared.*/\1/p' "$scratch/out" | tr '\n' ';')"
        return
    fi
    cat "$scratch/out"
}

abis=
compare default
compare 'no capabilities' 'capabilities: {replace: []}'
# Every capability that moby's profile names, one by one, and all of them together.
special=$(grep -o 'CAP_[A-Z_]*' "$profile" | sort -u | sed 's/^CAP_//')
for capability in $special; do
    compare "$capability only" "capabilities: {replace: [$capability]}"
done
compare 'all of these' "capabilities: {replace: [$(echo "$special" | paste -s -d,)]}"
compare 'Linux 4.8' 'kernel: v4.8'
compare 'Linux 5.10' 'kernel: v5.10'
abis=compat
every='compat: {x86_64: [i386, x32], aarch64: [arm]}'
compare 'every ABI' "$every"
compare 'every ABI, SYS_ADMIN and SYS_TIME' "$every" 'capabilities: {replace: [SYS_ADMIN, SYS_TIME]}'
exit "$failed"
