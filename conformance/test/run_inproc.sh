#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In this process under virtual time: both chips pass all that they claim, soon; a run repeats
# itself byte for byte, a case alone too; the demo runs as it is installed; what cannot be loaded is
# refused with a reason.
# weft-test: timeout=60 asan
. conformance/test/lib.sh

hash_of()	# DIR
{
	sed -n 's/.*"transcripts": "\([0-9a-f]*\)".*/\1/p' "$1/results.json"
}

run()	# NAME URL SEED
{
	cpu "$OUT/$1.s" "$B/bin/weft-conform" run --dut "$2" --out "$OUT/$1" --seed "$3" -q \
		> "$OUT/$1.log" || die "$1: $(cat "$OUT/$1.log")"
	check_reports "$OUT/$1"
}

for chip in a b; do
	run $chip.1 inproc:$chip c0ffee
	run $chip.2 inproc:$chip c0ffee
	run $chip.3 inproc:$chip 5eed
	h=$(hash_of "$OUT/$chip.1")
	[ ${#h} -eq 64 ] || die "chip $chip: no hash of the transcripts: $h"
	[ "$h" = "$(hash_of "$OUT/$chip.2")" ] || die "chip $chip: two runs of one seed differ"
	[ "$h" != "$(hash_of "$OUT/$chip.3")" ] || die "chip $chip: the seed changes nothing"
	"$B/bin/weft-conform" judge "$OUT/$chip.1" > "$OUT/judge.log" ||
		die "judged again, chip $chip: $(cat "$OUT/judge.log")"
	verdicts "$OUT/$chip.1" > "$OUT/$chip.verdicts"
	# The chips have no upper tester: what needs one is run_upper.sh's.
	na=$(inapplicable "$OUT/$chip.verdicts")
	[ "$chip$na" = a0 ] || [ "$chip" = b ] || die "chip a: $na cases do not apply"
	[ "$na" -le 103 ] || die "chip b: $na cases do not apply"
	s=$(cat "$OUT/$chip.1.s")
	case $B in
	*/asan) ;;	# the bound is for what is shipped
	*) python3 -c "import sys; sys.exit($s > 5)" || die "chip $chip: $s s" ;;
	esac
	echo "ok    chip $chip: $(tail -2 "$OUT/$chip.1.log" | head -1)"
done

# One case alone is the same, byte for byte, as in the run of all.
for id in AT-BV-08 MG-BV-16 DL-BV-24; do
	"$B/bin/weft-conform" run --dut inproc:a --out "$OUT/one" --seed c0ffee -q $id \
		> "$OUT/one.log" || die "$id alone: $(cat "$OUT/one.log")"
	cmp "$OUT/one/tests/$id/transcript.wct" "$OUT/a.1/tests/$id/transcript.wct" ||
		die "$id alone differs"
done
echo "ok    a case alone repeats itself"

# The demo runs in any folder, and as it is installed; a program alone says what it lacks.
# In the form in which this folder was built: another has other objects.
case $B in */asan) form=SAN=address,undefined ;; *) form= ;; esac
make -s B="$B" $form DESTDIR="$OUT/root" PREFIX=/usr install-tools > "$OUT/log" 2>&1 ||
	die "make install-tools: $(tail -3 "$OUT/log")"
mkdir "$OUT/away" "$OUT/alone"
(cd "$OUT/away" && "$OUT/root/usr/bin/weft-conform" demo -q --out sample) > "$OUT/demo.log" 2>&1 ||
	die "demo as installed: $(tail -5 "$OUT/demo.log")"
for chip in a b; do
	grep -q '"PASS": [1-9][0-9][0-9], "FAIL": 0' "$OUT/away/sample/chip-$chip/results.json" ||
		die "demo: chip $chip: $(tail -5 "$OUT/demo.log")"
	grep -q "href=\"chip-$chip/index" "$OUT/away/sample/index.html" || die "demo: no page"
	check_reports "$OUT/away/sample/chip-$chip"
done
cp "$B/bin/weft-conform" "$OUT/alone"
cp "$B/lib/weft-dut-chip.so" "$OUT/alone"
(cd "$OUT/away" && "$OUT/alone/weft-conform" run --dut inproc:a -q 'AT-*') > "$OUT/log" 2>&1 ||
	die "an object beside the program: $(tail -5 "$OUT/log")"
mv "$OUT/alone/weft-dut-chip.so" "$OUT/alone/chip.so"
WEFT_DUT_CHIP="$OUT/alone/chip.so" "$OUT/alone/weft-conform" run --dut inproc:a -q 'AT-*' \
	--out "$OUT/away/named" > "$OUT/log" 2>&1 || die "WEFT_DUT_CHIP: $(tail -5 "$OUT/log")"
if [ ! -e /usr/local/lib/weft/weft-dut-chip.so ] && [ ! -e /usr/lib/weft/weft-dut-chip.so ]; then
	"$OUT/alone/weft-conform" demo --out "$OUT/away/none" > "$OUT/log" 2>&1
	[ $? -eq 4 ] && grep -q 'WEFT_DUT_CHIP names it' "$OUT/log" ||
		die "without its object: $(cat "$OUT/log")"
fi
"$B/bin/weft-conform" demo 'AT-*' > "$OUT/log" 2>&1
[ $? -eq 4 ] || die "demo takes cases"
echo "ok    demo, as installed: $(sed -n 's/^\(.* cases: .*\)/\1/p' "$OUT/demo.log" | tail -1)"

refused()	# URL WORDS
{
	"$B/bin/weft-conform" run --dut "$1" --out "$OUT/refused" 2> "$OUT/err" > "$OUT/log"
	[ $? -eq 4 ] || die "$1 is not refused"
	grep -q "$2" "$OUT/err" || die "$1: does not say '$2': $(cat "$OUT/err")"
}
refused "inproc:$OUT/none.so" 'cannot open'
refused "inproc:a?colour=red" 'there is no option colour=red'
refused "inproc:$B/lib/libweft.so.0" 'weft_dut_entry'
echo "ok    what is no device is refused"
echo "# cunit: run_inproc.sh: 5 passed, 0 failed, 0 skipped"
