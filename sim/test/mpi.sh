#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# weft-sim-mpi: what 1, 2, 4 and 8 processes find is what weft-sim finds, bit for bit; what they
# refuse, they say; a process that fails ends all.
#     sim/test/mpi.sh [NAME]      only the scenarios whose name has NAME in it
set -u
B=${B:-build}
sim=$B/bin/weft-sim
mpi=$B/bin/weft-sim-mpi
only=${1:-}
command -v mpirun >/dev/null || { echo "skip: no mpirun"; exit 77; }
[ -x "$mpi" ] || { echo "skip: no $mpi: there was no mpi.h when this was built"; exit 77; }
[ -x "$sim" ] || { echo "no $sim: build it first (make)"; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/weft-sim-mpi.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

fail() {
	printf 'FAIL  %s\n' "$*"
	failed=$((failed + 1))
}

# Processes of this machine alone: through its memory, and no network.
ranks() {
	local n=$1
	shift
	OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 timeout 300 \
		mpirun --oversubscribe -np "$n" --mca pml ob1 --mca btl self,vader \
		--mca plm isolated --mca orte_base_help_aggregate 0 "$mpi" "$@"
}

# compare N: the results of one process and of N
compare() {
	/usr/bin/python3 - "$dir/one.json" "$dir/all.json" "$1" <<'PY'
import json, sys
one, all = (json.load(open(p)) for p in sys.argv[1:3])
ranks = all["measured"]["ranks"]
assert len(ranks) == int(sys.argv[3]), ranks
del one["measured"], all["measured"]
def differ(a, b, at):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted(set(a) | set(b)):
            differ(a.get(k), b.get(k), at + "." + k)
    elif a != b:
        print("  ", at[1:], str(a)[:80], str(b)[:80])
differ(one, all, "")
assert one == all
PY
}

# same NAME ARGS...: all numbers but those of `measured`, with so many processes
many='1 2 4 8'
same() {
	local name=$1 n got want
	shift
	case $name in *"$only"*) ;; *) return ;; esac
	"$sim" run "$@" --quiet --json >"$dir/one.json" 2>"$dir/err"
	want=$?
	[ -s "$dir/one.json" ] || { fail "$name: weft-sim: $(cat "$dir/err")"; return; }
	for n in $many; do
		ranks $n run "$@" --quiet --json >"$dir/all.json" 2>"$dir/err"
		got=$?
		[ "$got" = "$want" ] ||
			fail "$name, $n processes: status $got, not $want: $(head -3 "$dir/err")"
		compare "$n" || fail "$name, $n processes"
	done
	printf 'done  %s, %s processes\n' "$name" "${many// /, }"
}

# refuses STATUS TEXT ARGS...: two processes exit so, and say so
refuses() {
	local want=$1 text=$2 got
	shift 2
	[ -z "$only" ] || return
	ranks 2 "$@" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" = "$want" ] || fail "$*: status $got, not $want"
	grep -qF -- "$text" "$dir/out" "$dir/err" || fail "$*: does not say '$text'"
}

scenario() {
	cat >"$dir/$1.yaml"
}

scenario tree <<'EOT'
name: tree
topology: { kind: fat-tree, hosts_per_leaf: 4, leaves: 4, spines: 4, cores_per_spine: 2,
            pods: 4 }
queue: { bytes: 60000, trim: on, mark_min: 20000, mark_max: 50000, mark_percent: 50 }
transport: { carriage: l2, paths: 16, cc: nscc, window: 64 }
workload: { kind: permutation, flow: 100 KiB }
EOT

same ring sim/scenarios/allreduce8.yaml
same permutation "$dir/tree.yaml"
same permutation-lossy "$dir/tree.yaml" --set link.loss_ppm=1000 --set link.cut_through=200
same permutation-one-part "$dir/tree.yaml" --set run.part_hosts=0 --set run.warm_us=5
same incast "$dir/tree.yaml" --set workload.kind=incast --set workload.fan_in=40
same incast-drops "$dir/tree.yaml" --set workload.kind=incast --set workload.fan_in=40 \
	--set queue.trim=off
same all-to-all "$dir/tree.yaml" --set workload.kind=all-to-all --set workload.chained=on \
	--set workload.flow=4KiB
same shared-buffer "$dir/tree.yaml" --set buffer.bytes=400000 --set class.count=2 \
	--set class.map=source
many='2 4'
same adaptive "$dir/tree.yaml" --set routing.kind=adaptive
same flowlet "$dir/tree.yaml" --set routing.kind=flowlet
same storage "$dir/tree.yaml" --set workload.kind=storage --set workload.requests=10 \
	--set workload.deadline_us=40 --set run.check_codec=5 --set background.load_percent=20 \
	--set background.flows=50
same edge "$dir/tree.yaml" --set workload.kind=edge --set workload.requests=10
same go-back-n "$dir/tree.yaml" --set transport.kind=go-back-n --set queue.trim=off
same pfc sim/validation/pfc-incast.yaml
same pfc-weft "$dir/tree.yaml" --set workload.kind=incast --set queue.trim=off \
	--set flow_control.kind=pfc --set class.count=2 --set class.map=source
same credit-link sim/validation/credit-link.yaml
same credit-weft "$dir/tree.yaml" --set workload.kind=incast --set queue.trim=off \
	--set flow_control.kind=credit --set class.count=2 --set class.map=source
same deadlock sim/validation/ring-channels.yaml --set class.map=one --set limit.sim_ms=5
same tree-tasks sim/validation/tree.yaml
same goal sim/scenarios/trace-goal.yaml
same chakra sim/scenarios/trace-chakra.yaml
same open-loop sim/validation/exact-packet.yaml
same planes sim/scenarios/plane-failover.yaml --set workload.flow=256KiB
same interfaces "$dir/tree.yaml" --set nic.bus_gbps=300 --set nic.memory_gbps=450 \
	--set nic.pipeline_ns=200
same source "$dir/tree.yaml" --set routing.kind=source
same torus "$dir/tree.yaml" --set topology.kind=torus
same unfinished "$dir/tree.yaml" --set limit.sim_ms=1 --set workload.flow=100MiB

refuses 2 "transport.kind: fluid" run "$dir/tree.yaml" --set transport.kind=fluid \
	--set queue.trim=off
printf '1 0 9 1000 0 0\n2 17 33 1000 0 1\n' >"$dir/after.flows"
refuses 2 "begin when one of another chip ends" run "$dir/tree.yaml" --set workload.kind=flows \
	--set workload.file="$dir/after.flows"
refuses 2 "several processes" run "$dir/tree.yaml" --trace "$dir/t.pcap"
refuses 2 "can only 'run'" sweep "$dir/tree.yaml"
refuses 2 "topology.leafs" run "$dir/tree.yaml" --set topology.leafs=3
refuses 2 "cannot make" run "$dir/tree.yaml" --out "$dir/tree.yaml/x"

# Nothing is left of what was written by one process: pages and results are whole.
if [ -z "$only" ]; then
	ranks 2 run "$dir/tree.yaml" --quiet --out "$dir/out2" >"$dir/text" ||
		fail "run --out, 2 processes"
	"$sim" run "$dir/tree.yaml" --quiet --out "$dir/out1" >/dev/null || fail "run --out"
	"$sim" compare "$dir/out1/result.json" "$dir/out2/result.json" ||
		fail "results differ"
	for d in out1 out2; do
		sed '/[0-9] events and [0-9]* link hops/d' "$dir/$d/index.html" >"$dir/$d.html"
	done
	cmp "$dir/out1.html" "$dir/out2.html" || fail "pages differ"
	grep -q '^  process 1 ' "$dir/text" || fail "no line of what process 1 did"
fi
[ "$failed" = 0 ] || exit 1
echo "weft-sim-mpi: all as in one process"
