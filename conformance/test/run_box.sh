#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The impairment box between `weft put` and a reference chip: faults by identity, a drawn schedule
# that is used again, several paths; what it keeps; and what it says of mistakes.
# weft-test: timeout=120 asan
. conformance/test/lib.sh
W="$B/bin/weft-conform"

# box NAME OPTION...: one before the chip; its address in $BOX, its folder $OUT/NAME
box()
{
	name=$1
	shift
	"$W" box --to "$CHIP" --out "$OUT/$name" --seed 5 "$@" > "$OUT/$name.log" 2>&1 &
	BOXPID=$!
	PIDS="$PIDS $BOXPID"
	i=0
	until grep -qs "^box at udp:" "$OUT/$name.log"; do
		i=$((i + 1))
		[ $i -lt 200 ] || die "the box does not start: $(cat "$OUT/$name.log")"
		sleep 0.05
	done
	BOX=$(sed -n 's/^box at udp:\([^ ]*\).*/\1/p' "$OUT/$name.log")
}

# put: a file of 300 KiB through the box, which reads it back and compares
put()	# OPTION...
{
	"$B/bin/weft" put "$@" "$BOX" "$OUT/file" > "$OUT/put.log" 2>&1 ||
		die "weft put through the box: $(cat "$OUT/put.log"; cat "$OUT/$name.log")"
	grep -q verified "$OUT/put.log" || die "put does not say verified: $(cat "$OUT/put.log")"
	kill "$BOXPID"
	wait "$BOXPID" || die "the box ends with $?: $(cat "$OUT/$name.log")"
}

start_chip box-chip --port 'udp:127.0.0.1:0?entropies=8' --paths 8
CHIP=$URL
seq 1 50000 | head -c 300000 > "$OUT/file"

box clean
put
grep -q '"fate"' "$OUT/clean/events.jsonl" && die "a box without rules does something"
echo "ok    a box without rules only carries"

box named --fault 'out lose opcode=WRITE psn=4 try=1' --fault 'back lose type=ACK nth=1..2' \
	--fault 'out behind=3 psn=7 try=1' --fault 'out corrupt psn=9 try=1' \
	--fault 'out repeat=2 psn=10 try=1' --fault 'both ce psn=11..12 try=1' \
	--fault 'out delay=3ms psn=13 try=1' --fault 'out cut psn=14 try=1' \
	--fault 'out lose psn=60000'
put
met()	# FATE PACKET
{
	grep "\"packet\":\"$2" "$OUT/named/events.jsonl" | grep -qF "\"fate\":[\"$1\"]" ||
		die "no packet $2 met $1: $(cat "$OUT/named/events.jsonl")"
}
met lose 'out type=DATA opcode=WRITE ctx=1 stream=[0-9]* psn=4 try=1'
met lose 'back type=ACK ctx=1 nth=1"'
met behind=3 'out type=DATA opcode=[A-Z]* ctx=1 stream=[0-9]* psn=7 try=1'
met corrupt=300 'out type=DATA opcode=[A-Z]* ctx=1 stream=[0-9]* psn=9 try=1'
met repeat=2 'out type=DATA opcode=[A-Z]* ctx=1 stream=[0-9]* psn=10 try=1'
met ce 'out type=DATA opcode=[A-Z]* ctx=1 stream=[0-9]* psn=11 try=1'
met delay=3000000ns 'out type=DATA opcode=[A-Z]* ctx=1 stream=[0-9]* psn=13 try=1'
met cut 'out type=DATA opcode=[A-Z]* ctx=1 stream=[0-9]* psn=14 try=1'
grep -q 'no packet met: out lose psn=60000' "$OUT/named.log" || die "unmet: $(cat "$OUT/named.log")"
[ "$(grep -c 'no packet met' "$OUT/named.log")" -eq 1 ] || die "unmet: $(cat "$OUT/named.log")"
check_captures "$OUT/named/initiator.pcap" "$OUT/named/target.pcap"
while read -r line; do
	echo "$line" | python3 -m json.tool > "$OUT/json" || die "events.jsonl: $line"
done < "$OUT/named/events.jsonl"
echo "ok    faults by identity, each met and told"

box drawn --random loss=0.04,behind=0.05:4,repeat=0.03,delay=0.02:1ms,corrupt=0.02,cut=0.01,ce=0.02
put
[ "$(grep -c . "$OUT/drawn/schedule.txt")" -gt 500 ] || die "the drawn schedule is not kept"
grep -q '"lose"' "$OUT/drawn/events.jsonl" || die "nothing was lost"
box again --schedule "$OUT/drawn/schedule.txt"
put
cmp -s "$OUT/drawn/schedule.txt" "$OUT/again/schedule.txt" || die "a stored schedule is another"
grep -q 'no packet met' "$OUT/again.log" && die "drawn rules need not be met"
echo "ok    a drawn schedule, stored and used again"

box paths --path delay=100us --path delay=900us,loss=0.02 --path delay=300us,rate=100000000
put --paths 8
grep -q 'to udp:.* 0 rules, 3 paths' "$OUT/paths.log" || die "$(cat "$OUT/paths.log")"
[ "$(grep -cE '^  path [123]   [1-9]' "$OUT/paths.log")" -eq 3 ] ||
	die "a path is not used: $(cat "$OUT/paths.log")"
echo "ok    three paths, each used"

refused()	# WORDS OPTION...
{
	words=$1
	shift
	"$W" box "$@" --for 10ms > "$OUT/refused" 2>&1
	[ $? -eq 4 ] || die "box $*: not refused: $(cat "$OUT/refused")"
	grep -qF -- "$words" "$OUT/refused" || die "box $*: $(cat "$OUT/refused")"
}
refused 'say with --to'
refused 'expected where the target is' --to nowhere
refused '--fault:1: "loose"' --to "$CHIP" --fault 'out loose'
refused '"psn=7..3"' --to "$CHIP" --fault 'out lose psn=7..3'
refused '"delay=5"' --to "$CHIP" --random delay=5
refused '--path delay=5' --to "$CHIP" --path delay=5
refused 'No such file' --to "$CHIP" --schedule "$OUT/missing"
refused '--for soon' --to "$CHIP" --for soon
refused '--span 0' --to "$CHIP" --span 0
refused 'a folder that can be made' --to "$CHIP" --out /proc/none/box
refused 'udp:127.0.0.1:99999' --to "$CHIP" --listen udp:127.0.0.1:99999
printf 'out lose\nboth nonsense\n' > "$OUT/bad"
refused "$OUT/bad:2: \"nonsense\"" --to "$CHIP" --schedule "$OUT/bad"
echo "ok    mistakes are told"
echo "# cunit: run_box.sh: 5 passed, 0 failed, 0 skipped"
