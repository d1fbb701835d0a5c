#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A device that crashes, hangs, floods, lies, breaks the adapter's rules or answers from elsewhere
# neither hangs nor crashes the tester, passes nothing, and the run goes on to its last case; the
# tester's memory stays below 500 MB.
# weft-test: timeout=280
. conformance/test/lib.sh
W="$B/bin/weft-conform"
GOOD="$B/lib/weft-dut-chip.so?chip=a"
FEW='AT-BV-0[12]'

# attack NAME URL CASES OPTION...: no case passes, all have run, reports are as their schemas say.
attack()
{
	name=$1 url=$2 cases=$3
	shift 3
	peak "$OUT/$name.kb" timeout 100 "$W" run --dut "$url" --no-rig-check -q --patience 50 \
		--out "$OUT/$name" "$@" "$cases" > "$OUT/$name.log" 2>&1
	rc=$?
	[ -n "$SAN" ] || [ "$(cat "$OUT/$name.kb")" -lt 500000 ] ||
		die "$name: $(cat "$OUT/$name.kb") KiB"
	[ $rc -eq 1 ] || [ $rc -eq 2 ] || die "$name: exit status $rc: $(tail -3 "$OUT/$name.log")"
	check_schemas "$OUT/$name"
	grep -q '"ran": false' "$OUT/$name/results.json" && die "$name: a case did not run"
	verdicts "$OUT/$name" > "$OUT/$name.verdicts"
	grep ' PASS ' "$OUT/$name.verdicts" && die "$name: something passed"
	return 0
}

code()	# NAME CODE: each case that applies fails with it
{
	grep -v ' NA ' "$OUT/$1.verdicts" | grep -v " $2\$" > "$OUT/not" &&
		die "$1: not all $2: $(head -5 "$OUT/not")"
	return 0
}

hostile()	# WHAT CASES: in the tester's process, from the sixth packet on
{
	attack "$1" "inproc:$B/lib/weft-dut-hostile.so?$1@6,$GOOD" "$2"
}

export WEFT_INPROC_PATIENCE_S=1 WEFT_COSIM_PATIENCE_S=1
if [ -z "$SAN" ]; then
	hostile crash '*'; code crash CRASHED
	hostile abort "$FEW"; code abort CRASHED
fi
hostile hang AT-BV-01; code hang HUNG
hostile stuck "$FEW"; code stuck NONSENSE
hostile late "$FEW"; code late NONSENSE
hostile mute "$FEW"
hostile liar '*'
hostile tiny "$FEW"
hostile huge AT-BV-01
hostile flood AT-BV-01
echo "ok    in the tester's process"

for what in crash hang late flood; do
	attack "cosim-$what" "cosim:$B/bin/weft-cosim $B/lib/weft-dut-hostile.so \
		'$what@6,$GOOD'" AT-BV-01
done
code cosim-crash CRASHED
code cosim-hang HUNG
code cosim-late NONSENSE
echo "ok    in a process of its own"

# A device that is well again for the next case is tested again: turned at its 200th packet, most
# cases never see it turn.
"$W" run --dut "inproc:$B/lib/weft-dut-hostile.so?abort@200,$GOOD" -q --out "$OUT/later" \
	> "$OUT/later.log" 2>&1
[ $? -eq 1 ] || die "turned late: $(tail -3 "$OUT/later.log")"
verdicts "$OUT/later" > "$OUT/later.verdicts"
fell=$(grep -c ' FAIL CRASHED' "$OUT/later.verdicts")
good=$(grep -c ' PASS ' "$OUT/later.verdicts")
[ "$fell" -ge 1 ] && [ "$good" -ge 100 ] || die "turned late: $good pass, $fell fall"
echo "ok    the run goes on: $good cases pass, $fell fall with the device"

# An upper tester that lies, is mute, talks noise or hangs.
upper()	# WHAT CASES
{
	attack "$1" "inproc:$B/lib/weft-dut-hostile.so?$1@0,$B/lib/weft-dut-chip.so?chip=upper" "$2"
}
upper utlie 'TQ-B?-[01]*'
grep -c ' FAIL LIES' "$OUT/utlie.verdicts" > "$OUT/lies"
[ "$(cat "$OUT/lies")" -ge 8 ] || die "only $(cat "$OUT/lies") cases see that it lies"
upper utmute 'TQ-BV-0*'
upper utjunk 'TQ-BV-0*'
upper uthang 'TQ-BV-0[12]'
code uthang HUNG
echo "ok    an upper tester that lies: $(cat "$OUT/lies") cases say so"

# On a network: ended, stopped, from elsewhere, flooding.
start_chip k --port udp:127.0.0.1:0
chip=${PIDS##* }
kill -9 "$chip"
attack killed "$URL" "$FEW"
start_chip s --port udp:127.0.0.1:0
chip=${PIDS##* }
"$W" run --dut "$URL" -q --patience 100 --out "$OUT/stopped" > "$OUT/stopped.log" 2>&1 &
run=$!
sleep 0.3
kill -STOP "$chip"
wait $run
rc=$?
kill -CONT "$chip"
[ $rc -eq 2 ] || [ $rc -eq 1 ] || die "stopped: exit status $rc"
check_schemas "$OUT/stopped"
grep -q 'DEVICE_GONE\|NO_HELLO\|NO_CONTEXT\|NO_STREAM' "$OUT/stopped/results.jsonl" ||
	die "stopped: not told: $(tail -3 "$OUT/stopped.log")"
for mode in 'elsewhere yes' flood noise; do
	ready=$OUT/${mode%% *}.ready	# of its own: that of the one before says ready too
	"$B/bin/weft-degenerate" $mode > "$ready" &
	PIDS="$PIDS $!"
	i=0
	while ! grep -q udp: "$ready" 2> /dev/null; do
		i=$((i + 1))
		[ $i -lt 200 ] || die "$mode does not start"
		sleep 0.05
	done
	attack "net-${mode%% *}" "$(grep -o 'udp:[^ ]*' "$ready")" "$FEW"
done
# One whose packets come marked, by the IP header alone.
start_chip m --port udp:127.0.0.1:0
hostport=${URL#udp:}
/usr/bin/python3 conformance/test/mark_all.py "${hostport%:*}" "${hostport##*:}" \
	> "$OUT/mark.ready" 2>&1 &
PIDS="$PIDS $!"
wait_ready mark_all.py "$OUT/mark.ready"
attack marked "$(sed -n 's/^ready //p' "$OUT/mark.ready")" "$FEW"; code marked OBS_MARK
echo "ok    on a network"
echo "# cunit: run_hostile.sh: 5 passed, 0 failed, 0 skipped"
