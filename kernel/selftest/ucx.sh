# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self,pair timeout=500
#
# The libraries that applications use: UCX over reliable and datagram queue pairs, libfabric, and
# Open MPI over UCX with two ranks.
need ucx_perftest

ga=$(gid "$DEV_A" "$IP_A") && gb=$(on b gid "$DEV_B" "$IP_B") || exit 1
port=13400
# ucx NAME TRANSPORT TEST SIZE COUNT
ucx() {
	port=$((port + 1))
	env_a="UCX_TLS=$2 UCX_NET_DEVICES=$DEV_A:1 UCX_IB_GID_INDEX=$ga"
	env_b="UCX_TLS=$2 UCX_NET_DEVICES=$DEV_B:1 UCX_IB_GID_INDEX=$gb"
	LIMIT=90
	pair "$1" $port "$env_b ucx_perftest -p $port" \
		"$env_a ucx_perftest $IP_B -p $port -t $3 -s $4 -n $5 -w 5"
}
for tl in rc_v ud_v; do
	ucx ucx_${tl}_tag_lat $tl tag_lat 8 50
	ucx ucx_${tl}_tag_bw $tl tag_bw 65536 50
	ucx ucx_${tl}_am $tl ucp_am_bw 4096 50
	ucx ucx_${tl}_stream $tl stream_bw 4096 50
done
ucx ucx_rc_put rc_v ucp_put_bw 65536 50
ucx ucx_rc_get rc_v ucp_get 65536 50
ucx ucx_rc_add rc_v ucp_fadd 8 50
ucx ucx_rc_swap rc_v ucp_cswap 8 50

if command -v fi_pingpong >/dev/null; then
	for ep in rdm msg; do
		case $ep in rdm) provider="verbs;ofi_rxm" ;; msg) provider=verbs ;; esac
		port=$((port + 2))
		line="fi_pingpong -p \"$provider\" -e $ep -I 50 -S 4096"
		pair "libfabric_$ep" $port "$line -B $port" "$line -P $port $IP_B"
	done
else
	skip libfabric "fi_pingpong is not installed"
fi

if command -v mpirun >/dev/null; then
	case "$WEFT_TOPOLOGY" in
	pair) hosts="--host $IP_A,$IP_B --mca plm_rsh_agent $WEFT_TOP/tools/vm/guest/rsh" ;;
	*) hosts="--oversubscribe" ;;
	esac
	LIMIT=150
	check mpi "cd /tmp && mpirun --allow-run-as-root -np 2 $hosts --mca pml ucx --mca osc ucx \
		--mca btl self --mca coll ^hcoll --mca oob_tcp_if_include 10.0.0.0/24 \
		-x UCX_TLS=rc_v,ud_v,self -x UCX_NET_DEVICES=$DEV_A:1 -x UCX_IB_GID_INDEX=$ga \
		python3 $WEFT_TOP/kernel/selftest/lib/mpi_ring.py | grep -q '2 ranks agree'"
else
	skip mpi "mpirun is not installed"
fi
finish
