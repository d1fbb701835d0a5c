# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=self timeout=600
#
# The Python suite of rdma-core, test by test: what passes over soft-RoCE on the same kernel
# (pyverbs-rxe.tsv, recorded with --device rxe --set RECORD=1) passes here, and nothing fails that
# does not fail there. --set ONLY=REGEX: only the tests whose names it finds.
need python3 ip
suite=/usr/share/doc/rdma-core/tests
[ -d $suite ] || { echo "python3-pyverbs and its documents are not installed"; exit 77; }
mkdir /tmp/tests
cp $suite/* /tmp/tests
gunzip -f /tmp/tests/*.gz
series=$(uname -r | grep -o '^[0-9]*\.[0-9]*')
if [ -n "$RECORD" ]; then
	expect=
else
	expect="--expect $WEFT_TOP/kernel/selftest/pyverbs-rxe.tsv --series $series"
fi
python3 "$WEFT_TOP/tools/vm/guest/run_pyverbs.py" /tmp/tests "$DEV_A" "$LOG/results.tsv" $expect \
	${ONLY:+--only "$ONLY"}
