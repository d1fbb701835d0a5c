#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tool around the cases: init, check, rig, replay, diff, list, show; completion and manual; a
# failing run's reports are as their schemas say, and a broken one is found by them.
# weft-test: timeout=120 asan
. conformance/test/lib.sh
W="$B/bin/weft-conform"
BAD="inproc:$B/lib/weft-dut-degenerate.so?"

expect()	# STATUS NAME COMMAND...: its output in $OUT/NAME.log
{
	want=$1 name=$2
	shift 2
	"$@" > "$OUT/$name.log" 2>&1 < /dev/null
	got=$?
	[ $got -eq "$want" ] ||
		die "$name: exit status $got, not $want: $(tail -5 "$OUT/$name.log")"
}

says()	# NAME WORDS
{
	grep -q -- "$2" "$OUT/$1.log" ||
		die "$1 does not say '$2': $(tail -5 "$OUT/$1.log")"
}

printf 'Acme\n\n2\ninproc:b\n\n\nfoo\n1024\n64\nCORE, MEM, ACCEL\n\n\n' |
	"$W" init "$OUT/dut.yaml" > "$OUT/init.log" || die "init: $(cat "$OUT/init.log")"
says init 'no number in the range'
grep -q 'vendor: "Acme"' "$OUT/dut.yaml" || die "init lost an answer"
expect 4 init2 "$W" init "$OUT/dut.yaml"
says init2 'is there already'
printf 'Acme\n' | "$W" init "$OUT/none.yaml" > "$OUT/init3.log" 2>&1 && die "init without answers"
[ ! -e "$OUT/none.yaml" ] || die "init wrote without answers"
echo "ok    init"

expect 0 check "$W" check "$OUT/dut.yaml"
says check 'DL-BV-04  *RUD_NOT_CLAIMED'
says check 'SM-BV-01+rod *ONE_MODE'
says check 'SM-BV-01+payload2048 *PAYLOAD_NOT_CLAIMED'
sed 's/modes: .*/modes: [RUD]/' "$OUT/dut.yaml" > "$OUT/wrong.yaml"
expect 4 check2 "$W" check "$OUT/wrong.yaml"
says check2 'CORE needs mode ROD'
expect 4 check3 "$W" check "$OUT/missing.yaml"
# What check foretells is what a run finds, but for kernels: those a case asks HELLO for.
expect 0 ran "$W" run "$OUT/dut.yaml" --out "$OUT/ran" --seed 7 -q
foretold=$(grep -c '^NA ' "$OUT/check.log")
[ "$foretold" -eq "$(verdicts "$OUT/ran" | grep " NA " | grep -vc NO_SUCH_KERNEL)" ] ||
	die "check foretold $foretold NA"
echo "ok    check"

expect 0 rig "$W" rig "$OUT/dut.yaml"
says rig 'regions     7 of 7'
says rig 'The rig is good'
expect 2 rig2 "$W" rig --dut "${BAD}silent" --patience 50
says rig2 'no answer to HELLO'
expect 2 rig3 "$W" rig --dut "${BAD}refuse" --patience 50
expect 4 rig4 "$W" rig
WEFT_CONFORM_SEED=1x expect 4 seed "$W" list
says seed 'WEFT_CONFORM_SEED: "1x" is no hexadecimal number'
echo "ok    rig"

expect 0 replay "$W" replay "$OUT/ran/tests/AT-BV-08"
says replay 'then PASS , now PASS ; stimulus the same; transcript the same, byte for byte'
expect 1 bad "$W" run --dut "${BAD}yes" --out "$OUT/bad" --no-rig-check --patience 20 --seed 7 -q
check_reports "$OUT/bad"
expect 1 replay2 "$W" replay "$OUT/bad/fail/MP-BI-01/"
says replay2 'now FAIL'
says replay2 'byte for byte'
expect 1 replay3 "$W" replay "$OUT/bad/fail/MP-BI-01" --step
says replay3 'Enter to send it'
expect 4 replay4 "$W" replay "$OUT/bad"
expect 4 replay5 "$W" replay "$OUT/bad/tests/XX-BV-01"
echo "ok    replay"

WEFT_CONFORM_SEED=7b expect 0 seed "$W" run --dut inproc:b --out "$OUT/seed" -q AT-BV-08
grep -q '"seed": "7b"' "$OUT/seed/results.json" || die "WEFT_CONFORM_SEED was not taken"
# What RB sends, and so what a device does, is up to the seed.
expect 0 again "$W" run "$OUT/dut.yaml" --out "$OUT/again" --seed 7 -q
expect 0 diff "$W" diff "$OUT/ran" "$OUT/again"
says diff '0 verdicts differ, 0 cases'
expect 1 diff2 "$W" diff "$OUT/ran" "$OUT/bad"
says diff2 'MP-BI-01 .*PASS .*-> FAIL'
expect 4 diff3 "$W" diff "$OUT/ran" "$OUT"
echo "ok    diff"

expect 0 list "$W" list --rule WEFT-PKT-001
[ "$(wc -l < "$OUT/list.log")" -lt 20 ] && grep -q FR-BV-01 "$OUT/list.log" || die "list --rule"
expect 0 list2 "$W" list --profile AI --area DL
grep -vq '^DL-' "$OUT/list2.log" && die "list --area"
expect 4 list3 "$W" list --area ZZ
"$W" list | cut -d' ' -f1 > "$OUT/ids"
while read -r id; do "$W" show "$id" || die "show $id"; done < "$OUT/ids" > "$OUT/show.log"
for part in stimulus expected checks profile; do
	[ "$(grep -c "^$part  *[^ ]" "$OUT/show.log")" -eq "$(wc -l < "$OUT/ids")" ] ||
		die "show leaves out $part"
done
grep 'not in this spec' "$OUT/show.log" && die "a case cites what spec/ lacks"
[ "$(grep -c '^profile .*with an upper tester of level 2' "$OUT/show.log")" -eq \
	"$(grep -c '^needs  *an upper tester of level 2' "$OUT/show.log")" ] ||
	die "show has another mode than the case needs"
expect 0 show "$W" show TQ-BV-01
says show 'with an upper tester of level 2'
expect 0 show "$W" show MP-BI-01
says show 'over the wire alone'
for pair in DL-BV-02:TACK_BEHIND SM-BV-01:LARGEST_REFUSED FR-BI-02:LENGTH_CLAMPED; do
	expect 0 show "$W" show "${pair%:*}"
	says show "^kills  *${pair#*:}: .* (beside "
done
echo "ok    list and show"

# Each damage is found by a schema, so that they are no formality.
spoil()	# FILE SED-SCRIPT WORDS
{
	cp -r "$OUT/bad" "$OUT/spoilt"
	sed -i "$2" "$OUT/spoilt/$1"
	cmp -s "$OUT/spoilt/$1" "$OUT/bad/$1" && die "spoil $1: nothing changed"
	(check_schemas "$OUT/spoilt") > "$OUT/found" && die "$1 with '$2' is taken as good"
	rm -rf "$OUT/spoilt"
}
spoil results.json 's/"verdict": "FAIL"/"verdict": "FLAKY"/'
spoil results.json 's/"seed": "[0-9a-f]*"/"seed": 7/'
spoil results.jsonl '3d'
spoil results.jsonl 's/"planned": [0-9]*/"planned": 1/'
spoil results.jsonl '$d'
spoil junit.xml 's/<failure message/<failure text/'
spoil junit.xml 's/ tests="[0-9]*"//'
echo "ok    schemas"

mandoc -T lint -W warning conformance/weft-conform.1 > "$OUT/lint" 2>&1 ||
	die "the manual: $(cat "$OUT/lint")"
man=$(sed 's/\\-/-/g; s/Fl -/--/g' conformance/weft-conform.1)
"$W" --help | sed '/^Example/q' > "$OUT/help"
for word in $(grep -E '^ {2,6}-' "$OUT/help" | grep -oE -- '--[a-z][a-z-]+' | sort -u) \
		$(sed -n 's/^.*  *weft-conform \([a-z]*\) .*/Cm \1/p' "$OUT/help" | sort -u |
		grep -oE '[a-z]+$'); do
	case $man in *"$word"*) ;; *) die "the manual lacks $word" ;; esac
done
echo "ok    manual"

complete()	# WORDS...: what bash offers for the last of them
{
	bash -c '. conformance/weft-conform.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_weft_conform
		printf "%s\n" "${COMPREPLY[@]}"' _ "$W" "$@" > "$OUT/complete.log"
}
complete re && says complete '^replay$'
complete show mp-bi-0 && says complete '^MP-BI-01$'
complete run --no && says complete '^--no-rig-check$'
complete list --area d && [ ! -s "$OUT/complete.log" ] || complete list --area D
says complete '^DL$'
echo "ok    completion"
echo "# cunit: run_tool.sh: 9 passed, 0 failed, 0 skipped"
