# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=pair,self timeout=1500 only=weft
#
# Weft beside soft-RoCE, in the same guests, by turns; medians of several rounds. With
# tools/vm/run --measure the rates of this machine; with --count instructions. With
# --set CASES=NAME,NAME some of them. Rounds are long enough for an emulated processor to have
# translated what it runs. Two guests leave two processors of this machine to each other if
# they have --cpus 1 each; --direct saves what the wire costs (and passes over the case with loss).
need ib_write_bw ib_send_bw ib_write_lat python3

rounds=${ROUNDS:-5}
soft_up() { modprobe rdma_rxe && rdma link add rxe9 type rxe netdev "$1"; }
soft_up "$NETDEV_A" || { echo "no soft-RoCE to compare with"; exit 1; }
[ "$WEFT_TOPOLOGY" = self ] ||
	on b "modprobe rdma_rxe && rdma link add rxe9 type rxe netdev $NETDEV_B" || exit 1
port=19000

# once DEVICE_A DEVICE_B PROGRAM OPTIONS: the line of numbers that perftest prints last, or nothing
once() {
	here=$(gid "$1" "$IP_A") && there=$(on b gid "$2" "$IP_B") || return 1
	LIMIT=150 serve "s$port" $port "$3 -d $2 -x $there -F -p $port $4" >/dev/null || return 1
	timeout 150 "$3" -d "$1" -x "$here" -F -p $port $4 "$IP_B" >"$LOG/s$port.txt" 2>&1
	reap "s$port" >/dev/null
	grep -A1 '^ *#bytes' "$LOG/s$port.txt" | grep '^ *[0-9]'
}

# perftest learns the clock's rate by trying, which a busy machine spoils: that was no measurement.
measured() {
	for _ in 1 2 3; do
		line=$(once "$@")
		grep -q 'Correlation coefficient' "$LOG/s$port.txt" || break
		port=$((port + 1))
	done
	echo "$line"
}

# versus NAME PROGRAM OPTIONS COLUMN LEAST: weft's median of a column is LEAST times soft-RoCE's,
# or for LEAST below 0 no more than -LEAST times it
versus() {
	case ",${CASES:-$1}," in *",$1,"*) ;; *) return 0 ;; esac
	: >"$LOG/$1.tsv"
	for _ in $(seq "$rounds"); do
		for device in rxe weft; do
			port=$((port + 10))
			case $device in
			rxe) line=$(measured rxe9 rxe9 "$2" "$3") ;;
			weft) line=$(measured "$DEV_A" "$DEV_B" "$2" "$3") ;;
			esac
			number=$(echo "$line" | awk -v c="$4" '{ print $c }')
			echo "$device	$number" >>"$LOG/$1.tsv"
		done
	done
	python3 "$WEFT_TOP/kernel/selftest/lib/medians.py" "$1" "$5" "$LOG/$1.tsv"
}
versus write_bw_64k ib_write_bw "-s 65536 -n ${WRITES:-4000}" 4 2 || failures=1
versus send_rate_4k ib_send_bw "-s 4096 -n ${SENDS:-12000}" 5 1.5 || failures=1
versus write_lat_8 ib_write_lat "-s 8 -n ${LATENCIES:-1000}" 5 -1 || failures=1
if [ "$WEFT_TOPOLOGY.$WEFT_DIRECT" = pair. ]; then
	rounds=${LOSS_ROUNDS:-3}
	wire loss=1 seed=12
	versus write_bw_64k_loss ib_write_bw "-s 65536 -n ${LOSSY:-600}" 4 10 || failures=1
	wire
fi
[ "$WEFT_TOPOLOGY" = self ] || on b "rdma link del rxe9; modprobe -r rdma_rxe"
rdma link del rxe9
modprobe -r rdma_rxe
finish
