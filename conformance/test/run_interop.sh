#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The matrix of pairs: good ones pass under all faults; each way to be bad has its verdict, and
# names the end that is to blame; what is written is readable; what is wrong in the file is told.
# weft-test: timeout=200 asan
. conformance/test/lib.sh
W="$B/bin/weft-conform"
PATH=$(realpath "$B")/bin:$PATH

# cell FILE NAME: its verdict and code
cell()
{
	python3 -c 'import json, sys
for c in json.load(open(sys.argv[1]))["cells"]:
    if c["folder"] == sys.argv[2]:
        print(c["verdict"], c["code"])' "$1" "$2"
}

is()	# NAME VERDICT CODE
{
	got=$(cell "$OUT/bad/interop.json" "$1")
	[ "$got" = "$2${3:+ }$3" ] || [ "$got" = "$2 $3" ] ||
		die "$1 is $got, not $2 $3: $(cat "$OUT/bad.log")"
}

# Good pairs, as the example in the tree says.
"$W" interop conformance/interop.example.yaml --out "$OUT/good" -q > "$OUT/good.log" ||
	die "the example: $(cat "$OUT/good.log")"
grep -q '64 cells: 48 PASS 16 NA; 12 of 12 pairs' "$OUT/good.log" || die "$(cat "$OUT/good.log")"
python3 -c 'import json, sys
for c in json.load(open(sys.argv[1]))["cells"]:
    if c["verdict"] != "PASS":
        continue
    assert min(c["packets"]) > 5, c
    assert min(c["observers_passed"]) >= 8, c
    assert c["faults"] in ("none", "sprayed") or c["mishaps"] > 2, c' "$OUT/good/interop.json" ||
	die "a cell passed without its due"
xmllint --html --noout "$OUT/good/index.html" 2> "$OUT/html" || die "$(head -3 "$OUT/html")"
check_captures "$OUT"/good/put--put--drawn/*.pcap
[ -s "$OUT/good/put--put--drawn/schedule.txt" ] || die "the drawn schedule is not kept"
echo "ok    good pairs, under all faults"

# One cell alone is the cell of the whole.
"$W" interop conformance/interop.example.yaml 'put--put-rod--named' --out "$OUT/one" \
	> "$OUT/one.log" || die "one cell: $(cat "$OUT/one.log")"
[ "$(cell "$OUT/one/interop.json" put--put-rod--named)" = "PASS " ] || die "$(cat "$OUT/one.log")"
echo "ok    one cell"

chip="weft chip --port udp:127.0.0.1:0 --domain any --quiet"
cat > "$OUT/bad.yaml" <<END
implementations:
  - { name: ok, initiator: "weft put \$WEFT_TARGET conformance/README.md", target: "$chip" }
  - { name: fails, initiator: "exit 3" }
  - { name: missing, initiator: "no-such-command-here" }
  - { name: hangs, initiator: "sleep 30" }
  - { name: crashes, initiator: "weft put \$WEFT_TARGET conformance/README.md; kill -SEGV \$\$" }
  - { name: slow, initiator: "weft ping -q -c 3 \$WEFT_TARGET; exit 0" }
  - { name: dies, target: "timeout 1 $chip" }
  - { name: mute, target: "echo hello" }
limit_s: 8
faults:
  - { name: some, rules: ["both lose type=DATA psn=2..4 try=1"] }
  - { name: unmet, rules: ["out lose psn=60000"] }
END
"$W" interop "$OUT/bad.yaml" 'ok--*' '*--ok--some' slow--dies--some --out "$OUT/bad" -q \
	> "$OUT/bad.log"
[ $? -eq 1 ] || die "exit status of a bad matrix: $(cat "$OUT/bad.log")"
is ok--ok--some PASS ''
is ok--ok--unmet INCONC FAULT_NOT_MET
is fails--ok--some FAIL INITIATOR_FAILED
is missing--ok--some INCONC NO_INITIATOR
is hangs--ok--some FAIL INITIATOR_HUNG
is crashes--ok--some FAIL INITIATOR_CRASHED
is slow--dies--some FAIL TARGET_DIED
is ok--mute--some INCONC NO_TARGET
is ok--hangs--some NA NO_ROLE
grep -q 'FAULT_NOT_MET: no packet met 1 of the rules, such as: out lose psn=60000' "$OUT/bad.log" ||
	die "$(cat "$OUT/bad.log")"
xmllint --html --noout "$OUT/bad/index.html" 2> "$OUT/html" || die "$(head -3 "$OUT/html")"
echo "ok    each way to be bad"

# Who is to blame: mutants of the product, on either side.
if [ -x "$B/mutants/bin/weft" ]; then
	mutant="$(realpath "$B")/mutants/bin/weft"
	cat > "$OUT/blame.yaml" <<END
implementations:
  - { name: ok, initiator: "weft put \$WEFT_TARGET conformance/README.md", target: "$chip" }
  - name: bad
    initiator: "WEFT_MUTANT=RTX_UNMARKED $mutant put \$WEFT_TARGET conformance/README.md"
    target: "env WEFT_MUTANT=RTX_UNMARKED $mutant chip --port udp:127.0.0.1:0 --domain any --quiet"
faults:
  - { name: some, rules: ["both lose type=DATA psn=2..4 try=1"] }
END
	"$W" interop "$OUT/blame.yaml" 'ok--*' 'bad--ok--*' --out "$OUT/blame" -q > "$OUT/blame.log"
	[ $? -eq 1 ] || die "blame: $(cat "$OUT/blame.log")"
	grep -q 'ok--bad--some FAIL: OBS_RTX_FLAG: target, bad' "$OUT/blame.log" ||
		die "the target is not blamed: $(cat "$OUT/blame.log")"
	grep -q 'bad--ok--some FAIL: OBS_RTX_FLAG: initiator, bad' "$OUT/blame.log" ||
		die "the initiator is not blamed: $(cat "$OUT/blame.log")"
	[ "$(cell "$OUT/blame/interop.json" ok--ok--some)" = "PASS " ] || die "ok is blamed"
	echo "ok    the end that is to blame"
else
	echo "skip  the end that is to blame: make mutants first"
fi

refused()	# WORDS YAML: exit status 4, and told
{
	printf '%b' "$2" > "$OUT/wrong.yaml"
	"$W" interop "$OUT/wrong.yaml" --out "$OUT/wrong" > "$OUT/wrong.log" 2>&1
	[ $? -eq 4 ] || die "not refused: $2: $(cat "$OUT/wrong.log")"
	grep -qF -- "$1" "$OUT/wrong.log" || die "$2: $(cat "$OUT/wrong.log")"
}
A='implementations: [ { name: a, target: t, initiator: i } ]\n'
refused 'see conformance/interop.example.yaml' 'foo: bar\n'
refused 'Missing required' 'implementations: [ { target: t } ]\n'
refused 'no implementation is a target' \
	'implementations: [ { name: a, initiator: i } ]\nfaults: [ { name: n } ]\n'
refused 'a is there twice' \
	'implementations: [ { name: a, target: t }, { name: a, target: t } ]\nfaults: [{ name: n }]'
refused 'a name has letters' "${A}faults: [ { name: a/b } ]\n"
refused 'faults n, rule:1: "loose"' "${A}faults: [ { name: n, rules: [ out loose ] } ]\n"
refused 'path "fast"' "${A}faults: [ { name: n, paths: [ fast ] } ]\n"
refused 'faults n: random: "loss=2"' "${A}faults: [ { name: n, random: loss=2 } ]\n"
refused 'seed "xyz" is no hexadecimal' "${A}faults: [ { name: n, seed: xyz } ]\n"
refused 'No such file' "${A}faults: [ { name: n, schedule: /none } ]\n"
"$W" interop 2> "$OUT/wrong.log"
[ $? -eq 4 ] || die "no matrix is refused"
"$W" interop "$OUT/none.yaml" 2> "$OUT/wrong.log"
[ $? -eq 4 ] || die "a file that is not there is refused"
"$W" interop conformance/interop.example.yaml 'foo*' 2> "$OUT/wrong.log"
[ $? -eq 4 ] || die "cells that are not there are refused"
"$W" interop conformance/interop.example.yaml --out /proc/none/x 2> "$OUT/wrong.log"
[ $? -eq 4 ] || die "a folder that cannot be made is refused"
echo "ok    mistakes in the file are told"
echo "# cunit: run_interop.sh: 5 passed, 0 failed, 0 skipped"
