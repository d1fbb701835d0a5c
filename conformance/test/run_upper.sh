#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The upper tester: a device of libweft is driven from above, in process and behind a socket; what
# firmware takes along needs no libc; one that lies, hangs or talks nonsense passes nothing.
# weft-test: timeout=300
. conformance/test/lib.sh
W="$B/bin/weft-conform"

"$W" run --dut inproc:upper --seed 5 -q --out "$OUT/in" > "$OUT/in.log" ||
	die "in process: $(tail -12 "$OUT/in.log")"
# The second run is watched: no byte that nobody wrote decides anything, or goes out.
valgrind -q --error-exitcode=9 --log-file="$OUT/valgrind" \
	"$W" run --dut inproc:upper --seed 5 -q --out "$OUT/again" > "$OUT/again.log" ||
	die "in process again: $(tail -12 "$OUT/again.log"; head -30 "$OUT/valgrind")"
grep -o '"transcripts": "[0-9a-f]*"' "$OUT/in/results.json" > "$OUT/one"
grep -o '"transcripts": "[0-9a-f]*"' "$OUT/again/results.json" > "$OUT/two"
cmp -s "$OUT/one" "$OUT/two" || die "two runs of one seed differ"
verdicts "$OUT/in" | grep -c '^TQ.* PASS ' > "$OUT/n"
[ "$(cat "$OUT/n")" -ge 40 ] || die "only $(cat "$OUT/n") cases of a requester passed"
"$W" judge "$OUT/in" > "$OUT/judge.log" || die "judged again: $(tail -3 "$OUT/judge.log")"
check_reports "$OUT/in"
echo "ok    in process: $(tail -2 "$OUT/in.log" | head -1), and the same again"

"$B/bin/weft-upper" --port udp:127.0.0.1:0 --listen tcp:127.0.0.1:0 > "$OUT/ready" 2>&1 &
PIDS="$PIDS $!"
wait_ready weft-upper "$OUT/ready"
dut=udp:$(sed -n 's/^device //p' "$OUT/ready")
upper=$(sed -n 's/^ready //p' "$OUT/ready")
for n in 1 2; do
	"$W" run --dut "$dut" --local udp:127.0.0.1:0 --upper "$upper" --seed 5 -q \
		--out "$OUT/net$n" 'UT-*' 'TQ-*' 'MP-*' 'AT-*' 'SM-*' > "$OUT/net.log" ||
		die "behind a socket: $(tail -12 "$OUT/net.log")"
	grep -o '"stimulus": "[0-9a-f]*"' "$OUT/net$n/results.json" > "$OUT/stimulus$n"
done
same()	# NAME
{
	cmp -s "$OUT/stimulus1" "$OUT/stimulus2" ||
		die "two runs of one seed sent other things: $("$W" diff "$OUT/${1}1" "$OUT/${1}2")"
}
same net
echo "ok    behind a socket: $(tail -2 "$OUT/net.log" | head -1), the same stimulus twice"

# The same of what needs no upper tester, where the device's own keys are in what we write. Not AQ:
# how often a script asks whether a command is done, depends on how long that takes.
start_chip a --port udp:127.0.0.1:0 --modes rud,rod --pool HBM:64M
for n in 1 2; do
	"$W" run --dut "$URL" --seed 5 -q --out "$OUT/alone$n" 'DL-*' 'FR-*' 'CR-*' 'MG-*' \
		'LS-*' 'RE-*' 'BE-*' 'VN-*' > "$OUT/net.log" || die "$(tail -12 "$OUT/net.log")"
	grep -o '"stimulus": "[0-9a-f]*"' "$OUT/alone$n/results.json" > "$OUT/stimulus$n"
done
same alone
"$W" run --dut "$URL" --seed 6 -q --out "$OUT/alone2" 'DL-*' > "$OUT/net.log"
grep -q "$(cat "$OUT/stimulus1")" "$OUT/alone2/results.json" &&
	die "the stimulus is always the same"
echo "ok    a chip alone: the same stimulus twice"

# What a card says leads to the same failure: an upper tester that is told to do it under other
# numbers (spoil_upper.py), over UDP.
/usr/bin/python3 conformance/test/spoil_upper.py "$upper" > "$OUT/spoil" 2>&1 &
PIDS="$PIDS $!"
wait_ready spoil_upper.py "$OUT/spoil"
spoilt=$(sed -n 's/^ready //p' "$OUT/spoil")
"$W" run --dut "$dut" --local udp:127.0.0.1:0 --upper "$spoilt" --patience 700 -q \
	--out "$OUT/bad" TQ-BV-01 > "$OUT/bad.log"
[ $? -eq 1 ] || die "a spoilt upper tester: $(tail -12 "$OUT/bad.log")"
again=$(sed -n 's/^  again  *//p' "$OUT/bad/fail/TQ-BV-01/card.txt")
for word in "--dut $dut" '--local udp:127.0.0.1:0' "--upper $spoilt" '--patience 700' '--seed '; do
	case $again in *"$word"*) ;; *) die "the card leaves out $word: $again" ;; esac
done
(PATH="$B/bin:$PATH"; eval "$again --out $OUT/redo -q") > "$OUT/redo.log"
[ $? -eq 1 ] || die "again, as the card says: $(tail -12 "$OUT/redo.log")"
verdicts "$OUT/bad" > "$OUT/one"
verdicts "$OUT/redo" > "$OUT/two"
cmp -s "$OUT/one" "$OUT/two" || die "again is another verdict: $(cat "$OUT/one" "$OUT/two")"
"$W" replay "$OUT/bad/fail/TQ-BV-01" > "$OUT/replay.log"
[ $? -eq 1 ] && grep -q 'then FAIL \([A-Z_]*\), now FAIL \1' "$OUT/replay.log" ||
	die "replayed: $(tail -5 "$OUT/replay.log")"
"$W" judge "$OUT/bad" > "$OUT/judge.log"
again=$(sed -n 's/^  again  *//p' "$OUT/judge.log")
(PATH="$B/bin:$PATH"; eval "$again") > "$OUT/replay.log"
grep -q 'then FAIL \([A-Z_]*\), now FAIL \1' "$OUT/replay.log" || die "judge says: $again"
echo "ok    the command that a card names, replay, and that of judge: $(cat "$OUT/one")"

# The other ways to it: a serial line, which are two ptys and a cable, and memory.
/usr/bin/python3 conformance/test/line_pair.py > "$OUT/line" 2>&1 &
PIDS="$PIDS $!"
wait_ready line_pair.py "$OUT/line"
read -r _ here there < "$OUT/line"
for way in "serial:$there serial:$here" "mailbox:$OUT/box mailbox:$OUT/box"; do
	rm -f "$OUT/way"	# that of the one before says ready too
	"$B/bin/weft-upper" --port udp:127.0.0.1:0 --listen "${way% *}" > "$OUT/way" 2>&1 &
	PIDS="$PIDS $!"
	wait_ready "weft-upper at $way" "$OUT/way"
	dut=udp:$(sed -n 's/^device //p' "$OUT/way" | sed 's/^udp://')
	"$W" run --dut "$dut" --local udp:127.0.0.1:0 --upper "${way#* }" -q --out "$OUT/net3" \
		'UT-*' 'TQ-B?-0*' > "$OUT/net.log" || die "$way: $(tail -12 "$OUT/net.log")"
	[ "$(verdicts "$OUT/net3" | grep -c ' PASS ')" -ge 18 ] || die "$way: $(cat "$OUT/net.log")"
done
"$W" run --dut "$dut" --upper "serial:$OUT/box@77" TQ-BV-01 > "$OUT/net.log" 2>&1 &&
	die "a baud rate that is none is taken"
grep -q 'serial:TTY\[@BAUD\]' "$OUT/net.log" || die "not said what it takes: $(cat "$OUT/net.log")"
echo "ok    over a serial line, and through memory"

# Nothing but what a compiler itself calls.
for f in upper sha256 line main_bare; do
	${CC:-cc} -std=c11 -O2 -ffreestanding -nostdlib -fno-stack-protector -Wall -Wextra -Werror \
		-I. -c -o "$OUT/$f.o" conformance/upper/$f.c || die "$f.c is not freestanding"
done
ld -r -o "$OUT/bare.o" "$OUT/upper.o" "$OUT/sha256.o" "$OUT/line.o" || die "no link"
nm -u "$OUT/bare.o" | awk '{ print $2 }' | grep -vx 'memcpy\|memset\|memmove\|memcmp' > "$OUT/u"
[ ! -s "$OUT/u" ] || die "the bare stub needs $(tr '\n' ' ' < "$OUT/u")"
bytes=$(size "$OUT/bare.o" | awk 'NR == 2 { print $1 }')
echo "ok    the part for firmware stands alone: $bytes bytes"
${CC:-cc} -std=c11 -O2 -Wall -Wextra -Werror -I. -o "$OUT/board" "$OUT/bare.o" \
	"$OUT/main_bare.o" conformance/test/board.c || die "a board is not linked"
/usr/bin/python3 conformance/test/ask_board.py "$OUT/board" || die "the board answers otherwise"
echo "ok    a board with main_bare.c answers"
echo "# cunit: run_upper.sh: 7 passed, 0 failed, 0 skipped"
