# SPDX-License-Identifier: BSD-2-Clause
# What the carriage scripts share. Sourced; sets $W (wio_check), $T (a folder that goes away).

cd "$(dirname "$0")/../../.." || exit 1
B=${B:-build}
W=$B/bin/wio_check
A_NS=wio$$a
B_NS=wio$$b
failed=0

skip() { echo "skipped: $*"; exit 77; }
say() { echo "-- $*"; }
bad() { echo "FAIL: $*"; failed=1; }

[ -x "$W" ] || { echo "FAIL: no $W: run make first"; exit 1; }

clean_up() {
	local pid
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	ip netns del "$A_NS" 2>/dev/null
	ip netns del "$B_NS" 2>/dev/null
	rm -rf "$T"
}
T=$(mktemp -d /tmp/weft-io-test.XXXXXX)
trap clean_up EXIT
trap 'exit 1' INT TERM

# veth_pair MTU: two namespaces joined by a cable; vA is 10.77.0.1, vB is 10.77.0.2.
veth_pair() {
	ip netns add "$A_NS" && ip netns add "$B_NS" || skip "no network namespaces allowed here"
	ip link add vA mtu "$1" netns "$A_NS" type veth \
		peer name vB mtu "$1" netns "$B_NS" || return 1
	ip netns exec "$A_NS" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null
	ip netns exec "$B_NS" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null
	ip -n "$A_NS" addr add 10.77.0.1/24 brd + dev vA
	ip -n "$B_NS" addr add 10.77.0.2/24 brd + dev vB
	ip -n "$A_NS" link set lo up && ip -n "$B_NS" link set lo up
	ip -n "$A_NS" link set vA up && ip -n "$B_NS" link set vB up
}

in_a() { ip netns exec "$A_NS" "$@"; }
in_b() { ip netns exec "$B_NS" "$@"; }

# stat FILE NAME: a counter's value.
stat_of() { sed -n "s/^stat $2 //p" "$1"; }

# local_of FILE: the address a receiver printed, when it has.
local_of() {
	local i
	for i in $(seq 400); do
		grep -q '^local ' "$1" && break
		sleep 0.05
	done
	sed -n 's/^local //p' "$1"
}

# carry NAME SENDER-URL RECEIVER-URL COUNT LENS [DST]: from namespace A to B; both must be content.
carry() {
	local name=$1 to rx_rc
	in_b "$W" recv "$3" "$4" >"$T/rx" 2>&1 &
	local rx=$!
	to=$(local_of "$T/rx")
	if ! in_a "$W" send "$2" "${6:-$to}" "$4" "$5" >"$T/tx" 2>&1; then
		bad "$name: sender"
		cat "$T/tx"
	fi
	wait $rx
	rx_rc=$?
	if [ $rx_rc -ne 0 ]; then
		bad "$name: receiver ($rx_rc)"
		cat "$T/rx"
		sed 's/^/   sender: /' "$T/tx"
	else
		say "$name: $(grep '^received' "$T/rx")"
	fi
}

# refused NAME WORD COMMAND...: must fail with status 2 and a text that contains WORD.
refused() {
	local name=$1 word=$2 out rc
	shift 2
	out=$("$@" 2>&1)
	rc=$?
	if [ $rc -ne 2 ] || ! grep -qF -- "$word" <<<"$out"; then
		bad "$name: status $rc: $out (wanted: $word)"
	else
		say "$name: $(grep -F refused <<<"$out")"
	fi
}

# at_least NAME VALUE MIN, equal NAME VALUE WANTED
at_least() { [ "${2:-0}" -ge "$3" ] 2>/dev/null || bad "$1: $2, wanted at least $3"; }
equal() { [ "$2" = "$3" ] || bad "$1: '$2', wanted '$3'"; }
