#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=120
#
# weft dump says what tshark and the generated dissector say, packet by packet and field by field,
# and finds damaged packets.
set -u
. tools/weft/test/lib.sh

# Fields that the specification gains are to be shown here too.
all_fields() {
	/usr/bin/python3 - <<'PY'
import glob, json, re
source = "".join(open(path).read() for path in sorted(glob.glob("tools/weft/decode*.c")))
inside = {"svc_req", "svc_rsp", "command", "gemm"}      # in payload and memory, not in headers
missing = [(h["name"], f["name"]) for h in json.load(open("spec/gen/spec.json"))["headers"]
           if h["name"] not in inside for f in h["fields"]
           if f["name"] != "rsv" and not re.search(
               rf"(NUM|HEX|ENUM|FLAGS|BYTES)\({h['name']}, {f['name']}[,)]|"
               rf"add_bytes\(w, \"{h['name']}\", \"{f['name']}\"", source)]
assert not missing, missing
PY
}
check "every field of the specification is decoded" all_fields

head -c 300000 /dev/urandom >"$work/file"
start_chip --port udp:127.0.0.1:0 --max-payload 1024
# Losses, so that there are NACKs, SACK words and retransmissions; both modes.
for mode in rud rod; do
	"$weft" put "$at" "$work/file" --mode $mode --max-payload 1024 --pcap "$work/$mode.pcap" \
		--port "udp:127.0.0.1:0?loss=0.05&reorder=0.05&seed=3" >/dev/null || no "put $mode"
	"$weft" run "$at" sha256 --src "$work/file" --pcap "$work/run.pcap" >/dev/null || no "run"
done
port=${at##*:}

fields=(delivery.psn delivery.ack_psn delivery.flags delivery.entropy delivery.pdc_id op.opcode
	op.msn op.qpn op.length op.flags write.rkey write.addr write.offset write.msg_len
	read.msg_len read_rsp.offset send.ssn tack.credits ack.echo_psn ack.rx_bytes ack.window
	nack.reason nack.echo_psn syn.chip_id syn.start_psn syn.window tlv_hello.max_payload
	tlv_ep_connect.credits tlv_ep_accept.src_qpn atomic.operand)

compare() {
	/usr/bin/python3 - "$1" "$2" "${fields[@]}" <<'PY'
import json, sys
ours = [json.loads(line) for line in open(sys.argv[1])]
theirs = [line.rstrip("\n").split("\t") for line in open(sys.argv[2])]
theirs = [row for row in theirs if any(row)]
fields = sys.argv[3:]
assert len(ours) == len(theirs) > 100, (len(ours), len(theirs))
seen = dict.fromkeys(fields, 0)
for number, (o, t) in enumerate(zip(ours, theirs)):
    for name, text in zip(fields, t):
        have = o.get(name)
        want = [int(x, 0) for x in text.split(",")] if text else None
        have = [have] if have is not None and not isinstance(have, list) else have
        have = have and [int(x, 0) if isinstance(x, str) else x for x in have]
        assert have == want, (number, name, have, want)
        seen[name] += want is not None
    assert o["crc"] == "ok", (number, o)
print({k: v for k, v in seen.items()})
PY
}

for capture in rud rod run; do
	"$weft" dump --json --udp-port "$port" "$work/$capture.pcap" >"$work/ours" ||
		no "dump of $capture"
	if ! command -v tshark >/dev/null; then
		skip "the same as tshark: $capture" "tshark is not installed"
		continue
	fi
	args=()
	for f in "${fields[@]}"; do args+=(-e "weft.$f"); done
	tshark -X lua_script:tools/wireshark/weft.lua -d "udp.port==$port,weft" \
		-r "$work/$capture.pcap" -T fields "${args[@]}" >"$work/theirs" \
		2>"$work/err" || cat "$work/err"
	check "the same as tshark: $capture" compare "$work/ours" "$work/theirs"
done

"$weft" dump --udp-port "$port" "$work/rud.pcap" >"$work/text"
says "one line a packet" 0 "WRITE" cat "$work/text"
says "refusals and recovery are seen" 0 "RTX" cat "$work/text"
check "as many lines as packets" test "$(wc -l <"$work/text")" -eq \
	"$("$weft" dump --json --udp-port "$port" "$work/rud.pcap" | wc -l)"
says "other ports are told" 0 "is it on another port" "$weft" dump "$work/rud.pcap"
check "count" test "$("$weft" dump -c 5 --udp-port "$port" "$work/rud.pcap" | wc -l)" -eq 5
"$weft" dump --udp-port "$port" -c 50 -w "$work/fifty.pcap" "$work/rud.pcap" >/dev/null
check "write and read again" test \
	"$("$weft" dump --udp-port "$port" "$work/fifty.pcap" | wc -l)" -eq 50

# Damage one byte in the middle of the file: exactly one packet is bad.
/usr/bin/python3 - "$work/rud.pcap" "$work/bad.pcap" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at, best = 24, None
while at < len(data):                       # records: 16 bytes, captured length at 8
    n = int.from_bytes(data[at + 8:at + 12], "little")
    if n > 600 and best is None:
        best = at + 16 + n - 20             # inside the payload
    at += 16 + n
data[best] ^= 1
open(sys.argv[2], "wb").write(data)
PY
# Repeated fields: each value has its text in its place.
check "texts beside values" /usr/bin/python3 -c "
import json
seen = 0
for line in open('$work/ours'):
    packet = json.loads(line)
    for key in [k for k in packet if k + '_text' in packet]:
        value, text = packet[key], packet[key + '_text']
        assert isinstance(value, list) == isinstance(text, list), (key, value, text)
        if isinstance(value, list):
            assert len(value) == len(text) and all(text), (key, value, text)
            seen += key == 'tlv_engine.kernel' and text[:2] == ['NOP', 'FILL']
assert seen, 'no HELLO with several engines'
"
says "a damaged packet is found" 0 "CRC BAD" "$weft" dump --bad --udp-port "$port" "$work/bad.pcap"
check "only that one" test "$("$weft" dump --bad --udp-port "$port" "$work/bad.pcap" | wc -l)" -eq 1
head -c 5000 "$work/rud.pcap" >"$work/cut.pcap"
says "a cut capture says so" 1 "truncated" "$weft" dump --udp-port "$port" "$work/cut.pcap"
