# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What a guest script may call. Decides: where a command runs, and how a case is named on standard
# output. Leaves to device.sh the device and its network, to main when scripts run.
#
#	on a|b LINE            runs a shell line on a host of the topology; its output and status
#	ok NAME                the case passed
#	fail NAME WHY          it did not; the script goes on
#	skip NAME WHY          it cannot be tried here
#	check NAME LINE        a case: the line succeeds on host a within $LIMIT seconds (60; as all
#	                       limits here, multiplied by --slow)
#	refuse NAME LINE       a case: the line fails by itself, without a signal or a time-out
#	serve NAME WAIT LINE   starts a server on host b; returns when it listens. WAIT: a TCP port,
#	                       cm:PORT for rdma_cm, or "-" for one second
#	reap NAME              the server ended; its status
#	pair NAME WAIT SERVER CLIENT   a case: both succeed; up to five times again if the client
#	                       says $AGAIN_IF, a regular expression
#	gid DEVICE ADDRESS [v1]        index of the GID of an address (IPv4 or IPv6) for RoCE v2, or
#	                       v1: for Weft that is the EtherType
#	cm_gids v1|v2          which of them rdma_cm takes from now on, on both hosts
#	wanted NAME            is the case among those that --set ONLY=REGEX asks for?
#	need PROGRAM...        or the script is skipped
#	wire WORD=N...         impairs what is between the hosts (weft-wire --help)
#
# $DEV_A $IP_A $IP6_A $NETDEV_A, and the same with B: each host's device and addresses. On topology
# "self" both hosts are one. $LOG: a folder that outlives the guest.

share=/run/weft-vm
failures=0
slow=${WEFT_SLOW:-1}

ok() { echo "ok    $1"; }
skip() { echo "skip  $1: $2"; }
fail() {
	failures=$((failures + 1))
	echo "FAIL  $1: $2"
}
finish() { [ "$failures" -eq 0 ] || exit 1; exit 0; }

need() {
	for program in "$@"; do
		command -v "$program" >/dev/null || {
			echo "$program is not installed: run tools/deps as root"
			exit 77
		}
	done
}

# The names below are what network_up() makes.
host_names() {
	DEV_A=${WEFT_DEVICE}0 NETDEV_A=v0 IP_A=10.0.0.1 IP6_A=fd00::1
	DEV_B=${WEFT_DEVICE}1 NETDEV_B=v1 IP_B=10.0.0.2 IP6_B=fd00::2
	case "$WEFT_TOPOLOGY" in
	self) DEV_B=$DEV_A NETDEV_B=$NETDEV_A IP_B=$IP_A IP6_B=$IP6_A ;;
	pair) DEV_B=${WEFT_DEVICE}0 NETDEV_A=eth0 NETDEV_B=eth0 ;;
	host) NETDEV_A=eth0 ;;
	esac
	export DEV_A DEV_B NETDEV_A NETDEV_B IP_A IP_B IP6_A IP6_B
}
host_names

on() {
	where=$1
	shift
	line="export LOG=$LOG LIMIT=$LIMIT; . $WEFT_TOP/tools/vm/guest/lib.sh; $*"
	case "$WEFT_TOPOLOGY.$where" in
	*.a | self.b) sh -c "$line" ;;
	netns.b) ip netns exec b sh -c "$line" ;;
	pair.b) on_other "$line" ;;
	*) echo "on: there is no host $where on topology $WEFT_TOPOLOGY" >&2; return 2 ;;
	esac
}

# Through the shared folder: main's agent() answers there.
on_other() {
	call=$share/ctl/$$.$(cut -d' ' -f1 /proc/uptime).$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
	echo "$1" >"$call.part"
	mv "$call.part" "$call.line"
	: >$share/ctl/call
	until [ -e "$call.status" ]; do
		[ ! -e $share/ctl/lost ] || { echo "host b is gone"; return 70; }
		sleep 0.1
	done
	cat "$call.out"
	return "$(cat "$call.status")"
}
on_stop() { : >$share/ctl/stop; }

# One line of why: the last that a log has.
last_line() { grep -v '^ *$' "$1" 2>/dev/null | tail -n 1 | cut -c1-160; }

# limited NAME LINE: within $LIMIT seconds; its output is kept
limited() {
	case_log=$LOG/$1.txt
	shift
	timeout -k 5 "$((${LIMIT:-60} * slow))" sh -c ". $WEFT_TOP/tools/vm/guest/lib.sh; $*" \
		>"$case_log" 2>&1
}

# Cases that are not wanted are passed over without a word.
wanted() { [ -z "$ONLY" ] || echo "$1" | grep -Eq -- "$ONLY"; }

check() {
	wanted "$1" || return 0
	limited "$@"
	status=$?
	if [ $status -eq 0 ]; then
		ok "$1"
	else
		fail "$1" "status $status: $(last_line "$case_log")"
	fi
	return $status
}

refuse() {
	wanted "$1" || return 0
	limited "$@"
	status=$?
	case $status in
	0) fail "$1" "it succeeded: $(last_line "$case_log")" ;;
	124 | 137) fail "$1" "it hung" ;;
	13[0-9] | 14[0-9]) fail "$1" "it died of signal $((status - 128))" ;;
	*) ok "$1" ;;
	esac
}

# serve_here NAME WAIT LINE: on the host itself.
serve_here() {
	rm -f "/run/$1.status"
	(
		timeout -k 5 "$((${LIMIT:-60} * slow))" sh -c "$3" >"$LOG/$1.server.txt" 2>&1 &
		echo $! >"/run/$1.pid"
		wait $!
		echo $? >"/run/$1.status"
	) </dev/null >/dev/null 2>&1 &
	[ "$2" != - ] || { sleep 1; return 0; }
	tries=0
	until listens "$2"; do
		tries=$((tries + 1))
		[ ! -e "/run/$1.status" ] || { cat "$LOG/$1.server.txt"; return 1; }
		[ $tries -lt $((150 * slow)) ] || {
			echo "nothing listens on $2 after $((15 * slow)) s"
			return 1
		}
		sleep 0.1
	done
	# An id of rdma_cm is shown as listening a moment before it does.
	case "$2" in cm:*) sleep 0.5 ;; esac
}
listens() {
	case "$1" in
	cm:*) rdma resource show cm_id 2>/dev/null | grep -q "LISTEN.*:${1#cm:} " ;;
	*) ss -Hltn "sport = :$1" | grep -q . ;;
	esac
}
serve() { on b "serve_here $1 $2 '$3'"; }

reap_here() {
	tries=0
	until [ -e "/run/$1.status" ]; do
		tries=$((tries + 1))
		[ $tries -lt $((700 * slow)) ] || return 124
		sleep 0.1
	done
	return "$(cat "/run/$1.status")"
}
reap() { on b "reap_here $1"; }
# It is of no use any more.
end_here() {
	kill "$(cat "/run/$1.pid")" 2>/dev/null
	reap_here "$1"
	return 0
}

# The lines may not hold a single quote.
pair() {
	wanted "$1" || return 0
	if ! serve "$1" "$2" "$3" >"$LOG/$1.start.txt" 2>&1; then
		fail "$1" "server: $(last_line "$LOG/$1.start.txt")"
		return 1
	fi
	timeout -k 5 "$((${LIMIT:-60} * slow))" sh -c "$4" >"$LOG/$1.txt" 2>&1
	status=$?
	if [ -n "${AGAIN_IF:-}" ] && [ "${again:=0}" -lt 5 ] &&
	   grep -q "$AGAIN_IF" "$LOG/$1.txt"; then
		again=$((again + 1))
		on b "end_here $1"
		pair "$@"
		return
	fi
	again=0
	reap "$1"
	served=$?
	if [ $status -eq 0 ] && [ $served -eq 0 ]; then
		ok "$1"
		return 0
	fi
	fail "$1" "client $status: $(last_line "$LOG/$1.txt"); server $served: $(
		last_line "$LOG/$1.server.txt")"
	return 1
}

# gid DEVICE ADDRESS [TYPE]
gid() {
	python3 -S "$WEFT_TOP/tools/vm/guest/gid.py" "$@"
}

cm_gids() {
	on a "cm_gids_here $DEV_A $1" && on b "cm_gids_here $DEV_B $1"
}
cm_gids_here() {
	folder=/sys/kernel/config/rdma_cm/$1
	case "$2" in v1) mode="IB/RoCE v1" ;; *) mode="RoCE v2" ;; esac
	modprobe configfs 2>/dev/null
	grep -q " /sys/kernel/config " /proc/mounts || mount -t configfs none /sys/kernel/config
	mkdir -p "$folder" && echo "$mode" >"$folder/ports/1/default_roce_mode"
}

# wire WORD=N...: what happens on the way from now on (weft-wire --help); no words: nothing happens.
# Inside one guest the kernel's netem does it, to whole GSO packets, with no seed.
wire() {
	case "$WEFT_TOPOLOGY.$WEFT_DIRECT" in
	self.*) netem_on "" lo "$@" ;;
	netns.*) netem_on "" v0 "$@" && netem_on "ip netns exec b" v1 "$@" ;;
	pair.1) echo "wire: nothing is between the guests with --direct" >&2; return 2 ;;
	*)
		echo "$*" >$share/wire.part
		mv $share/wire.part $share/wire
		sleep 0.2
		;;
	esac
}
# netem_on PREFIX NETDEV WORD=N...
netem_on() {
	where=$1 netdev=$2 words="" delay=0
	shift 2
	$where tc qdisc del dev "$netdev" root 2>/dev/null
	[ $# -gt 0 ] || return 0
	for word in "$@"; do
		n=${word#*=}
		case "$word" in
		loss=*) words="$words loss $n%" ;;
		dup=*) words="$words duplicate $n%" ;;
		corrupt=*) words="$words corrupt $n%" ;;
		reorder=*) words="$words reorder $n%" delay=$((delay + 1000)) ;;
		delay_us=*) delay=$((delay + n)) ;;
		seed=*) ;;
		*) echo "netem knows nothing of $word" >&2; return 2 ;;
		esac
	done
	[ $delay -eq 0 ] || words="delay ${delay}us $words"
	$where tc qdisc add dev "$netdev" root netem limit 10000 $words
}
