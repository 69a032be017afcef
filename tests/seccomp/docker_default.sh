#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docker_default.sh RINGFENCE DOCKER_DIFF BASES: compiles a policy that is docker-default and nothing more, and compares
# it with the moby profile named by RINGFENCE_DOCKER_PROFILE, or else with the one of the data folder beside the tree.
set -eu
profile=${RINGFENCE_DOCKER_PROFILE:-$3/../../../shared/data/docker-default-seccomp.json}
if [ ! -r "$profile" ]; then
    echo "SKIP: no moby seccomp profile at $profile (RINGFENCE_DOCKER_PROFILE names another)"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/plain.ringfence.yaml" <<'POLICY'
ringfence: 1
name: plain
extends: [docker-default]
arch: [x86_64, aarch64]
process: {uid: 0, gid: 0}
root: {path: /srv/root}
POLICY
"$1" compile -I "$3" -o "$scratch/plain.fence" "$scratch/plain.ringfence.yaml"
"$2" "$profile" "$scratch/plain.fence"
