# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
#
# How a guest's network and its RDMA device come and go, and what the module leaves behind.
# Topologies: self (one device on a veth whose other end sleeps in namespace b), netns (a device on
# each end of the veth), pair and host (a device on the card that the wire ends in).

network_up() {
	modprobe -a veth virtio_net 2>/dev/null
	case "$WEFT_TOPOLOGY" in
	self | netns)
		ip netns del b 2>/dev/null
		ip netns add b
		ip link add v0 type veth peer name v1 netns b
		addresses "" v0 1
		ip netns exec b ip link set lo up
		addresses "ip netns exec b" v1 2
		;;
	pair | host)
		for n in /sys/class/net/*; do
			case "$(readlink -f "$n/device/driver")" in
			*/virtio_net) ip link set "${n##*/}" name eth0 ;;
			esac
		done
		case "$WEFT_ROLE" in a) addresses "" eth0 1 ;; b) addresses "" eth0 2 ;; esac
		;;
	esac
}
addresses() {
	$1 ip link set "$2" mtu "${WEFT_MTU:-4200}"
	$1 ip addr add "10.0.0.$3/24" dev "$2"
	$1 ip addr add "fd00::$3/64" dev "$2" nodad
	$1 ip link set "$2" up
}

# A line of a script's head: "# weft-guest: topology=self,pair timeout=120 device=none"
script_word() { sed -n "1,12s/^# weft-guest:.* *$2=\([^ ]*\).*/\1/p" "$1"; }
script_timeout() {
	seconds=$(script_word "$1" timeout)
	echo $((${seconds:-120} * ${WEFT_SLOW:-1}))
}

modules_in() {
	modprobe -a ib_uverbs rdma_ucm ib_umad 2>/dev/null
	case "$WEFT_DEVICE" in
	rxe) [ -e /sys/module/rdma_rxe ] || modprobe rdma_rxe ;;
	weft)
		depends=$(modinfo -F depends "$WEFT_KO" | tr ',' ' ')
		[ -z "$depends" ] || modprobe -a $depends
		insmod "$WEFT_KO" $WEFT_PARAMS && module_remember
		;;
	esac
}

# Where the module lies: its allocations are known by their call sites.
module_remember() {
	seconds_up >/run/weft.loaded
	grep '^weft ' /proc/modules >/run/weft.modules
	grep '\[weft\]' /proc/kallsyms | sort >/run/weft.symbols
}

# device_up NAME NETDEV, on the host itself
device_up() {
	[ -e /sys/class/infiniband/"$1" ] && return 0
	rdma link add "$1" type "$WEFT_DEVICE" netdev "$2" || return 1
	tries=0
	until rdma link show "$1/1" | grep -q 'state ACTIVE'; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || { echo "$1 is not active after 10 s"; return 1; }
		sleep 0.1
	done
}

device_all_up() {
	case "$WEFT_TOPOLOGY" in
	self | netns) [ -e /sys/class/net/v0 ] || network_up ;;	# a script took it away
	esac
	[ "$(script_word "$1" device)" != none ] && [ "$WEFT_DEVICE" != none ] || return 0
	modules_in && device_up "$DEV_A" "$NETDEV_A" || return 1
	case "$WEFT_TOPOLOGY" in
	netns) on b "$device_lib device_up $DEV_B $NETDEV_B" ;;
	pair) on b "$device_lib modules_in && device_up $DEV_B $NETDEV_B" ;;
	esac
}
device_all_down() {
	[ "$WEFT_DEVICE" != none ] || return 0
	down=0
	modules_out a || down=1
	[ "$WEFT_TOPOLOGY" != pair ] || on b "$device_lib modules_out b" || down=1
	return $down
}
device_lib=". $WEFT_TOP/tools/vm/guest/device.sh;"

# Removes every device of the module and the module, and looks at what it left.
modules_out() {
	case "$WEFT_DEVICE" in rxe) module=rdma_rxe ;; *) module=weft ;; esac
	grep -q "^$module " /proc/modules || return 0
	for d in $(rdma link show | sed -n 's,^link \([^/]*\)/.*,\1,p' | sort -u); do
		case "$d" in "$WEFT_DEVICE"*) rdma link del "$d" ;; esac
	done
	[ "$module" != weft ] || leaks_of_kmemleak "$1"
	tries=0
	until rmmod $module 2>"$LOG/rmmod.txt"; do
		tries=$((tries + 1))
		[ $tries -lt 50 ] || {
			fail "unload.$1" "$(last_line "$LOG/rmmod.txt")"
			return 1
		}
		sleep 0.2
	done
	[ "$module" = weft ] || return 0
	leaks_of_module "$1"
}

# A virtual card keeps the last packets that it sent until it sends others.
tx_reclaimed() {
	case "$WEFT_TOPOLOGY" in pair | host) ;; *) return 0 ;; esac
	case "$WEFT_ROLE" in a) other=10.0.0.2 ;; *) other=10.0.0.1 ;; esac
	for _ in 1 2 3 4; do
		bash -c "echo >/dev/udp/$other/9" 2>/dev/null
		sleep 0.1
	done
}

# On the debug kernel: blocks of the module, still loaded, that nothing points to. What points to a
# block may just be in a register or on its way: only what a second look finds too is one.
leaks_of_kmemleak() {
	[ -e /sys/kernel/debug/kmemleak ] || return 0
	for look in 1 2; do
		sleep 5
		echo scan >/sys/kernel/debug/kmemleak
	done
	cat /sys/kernel/debug/kmemleak >"$LOG/kmemleak.$1.txt"
	! grep -q '\[weft\]' "$LOG/kmemleak.$1.txt" ||
		fail "kmemleak.$1" "$(grep -m 1 '\[weft\]' "$LOG/kmemleak.$1.txt")"
}

# Every block that slub_debug=U still knows and that the module, which is gone, asked for. Blocks
# given to kfree_rcu() go in batches, some seconds later: looked at again before it is a leak.
leaks_of_module() {
	[ ! -e /sys/kernel/debug/kmemleak ] || return 0		# KASAN keeps freed blocks a while
	ls /sys/kernel/debug/slab/kmalloc-*/alloc_traces >/dev/null 2>&1 || return 0
	read -r loaded </run/weft.loaded
	for wait in 0.3 6 6; do
		sleep $wait
		tx_reclaimed
		cat /sys/kernel/debug/slab/kmalloc-*/alloc_traces \
			/sys/kernel/debug/slab/skbuff*/alloc_traces >"$LOG/allocations.$1.txt"
		if python3 -S "$WEFT_TOP/tools/vm/guest/leaks.py" "$(cat /run/weft.modules)" \
			/run/weft.symbols $(($(seconds_up) - loaded)) \
			"$LOG/allocations.$1.txt" >"$LOG/leaks.$1.txt" 2>&1; then
			rm -f "$LOG/leaks.$1.txt" "$LOG/allocations.$1.txt"
			return 0
		fi
	done
	fail "leak.$1" "$(tr '\n' ';' <"$LOG/leaks.$1.txt")"
	return 1
}
seconds_up() { cut -d. -f1 /proc/uptime; }
