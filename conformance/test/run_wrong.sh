#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a vendor gets wrong: files that are missing, empty or say what cannot be, devices that cannot
# be reached, a folder that cannot be written, a disk that is full.  Each is told with what, where
# and what to do, by the status of its kind, and nothing is claimed that is not there.
# weft-test: timeout=120 asan
. conformance/test/lib.sh
W="$B/bin/weft-conform"
passed=0 skipped=0

# wrong STATUS WORDS COMMAND...: that status, those words, no more than two lines on stderr.
wrong()
{
	want=$1 told=$2
	shift 2
	"$@" > "$OUT/said" 2> "$OUT/err" < /dev/null
	got=$?
	[ $got -eq "$want" ] || die "$*: exit status $got, not $want: $(cat "$OUT/err")"
	cat "$OUT/err" "$OUT/said" | grep -q -- "$told" ||
		die "$* does not say '$told': $(cat "$OUT/err")"
	[ "$(wc -l < "$OUT/err")" -le 2 ] || die "$*: too many words: $(cat "$OUT/err")"
}

ok()
{
	passed=$((passed + 1))
	echo "ok    $*"
}

yaml()	# NAME TEXT
{
	printf "$2" > "$OUT/$1.yaml"
}

nonce=00112233445566778899aabbccddeeff
yaml empty ''
yaml comment '# nothing\n'
yaml good 'port:\n  url: "inproc:a"\n'
for empty in empty comment; do
	for command in check rig run; do
		wrong 4 "$empty.yaml: is empty" "$W" $command "$OUT/$empty.yaml"
	done
	wrong 4 "$empty.yaml: is empty" "$W" certify "$OUT/$empty.yaml" --profile CORE \
		--nonce $nonce
	wrong 4 "$empty.yaml: is empty" "$W" interop "$OUT/$empty.yaml"
	wrong 4 "$empty.yaml: is empty" "$W" certify "$OUT/good.yaml" --profile CORE \
		--nonce $nonce --waivers "$OUT/$empty.yaml" --out "$OUT/certified"
done
wrong 4 'none.yaml: cannot be read' "$W" certify "$OUT/good.yaml" --profile CORE --nonce $nonce \
	--waivers "$OUT/none.yaml" --out "$OUT/certified"
for command in check rig run interop; do
	wrong 4 'none.yaml: No such file' "$W" $command "$OUT/none.yaml"
done
ok "files that are missing or empty"

yaml key 'dut:\n  vendr: Acme\nport:\n  url: inproc:a\n'
wrong 4 'key.yaml: near line 2: .*vendr' "$W" check "$OUT/key.yaml"
yaml port 'dut:\n  vendor: Acme\n'
wrong 4 'port.yaml: .*Missing required .*port' "$W" check "$OUT/port.yaml"
yaml number 'port:\n  url: inproc:a\npixit:\n  patience_ms: soon\n'
wrong 4 'number.yaml: near line 4: .*soon' "$W" check "$OUT/number.yaml"
yaml mode 'port:\n  url: inproc:a\ndeclared:\n  modes: [RXX]\n'
wrong 4 'mode.yaml: near line 4: .*RXX' "$W" check "$OUT/mode.yaml"
ok "what is in dut.yaml"

# url WORDS URL...: neither check nor run takes it, and both say the same.
url()
{
	words=$1
	shift
	for url in "$@"; do
		yaml url "port:\n  url: \"$url\"\n"
		wrong 4 "$url: $words" "$W" check "$OUT/url.yaml"
		wrong 4 "$url: $words" "$W" run "$OUT/url.yaml" --out "$OUT/none"
	done
}
url 'says no way to the device: give udp:' 127.0.0.1 foo:127.0.0.1 UDP:127.0.0.1
url 'udp: takes an IP address' udp:host:1 udp:127.0.0.1:99999 udp:02:00:00:00:00:01
url 'packet: takes a MAC address' packet:zz packet:127.0.0.1
wrong 4 'say with --local' "$W" run --dut packet:02:00:00:00:00:01 --out "$OUT/none"
wrong 4 'nowhere0: no such interface' "$W" run --dut packet:02:00:00:00:00:01 \
	--local packet:nowhere0 --out "$OUT/none"
wrong 4 'none.so: cannot open' "$W" run --dut "inproc:$OUT/none.so" --out "$OUT/none"
wrong 4 'cosim:/bin/false: does not answer RESET' "$W" run --dut cosim:/bin/false --out "$OUT/none"
wrong 2 'no answer to HELLO' "$W" rig --dut udp:127.0.0.1:9 --patience 50
[ ! -e "$OUT/none" ] || die "a run that could not begin left a folder"
ok "devices that are nowhere"

wrong 4 'NOSUCH is no case' "$W" show MP-BI-25 NOSUCH
wrong 4 'show: give a case' "$W" show
wrong 4 'no case has such an id' "$W" run --dut inproc:a --out "$OUT/none" 'NOSUCH*'
wrong 4 'list has all of them' "$W" list --area QQ
"$W" show MP-BI-25 MP-BI-24 > "$OUT/two" || die "show takes no two cases"
[ "$(grep -c '^stimulus' "$OUT/two")" -eq 2 ] || die "show leaves out the second case"
ok "cases that are none"

# A folder in the place of a file: neither root nor anybody else can make one beneath it.
: > "$OUT/file"
wrong 3 "$OUT/file/run: reports cannot be written: Not a directory" \
	"$W" run --dut inproc:a --out "$OUT/file/run" VN-CA-01
wrong 3 "init: $OUT/nowhere/x.yaml: No such file" "$W" init "$OUT/nowhere/x.yaml"
grep -q '?' "$OUT/said" && die "init asks before it knows whether it can write"
ok "folders that cannot be written"

# full COMMAND...: with $OUT/full a file system of so few bytes.
full()
{
	unshare --mount sh -c 'mount -t tmpfs -o size=64k none "$0" && "$@"' "$OUT/full" "$@"
}
mkdir "$OUT/full"
if [ "$(id -u)" -eq 0 ] && full true 2> /dev/null; then
	wrong 3 'full/r: reports cannot be written: No space left' \
		full "$W" run --dut inproc:a --out "$OUT/full/r" 'MP-*'
	grep -q 'there is no report' "$OUT/said" || die "run: $(tail -3 "$OUT/said")"
	grep -q 'index.html' "$OUT/said" && die "run tells of a report that is not there"
	wrong 3 'No space left' full "$W" demo --out "$OUT/full/d"
	grep -q 'chip B' "$OUT/said" && die "demo goes on without a disk"
	yaml core 'port:\n  url: "inproc:a"\n'
	wrong 3 'No space left' full "$W" certify "$OUT/core.yaml" --profile CORE --nonce $nonce \
		--out "$OUT/full/c"
	grep -q 'meets profile\|NOT CERTIFIED' "$OUT/said" && die "certify judges what is not kept"
	ok "a disk that is full"
else
	echo "skip  a disk that is full: needs root and mount namespaces"
	skipped=1
fi
echo "# cunit: run_wrong.sh: $passed passed, 0 failed, $skipped skipped"
