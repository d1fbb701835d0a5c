# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=pair timeout=400 only=weft
#
# Host b goes away with a connection open and comes back as another life of its chip: with a
# farewell, and without one, its link being down. What host a has under way ends with the status
# that verbs have for it, and a new connection works.
need python3
. "$WEFT_TOP/kernel/selftest/lib/moves.sh"
. "$WEFT_TOP/tools/vm/guest/device.sh"

tool="python3 $WEFT_TOP/kernel/selftest/lib/survivor.py"
# again LINE...: on host b, after the lines, the module is loaded anew
again() {
	on b "$device_lib $*
		pkill -9 -f survivor.py; sleep 0.5
		modules_out b; modules_in && ip link set $NETDEV_B up || exit 1
		ip addr add $IP6_B/64 dev $NETDEV_B nodad 2>/dev/null
		device_up $DEV_B $NETDEV_B"
}
# survives NAME PORT LINE...
survives() {
	name=$1 port=$2
	shift 2
	LIMIT=200 serve "$name" "$port" "$tool server $DEV_B $gb $IP_B $port" \
		>"$LOG/$name.start.txt" 2>&1
	timeout 200 $tool client "$DEV_A" "$ga" "$IP_B" "$port" >"$LOG/$name.txt" 2>&1 &
	client=$!
	for _ in $(seq 300); do
		! grep -qs ready "$LOG/$name.txt" || break
		sleep 0.1
	done
	again "$@" >"$LOG/$name.again.txt" 2>&1 ||
		fail "${name}_again" "$(last_line "$LOG/$name.again.txt")"
	wait $client
	status=$?
	if [ $status -eq 0 ]; then
		ok "$name"
	else
		fail "$name" "status $status: $(last_line "$LOG/$name.txt")"
	fi
	gb=$(on b gid "$DEV_B" "$IP_B")
	verified "after_$name" $((port + 1)) write read
}
survives farewell 19100 "true;"
survives silent 19110 "ip link set $NETDEV_B down;"
finish
