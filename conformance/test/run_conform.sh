#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Both chips of the demo pass every case that they claim, twice with the same verdicts, and the
# verdicts can be found again from the transcripts alone.
# weft-test: timeout=200 asan
. conformance/test/lib.sh

run()	# NAME SEED
{
	"$B/bin/weft-conform" run --dut "$URL" --out "$OUT/$1.$2" --seed "$2" -q \
		> "$OUT/$1.$2.log" || die "chip $1, seed $2: $(cat "$OUT/$1.$2.log")"
	check_reports "$OUT/$1.$2"
	"$B/bin/weft-conform" judge "$OUT/$1.$2" > "$OUT/judge.log" ||
		die "judged again, chip $1: $(cat "$OUT/judge.log")"
	verdicts "$OUT/$1.$2" > "$OUT/$1.$2.verdicts"
}

twice()	# NAME MOST-NA
{
	run "$1" c0ffee
	run "$1" 5eed
	diff "$OUT/$1.c0ffee.verdicts" "$OUT/$1.5eed.verdicts" > "$OUT/diff" ||
		die "chip $1: two runs differ: $(cat "$OUT/diff")"
	na=$(inapplicable "$OUT/$1.c0ffee.verdicts")
	[ "$na" -le "$2" ] || die "chip $1: $na cases do not apply, at most $2 were expected"
	echo "ok    chip $1: $(tail -2 "$OUT/$1.5eed.log" | head -1)"
}

start_chip a --port udp:127.0.0.1:0 --class gpu --pool HBM:256M --modes rud,rod \
	--max-payload 8192 --window 1024
twice a 0
start_chip b --port udp:127.0.0.1:0 --class npu --pool DDR:64M --modes rod --max-payload 1024 \
	--window 64 --engines fill,copy,crc32c
twice b 103

# One chip without a test personality: what needs it does not apply, the rest passes.
"$B/bin/weft" chip --name c --port udp:127.0.0.1:0 --quiet --ready-file "$OUT/c.ready" \
	--domain any > "$OUT/c.log" 2>&1 &
PIDS="$PIDS $!"
while [ ! -s "$OUT/c.ready" ]; do sleep 0.05; done
URL=$(grep -o 'udp:[^ ]*' "$OUT/c.ready")
run c 1
echo "ok    chip without a personality: $(tail -2 "$OUT/c.1.log" | head -1)"

# A transcript that was touched is refused.
one="$OUT/a.5eed/tests/MP-BI-01/transcript.wct"
printf 'x' | dd of="$one" bs=1 seek=200 conv=notrunc 2>/dev/null
"$B/bin/weft-conform" judge "$OUT/a.5eed" > "$OUT/judge.log" 2>&1 &&
	die "a changed transcript was judged"
grep -q "was changed" "$OUT/judge.log" || die "judge does not say why: $(cat "$OUT/judge.log")"
echo "ok    a changed transcript is refused"

# So is a folder that is not the whole of one run, by name: one transcript missing, one added, one
# of another run, and no results at all.
judged()	# WORDS
{
	"$B/bin/weft-conform" judge "$OUT/part" > "$OUT/judge.log" 2>&1
	[ $? -eq 3 ] || die "judge of a part: $(tail -3 "$OUT/judge.log")"
	grep -q -- "$1" "$OUT/judge.log" || die "judge does not say $1: $(cat "$OUT/judge.log")"
	rm -rf "$OUT/part"
	cp -r "$OUT/a.c0ffee" "$OUT/part"
}
cp -r "$OUT/a.c0ffee" "$OUT/part"
rm -r "$OUT/part/tests/MP-BI-02" "$OUT"/part/tests/AT-*
judged '^MP-BI-02: its transcript is missing'
cp "$OUT/a.5eed/tests/AT-BV-02/transcript.wct" "$OUT/part/tests/AT-BV-02"
judged '^AT-BV-02: its transcript is not that of then'
sed -i '/{"id": "AT-BV-02"/d' "$OUT/part/results.json"
judged '^AT-BV-02: has a transcript, and results.json does not know it'
sed -i 's/{"id": "AT-BV-02"/{"id": "AT-BV-99"/' "$OUT/part/results.json"
judged '^AT-BV-99: ran, and this suite has no such case'
sed -i 's/"transcripts": "[0-9a-f]*"/"transcripts": "00"/' "$OUT/part/results.json"
judged 'their hash is '
rm "$OUT/part/results.json"
judged 'nothing says which cases ran'
echo "ok    a folder that is not the whole of a run is refused"

# dut.yaml: what it declares is compared with HELLO; nonsense is refused with a reason.
start_chip d --port udp:127.0.0.1:0 --max-payload 4096 --window 256
cat > "$OUT/dut.yaml" <<YAML
dut: { vendor: Weft, product: reference chip, version: "1" }
port: { url: "$URL" }
declared: { modes: [RUD, ROD], max_payload: 4096, max_window: 256 }
YAML
"$B/bin/weft-conform" run "$OUT/dut.yaml" --out "$OUT/d" -q VN-CA-01 > "$OUT/d.log" ||
	die "dut.yaml: $(cat "$OUT/d.log")"
sed -i 's/4096/8192/' "$OUT/dut.yaml"
"$B/bin/weft-conform" run "$OUT/dut.yaml" --out "$OUT/d" -q VN-CA-01 > "$OUT/d.log" &&
	die "a wrong declaration passes"
grep -q DECLARED "$OUT/d.log" || die "wrong reason: $(cat "$OUT/d.log")"
check_reports "$OUT/d"
echo "colour: red" >> "$OUT/dut.yaml"
"$B/bin/weft-conform" run "$OUT/dut.yaml" 2> "$OUT/err"
[ $? -eq 4 ] && grep -q 'dut.yaml: near line 3: .*colour' "$OUT/err" ||
	die "nonsense in dut.yaml: $(cat "$OUT/err")"
echo "ok    dut.yaml"
echo "# cunit: run_conform.sh: 6 passed, 0 failed, 0 skipped"
