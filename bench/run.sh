#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the benchmark and keeps its results in bench/results/, with date, machine and commit.
# Usage: bench/run.sh [--rounds N] [--only PART-OF-NAME]
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}

# In a session of its own, with precedence over other sessions where the kernel groups by session.
if [ -z "${WEFT_BENCH_SESSION:-}" ] && command -v setsid > /dev/null; then
	WEFT_BENCH_SESSION=1 exec setsid -w "$0" "$@"
fi
(echo -20 > /proc/self/autogroup) 2> /dev/null || true

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1 | tr -d '"\\')
commit=$(git rev-parse --short=12 HEAD 2> /dev/null || echo unknown)
git diff --quiet HEAD -- core userspace bench 2> /dev/null || commit=$commit+
date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
about=$(printf '  "date": "%s",\n  "commit": "%s",\n' "$date" "$commit"
	printf '  "cpu": "%s",\n  "cores": %s,\n' "${cpu:-unknown}" "$(nproc)"
	printf '  "load_average": %s,\n' "$(cut -d' ' -f1 /proc/loadavg)"
	printf '  "kernel": "%s",\n_' "$(uname -r)")
about=${about%_}
mkdir -p bench/results
json=bench/results/$(date -u +%Y%m%d-%H%M%S)-${commit%+}.json

echo "$cpu, $(nproc) cores, Linux $(uname -r), commit $commit"
"$B/bin/weft_bench" --json "$json" --about "$about" "$@"
echo "kept in $json"
