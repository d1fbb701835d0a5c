# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=200 only=weft
#
# With udev and rdma-core's rule at work a device keeps the name it was given; with the rule's
# policy changed to NAME_GUID it is renamed, and the words of TROUBLESHOOTING.md exempt it.
udevd=/usr/lib/systemd/systemd-udevd
[ -x $udevd ] || udevd=/lib/systemd/systemd-udevd
stock=/usr/lib/udev/rules.d/60-rdma-persistent-naming.rules
[ -x $udevd ] && [ -e $stock ] || {
	echo "no udev, or none of rdma-core's rules"
	exit 77
}
mkdir -p /etc/udev/rules.d
# Only the rule in question: the others start services.
mkdir /tmp/rules
cp $stock /tmp/rules
mount --bind /tmp/rules /usr/lib/udev/rules.d
[ ! -d /lib/udev/rules.d ] || mount --bind /tmp/rules /lib/udev/rules.d
rule=/tmp/rules/${stock##*/}
rdma link del "$DEV_A"

device_name() { rdma link show | sed -n 's,^link \([^/]*\)/.*,\1,p'; }
# name_within SECONDS: what becomes of a device called weft7 within them
name_within() {
	$udevd --daemon
	rdma link add weft7 type weft netdev v0
	udevadm settle -t 20
	for _ in $(seq "$1"); do
		[ "$(device_name)" = weft7 ] || break
		sleep 1
	done
	device_name
	rdma link del "$(device_name)" 2>/dev/null
	udevadm control --exit
	sleep 1
}
# called NAME SECONDS PATTERN
called() {
	is=$(name_within "$2")
	case "$is" in
	$3) ok "$1" ;;
	*) fail "$1" "it is called $is" ;;
	esac
}
called stock_rule_lets_it_be 5 weft7
sed -i 's/NAME_FALLBACK/NAME_GUID/' "$rule"
called by_guid_it_is_renamed 30 'roce*'
sed -i 's/SUBSYSTEM=="infiniband",/& KERNEL!="weft*",/' "$rule"
called exempt_it_keeps_its_name 5 weft7
finish
