#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A run that cannot begin, is interrupted, or loses its device: it ends soon, with status 2 and a
# sentence that says what to do, its reports are well-formed, and no case that did not run fails.
# weft-test: timeout=120 asan
. conformance/test/lib.sh

passed=0

ok()
{
	passed=$((passed + 1))
	echo "ok    $*"
}

# stopped DIR CODE LEAST: no failure, at least LEAST cases that did not run, all for CODE.
stopped()
{
	check_reports "$1"
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
unrun = [c for c in r["cases"] if not c["ran"]]
assert r["totals"]["FAIL"] == 0, r["totals"]
assert len(r["cases"]) == int(sys.argv[4]), "a case is missing"
assert len(unrun) >= int(sys.argv[3]), len(unrun)
for c in unrun:
	assert (c["verdict"], c["code"]) == ("INCONC", sys.argv[2]), c
' "$1/results.json" "$2" "$3" "$cases" > "$OUT/err" 2>&1 || die "$1: $(cat "$OUT/err")"
	grep -q ' failures="0"' "$1/junit.xml" || die "$1: a failure in junit.xml"
	grep -q 'Not all cases ran' "$1/index.html" || die "$1: index.html does not say why"
}

# rig NAME CODE WORDS: the run against $URL does not begin; its one sentence holds WORDS.
rig()
{
	"$B/bin/weft-conform" run --dut "$URL" --out "$OUT/$1" --patience 300 \
		> "$OUT/$1.log" 2> "$OUT/$1.err"
	[ $? -eq 2 ] || die "$1: not status 2: $(cat "$OUT/$1.log" "$OUT/$1.err")"
	[ "$(wc -l < "$OUT/$1.err")" -eq 1 ] || die "$1: not one sentence: $(cat "$OUT/$1.err")"
	grep -q "$URL: .*$3" "$OUT/$1.err" || die "$1: does not say '$3': $(cat "$OUT/$1.err")"
	stopped "$OUT/$1" "$2" "$cases"
	ok "$1: $2"
}

degenerate()
{
	"$B/bin/weft-degenerate" "$1" > "$OUT/degenerate.$1" &
	PIDS="$PIDS $!"
	i=0
	until grep -qs 'udp:' "$OUT/degenerate.$1"; do
		i=$((i + 1))
		[ $i -lt 200 ] || die "weft-degenerate $1 does not start"
		sleep 0.05
	done
	URL=$(grep -o 'udp:[^ ]*' "$OUT/degenerate.$1")
}

cases=$("$B/bin/weft-conform" list | wc -l)

# Nobody there, and devices that do too little.
degenerate silent
rig silent NO_HELLO 'no answer to HELLO.*is the device started'
degenerate noise
rig noise NO_HELLO 'none of them a valid answer to HELLO'
degenerate hello
rig hello NO_CONTEXT 'class GPU.*does not answer a new context'

# A chip that serves no domain of the suite.
DOMAIN=0
start_chip zero --port udp:127.0.0.1:0
rig domain NO_CONTEXT 'refuses (NACK MODE).*in domain 1.*--domain any'

# A chip that serves the suite's domain alone passes; what needs a second one does not apply.
DOMAIN=1
start_chip one --port udp:127.0.0.1:0
DOMAIN=any
"$B/bin/weft-conform" run --dut "$URL" --out "$OUT/one" -q > "$OUT/one.log" 2>&1 ||
	die "a chip of one domain: $(cat "$OUT/one.log")"
verdicts "$OUT/one" > "$OUT/one.verdicts"
grep -q ' NA ONE_DOMAIN' "$OUT/one.verdicts" || die "a chip of one domain has two"
ok "a chip of one domain"

# after LINES DIR COMMAND...: run the suite; when so many cases have ended, COMMAND PID-OF-SUITE.
after()
{
	python3 -c 'import subprocess, sys, time
lines, conform, url, out = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
p = subprocess.Popen([conform, "run", "--dut", url, "--out", out, "--patience", "300"],
		     stdout=subprocess.PIPE, stderr=open(out + ".err", "w"), text=True)
for n, line in enumerate(p.stdout):
	if n + 1 == lines:
		subprocess.check_call([a.replace("SUITE", str(p.pid)) for a in sys.argv[5:]])
		began = time.monotonic()
took = time.monotonic() - began
status = p.wait()
open(out + ".status", "w").write(str(status))
assert took < 20, f"{took:.1f} s until it ended"
' "$@" > "$OUT/err" 2>&1 || die "$*: $(cat "$OUT/err")"
}

status()	# NAME WANTED
{
	[ "$(cat "$OUT/$1.status")" -eq "$2" ] || die "$1: status $(cat "$OUT/$1.status"), not $2"
}

# A signal in the middle: what has run is reported, and judged again the same.
start_chip int --port udp:127.0.0.1:0 --modes rud,rod
for signal in INT TERM; do
	after 20 "$B/bin/weft-conform" "$URL" "$OUT/$signal" kill -$signal SUITE
	status $signal 2
	stopped "$OUT/$signal" INTERRUPTED 1
	grep -q 'interrupted' "$OUT/$signal.err" || die "$signal: $(cat "$OUT/$signal.err")"
	"$B/bin/weft-conform" judge "$OUT/$signal" > "$OUT/judge.log"
	[ $? -eq 2 ] || die "$signal: judge: $(cat "$OUT/judge.log")"
	grep -q 'stopped before they ran' "$OUT/judge.log" || die "judge: $(cat "$OUT/judge.log")"
	ok "$signal after 20 cases"
done

# The same, into a folder that holds another run: nothing of that one is taken for this one's.
"$B/bin/weft-conform" run --dut "$URL" --out "$OUT/again" -q > "$OUT/again.log" ||
	die "$(cat "$OUT/again.log")"
after 20 "$B/bin/weft-conform" "$URL" "$OUT/again" kill -TERM SUITE
status again 2
[ "$(find "$OUT/again/tests" -name transcript.wct | wc -l)" -lt "$cases" ] ||
	die "transcripts of an earlier run stay"
"$B/bin/weft-conform" judge "$OUT/again" > "$OUT/judge.log"
[ $? -eq 2 ] || die "again: judge: $(cat "$OUT/judge.log")"
"$B/bin/weft-conform" run --dut "$URL" --out "$OUT/again" -q 'AT-*' > "$OUT/again.log" ||
	die "$(cat "$OUT/again.log")"
[ "$(ls "$OUT/again/tests" | grep -vc '^AT-')" -eq 0 ] || die "cases of an earlier run stay"
ok "an interrupted run over an earlier one, and a selection over that"

# The device dies in the middle: three cases later the run is over. The case that it dies in may
# have heard it before, and then fails.
start_chip gone --port udp:127.0.0.1:0 --modes rud,rod
after 20 "$B/bin/weft-conform" "$URL" "$OUT/gone" kill -KILL "${PIDS##* }"
python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert sum(c["code"] == "SILENT" for c in r["cases"]) in (2, 3), r["totals"]
assert sum(c["code"] == "DEVICE_GONE" for c in r["cases"]) > 20, r["totals"]
assert r["totals"]["FAIL"] <= 1, r["totals"]
assert int(sys.argv[2]) == (1 if r["totals"]["FAIL"] else 2), sys.argv[2]
' "$OUT/gone/results.json" "$(cat "$OUT/gone.status")" > "$OUT/err" 2>&1 ||
	die "gone: $(cat "$OUT/err")"
check_reports "$OUT/gone"
grep -q 'the last case that could begin' "$OUT/gone.err" || die "$(cat "$OUT/gone.err")"
ok "a device that dies"

# Nothing of one context comes through, that of the second case: its script did not begin, so the
# case is tried once more, and that is told. (The look before all opens three.)
start_chip late --port udp:127.0.0.1:0 --modes rud,rod
"$B/bin/weft-conform" box --to "$URL" --out "$OUT/box" --fault 'both lose ctx=5' \
	> "$OUT/box.log" 2>&1 &
PIDS="$PIDS $!"
i=0
until grep -qs '^box at udp:' "$OUT/box.log"; do
	i=$((i + 1))
	[ $i -lt 200 ] || die "the box does not start: $(cat "$OUT/box.log")"
	sleep 0.05
done
"$B/bin/weft-conform" run --dut "$(sed -n 's/^box at \(udp:[^ ]*\).*/\1/p' "$OUT/box.log")" \
	--out "$OUT/late" --patience 500 -q AT-BV-01 AT-BV-02 AT-BV-03 > "$OUT/late.log" ||
	die "a context that nothing came of: $(cat "$OUT/late.log")"
python3 -c 'import json, sys
tries = [c.get("attempt", 1) for c in json.load(open(sys.argv[1]))["cases"]]
assert tries == [1, 2, 1], tries' "$OUT/late/results.json" > "$OUT/err" 2>&1 ||
	die "late: $(cat "$OUT/err")"
check_schemas "$OUT/late"
ok "a case whose script did not begin is tried once more"
# UT-CA-06: rig tells what the tester's clock is worth: in virtual time it is exact.
"$B/bin/weft-conform" rig --dut inproc:a > "$OUT/rig.log" || die "rig: $(cat "$OUT/rig.log")"
grep -q '^clock  *virtual, step 1 ns, pauses of 1 ms at most 0.000 ms too long$' "$OUT/rig.log" ||
	die "rig in virtual time: $(grep clock "$OUT/rig.log")"
grep -q 'upper tester no$' "$OUT/rig.log" || die "rig: $(grep services "$OUT/rig.log")"
start_chip rig --port udp:127.0.0.1:0
"$B/bin/weft-conform" rig --dut "$URL" --patience 10000 > "$OUT/rig.log"
[ $? -eq 0 ] || [ $? -eq 2 ] || die "rig over UDP: $(cat "$OUT/rig.log")"
python3 -c 'import re, sys
text = open(sys.argv[1]).read()
step, late = re.search(r"^clock +monotonic, step (\d+) ns, pauses of 1 ms at most ([\d.]+) ms",
		       text, re.M).groups()
assert 0 < int(step) < 1000000, step
busy = "too busy to keep time" in text
assert busy == (float(late) * 4 > 10000), (late, busy)
' "$OUT/rig.log" > "$OUT/err" 2>&1 || die "rig over UDP: $(cat "$OUT/rig.log" "$OUT/err")"
ok "the clock of the tester"

echo "# cunit: run_rig.sh: $passed passed, 0 failed, 0 skipped"
