#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every mutant of the reference chip is killed, by the case and for the reason that mutants.def
# names; each failing run has well-formed reports; and nothing of the mutants is in the product.
# weft-test: timeout=280
. conformance/test/lib.sh
W="$B/bin/weft-conform"

count=$(grep -cE '^WEFT_MUTANT_(ROW|LIAR)' conformance/mutants/mutants.def)

make_mutants

# What the product must not have, and the mutant build must.
nm "$B/mutants/bin/weft" | grep -q ' weft_mutant$' || die "the mutant build has no mutants"
for file in "$B/bin/weft" "$B"/lib/weft_core.a "$B"/lib/weft_user.a "$B"/lib/weft_chip.a; do
	nm "$file" 2>/dev/null | grep -i 'mutant' && die "$file has a symbol of the mutants"
	strings "$file" | grep -E 'WEFT_MUTANT|weft_mutant|CRC_UNCHECKED' &&
		die "$file has a string of the mutants"
done
echo "ok    the product has no mutants"

# Each row of the table has its hook, and each hook its row.
sed -nE 's/^WEFT_MUTANT_(ROW|CORE)\(([A-Z0-9_]*),.*/\2/p' conformance/mutants/mutants.def | sort \
	> "$OUT/rows"
grep -rhoE 'WEFT_MUTANT\([A-Z0-9_]+\)' core userspace | sed 's/.*(\(.*\))/\1/' | sort -u \
	> "$OUT/hooks"
cmp -s "$OUT/rows" "$OUT/hooks" || die "rows and hooks differ: $(diff "$OUT/rows" "$OUT/hooks")"
echo "ok    $count mutants, each with its hook"

"$W" selftest --mutants -q --out "$OUT/mutants" > "$OUT/log" ||
	die "$(cat "$OUT/log")"
cat "$OUT/log"
python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert len(r) == int(sys.argv[2]) and all(m["killed"] for m in r)' \
	"$OUT/mutants/mutants.json" "$count" || die "mutants.json"
xmllint --noout "$OUT"/mutants/*/junit.xml || die "a junit.xml is not well-formed"
for dir in "$OUT"/mutants/*/; do
	python3 -m json.tool "${dir}results.json" > "$OUT/json" || die "${dir}results.json"
done
check_captures "$OUT"/mutants/*/fail/*/capture.pcapng
echo "ok    reports of all mutants are well-formed, $(wc -l < "$OUT/tshark") packets in captures"

# With --full, one whose process ends on the way: each of its cases gets a process of its own.
mkdir -p "$OUT/r/bin" "$OUT/r/mutants/lib"
cp "$W" "$OUT/r/bin"
cp "$B/lib/weft-dut-hostile.so" "$OUT/r/mutants/lib/weft-dut-chip.so"
WEFT_HOSTILE="exit@400,$B/mutants/lib/weft-dut-chip.so" "$OUT/r/bin/weft-conform" selftest \
	--mutants --full -q --out "$OUT/rescued" WIDTH_ANY > "$OUT/log" || die "$(cat "$OUT/log")"
grep -q '^ok    WIDTH_ANY crashed: .*, [1-9][0-9]* of [0-9]* without a report' "$OUT/log" ||
	die "nothing was run one by one: $(tail -3 "$OUT/log")"
python3 -c 'import json, sys
r, = json.load(open(sys.argv[1]))
assert r["killed"] and "AT-BI-06" in r["killers"]' "$OUT/rescued/mutants.json" ||
	die "the verdicts of a mutant that crashed are lost"
"$W" selftest --mutants NOBODY > "$OUT/log" 2>&1
[ $? -eq 4 ] && grep -q 'NOBODY is no mutant' "$OUT/log" || die "NOBODY: $(cat "$OUT/log")"
echo "ok    the cases of a mutant that crashes are run one by one"

# On a network what fails by time is tried three times, in virtual time and for other rules once.
clean=$B
export WEFT_MUTANT=RTO_NO_BACKOFF
B=$clean/mutants
start_chip slow --port udp:127.0.0.1:0
B=$clean
"$W" run --dut "$URL" --out "$OUT/timed" -q DL-TI-44 DL-BV-64 AT-BV-04 > "$OUT/log"
[ $? -eq 1 ] || die "over UDP: $(tail -5 "$OUT/log")"
check_schemas "$OUT/timed"
"$W" run --dut "inproc:$B/mutants/lib/weft-dut-chip.so?chip=b" --out "$OUT/virtual" -q DL-TI-44 \
	> "$OUT/log"
[ $? -eq 1 ] || die "in process: $(tail -5 "$OUT/log")"
unset WEFT_MUTANT
python3 -c 'import json, sys
timed, virtual = ({c["id"]: (c["verdict"], c.get("attempt", 1))
                   for c in json.load(open(f"{d}/results.json"))["cases"]} for d in sys.argv[1:])
assert timed["DL-TI-44"] == ("FAIL", 3), timed
assert timed["AT-BV-04"] == ("PASS", 1), timed
assert virtual["DL-TI-44"] == ("FAIL", 1), virtual' "$OUT/timed" "$OUT/virtual" || die "attempts"
"$W" judge "$OUT/timed" > "$OUT/log"
[ $? -eq 1 ] || die "judged again: $(tail -5 "$OUT/log")"
echo "ok    three attempts at a rule of time"
echo "# cunit: run_mutants.sh: $((count + 5)) passed, 0 failed, 0 skipped"
