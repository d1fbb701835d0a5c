#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weft-sim as its users call it: results, repetition from the seed, page, trace, and refusals.
set -u
B=${B:-build}
sim=$B/bin/weft-sim
here=sim/scenarios/allreduce8.yaml
dir=$(mktemp -d "${TMPDIR:-/tmp}/weft-sim-cli.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

fail() {
	printf 'FAIL  %s\n' "$*"
	failed=$((failed + 1))
}

# refuses STATUS TEXT ARGS...: exits so, and says so
refuses() {
	want=$1 text=$2
	shift 2
	"$sim" "$@" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" = "$want" ] || fail "weft-sim $*: status $got, not $want"
	grep -qF -- "$text" "$dir/out" "$dir/err" || fail "weft-sim $*: does not say '$text'"
}

hash() {
	"$sim" run "$@" --quiet --json | sed -n 's/.*"hash": "\([0-9a-f]*\)".*/\1/p'
}

[ -x "$sim" ] || { echo "no $sim: build it first (make)"; exit 1; }

# The same scenario and seed repeat bit for bit; another seed takes other paths.
a=$(hash "$here") b=$(hash "$here") c=$(hash "$here" --seed 2)
[ ${#a} = 16 ] || fail "no result hash: '$a'"
[ "$a" = "$b" ] || fail "two runs of one seed differ: $a $b"
[ "$a" != "$c" ] || fail "another seed gives the same hash $a"
[ "$a" = "$(hash "$here" --seed 2 --set seed=1)" ] || fail "--set seed=1 is not seed 1"

# Results and page.
"$sim" run "$here" --quiet --out "$dir/deep/er" --trace "$dir/t.pcap" >"$dir/text" ||
	fail "run: status $?"
grep -q "$a" "$dir/text" || fail "the summary has another hash"
/usr/bin/python3 - "$dir/deep/er" "$a" <<'PY' || fail "result.json or index.html is wrong"
import html.parser, json, sys
dir, want = sys.argv[1:]
r = json.load(open(dir + "/result.json"))
assert r["result"]["ok"] and r["result"]["hash"] == want, "hash"
assert 1.0 <= r["result"]["ratio"] <= 1.05, r["result"]["ratio"]
i = r["ideal"]
assert i["total_ps"] == i["bandwidth_ps"] + i["headers_ps"] + i["latency_ps"] + i["turnaround_ps"]
f = r["fabric"]
assert f["packets_made"] == f["packets_taken"] + sum(t["dropped"] for t in f["tiers"])
for series, tier in zip(r["series"]["tiers"], f["tiers"]):
    assert sum(series["sent_bytes"]) == tier["bytes"], tier["name"]
assert len(r["steps_ps"]) == i["steps"] and r["steps_ps"][-1][1] == r["result"]["took_ps"]
assert r["scenario"]["topology"]["leaves"] == 4
paths = r["paths"]
assert len(paths["contexts"]) == 8 and paths["paths"] == r["scenario"]["transport"]["paths"]
for c in paths["contexts"]:
    looks = list(zip(*(v for v in c.values() if isinstance(v, list))))
    assert looks and all(sum(l) in (0, paths["paths"]) for l in looks), c

VOID = {"meta", "line", "br", "input", "polyline", "path", "polygon", "i"}
class Page(html.parser.HTMLParser):
    stack, svgs = [], 0
    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            assert name not in ("src", "href"), "the page needs something from elsewhere"
        self.svgs += tag == "svg"
        if tag not in ("meta", "p", "html"):
            self.stack.append(tag)
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        if tag not in ("p", "html"):
            assert self.stack and self.stack[-1] == tag, (tag, self.getpos(), self.stack[-3:])
            self.stack.pop()
page = Page()
text = open(dir + "/index.html").read()
page.feed(text)
assert not page.stack, page.stack
assert page.svgs == 8, page.svgs
assert want in text and "nan" not in text and "inf" not in text.replace("info", "")
assert "http" not in text.replace("http-equiv", "")
PY

# Tables for other programs; what there is, and what it asks for.
"$sim" run "$here" --quiet --out "$dir/tables" --tables >/dev/null || fail "run --tables: status $?"
for t in steps.csv ports.csv series.csv paths.csv timeline.json; do
	[ -s "$dir/tables/$t" ] || fail "--tables: no $t"
done
"$sim" run "$here" --quiet --tables 2>"$dir/err" >/dev/null
[ $? = 2 ] && grep -q -e '--out' "$dir/err" || fail "--tables alone: $(cat "$dir/err")"

# A chip that does nothing costs 4 KiB at most, its share of the fabric included.
/usr/bin/python3 - "$sim" <<'PY' || fail "memory of idle chips"
import resource, subprocess, sys
def kib(pods):
    args = ["sim/scenarios/sampled524288.yaml", "--set", "workload.flows=1",
            "--set", f"topology.pods={pods}"]
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
            "stdout=subprocess.DEVNULL); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    return int(subprocess.run([sys.executable, "-c", code, sys.argv[1], "run", *args, "--quiet"],
                              check=True, capture_output=True, text=True).stdout)
few, many = kib(2), kib(64)
per_chip = (many - few) / (62 * 1024) * 1024
assert many < 64 * 1024 * 4 and 500 < per_chip <= 4096, (few, many, per_chip)
PY

# A disk that is full: each file in turn cannot be written whole; what there is is marked.
if [ -w /dev/full ]; then
	for t in result.json index.html steps.csv ports.csv timeline.json snapshot-end.json; do
		rm -rf "$dir/full" && mkdir -p "$dir/full" && ln -s /dev/full "$dir/full/$t.part"
		"$sim" run "$here" --quiet --out "$dir/full" --tables --snapshot end >/dev/null \
			2>"$dir/err"
		[ $? = 2 ] && grep -q "$t: No space.*$t.part has what" "$dir/err" ||
			fail "a full disk at $t: $(cat "$dir/err")"
		[ ! -e "$dir/full/$t" ] || fail "a full disk: $t is there as if it were whole"
	done
	[ -s "$dir/full/snapshot-end.json" ] && fail "a full disk: a snapshot is there"
	rm -rf "$dir/full" && mkdir "$dir/full" && ln -s /dev/full "$dir/full/run-000001.part"
	"$sim" sweep "$here" --out "$dir/full" --vary seed=1,2 >/dev/null 2>"$dir/err"
	[ $? = 1 ] && grep -q "run-000001.csv: No space" "$dir/err" &&
		[ "$(wc -l <"$dir/full/sweep.csv")" = 2 ] ||
		fail "a full disk in a sweep: $(cat "$dir/err")"
	rm "$dir/full/run-000001.part"		# there is room again: the rest is done
	"$sim" sweep "$here" --out "$dir/full" --vary seed=1,2 >/dev/null 2>"$dir/err"
	[ "$(wc -l <"$dir/full/sweep.csv")" = 3 ] || fail "a sweep after a full disk"
fi

# A run that does not end: non-zero, the flows that are stuck and why; results are kept and say so.
ecmp="sim/scenarios/dead-link-ecmp.yaml --set fault.until_us=0 --set limit.sim_ms=2"
"$sim" run $ecmp --quiet --tables --out "$dir/stuck" >"$dir/out" 2>&1
[ $? = 1 ] || fail "stuck flows: another status"
grep -q "FAILED: not done within limit.sim_ms: [0-9]* of 64 flows did not finish: flow [0-9]*" \
	"$dir/out" && grep -q "is being sent: [0-9]* packets outstanding" "$dir/out" ||
	fail "stuck flows: $(cat "$dir/out")"
grep -q '"ok": false' "$dir/stuck/result.json" && grep -q '"error": "not done' \
	"$dir/stuck/result.json" || fail "stuck flows: result.json does not say so"
grep -q "did not finish" "$dir/stuck/index.html" || fail "stuck flows: the page does not say so"
grep -q ",goes$" "$dir/stuck/flows.csv" || fail "stuck flows: flows.csv has none that goes"
grep -q ",done$" "$dir/stuck/flows.csv" || fail "stuck flows: flows.csv has none that is done"

# An impossible fabric, and a trace that is cut off.
refuses 2 "topology: 5 groups" run "$here" --set topology.kind=dragonfly --set topology.pods=5 \
	--set topology.leaves=1 --set topology.global_links=2
refuses 2 "it must be 2 to 1048576" run "$here" --set topology.leaves=1 \
	--set topology.hosts_per_leaf=1
refuses 2 "switches; of this kind at most" run "$here" --set topology.kind=torus \
	--set topology.x=1000 --set topology.y=1000
head -c 150 sim/traces/ping-pong.goal >"$dir/cut.goal"
refuses 2 "$dir/cut.goal" run sim/scenarios/trace-goal.yaml --set workload.file="$dir/cut.goal"

# Every scenario that we have says what it asks for, and what it shows.
for s in sim/scenarios/*.yaml; do
	"$sim" explain "$s" >"$dir/text" || fail "explain $s: status $?"
done
grep -q "says nothing of itself" "$dir/list" 2>/dev/null && fail "list: $(cat "$dir/list")"

# More bytes around packets: the closed form has them too, to the picosecond.
mkdir "$dir/extra"
sed 's/^expect:/link: { extra_bytes: 28 }\n&/' sim/validation/exact-go-back-n.yaml \
	>"$dir/extra/a.yaml"
sed 's/^name:.*/&\nlink: { extra_bytes: 28 }/' sim/validation/one-flow.yaml >"$dir/extra/b.yaml"
refuses 0 "2 scenarios, 0 failed" validate "$dir/extra"
"$sim" list "${here%/*}" >"$dir/list" || fail "list: status $?"
[ "$(grep -c '^[^ ].*[.]yaml$' "$dir/list")" = "$(ls "${here%/*}"/*.yaml | wc -l)" ] ||
	fail "list: $(cat "$dir/list")"
"$sim" list "$dir/tables" 2>/dev/null && fail "list of a folder without scenarios: status 0"
"$sim" explain "$here" --set queue.trim=on >"$dir/text" || fail "explain: status $?"
grep -q '8 chips' "$dir/text" && grep -q 'queue.trim = on (default: off)' "$dir/text" ||
	fail "explain: $(cat "$dir/text")"
"$sim" explain "$here" --set topology.leafs=3 2>/dev/null && fail "explain of a wrong key: status 0"

# The trace holds the packets that reached chips, and decodes.
if command -v tshark >/dev/null && [ -r tools/wireshark/weft.lua ]; then
	want=$(sed -n 's/.*"packets_taken": \([0-9]*\).*/\1/p' "$dir/deep/er/result.json")
	got=$(tshark -r "$dir/t.pcap" -X lua_script:tools/wireshark/weft.lua -Y weft 2>/dev/null |
		wc -l)
	[ "$want" = "$got" ] || fail "trace: $got packets decode, $want were taken"
fi

# Validation: what is expected and comes passes, what does not come fails, and says how far it is.
mkdir "$dir/v"
cat "$here" >"$dir/v/a.yaml"
echo 'expect: { ideal_permille: 50, source: "the closed form" }' >>"$dir/v/a.yaml"
refuses 0 "1 scenarios, 0 failed" validate "$dir/v" --out "$dir/pages"
grep -q "</html>" "$dir/pages/allreduce8.html" || fail "validate --out writes no page"
cat "$here" >"$dir/v/b.yaml"
echo 'expect: { makespan_ns: 1, permille: 10 }' >>"$dir/v/b.yaml"
refuses 1 "2 scenarios, 1 failed" validate "$dir/v"
cp "$here" "$dir/v/c.yaml"
refuses 1 "names no value" validate "$dir/v"
refuses 2 "no scenario" validate "$dir/deep"

# A sweep has a line for each combination, the same as a run of it; goes on where it was stopped.
"$sim" sweep "$here" --out "$dir/s" --vary seed=1,2 --vary transport.paths=1,16 --jobs 2 \
	>"$dir/out" 2>"$dir/err" || fail "sweep: status $?"
[ "$(wc -l <"$dir/s/sweep.csv")" = 5 ] || fail "sweep.csv does not have a head and four lines"
grep -q "^1,\"1\",\"16\",1,$a," "$dir/s/sweep.csv" || fail "sweep: run 1 is not that of $a"
cp "$dir/s/sweep.csv" "$dir/sweep.csv"
rm "$dir/s/run-000002.csv"
echo kept >"$dir/s/run-000003.csv"
"$sim" sweep "$here" --out "$dir/s" --vary seed=1,2 --vary transport.paths=1,16 >"$dir/out" \
	2>"$dir/err" || fail "sweep again: status $?"
[ "$(sed 4q "$dir/s/sweep.csv")" = "$(sed 4q "$dir/sweep.csv")" ] || fail "sweep again: differs"
[ "$(sed -n 5p "$dir/s/sweep.csv")" = kept ] || fail "sweep again: repeats what was there"
# Shares, of processes that know nothing of each other, come to the same table.
for i in 0 1 2; do
	"$sim" sweep "$here" --out "$dir/s4" --vary seed=1,2 --vary transport.paths=1,16 \
		--share $i/3 >"$dir/out" 2>"$dir/err" || fail "sweep --share $i/3: status $?"
	[ "$(ls "$dir/s4" | grep -c '^run-.*csv$')" = $((i + 2)) ] ||
		fail "share $i/3 has not its runs"
done
[ ! -e "$dir/s4/sweep.csv" ] || fail "a share has made the table"
"$sim" sweep "$here" --out "$dir/s4" --vary seed=1,2 --vary transport.paths=1,16 >"$dir/out" \
	2>"$dir/err" || fail "sweep after shares: status $?"
cmp "$dir/s4/sweep.csv" "$dir/sweep.csv" || fail "sweep by shares: another table"
refuses 2 "--share 3/3: write it as I/N" sweep "$here" --out "$dir/s4" --vary seed=1,2 --share 3/3
refuses 2 "holds another sweep" sweep "$here" --out "$dir/s" --vary seed=1,3
refuses 2 "transport.paths is '0'" sweep "$here" --out "$dir/s2" --vary transport.paths=1,0
refuses 1 "1 failed" sweep "$here" --out "$dir/s3" --vary limit.sim_ms=1 \
	--set workload.bytes=1GiB
grep -q "not done within limit.sim_ms" "$dir/s3/sweep.csv" || fail "sweep: does not say why"

# What misses its deadline is counted in the table: one of 1 us is missed by all.
"$sim" sweep sim/validation/one-flow.yaml --out "$dir/s5" --vary workload.deadline_us=1,100000 \
	>"$dir/out" 2>"$dir/err" || fail "sweep of deadlines: $(cat "$dir/err")"
/usr/bin/python3 - "$dir/s5/sweep.csv" <<'PY' || fail "missed deadlines of a sweep"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert [int(r["missed"]) > 0 for r in rows] == [True, False], rows
PY

# Drawn values: the same from the same seed, of lists and of ranges; by a launcher's shares as well.
random="--random 5 --vary transport.paths=1..64 --vary transport.ack_every=1,8"
"$sim" sweep "$here" --out "$dir/r" $random >"$dir/out" 2>"$dir/err" ||
	fail "sweep --random: status $?"
[ "$(wc -l <"$dir/r/sweep.csv")" = 6 ] || fail "sweep --random 5: not five lines"
[ "$(sed 1d "$dir/r/sweep.csv" | cut -d, -f2 | sort -u | wc -l)" -gt 2 ] ||
	fail "sweep --random: always the same: $(cat "$dir/r/sweep.csv")"
for i in 0 1 2; do
	env -u OMPI_COMM_WORLD_RANK SLURM_PROCID=$i SLURM_NTASKS=3 \
		"$sim" sweep "$here" --out "$dir/r2" $random --share auto >"$dir/out" 2>&1 ||
		fail "sweep --share auto: status $?"
done
[ ! -e "$dir/r2/sweep.csv" ] || fail "--share auto has made the table"
"$sim" sweep "$here" --out "$dir/r2" $random >"$dir/out" 2>"$dir/err"
cmp "$dir/r/sweep.csv" "$dir/r2/sweep.csv" || fail "sweep --random --share auto: another table"
refuses 2 "holds another sweep" sweep "$here" --out "$dir/r2" --random 6 \
	--vary transport.paths=1..64 --vary transport.ack_every=1,8
refuses 2 "a range is for --random" sweep "$here" --out "$dir/r3" --vary transport.paths=1..64
refuses 2 "must not be above" sweep "$here" --out "$dir/r3" --random 2 --vary transport.paths=9..4
refuses 2 "only numbers lie between" sweep "$here" --out "$dir/r3" --random 2 \
	--vary transport.cc=swift..nscc
refuses 2 "transport.paths is '0'" sweep "$here" --out "$dir/r3" --random 2 \
	--vary transport.paths=0..4
refuses 2 "--random: 1 to" sweep "$here" --out "$dir/r3" --random 0 --vary transport.paths=1..4
refuses 2 "neither srun nor mpirun" sweep "$here" --out "$dir/r3" --vary seed=1,2 --share auto

# Snapshots, on the way and at the end of a run that fails; a progress line on a terminal alone.
"$sim" run "$here" --quiet --out "$dir/snap" --snapshot 20 --snapshot 10.5 --snapshot end \
	--set limit.sim_ms=1 --set workload.bytes=1GiB >/dev/null
[ $? = 1 ] || fail "a run that fails, with snapshots: another status"
/usr/bin/python3 - "$dir/snap" <<'PY' || fail "snapshots"
import json, sys
for name, at in ("10500", 10500000), ("20000", 20000000), ("end", None):
    s = json.load(open(f"{sys.argv[1]}/snapshot-{name}.json"))
    assert at in (None, s["at_ps"]), s["at_ps"]
    assert len(s["contexts"]) >= 8 and len(s["ranks"]) == 8
    assert any(c["outstanding"] for c in s["contexts"]) and s["links"], name
PY
refuses 2 "--snapshot: give --out" run "$here" --snapshot 10
refuses 2 "a simulated time in us" run "$here" --out "$dir/snap" --snapshot ten
/usr/bin/python3 - "$sim" "$here" "$dir/shown" <<'PY' || fail "no progress line on a terminal"
import os, pty, sys
def shown(*words):
    pid, fd = pty.fork()
    if not pid:
        os.execv(sys.argv[1], [sys.argv[1], *words])
    text = b""
    try:
        while more := os.read(fd, 4096):
            text += more
    except OSError:
        pass
    assert os.waitpid(pid, 0)[1] == 0, text
    return text
text = shown("run", sys.argv[2], "--set", "workload.bytes=256MiB")
assert b" ETA " in text and b"M events/s" in text, text[:300]
for began in (b"0 of 3 runs done", b"3 of 3 runs done"):
    text = shown("sweep", sys.argv[2], "--out", sys.argv[3], "--vary", "seed=1,2,3")
    assert text.index(began) and b"ETA 0 s  3 of 3 runs done" in text or began[:1] == b"3", text
PY
"$sim" run "$here" 2>&1 | grep -q ETA && fail "a progress line in a pipe"

# What two results differ in.
"$sim" run "$here" --quiet --set transport.paths=1 --out "$dir/one" >/dev/null
"$sim" compare "$dir/one/result.json" "$dir/one/result.json" ||
	fail "compare: a result differs from itself"
refuses 1 "result.took_ps" compare "$dir/one/result.json" "$dir/deep/er/result.json"
refuses 2 "sweep.csv:1" compare "$dir/one/result.json" "$dir/s/sweep.csv"

# Refusals: status and words.
printf 'name: x\ntopology:\n  leaves: 0\n' >"$dir/bad.yaml"
refuses 2 "$dir/bad.yaml:3: topology.leaves is '0'; it must be a whole number from 1 to 1024" \
	run "$dir/bad.yaml"
refuses 2 "No such file" run "$dir/none.yaml"
refuses 2 "no key 'spines'" run "$here" --set spines=1
refuses 2 "write it as KEY=VALUE" run "$here" --set spines
refuses 2 "give one scenario file" run
refuses 2 "there are 4 leaves" run "$here" --set fault.kind=dead --set fault.leaf=4
refuses 2 "no command 'walk'" walk
refuses 2 "seed is '-1'" run "$here" --seed -1
refuses 2 "cannot write /dev/full" run "$here" --trace /dev/full
refuses 2 "is not a directory" run "$here" --out /dev/null
refuses 1 "not done within limit.sim_ms" run "$here" --set workload.bytes=1GiB --set limit.sim_ms=1
refuses 0 "Example:" --help
refuses 0 "topology.leaves" keys

[ "$failed" = 0 ] && echo "weft-sim: command line, results, page and trace are as they should be"
exit $((failed != 0))
