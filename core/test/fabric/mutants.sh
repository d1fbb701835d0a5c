#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which deliberate faults of the engine does the fabric test see? By hand:
#
#	core/test/fabric/mutants.sh [SEEDS [NAME...]]
#
# Each fault is tried with seeds 1 to SEEDS (10) until a run fails. Those that make the protocol
# slower, or lie where no other chip of ours can see them, live; the core tests kill those.
set -eu
B=${B:-build}/mutants-core
seeds=${1:-10}
[ $# = 0 ] || shift
make -s B="$B" "$B/mutants/switch.o"
make -s B="$B" "$B/test/fabric" LDLIBS="$B/mutants/switch.o" \
	CPPFLAGS='-I. -Iuserspace/include -DWEFT_MUTANTS -include conformance/mutants/mutants.h'
[ $# != 0 ] || set -- $(grep -rhoE 'WEFT_MUTANT\([A-Z0-9_]+\)' core/*.c core/*.h |
	sed 's/.*(\(.*\))/\1/' | grep -v '^x$' | sort -u)
killed=0
lived=
for name; do
	why=
	for seed in $(seq "$seeds"); do
		if ! out=$(WEFT_MUTANT=$name timeout 20 "$B/test/fabric" --seed "$seed" 2>&1); then
			why=$(echo "$out" | sed -n 's/^FAILED: //p')
			echo "killed $name (seed $seed): ${why:-trap, crash or hang}"
			killed=$((killed + 1))
			break
		fi
		why=lived
	done
	[ "$why" != lived ] || lived="$lived $name"
done
echo "$killed of $# killed; lived:$lived"
