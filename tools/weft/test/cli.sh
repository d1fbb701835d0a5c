#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=120 asan
#
# The command line against a reference chip: help, refusals and their texts, results, JSON.
set -u
. tools/weft/test/lib.sh

valid_json() {
	"$@" >"$work/json" && /usr/bin/python3 -c "import json; json.load(open('$work/json'))"
}

# json EXPRESSION: of the document d that valid_json left.
json() {
	/usr/bin/python3 -c "import json; d = json.load(open('$work/json')); assert ($1), d"
}

# --- help and usage ---

for c in chip ls put get load store atomic reduce flush send recv run stripe ping perf dump \
	stat; do
	says "help of $c" 0 "Example:" "$weft" $c --help
	says "unknown option of $c" 2 "unknown option --nonsense; see weft $c --help" \
		"$weft" $c --nonsense
done
says "no command" 2 "Usage: weft COMMAND" "$weft"
says "weft help" 0 "accelerator" "$weft" help
says "weft help ls" 0 "weft ls: find chips" "$weft" help ls
says "unknown command" 2 "no command 'lss'; weft --help lists them" "$weft" lss
says "missing argument" 2 "an argument is missing; usage: weft put" "$weft" put 127.0.0.1
says "too many arguments" 2 "too many arguments" "$weft" ping a b
says "number out of range" 2 "--window 3: give a number from 16 to 4096" "$weft" ls --window 3
says "no paths" 2 "--paths 65: give a number from 1 to 64" "$weft" ls --paths 65
says "no number" 2 "--timeout soon: give a time such as" "$weft" ls --timeout soon
says "no address" 2 "'nowhere' is no address: write 10.0.0.2" "$weft" ping nowhere
says "MAC without interface" 2 "--port packet:IF" "$weft" ping 02:00:00:00:00:01
says "bad carriage" 2 "no driver 'tcp'" "$weft" ls --port tcp:1
says "bad carriage key" 2 "los" "$weft" ls --port "udp:127.0.0.1:0?los=1"
says "bad mode" 2 "--mode fast: there are rud and rod" "$weft" ping 127.0.0.1 --mode fast
says "no such file" 1 "/nonexistent: No such file" "$weft" put 127.0.0.1 /nonexistent
says "no regular file" 1 "not a regular file" "$weft" put 127.0.0.1 /dev/null
says "bad key" 2 "KEY:ADDRESS" "$weft" get 127.0.0.1 12 5
says "bad kernel" 2 "no kernel 'sha1'; there are nop, fill" "$weft" run 127.0.0.1 sha1
says "bad operation" 2 "--op avg: there are sum" "$weft" run 127.0.0.1 reduce --op avg
says "bad perf operation" 2 "no operation 'move'" "$weft" perf move 127.0.0.1
says "dump without source" 2 "give a capture file, or an interface" "$weft" dump
says "dump of no file" 1 "No such file" "$weft" dump /nonexistent.pcap
says "dump of no capture" 1 "file format" "$weft" dump Makefile
says "chip pool" 2 "--pool HBM: write KIND:SIZE" "$weft" chip --pool HBM
says "chip engines" 2 "no engine 'gem'; there are fill" "$weft" chip --engines fill,gem
says "chip class" 2 "--class brain: give cpu, gpu" "$weft" chip --class brain
says "chip modes" 2 "--modes all: give rud, rod" "$weft" chip --modes all
says "chip window" 2 "--window 100: give a power of two" "$weft" chip --window 100
says "chip domain" 2 "--domain 1.5: give any, or" "$weft" chip --domain 1.5
says "chip personality" 1 "/nonexistent: No such file" "$weft" chip --port udp:127.0.0.1:0 \
	--personality /nonexistent
says "nobody answers" 3 "nobody answers" "$weft" ls --port udp:127.9.8.7:0 127.9.8.7:9 \
	--timeout 50ms
says "no chip there" 3 "127.9.8.7" "$weft" ping 127.9.8.7:9 --timeout 200ms
says "no chip to ask" 3 "no chip of this user runs" "$weft" stat
check "errors as JSON" sh -c "'$weft' --json 2>/dev/null; '$weft' stat --json 2>&1 |
	/usr/bin/python3 -c 'import json,sys; assert json.load(sys.stdin)[\"error\"]'"

# --- against a chip ---

printf 'region key=1\n' >"$work/bad.txt"
says "personality, line by line" 2 "bad.txt:1: a region needs key= and len=" \
	"$weft" chip --port udp:127.0.0.1:0 --personality "$work/bad.txt"
start_chip --port udp:127.0.0.1:0 --domain 0 --domain 5 --name "unit \"T\"" --class npu \
	--pool HBM:32M --pool SRAM:64K
says "a second chip on the port" 1 "in use" "$weft" chip --port "udp:$at"
head -c 3000000 /dev/urandom >"$work/file"
head -c 65536 /dev/urandom >"$work/small"
sum=$(sha256sum "$work/file" | cut -d' ' -f1)

check "ls" "$weft" ls "$at"
check "ls as JSON" valid_json "$weft" ls --json "$at"
check "ls says what the chip has" json 'd[0]["class"] == "NPU" and
	d[0]["name"] == "unit \"T\"" and "SHA256" in d[0]["engines"] and
	[p["kind"] for p in d[0]["pools"]] == ["HBM", "SRAM"]'
id=$(/usr/bin/python3 -c "import json; print(json.load(open('$work/json'))[0]['chip_id'])")
says "put" 0 "$sum" "$weft" put "$at" "$work/file"
check "put as JSON" valid_json "$weft" put --json --stats "$at" "$work/file"
check "put verified" json "d['sha256'] == '$sum' and d['verified'] and
	d['counters']['tx_packets']"
says "put that does not fit" 1 "NO_RESOURCES" "$weft" put "$at" "$work/file" --pool 1
says "ping" 0 "5 answers" "$weft" ping "$at" -c 5 -i 0
check "ping as JSON" valid_json "$weft" ping --json "$at" -c 20 -i 0
check "ping has percentiles" json 'd["rtt_ns"]["count"] == 20 and
	0 < d["rtt_ns"]["min"] <= d["rtt_ns"]["p50"] <= d["rtt_ns"]["max"]'
for op in write read atomic; do
	check "perf $op" valid_json "$weft" perf --json $op "$at" -n 200 -s 8K
	check "perf $op counts" json 'd["operations"] == 200 and d["bytes_per_s"] > 0'
done

"$weft" put "$at" "$work/file" --hold --json >"$work/held" 2>/dev/null &
holder=$!
pids+=("$holder")
for ((i = 0; i < 100; i++)); do grep -q '}' "$work/held" && break; sleep 0.05; done
key=$(/usr/bin/python3 -c "import json
d = json.load(open('$work/held'))
print('%#x:%#x' % (d['key'], d['address']))")
says "get what another holds" 0 "$sum" "$weft" get "$at" "$key" 3000000
check "get into a file" "$weft" get "$at" "$key" 3000000 -o "$work/back"
check "the file is the same" cmp "$work/file" "$work/back"
says "get beyond the end" 1 "OUT_OF_BOUNDS" "$weft" get "$at" "$key" 3100000
says "get in another domain" 1 "BAD_DOMAIN" "$weft" get --domain 5 "$at" "$key" 1000

# One operation each, on what is held.
check "store" "$weft" store "$at" "$key" 0x1122334455667788
says "load what was stored" 0 "8877665544332211  1234605616436508552" "$weft" load "$at" "$key"
check "store of some bytes" "$weft" store "$at" "$key" 0xaabbccdd --width 4 --mask 0110
says "load some bytes" 0 "88ccbb55443322" "$weft" load "$at" "$key" 8
check "load as JSON" valid_json "$weft" load --json "$at" "$key" 16
check "its length" json 'len(d["hex"]) == 32 and d["hex"].startswith("88ccbb55")'
says "load of an odd length" 2 "a power of two" "$weft" load "$at" "$key" 12
says "load in another domain" 1 "BAD_DOMAIN" "$weft" load --domain 5 "$at" "$key"
says "load of no key" 1 "BAD_KEY" "$weft" load "$at" 0x1:0
says "store of no number" 2 "give a number" "$weft" store "$at" "$key" seven
says "store with a short mask" 2 "give 8 digits" "$weft" store "$at" "$key" 7 --mask 01
check "a word to count in" "$weft" store "$at" "$key" 40
says "atomic through a window" 0 "40" "$weft" atomic "$at" "$key" add 2
says "atomic by message" 0 "42" "$weft" atomic "$at" "$key" cas 7 --compare 42 --message
says "masked atomic" 0 "7" "$weft" atomic "$at" "$key" swap 0xff --mask 0xf0
says "narrow atomic" 0 "247" "$weft" atomic "$at" "$key" xor 1 --width 1
says "and its result" 0 "246" "$weft" load "$at" "$key"
says "atomic of an unknown kind" 2 "no operation 'nand'" "$weft" atomic "$at" "$key" nand 1
check "numbers to reduce" "$weft" store "$at" "$key" 0x4000000040400000
check "reduce" "$weft" reduce "$at" "$key" sum f32 -- 1.5 -1
says "reduce was done once" 0 "000090400000803f" "$weft" load "$at" "$key"
says "reduce of no number" 2 "'x' is no number" "$weft" reduce "$at" "$key" sum f32 1 x
says "reduce of no such type" 2 "no type 'f8'" "$weft" reduce "$at" "$key" sum f8 1
check "flush" "$weft" flush "$at" "$key" 1M --to visible
says "flush that the chip does not offer" 1 "DURABLE" "$weft" flush "$at" "$key" --to durable
says "flush beyond the end" 1 "OUT_OF_BOUNDS" "$weft" flush "$at" "$key" 3100000
kill "$holder"
wait "$holder"
says "a domain that is not served" 3 "7" "$weft" ping --domain 7 "$at" --timeout 1s
says "get when it is gone" 1 "BAD_KEY" "$weft" get "$at" "$key" 1000

says "run sha256" 0 "$sum" "$weft" run "$at" sha256 --src "$work/file"
check "run nop many times" valid_json "$weft" run --json "$at" nop -n 50
check "its latencies" json 'd["latency_ns"]["count"] == 50'
check "run copy" "$weft" run "$at" copy --src "$work/file" -o "$work/back"
check "the copy is the same" cmp "$work/file" "$work/back"
check "run reduce" "$weft" run "$at" reduce --op xor --type i64 --src "$work/small" \
	--dst "$work/small" -o "$work/back"
check "x xor x is zero" cmp -n 65536 "$work/back" /dev/zero
says "run an unknown kernel" 1 "BAD_KERNEL" "$weft" run "$at" 0x8001 --len 4 --src "$work/small"
says "run reduce of odd length" 1 "BAD_ARGUMENT" "$weft" run "$at" reduce --type i32 --len 7 \
	--src "$work/small" --dst "$work/small"
says "run without a source" 2 "give --src FILE" "$weft" run "$at" sha256
says "stripe over one chip" 0 "equal" "$weft" stripe "$work/file" --chip "$at"
says "stripe without chips" 2 "give --chip" "$weft" stripe "$work/file"

"$weft" perf --listen --port udp:127.0.0.1:0 >"$work/sink" 2>&1 &
sink=$!
pids+=("$sink")
for ((i = 0; i < 100; i++)); do grep -qs ' at ' "$work/sink" && break; sleep 0.05; done
check "perf send" "$weft" perf send "$(sed -n 's/.* at //p' "$work/sink")" -n 300
kill "$sink"
wait "$sink"
says "the other side counted" 0 "300 messages" cat "$work/sink"
says "perf send to a chip" 3 "start weft perf --listen" "$weft" perf send "$at" -n 1

"$weft" recv --port udp:127.0.0.1:0 --qkey 0x5a5a -n 4 >"$work/letters" 2>&1 &
reader=$!
pids+=("$reader")
for ((i = 0; i < 100; i++)); do grep -qs ' at ' "$work/letters" && break; sleep 0.05; done
to=$(sed -n 's/.* at //p' "$work/letters")
queue=$(sed -n 's/datagram queue \(.*\) at .*/\1/p' "$work/letters")
says "send with a wrong qkey" 1 "BAD_QKEY" "$weft" send "$to" "$queue" hello
says "send to no queue" 1 "NO_STREAM" "$weft" send "$to" 0x1 hello --qkey 0x5a5a
says "send to what is no number" 2 "is no number" "$weft" send "$to" seven hello
check "send reliably" "$weft" send "$to" "$queue" "good morning" --qkey 0x5a5a -n 3
check "send unreliably" "$weft" send "$to" "$queue" "good night" --qkey 0x5a5a --unreliable
wait "$reader"
says "they came" 0 "3" grep -c "^reliable .*good morning" "$work/letters"
says "all of them" 0 "good night" grep "^unreliable .*good night" "$work/letters"

check "stat over the network" valid_json "$weft" stat --json --at "$at"
check "stat of the network counts" json "d['counters']['rx_packets'] > 0 and d['at'] == '$at'"
check "stat as JSON" valid_json "$weft" stat --json
says "stat of nobody" 3 "nobody at 127.0.0.1:9 answers" \
	"$weft" stat --timeout 200ms --at 127.0.0.1:9
check "stat by name" "$weft" stat "$chip"
check "stat counts" json "d[0]['pid'] == $chip and d[0]['chip']['commands'] > 50 and
	d[0]['chip']['commands_failed'] == 2 and d[0]['network']['rx_packets'] > 1000"
kill -USR1 "$chip"
sleep 0.3
kill "$chip"
wait "$chip"
says "the chip ends well" 0 "0" echo $?
says "SIGUSR1 and the end show counters" 0 2 grep -c 'commands_failed' "$work/chip.0.log"
says "its ID was $id" 0 "$id" head -n 1 "$work/chip.0.log"
