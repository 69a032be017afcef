#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# verified.sh RINGFENCE POLICIES: every policy that is shipped compiles without a warning and is verified; each base
# through a policy that is nothing but it. A filter that was exported works in another launcher (bwrap, as root or not).
set -euo pipefail
ringfence=$1 policies=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

not_ok() {
    echo "not ok: $*"
    failed=1
}

for base in "$policies"/base/*.ringfence.yaml; do
    name=$(basename "$base" .ringfence.yaml)
    printf '%s\n' 'ringfence: 1' "name: of-$name" "extends: [$name]" 'arch: [x86_64, aarch64]' 'kernel: v6.12' \
        'process: {uid: 1000, gid: 1000}' 'root: {path: /}' >"$scratch/of-$name.ringfence.yaml"
done
for policy in "$policies"/examples/*.ringfence.yaml "$scratch"/of-*.ringfence.yaml; do
    name=$(basename "$policy" .ringfence.yaml)
    out=$("$ringfence" compile -I "$policies/base" -o "$scratch/$name.fence" "$policy" 2>&1) || not_ok "$name: $out"
    [ -z "$out" ] || not_ok "$name: $out"
    proven=$("$ringfence" verify -I "$policies/base" "$scratch/$name.fence" "$policy") || not_ok "$name: not verified"
    [ "$(grep -c 'proven to be the policy' <<<"$proven")" = 2 ] || not_ok "$name: $proven"
    echo "ok: $name: $(grep -o '^[a-z0-9_]*: [0-9]* instructions' <<<"$proven" | paste -s -d,)"
done

# Any blob with another policy is told from it.
if out=$("$ringfence" verify -I "$policies/base" "$scratch/web.fence" "$policies/examples/redis.ringfence.yaml" 2>&1); then
    not_ok "web is verified as redis: $out"
fi

if command -v bwrap >/dev/null && [ "$(uname -m)" = x86_64 ]; then
    "$ringfence" export bpf "$scratch/web.fence" --arch x86_64 -o "$scratch/web.bpf"
    try='import socket
for family in (1, 40):
    try: socket.socket(family); print("made")
    except OSError as e: print(e.errno)'
    if ! bwrap --ro-bind / / --dev /dev true 2>/dev/null; then
        echo "skip: bwrap cannot start here"
    elif got=$(bwrap --ro-bind / / --dev /dev --seccomp 9 /usr/bin/python3 -c "$try" 9<"$scratch/web.bpf" | paste -s); then
        [ "$got" = "$(printf 'made\t1')" ] || not_ok "bwrap with the exported filter: $got"
        echo "ok: bwrap takes the exported filter"
    else
        not_ok "bwrap does not take the exported filter"
    fi
else
    echo "skip: no bwrap"
fi
exit "$failed"
