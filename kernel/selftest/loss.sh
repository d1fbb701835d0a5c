# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=pair,netns,self timeout=900
#
# A wire that loses, doubles, reorders and changes packets: every byte still arrives once. Inside
# one guest netem is the wire.
. "$WEFT_TOP/kernel/selftest/lib/moves.sh"

port=18800
# impaired NAME WORDS...
impaired() {
	name=$1
	shift
	port=$((port + 1))
	wire "$@" || { fail "$name" "the wire cannot be impaired"; return; }
	LIMIT=150 verified "$name" $port write read send add
}
impaired loss_1 loss=1 seed=3
impaired loss_5 loss=5 seed=4
impaired doubled dup=10 seed=5
impaired reordered reorder=10 seed=6
impaired changed corrupt=2 seed=7
impaired all_of_it loss=1 dup=2 reorder=5 corrupt=1 delay_us=500 seed=8
wire
LIMIT=60 verified clean_again 18899 write
finish
