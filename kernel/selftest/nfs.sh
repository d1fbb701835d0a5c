# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self,pair timeout=400
#
# NFS over RDMA: the kernel's server on host b, its client on host a; files written and compared.
need exportfs mount.nfs rpcbind rpc.nfsd rpc.mountd

server_up() {
	modprobe -a nfsd rpcrdma || return 1
	mkdir -p /tmp/export /run/rpcbind /run/sendsigs.omit.d || return 1
	mount -t tmpfs -o size=64M export /tmp/export
	mount -t nfsd nfsd /proc/fs/nfsd 2>/dev/null
	rm -rf /var/lib/nfs && mkdir -p /var/lib/nfs/v4recovery /var/lib/nfs/rpc_pipefs || return 1
	touch /var/lib/nfs/etab /var/lib/nfs/rmtab
	rpcbind -w 2>/dev/null || rpcbind || return 1
	rpc.nfsd -V 3 -N 4 -t 2 || return 1
	rpc.mountd -V 3 || return 1
	exportfs -i -o rw,no_root_squash,insecure,fsid=1,no_subtree_check '*:/tmp/export' ||
		return 1
	echo "rdma 20049" >/proc/fs/nfsd/portlist
}
server_down() {
	exportfs -ua
	rpc.nfsd 0
	sleep 1
	kill "$(pidof rpc.mountd)" "$(pidof rpcbind)"
	umount /tmp/export /proc/fs/nfsd
	modprobe -r rpcrdma
}
if [ -n "$NFS_PART" ]; then
	"$NFS_PART"
	return
fi
server() { on b "NFS_PART=server_$1; . $WEFT_TOP/kernel/selftest/nfs.sh"; }

if ! server up >"$LOG/server.txt" 2>&1; then
	fail server "$(last_line "$LOG/server.txt")"
	finish
fi
ok server
modprobe rpcrdma
mkdir -p /tmp/nfs
head -c 8M /dev/urandom >/tmp/data
for v in 4 6; do
	case $v in 4) at=$IP_B proto=rdma ;; 6) at="[$IP6_B]" proto=rdma6 ;; esac
	LIMIT=100
	line="mount -t nfs -o proto=$proto,port=20049,vers=3,nolock $at:/tmp/export /tmp/nfs"
	check mount_v$v "$line && grep -q 'proto=rdma' /proc/mounts" || continue
	check write_v$v "cp /tmp/data /tmp/nfs/data && sync /tmp/nfs/data"
	umount /tmp/nfs
	$line
	check read_v$v "cmp /tmp/data /tmp/nfs/data"
	check small_files_v$v "for i in \$(seq 50); do echo \$i >/tmp/nfs/\$i; done &&
		[ \$(cat /tmp/nfs/[0-9]* | wc -l) = 50 ]"
	umount /tmp/nfs
done
server down >"$LOG/server_down.txt" 2>&1
finish
