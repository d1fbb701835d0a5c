#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Captures judged: traffic of a good chip is clean, on each link type and in both formats; a capture
# that lost packets gives no failure; a mutant's traffic fails with the right code; what is no
# capture, cut short or without Weft is refused in words.
# weft-test: timeout=200
. conformance/test/lib.sh
W="$B/bin/weft-conform"
RECAST="python3 conformance/test/recast.py"

observe()	# STATUS FILE DEVICE: its output in $OUT/log, its run in $OUT/run
{
	want=$1
	rm -rf "$OUT/run"
	"$W" observe "$2" --dut "$3" --out "$OUT/run" -q > "$OUT/log" 2>&1
	got=$?
	[ $got -eq "$want" ] || die "$2: exit status $got, not $want: $(head -30 "$OUT/log")"
}

says() { grep -q -- "$1" "$OUT/log" || die "it does not say '$1': $(head -20 "$OUT/log")"; }

# fails CODE: of the observers that one alone
fails()
{
	verdicts "$OUT/run" | grep -v ' NA \| PASS ' > "$OUT/bad"
	grep -q "^OB-.* FAIL $1\$" "$OUT/bad" && [ "$(wc -l < "$OUT/bad")" -eq 1 ] ||
		die "not $1 alone: $(cat "$OUT/bad")"
	check_reports "$OUT/run"
	id=$(cut -d' ' -f1 "$OUT/bad")
	tshark -r "$OUT/run/fail/$id/capture.pcapng" -Y 'frame.comment contains "expected"' \
		-T fields -e frame.comment 2> /dev/null | grep -q "frame [0-9]*; $1: expected" ||
		die "$1: the packet that proves it has no comment"
	"$W" judge "$OUT/run" > "$OUT/judge.log"
	[ $? -eq 1 ] || die "$1, judged again: $(tail -5 "$OUT/judge.log")"
}

# traffic NAME CLIENT-URL-OPTIONS CHIP-OPTIONS -- PERF-OPTIONS: a capture of it as the chip sees
# it, $OUT/NAME.pcap; the device is $DUT
traffic()
{
	name=$1 client=$2 chip=""
	shift 2
	while [ "$1" != -- ]; do chip="$chip $1"; shift; done
	shift
	# shellcheck disable=SC2086
	start_chip "$name" --port "udp:127.0.0.1:0?bcast=0&pcap=$OUT/$name.pcap" $chip
	DUT=${URL#udp:}
	"$B/bin/weft" perf --port "udp:127.0.0.1:0?bcast=0$client" --timeout 3s "$@" "$DUT" \
		> "$OUT/perf.log" 2>&1
	end_chip
}

end_chip()
{
	pid=${PIDS##* }
	kill "$pid"
	wait "$pid"
	PIDS=${PIDS% *}
}

start_chip good --port "udp:127.0.0.1:0?bcast=0&pcap=$OUT/good.pcap" --pool HBM:16M
DUT=${URL#udp:}
head -c 200000 "$W" > "$OUT/file"
"$B/bin/weft" put "$DUT" "$OUT/file" > "$OUT/put.log" 2>&1 || die "put: $(cat "$OUT/put.log")"
for op in write read atomic; do
	"$B/bin/weft" perf -s 3001 -n 100 $op "$DUT" > "$OUT/perf.log" 2>&1 ||
		die "perf $op: $(cat "$OUT/perf.log")"
done
end_chip
observe 0 "$OUT/good.pcap" "$DUT"
says ' 0 FAIL'
check_reports "$OUT/run"
verdicts "$OUT/run" > "$OUT/good.verdicts"
grep -q '^MP-BI-01 NA CAPTURE$' "$OUT/good.verdicts" || die "what needs a tester is not NA"
"$W" judge "$OUT/run" > "$OUT/judge.log" || die "judged again: $(tail -5 "$OUT/judge.log")"
printf x | dd of="$OUT/run/transcript.wct" bs=1 seek=3000 conv=notrunc 2> /dev/null
"$W" judge "$OUT/run" > "$OUT/log" 2>&1 && die "a changed transcript is judged"
says 'was changed'
"$W" run --dut "pcap:$OUT/good.pcap?dut=$DUT" --out "$OUT/run" -q > "$OUT/log" ||
	die "as run: $(cat "$OUT/log")"
verdicts "$OUT/run" | cmp -s - "$OUT/good.verdicts" || die "run and observe differ"
# A run into the same folder leaves nothing of the capture in it.
"$W" run --dut inproc:b --out "$OUT/run" -q AT-BV-02 > "$OUT/log" || die "$(cat "$OUT/log")"
"$W" judge "$OUT/run" > "$OUT/log" || die "$(cat "$OUT/log")"
says '^1 cases: 1 PASS'
echo "ok    a good chip's traffic"

"$W" list 'OB-*' | cut -d' ' -f1 > "$OUT/ids"
[ "$(grep -c '^OB-' "$OUT/good.verdicts")" -eq "$(wc -l < "$OUT/ids")" ] || die "list 'OB-*'"
while read -r id; do
	"$W" show "$id" | grep -q 'by weft-conform observe; FAIL(OBS_' || die "show $id"
done < "$OUT/ids"

port=${DUT#*:}
for how in ng vlan raw sll sll2 null ip6 ether joined; do
	$RECAST $how "$OUT/good.pcap" "$OUT/$how.pcap" || die "recast $how"
	dut=$DUT
	case $how in
	ip6) dut="[fd00::7f00:1]:$port" ;;
	ether) dut=$(printf '02:00:00:00:%02x:%02x' $((port / 256)) $((port % 256))) ;;
	esac
	observe 0 "$OUT/$how.pcap" "$dut"
	verdicts "$OUT/run" | cmp -s - "$OUT/good.verdicts" || die "$how: other verdicts"
done
editcap -F pcapng "$OUT/good.pcap" "$OUT/ng2.pcapng" 2> "$OUT/log" || die "$(cat "$OUT/log")"
observe 0 "$OUT/ng2.pcapng" "$DUT"
: > "$OUT/thin.verdicts"
for seed in 1 2 3 4 5 6; do
	for share in 0.01 0.2 0.7; do
		$RECAST thin:$share:$seed "$OUT/good.pcap" "$OUT/thin.pcap"
		"$W" observe "$OUT/thin.pcap" --dut "$DUT" --out "$OUT/run" -q > "$OUT/log" 2>&1
		grep -q 'FAIL OB\|ERROR' "$OUT/log" && die "thin $share $seed: $(cat "$OUT/log")"
		verdicts "$OUT/run" >> "$OUT/thin.verdicts"
	done
done
grep -q 'INCONC CAPTURE_LOSS' "$OUT/thin.verdicts" || die "losses of the capture go unsaid"
echo "ok    links, formats, and captures with holes"

# A whole run of the suite, with all its wrong packets, is no reason to blame the device; nor is a
# lossy network.
start_chip suite --port "udp:127.0.0.1:0?bcast=0&pcap=$OUT/suite.pcap"
"$W" run --dut "$URL" --out "$OUT/suite" -q > "$OUT/log" || die "$(tail -5 "$OUT/log")"
DUT=${URL#udp:}
end_chip
observe 0 "$OUT/suite.pcap" "$DUT"
traffic lossy '&loss=0.1&seed=3' -- -s 3000 -n 100 read
observe 0 "$OUT/lossy.pcap" "$DUT"
verdicts "$OUT/run" > "$OUT/lossy.verdicts"
grep -q 'OB-BV-08 PASS' "$OUT/lossy.verdicts" || die "no repetition was judged"
echo "ok    a run of the suite, and a network that loses"

make_mutants
clean=$(realpath "$B")
mutant()	# NAME CODE CLIENT-URL-OPTIONS PERF-OPTIONS
{
	name=$1 code=$2 client=$3
	shift 3
	mkdir -p "$OUT/bin"
	printf '#!/bin/sh\n[ "$1" = chip ] && exec env WEFT_MUTANT=%s %s "$@"\nexec %s "$@"\n' \
		"$name" "$clean/mutants/bin/weft" "$clean/bin/weft" > "$OUT/bin/weft"
	chmod +x "$OUT/bin/weft"
	B=$OUT
	traffic "$name" "$client" -- "$@"
	B=$clean
	observe 1 "$OUT/$name.pcap" "$DUT"
	fails "$code"
}
mutant RESERVED_SENT OBS_RESERVED "" -s 3000 -n 20 read
mutant CRC_TX_ODD OBS_CRC "" -s 3001 -n 20 read
mutant RTX_UNMARKED OBS_RTX_FLAG '&loss=0.1&seed=3' -s 3000 -n 100 read
mutant WINDOW_IGNORED OBS_WINDOW '&loss=0.1&seed=3' --window 16 -s 64K -n 20 read
mutant PAYLOAD_IGNORED OBS_PAYLOAD "" --max-payload 512 -s 4000 -n 20 read
echo "ok    mutants"

# The capture of a failed case is a capture as any other.
WEFT_MUTANT=RESERVED_SENT "$W" run --dut "inproc:$B/mutants/lib/weft-dut-chip.so?chip=a" \
	--out "$OUT/mutant" -q FR-BV-01 > "$OUT/log"
observe 1 "$OUT/mutant/fail/FR-BV-01/capture.pcapng" 10.0.0.2
fails OBS_RESERVED
"$W" replay "$OUT/run/fail/OB-BV-03" > "$OUT/log" 2>&1 && die "a capture was replayed"
says 'nobody can send again'
echo "ok    a capture of the suite's own"

refused()	# WORDS FILE OPTION...
{
	words=$1
	shift
	"$W" observe "$@" > "$OUT/log" 2>&1
	[ $? -eq 4 ] || die "$*: not refused: $(head -5 "$OUT/log")"
	says "$words"
}
refused 'which of these is the device' "$OUT/good.pcap"
says "dut $(grep -o '127.0.0.1:[0-9]*' "$OUT/good.ready")"
refused 'none of the chips' "$OUT/good.pcap" --dut 10.9.9.9
refused 'more than one' "$OUT/good.pcap" --dut 127.0.0.1
refused 'give one capture'
refused 'No such file' "$OUT/missing.pcap" --dut 10.0.0.2
refused 'is no capture' "$W" --dut 10.0.0.2
: > "$OUT/empty.pcap"
refused 'is no capture' "$OUT/empty.pcap" --dut 10.0.0.2
head -c 24 "$OUT/good.pcap" > "$OUT/none.pcap"
refused 'holds no frame' "$OUT/none.pcap" --dut 10.0.0.2
size=$(stat -c %s "$OUT/good.pcap")
for cut in 30 41 5000 $((size - 1)); do
	head -c "$cut" "$OUT/good.pcap" > "$OUT/cut.pcap"
	refused 'at byte [0-9]*, after frame [0-9]*: .*editcap' "$OUT/cut.pcap" --dut "$DUT"
	head -c "$cut" "$OUT/ng2.pcapng" > "$OUT/cut.pcapng"
	refused 'at byte\|no frame' "$OUT/cut.pcapng" --dut "$DUT"
done
$RECAST cut:60 "$OUT/good.pcap" "$OUT/snap.pcap"
refused 'tcpdump -s 0' "$OUT/snap.pcap" --dut "$DUT"
python3 - "$OUT/dns.pcap" <<-PY
	import struct, sys
	frame = bytes.fromhex("020000000001020000000002" "0800" "4500002000000000401100000a000001"
	                      "0a000002" "00350035000c0000" "01020304")
	open(sys.argv[1], "wb").write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) +
	                              struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame)
	PY
refused "none of its 1 frames .* is Weft's" "$OUT/dns.pcap" --dut 10.0.0.1
"$W" certify /dev/stdin --profile CORE --nonce 00112233445566778899 --out "$OUT/c" -q \
	> "$OUT/log" 2>&1 <<-YAML
	dut: { vendor: a, product: b, version: "c" }
	port: { url: "pcap:$OUT/good.pcap" }
	YAML
[ $? -eq 4 ] || die "a capture was certified: $(cat "$OUT/log")"
says 'a capture takes no packets'
echo "ok    refused in words"
echo "# cunit: run_observe.sh: 6 passed, 0 failed, 0 skipped"
