#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The RTL responder: linted; drops what spec/vectors say; passes all that it claims, twice the same
# byte for byte, in the tester's process and in one of its own; each of its mutants is killed by the
# case and with the code that weft_mutants.svh names; hardly a chip any more, it passes nothing.
# weft-test: timeout=600
. conformance/test/lib.sh

command -v verilator > /dev/null || {
	echo "skip  run_rtl.sh: there is no verilator"
	exit 77
}
TABLE=conformance/rtl/weft_mutants.svh

make --no-print-directory -s B="$B" rtl-lint > "$OUT/lint" 2>&1 || die "$(cat "$OUT/lint")"
[ ! -s "$OUT/lint" ] || die "lint says: $(cat "$OUT/lint")"
echo "ok    lint"

# run_readme.sh builds the same device.
flock "$B/rtl.lock" make --no-print-directory -s B="$B" rtl rtl-mutants > "$OUT/make" 2>&1 ||
	die "$(cat "$OUT/make")"
SO=$B/rtl/weft-rtl.so
MUTANTS=$B/rtl/weft-rtl-mutants.so

/usr/bin/python3 conformance/rtl/test/vectors.py "$SO" > "$OUT/vectors" ||
	die "$(cat "$OUT/vectors")"
cat "$OUT/vectors"

hash_of()	# DIR
{
	sed -n 's/.*"transcripts": "\([0-9a-f]*\)".*/\1/p' "$1/results.json"
}

run()	# NAME URL SEED
{
	"$B/bin/weft-conform" run --dut "$2" --out "$OUT/$1" --seed "$3" -q > "$OUT/$1.log" ||
		die "$1: $(cat "$OUT/$1.log")"
	check_reports "$OUT/$1"
	[ -n "$(hash_of "$OUT/$1")" ] || die "$1: no hash of the transcripts"
}

run one "inproc:$SO" c0ffee
run again "inproc:$SO" c0ffee
run other "inproc:$SO" 5eed
run cosim "cosim:$B/bin/weft-cosim $SO" c0ffee
h=$(hash_of "$OUT/one")
[ "$h" = "$(hash_of "$OUT/again")" ] || die "two runs of one seed differ"
[ "$h" != "$(hash_of "$OUT/other")" ] || die "the seed changes nothing"
[ "$h" = "$(hash_of "$OUT/cosim")" ] || die "in a process of its own it behaves otherwise"
verdicts "$OUT/one" > "$OUT/verdicts"
grep -v ' PASS \| NA ' "$OUT/verdicts" && die "not all that is claimed passes"
passed=$(grep -c ' PASS ' "$OUT/verdicts")
[ "$passed" -ge 125 ] || die "$passed cases pass, 125 did"
echo "ok    $(tail -2 "$OUT/one.log" | head -1)"
echo "ok    the same in a process of its own, byte for byte"

# What dut.yaml declares is what HELLO says.
sed "s|inproc:[^\"]*|inproc:$SO|" conformance/rtl/dut.yaml > "$OUT/dut.yaml"
"$B/bin/weft-conform" run "$OUT/dut.yaml" --out "$OUT/declared" -q VN-CA-01 > "$OUT/log" ||
	die "dut.yaml: $(cat "$OUT/log")"
echo "ok    dut.yaml"

# Each hook has its row and each row its hook.
sed -n 's/^localparam .* M_\([A-Z0-9_]*\) = .*/\1/p' $TABLE | sort > "$OUT/rows"
cat conformance/rtl/*.sv conformance/rtl/weft_core*.svh | grep -o '`MUTANT([A-Z0-9_]*)' |
	sed 's/.*(\(.*\))/\1/' | sort -u > "$OUT/hooks"
cmp -s "$OUT/rows" "$OUT/hooks" || die "rows and hooks differ: $(diff "$OUT/rows" "$OUT/hooks")"

tr -d ';:' < $TABLE | awk '/^localparam/ { sub("M_", "", $3); sub("8.d", "", $5)
	print $3, $5, $7, $8 }' > "$OUT/mutants"
count=$(wc -l < "$OUT/mutants")
[ "$count" -eq "$(wc -l < "$OUT/rows")" ] || die "$TABLE: a row is misshapen"
killed=0
while read -r name number id code; do
	"$B/bin/weft-conform" run --dut "inproc:$MUTANTS?mutant=$number" --out "$OUT/m" \
		--seed c0ffee --no-rig-check -q "$id" > "$OUT/m.log" 2>&1
	v=$(verdicts "$OUT/m")
	if [ "$v" = "$id FAIL $code" ]; then
		killed=$((killed + 1))
	else
		echo "FAIL  mutant $name: $v, expected $id FAIL $code"
	fi
done < "$OUT/mutants"
[ "$killed" -eq "$count" ] || die "$killed of $count mutants are killed as their rows say"
cut -d' ' -f3 "$OUT/mutants" | sort -u > "$OUT/cases"
"$B/bin/weft-conform" run --dut "inproc:$MUTANTS?mutant=0" --out "$OUT/m" --seed c0ffee -q \
	$(cat "$OUT/cases") > "$OUT/m.log" || die "without a mutant: $(cat "$OUT/m.log")"
echo "ok    $count mutants, each killed by its case and for its reason"

# The same chip, deaf to what the cases ask: it must pass nothing.
for number in 254 255; do
	"$B/bin/weft-conform" run --dut "inproc:$MUTANTS?mutant=$number" --out "$OUT/d" \
		--seed c0ffee --no-rig-check --patience 50 -q > "$OUT/d.log" 2>&1
	verdicts "$OUT/d" | grep ' PASS ' && die "a degenerate chip ($number) passes a case"
done
echo "ok    a chip that never answers, and one that acknowledges and does nothing, pass nothing"
echo "# cunit: run_rtl.sh: $((count + 9)) passed, 0 failed, 0 skipped"
