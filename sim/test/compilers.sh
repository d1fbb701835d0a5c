#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=900
# The result of a run is that of its scenario and seed, whoever compiled the simulator, and how:
# gcc and clang, not optimised and optimised, in one part and in many (processes: mpi.sh).
set -u
B=${B:-build}
sim=$B/bin/weft-sim
dir=$(mktemp -d "${TMPDIR:-/tmp}/weft-sim-cc.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
[ -x "$sim" ] || { echo "no $sim: build it first (make)"; exit 1; }

# The engine with losses and trimming, a collective, classes with credits, requests, the ideal.
cat >"$dir/lossy.yaml" <<'EOT'
name: lossy
topology: { kind: fat-tree, hosts_per_leaf: 4, leaves: 4, spines: 4, cores_per_spine: 2, pods: 2 }
link: { loss_ppm: 2000 }
queue: { bytes: 60000, trim: on, mark_min: 20000, mark_max: 50000, mark_percent: 50 }
transport: { carriage: l2, paths: 16, cc: nscc, window: 64, path_law: recycled }
workload: { kind: incast, flow: 100 KiB }
background: { load_percent: 20, flows: 100 }
EOT
scenarios="$dir/lossy.yaml sim/scenarios/allreduce8.yaml sim/validation/credit-link.yaml
	sim/validation/max-min-ideal.yaml sim/validation/dcqcn.yaml"

# hashes PROGRAM ARGS...: a line for each scenario
hashes() {
	program=$1
	shift
	for s in $scenarios; do
		printf '%s ' "${s##*/}"
		"$program" run "$s" --quiet --json "$@" |
			sed -n 's/.*"hash": "\([0-9a-f]*\)".*/\1/p'
	done
	printf 'storage '
	"$program" run "$dir/lossy.yaml" --quiet --json --set workload.kind=storage "$@" |
		sed -n 's/.*"hash": "\([0-9a-f]*\)".*/\1/p'
}

hashes "$sim" >"$dir/want" || exit 1
[ "$(grep -c ' [0-9a-f]\{16\}$' "$dir/want")" = 6 ] || { cat "$dir/want"; exit 1; }
hashes "$sim" --set run.part_hosts=0 >"$dir/got"
if ! cmp -s "$dir/want" "$dir/got"; then
	echo "FAIL  in one part"
	diff "$dir/want" "$dir/got"
	failed=1
fi

# same COMPILER OPTIONS
same() {
	command -v "$1" >/dev/null || { echo "skip  no $1"; return; }
	to=$B/compilers/$1$2
	make --no-print-directory -s B="$to" CC="$1" OPT="$2" "$to/bin/weft-sim" \
		>"$dir/log" 2>&1 || { echo "FAIL  $1 $2: $(tail -3 "$dir/log")"; failed=1; return; }
	hashes "$to/bin/weft-sim" >"$dir/got"
	cmp -s "$dir/want" "$dir/got" && { echo "done  $1 $2"; return; }
	echo "FAIL  $1 $2: other results"
	diff "$dir/want" "$dir/got"
	failed=1
}

same gcc -O0
same gcc -O1
same clang -O0
same clang -O2
[ "$failed" = 0 ] || exit 1
echo "weft-sim: the same results by all compilers"
