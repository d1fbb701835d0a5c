#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The upper tester: a device of libweft is driven from above, in process and behind a socket; what
# firmware takes along needs no libc; one that lies, hangs or talks nonsense passes nothing.
# weft-test: timeout=200
. conformance/test/lib.sh
W="$B/bin/weft-conform"

"$W" run --dut inproc:upper --seed 5 -q --out "$OUT/in" > "$OUT/in.log" ||
	die "in process: $(tail -12 "$OUT/in.log")"
"$W" run --dut inproc:upper --seed 5 -q --out "$OUT/again" > "$OUT/again.log" ||
	die "in process again: $(tail -12 "$OUT/again.log")"
grep -o '"transcripts": "[0-9a-f]*"' "$OUT/in/results.json" > "$OUT/one"
grep -o '"transcripts": "[0-9a-f]*"' "$OUT/again/results.json" > "$OUT/two"
cmp -s "$OUT/one" "$OUT/two" || die "two runs of one seed differ"
verdicts "$OUT/in" | grep -c '^TQ.* PASS ' > "$OUT/n"
[ "$(cat "$OUT/n")" -ge 25 ] || die "only $(cat "$OUT/n") cases of a requester passed"
"$W" judge "$OUT/in" > "$OUT/judge.log" || die "judged again: $(tail -3 "$OUT/judge.log")"
check_reports "$OUT/in"
echo "ok    in process: $(tail -2 "$OUT/in.log" | head -1), and the same again"

"$B/bin/weft-upper" --port udp:127.0.0.1:0 --listen tcp:127.0.0.1:0 > "$OUT/ready" 2>&1 &
PIDS="$PIDS $!"
i=0
while ! grep -q ready "$OUT/ready"; do
	i=$((i + 1))
	[ $i -lt 200 ] || die "weft-upper does not start: $(cat "$OUT/ready")"
	sleep 0.05
done
dut=udp:$(sed -n 's/^device //p' "$OUT/ready")
upper=$(sed -n 's/^ready //p' "$OUT/ready")
for n in 1 2; do
	"$W" run --dut "$dut" --local udp:127.0.0.1:0 --upper "$upper" --seed 5 -q \
		--out "$OUT/net$n" 'UT-*' 'TQ-*' 'MP-*' 'AT-*' 'SM-*' > "$OUT/net.log" ||
		die "behind a socket: $(tail -12 "$OUT/net.log")"
	grep -o '"stimulus": "[0-9a-f]*"' "$OUT/net$n/results.json" > "$OUT/stimulus$n"
done
cmp -s "$OUT/stimulus1" "$OUT/stimulus2" || die "two runs of one seed over UDP sent other things"
echo "ok    behind a socket: $(tail -2 "$OUT/net.log" | head -1), the same stimulus twice"

# Nothing but what a compiler itself calls.
for f in upper sha256 line; do
	${CC:-cc} -std=c11 -O2 -ffreestanding -nostdlib -fno-stack-protector -Wall -Wextra -Werror \
		-I. -c -o "$OUT/$f.o" conformance/upper/$f.c || die "$f.c is not freestanding"
done
ld -r -o "$OUT/bare.o" "$OUT/upper.o" "$OUT/sha256.o" "$OUT/line.o" || die "no link"
nm -u "$OUT/bare.o" | awk '{ print $2 }' | grep -vx 'memcpy\|memset\|memmove\|memcmp' > "$OUT/u"
[ ! -s "$OUT/u" ] || die "the bare stub needs $(tr '\n' ' ' < "$OUT/u")"
bytes=$(size "$OUT/bare.o" | awk 'NR == 2 { print $1 }')
echo "ok    the part for firmware stands alone: $bytes bytes"
echo "# cunit: run_upper.sh: 3 passed, 0 failed, 0 skipped"
