# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self,netns,pair timeout=400
#
# NVMe over Fabrics: the kernel's own target on host b and initiator on host a, unchanged. A file
# system on it, data written and read back, a reconnection after the link was down.
need nvme mkfs.ext4

# --- on host b: a disk in memory behind a target ----------------------------------------------
nvmet=/sys/kernel/config/nvmet
target_up() {
	mount -t configfs configfs /sys/kernel/config 2>/dev/null
	modprobe null_blk nr_devices=0 || return 1
	modprobe -a nvmet nvmet_rdma || return 1
	disk=/sys/kernel/config/nullb/nullb0
	mkdir $disk && echo 192 >$disk/size && echo 1 >$disk/memory_backed &&
		echo 512 >$disk/blocksize && echo 1 >$disk/power || return 1
	sub=$nvmet/subsystems/disk
	mkdir $sub $sub/namespaces/1 && echo 1 >$sub/attr_allow_any_host || return 1
	for _ in $(seq 50); do
		[ ! -b /dev/nullb0 ] || break
		sleep 0.1
	done
	printf /dev/nullb0 >$sub/namespaces/1/device_path && echo 1 >$sub/namespaces/1/enable ||
		return 1
	for n in 1 2; do
		mkdir $nvmet/ports/$n && echo rdma >$nvmet/ports/$n/addr_trtype || return 1
		echo 4420 >$nvmet/ports/$n/addr_trsvcid
	done
	echo ipv4 >$nvmet/ports/1/addr_adrfam && echo "$IP_B" >$nvmet/ports/1/addr_traddr &&
		echo ipv6 >$nvmet/ports/2/addr_adrfam &&
		echo "$IP6_B" >$nvmet/ports/2/addr_traddr &&
		ln -s $sub $nvmet/ports/1/subsystems/disk &&
		ln -s $sub $nvmet/ports/2/subsystems/disk
}
target_down() {
	rm -f $nvmet/ports/*/subsystems/disk
	rmdir $nvmet/ports/*
	echo 0 >$nvmet/subsystems/disk/namespaces/1/enable
	rmdir $nvmet/subsystems/disk/namespaces/1 $nvmet/subsystems/disk
	echo 0 >/sys/kernel/config/nullb/nullb0/power
	rmdir /sys/kernel/config/nullb/nullb0
	modprobe -r nvmet_rdma null_blk
}
if [ -n "$NVME_PART" ]; then
	"$NVME_PART"
	return
fi
target() { on b "NVME_PART=target_$1; . $WEFT_TOP/kernel/selftest/nvme.sh"; }

# --- on host a ----------------------------------------------------------------------------------
# connect ADDRESS: the name of the new disk, once it is there
connect() {
	nvme connect -t rdma -a "$1" -s 4420 -n disk -i 2 --keep-alive-tmo=2 --reconnect-delay=1 \
		--ctrl-loss-tmo=60 >"$LOG/connect.txt" 2>&1 || return 1
	for _ in $(seq 100); do
		for d in /dev/nvme*n1; do
			[ ! -b "$d" ] || { echo "$d"; return 0; }
		done
		sleep 0.1
	done
	return 1
}

# The controller notices that its host is gone, and comes back. What a host sends to itself does not
# need the link.
flap() {
	controller=$(basename "$disk" n1)
	case "$WEFT_TOPOLOGY" in
	self) wire loss=100 ;;
	*) ip link set "$NETDEV_A" down ;;
	esac
	check link_down_seen "for i in \$(seq 200); do
		grep -q live /sys/class/nvme/$controller/state || exit 0; sleep 0.1; done; exit 1"
	case "$WEFT_TOPOLOGY" in
	self) wire ;;
	*) ip link set "$NETDEV_A" up && ip addr add "$IP6_A/64" dev "$NETDEV_A" nodad ;;
	esac
	check reconnect "for i in \$(seq 500); do
		grep -q live /sys/class/nvme/$controller/state && break; sleep 0.1; done
		dd if=$disk bs=64k count=384 iflag=direct | md5sum | grep -q '${sum%% *}'"
}

modprobe nvme_rdma
if ! target up >"$LOG/target.txt" 2>&1; then
	fail target "$(last_line "$LOG/target.txt")"
	finish
fi
ok target
check discover "nvme discover -t rdma -a $IP_B -s 4420 | grep -q 'subnqn:  disk'"
if disk=$(connect "$IP_B"); then
	ok connect
	head -c 24M /dev/urandom >/tmp/data
	sum=$(md5sum </tmp/data)
	LIMIT=120
	check write_read "dd if=/tmp/data of=$disk bs=256k oflag=direct &&
		dd if=$disk bs=64k count=384 iflag=direct | md5sum | grep -q '${sum%% *}'"
	if [ "$WEFT_DEVICE" = weft ]; then
		check loss "wire loss=1 seed=9 && dd if=/tmp/data of=$disk bs=256k oflag=direct &&
			dd if=$disk bs=64k count=384 iflag=direct | md5sum | grep -q '${sum%% *}'"
		wire
	fi
	check small_reads "dd if=$disk of=/dev/null bs=4k count=300 iflag=direct"
	check file_system "mkfs.ext4 -q $disk && mkdir -p /mnt/nvme && mount $disk /mnt/nvme &&
		cp /tmp/data /mnt/nvme/ && umount /mnt/nvme && mount $disk /mnt/nvme &&
		cmp /tmp/data /mnt/nvme/data && umount /mnt/nvme"
	check two_writers "dd if=/tmp/data of=$disk bs=64k oflag=direct seek=1024 & first=\$!
		dd if=/tmp/data of=$disk bs=64k oflag=direct && wait \$first &&
		cmp -n 25165824 /tmp/data $disk && cmp -n 25165824 -i 0:67108864 /tmp/data $disk"
	if [ "$WEFT_DEVICE.$WEFT_TOPOLOGY" = rxe.self ]; then
		skip reconnect "soft-RoCE does not come back when both ends went down at once"
	else
		flap
	fi
	check disconnect "nvme disconnect -n disk"
else
	fail connect "$(last_line "$LOG/connect.txt")"
fi
if disk=$(connect "$IP6_B"); then
	check over_ipv6 "dd if=$disk of=/dev/null bs=64k count=100 iflag=direct"
	nvme disconnect -n disk >/dev/null
else
	fail over_ipv6 "$(last_line "$LOG/connect.txt")"
fi
modprobe -r nvme_rdma
target down >"$LOG/target_down.txt" 2>&1
finish
