# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=900 device=none only=weft programs=allocfail
#
# No allocation for an object is taken for granted: the module, a device, and every kind of object
# of a process (allocfail.c) are made again and again, the n-th allocation failing (failnth.c),
# until none is left to fail. Afterwards the device works, and nothing is left behind.
# Every call in the module's code that may find no memory must have failed (alloc_sites.py).
# What the kernel allocates for a new device counts as far as DEPTH calls below the module; all of
# it is hundreds: --set DEPTH=64.
. "$WEFT_TOP/tools/vm/guest/device.sh"
need strip objdump python3

own=/tmp/weft.ko
strip -g -o $own "$WEFT_KO"
knob=/sys/module/failnth/parameters
insmod "${WEFT_KO%/*}/failnth.ko" || exit 1
modprobe -a ib_uverbs rdma_ucm ib_umad
for module in $(modinfo -F depends "$WEFT_KO" | tr ',' ' '); do
	modprobe "$module"
done

# The shell that arms becomes the program, so it is that program's allocations that fail.
# until_made NAME PROGRAM: it fails with no memory until nothing is left to fail
until_made() {
	name=$1 nth=0
	while :; do
		nth=$((nth + 1))
		sh -c "echo $nth >$knob/nth; exec $2" >"$LOG/$name.txt" 2>&1
		status=$?
		echo 0 >$knob/nth
		[ "$(cat $knob/hits)" -ne 0 ] || break
		echo "$name $(cat $knob/site) $status" >>"$LOG/sites.txt"
		if [ $status -eq 0 ]; then
			$3
		elif ! grep -qi memory "$LOG/$name.txt"; then
			fail "${name}_told" "$(tail -n 1 "$LOG/sites.txt"): $(
				last_line "$LOG/$name.txt")"
		fi
		[ $nth -lt 2000 ] || break
	done
	if [ $status -ne 0 ]; then
		fail "$name" "status $status at allocation $nth: $(last_line "$LOG/$name.txt")"
		return 1
	fi
	if [ $nth -lt 3 ]; then
		fail "$name" "only $nth allocations were seen"
		return 1
	fi
	ok "$name"
	echo "$nth allocations for $name"
}
unload() { rmmod weft; }
unload_objects() { rmmod kobjects; }
unlink_device() { rdma link del "$DEV_A"; }

# each_call NAME PROGRAM UNDO: the same, each call of the module failing once, for good
each_call() {
	name=$1
	for one in fresh stay; do echo 1 >$knob/$one; done
	for _ in $(seq 100); do
		sh -c "echo 1 >$knob/nth; exec $2" >"$LOG/$name.txt" 2>&1
		status=$?
		echo 0 >$knob/nth
		[ "$(cat $knob/hits)" -ne 0 ] || break
		echo "$name $(cat $knob/site) $status" >>"$LOG/sites.txt"
		[ $status -ne 0 ] || $3
	done
	for one in fresh stay; do echo 0 >$knob/$one; done
	[ $status -eq 0 ] && ok "$name" || fail "$name" "$(last_line "$LOG/$name.txt")"
}

until_made module "insmod $own" unload && unload
each_call module_each_call "insmod $own" unload
module_remember
echo "${DEPTH:-4}" >$knob/depth
link="rdma link add $DEV_A type weft netdev v0"
until_made device "$link" unlink_device && unlink_device
echo 64 >$knob/depth
each_call device_each_call "$link" unlink_device
device_up "$DEV_A" v0 || exit 1
index=$(gid "$DEV_A" "$IP_A") || exit 1
LIMIT=600
timeout $LIMIT "$WEFT_PROGRAMS/allocfail" "$DEV_A" "$index" >"$LOG/objects.txt"
status=$?
grep -E '^(ok|FAIL) ' "$LOG/objects.txt"
[ $status -eq 0 ] || fail objects "status $status"
objects="insmod ${WEFT_KO%/*}/kobjects.ko device=$DEV_A"
until_made kernel_objects "$objects many=1" unload_objects && unload_objects
each_call kernel_objects_each_call "$objects" unload_objects && unload_objects
check every_site "python3 $WEFT_TOP/kernel/selftest/lib/alloc_sites.py $own $LOG/sites.txt \
	$LOG/objects.txt >$LOG/open_sites.txt"
pair still_works 18515 "ibv_rc_pingpong -d $DEV_A -g $index -n 20" \
	"ibv_rc_pingpong -d $DEV_A -g $index -n 20 $IP_A"
unlink_device
rmmod weft || fail unload "weft is in use"
rmmod failnth
leaks_of_module a
finish
