#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: serial timeout=240
#
# The demonstration with a small file: at 20 % loss it ends with equal hashes; with chip B killed
# the CPU names it within its retry limit, and chip A's work completes.  Over loopback, and in
# network namespaces if root.  Nothing of it is left behind.
set -u
. tools/weft/test/lib.sh

demo() {
	B=$B tools/demo --out "$work/out" --no-conform --no-sim "$@"
}

left_behind() {
	ip netns list 2>/dev/null | grep -c '^weft-[0-9]*-'
}

modes=(--no-netns)
before=$(left_behind)
head -c 4000000 /dev/urandom >"$work/file"
odd="$work/it's a \$file \"q\""
head -c 100 /dev/urandom >"$odd"

says "bad option" 2 "unknown option --fast" tools/demo --fast
says "bad loss" 2 "--loss 0.9: give a fraction" demo --loss 0.9 "$work/file"
says "no such file" 1 "cannot read the file '/nonexistent'" demo /nonexistent
if [ "$(id -u)" -eq 0 ] && ip netns add "weft-test-$$" 2>/dev/null; then
	ip netns del "weft-test-$$"
	modes+=("")
else
	skip "in namespaces" "needs root and the right to make network namespaces"
fi
for mode in "${modes[@]}"; do
	where=${mode:-namespaces}
	says "20 % loss, equal hashes ($where)" 0 "equals the file's" \
		demo $mode --loss 0.20 --file "$work/file"
	check "every command was right ($where)" /usr/bin/python3 -c "
import json
d = json.load(open('$work/out/demo/stripe.json'))
assert d['equal'] and d['wrong_results'] == 0, d
assert abs(sum(c['share'] for c in d['chips']) - 1) < 1e-9, d
assert all(c['share'] * d['bytes'] == c['written'] for c in d['chips']), d
assert all(j['timed_bytes'] and j['ns'] for c in d['chips'] for j in c['commands']
           if j['command'] in ('SHA256', 'CRC32C', 'COPY peer')), d
assert sum(c['retransmits'] for c in d['chips']) > 100, d
jobs = [c['command'] for c in d['chips'][0]['commands']]
assert 'COPY peer' in jobs and 'REDUCE sum' in jobs and 'SHA256' in jobs, jobs
assert all(j['right'] for c in d['chips'] for j in c['commands']), d
assert d['chips'][0]['negotiated'] == {'mode': 'RUD', 'payload': 8192, 'window': 1024}, d
assert d['chips'][1]['negotiated'] == {'mode': 'ROD', 'payload': 1024, 'window': 64}, d
"
	check "the capture decodes ($where)" sh -c \
		"'$weft' dump -c 1000 '$work/out/demo/cpu.pcap' | grep -q 'EP_CONNECT'"
	says "chip B killed ($where)" 0 "chip A's stripe equals the file's" \
		demo $mode --kill-b --rate 40M --file "$work/file"
	cp "$work/log" "$work/killed"
	says "the CPU named it ($where)" 0 'NPU "B" failed while' cat "$work/killed"
	check "A is right, B is not ($where)" /usr/bin/python3 -c "
import json
a, b = json.load(open('$work/out/demo/stripe.json'))['chips']
assert not a['failed'] and a['read'] == a['written'] > 0, a
assert all(j['right'] for j in a['commands'] if 'COPY' not in j['command']
           and 'of it' not in j['command']), a
assert b['failed'] and b['name'] == 'B' and 'RETRY_EXCEEDED' in b['error'], b
assert b['retransmits'] > 5, b
"
	check "the shell says nothing of its own ($where)" sh -c \
		"! grep -q ' Killed ' '$work/killed'"
done
says "a tiny file of an odd name" 0 "its share of the file 100.0 %" demo --no-netns "$odd"
cp "$work/log" "$work/tiny"
check "no line without content" sh -c "! grep -q '^pages *$' '$work/tiny'"
# The Makefile's recipe, with a program in the demonstration's place that shows its arguments.
mkdir -p "$work/fake/tools"
printf 'include %s/tools/infra.mk\nall:\n' "$PWD" >"$work/fake/Makefile"
printf '#!/bin/sh\n' >"$work/fake/tools/deps"
printf '#!/bin/sh\nprintf "%%s|" "$@"\n' >"$work/fake/tools/demo"
chmod +x "$work"/fake/tools/*
says "make passes any file name" 0 "--file|$odd|" \
	make -s -C "$work/fake" demo JOBS=1 "FILE=$odd"
FILE=$odd says "and from the environment" 0 "--file|$odd|" make -s -C "$work/fake" demo JOBS=1
check "no namespace is left" test "$(left_behind)" -le "$before"
