# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self,netns,pair timeout=1800
#
# perftest, unchanged: every program, reliable and datagram, small and large, with events, with
# connections by rdma_cm. Correct ends only: speed.sh measures.
need ib_send_bw ib_send_lat ib_write_bw ib_write_lat ib_read_bw ib_read_lat ib_atomic_bw \
	ib_atomic_lat

LIMIT=180
ga=$(gid "$DEV_A" "$IP_A") && gb=$(on b gid "$DEV_B" "$IP_B") || exit 1
port=18600
# perf NAME PROGRAM OPTIONS
perf() {
	port=$((port + 1))
	pair "$1" $port "$2 -d $DEV_B -x $gb -F -p $port $3" \
		"$2 -d $DEV_A -x $ga -F -p $port $3 $IP_B"
}
# perf_cm NAME PROGRAM OPTIONS: the connection is rdma_cm's
#
# perftest 4.5 connects twice: its server listens, takes one connection, closes the listener and
# listens again, and its client does not wait for that.  Where the server has no processor for some
# milliseconds the second request is rejected, "invalid service id", upon which the client ends by
# a segmentation fault.
perf_cm() {
	port=$((port + 1))
	AGAIN_IF="RDMA_CM_EVENT_REJECTED; error: 8" pair "$1" cm:$port \
		"$2 -d $DEV_B -F -R -p $port $3" "$2 -d $DEV_A -F -R -p $port $3 $IP_B"
}
no_traps="echo 0 >/proc/sys/debug/exception-trace"
on a "$no_traps"
on b "$no_traps"
for op in send write read; do
	perf ${op}_bw_2 ib_${op}_bw "-s 2 -n 500"
	perf ${op}_bw_64k ib_${op}_bw "-s 65536 -n 200"
	perf ${op}_bw_8m ib_${op}_bw "-s 8388608 -n 5 -t 2"
	perf ${op}_lat ib_${op}_lat "-s 64 -n 200"
	perf_cm ${op}_bw_cm ib_${op}_bw "-s 4096 -n 200"
	perf_cm ${op}_lat_cm ib_${op}_lat "-s 8 -n 100"
done
perf send_bw_all ib_send_bw "-a -n 5"
perf write_bw_all ib_write_bw "-a -n 5"
perf read_bw_all ib_read_bw "-a -n 5"
perf send_bw_both_ways ib_send_bw "-b -s 4096 -n 200"
perf write_bw_both_ways ib_write_bw "-b -s 65536 -n 50"
perf write_bw_qps ib_write_bw "-q 8 -s 4096 -n 100"
perf send_bw_events ib_send_bw "-e -s 4096 -n 200"
perf send_lat_events ib_send_lat "-e -s 64 -n 300"
perf read_bw_events ib_read_bw "-e -s 4096 -n 100"
perf send_bw_ud ib_send_bw "-c UD -s 1024 -n 300"
perf send_lat_ud ib_send_lat "-c UD -s 64 -n 200"
perf_cm send_bw_ud_cm ib_send_bw "-c UD -s 1024 -n 200"
perf send_bw_inline ib_send_bw "-I 64 -s 64 -n 300"
perf send_bw_srq ib_send_bw "-r 64 --use-srq -q 2 -s 4096 -n 100"
for kind in CMP_AND_SWAP FETCH_AND_ADD; do
	perf atomic_bw_$kind ib_atomic_bw "-A $kind -n 300"
	perf atomic_lat_$kind ib_atomic_lat "-A $kind -n 200"
done
finish
