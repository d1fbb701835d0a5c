#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Reports of the reference chips and of the RTL responder, as conformance/results/ keeps them, what
# the suite itself takes in time and memory, and which case kills which mutant if there is a mutant
# build: make conform-results (at a clean commit).
# Limits: CORE in this process under 5 s, everything over UDP under 3 minutes, 500 MB.
. conformance/test/lib.sh
W="$B/bin/weft-conform"
TO=conformance/results
COMMIT=$(git describe --always --dirty --abbrev=12)
DATE=$(date -u +%Y-%m-%d)
fail=0

# one NAME WHAT LIMIT-S URL OPTION...: a run, its report, a row of the table.
one()
{
	name=$1 what=$2 limit=$3 url=$4
	shift 4
	peak "$OUT/kb" "$W" run --dut "$url" --seed c0ffee --out "$OUT/$name" -q "$@" \
		> "$OUT/$name.log" 2>&1 || { fail=1; tail -5 "$OUT/$name.log"; }
	check_schemas "$OUT/$name"
	python3 - "$OUT/$name/results.json" "$what" "$limit" "$(cat "$OUT/kb")" "$name" \
		<<-'PY' >> "$OUT/rows" || fail=1
	import json, sys
	path, what, limit, kb, name = sys.argv[1:]
	r = json.load(open(path))
	t = r["totals"]
	s = r["ms"] / 1e3
	link = f"[{name}]({name}/results.json)"
	print(f"| {what} | {t['PASS']} | {t['FAIL']} | {t['NA']} | {t['INCONC'] + t['ERROR']} | "
	      f"{s:.2f} s | {int(kb) / 1000:.0f} MB | {link} |")
	sys.exit(t["FAIL"] + t["INCONC"] + t["ERROR"] > 0 or s > float(limit) or int(kb) > 500000)
	PY
	mkdir -p "$TO/$name"
	cp "$OUT/$name/results.json" "$TO/$name"
	gzip -9nc "$OUT/$name/index.html" > "$TO/$name/index.html.gz"
}

core=$("$W" list --profile CORE | cut -d' ' -f1)
one chip-a-core "reference chip, full: CORE, in process" 5 inproc:a $core
one chip-a "reference chip, full: everything, in process" 60 inproc:a
one chip-b "reference chip, ROD only: everything, in process" 60 inproc:b
one chip-u "reference chip, as requester too, by its upper tester: everything, in process" 60 \
	inproc:upper
start_chip a --port udp:127.0.0.1:0 --class gpu --pool HBM:256M --modes rud,rod \
	--max-payload 8192 --window 1024
one chip-a-udp "reference chip, full: everything, UDP on loopback" 180 "$URL"
start_chip b --port udp:127.0.0.1:0 --class npu --pool DDR:64M --modes rod --max-payload 1024 \
	--window 64 --engines fill,copy,crc32c
one chip-b-udp "reference chip, ROD only: everything, UDP on loopback" 180 "$URL"
if [ -e "$B/rtl/weft-rtl.so" ]; then
	one rtl "RTL responder, verilated: everything, in process" 300 "inproc:$B/rtl/weft-rtl.so"
else
	echo "the RTL responder is not built (make rtl): its report is left as it is"
	grep '(rtl/' "$TO/README.md" >> "$OUT/rows" 2> /dev/null
fi
if [ -e "$B/mutants/lib/weft-dut-chip.so" ]; then
	start=$(date +%s)
	"$W" selftest --mutants --full -q --out "$OUT/matrix" > "$OUT/matrix.log" 2>&1 ||
		{ fail=1; cat "$OUT/matrix.log"; }
	mkdir -p "$TO/mutants"
	cp "$OUT/matrix/mutants.json" "$TO/mutants"
	echo "Mutants: all cases against each, in $(($(date +%s) - start)) s; which case kills" \
		"which is in [mutants.json](mutants/mutants.json)." > "$OUT/mutants"
	sed '/^subject /d; s/^ok  *//; s/^ *//; s/^[0-9A-Z]/- &/' "$OUT/matrix.log" \
		>> "$OUT/mutants"
fi
# Made by kernel/selftest/conform.sh in a guest, and put there by hand.
grep '(weft.ko/' "$TO/README.md" >> "$OUT/rows" 2> /dev/null
{
	echo "<!-- SPDX-License-Identifier: BSD-2-Clause -->"
	echo "# Reports"
	echo
	echo "Made by \`make conform-results\` on $DATE at commit $COMMIT. Time is the wall's, of"
	echo "$(nproc) processors; memory is the tester's at its most, the device's with it"
	echo "where it runs in process. index.html.gz is the page for people."
	echo
	echo "| device | pass | fail | not applicable | other | time | memory | report |"
	echo "|---|---|---|---|---|---|---|---|"
	cat "$OUT/rows"
	grep -A99 '^weft.ko ' "$TO/README.md" | sed '/^Mutants: /,$d;1i\\'
	[ ! -s "$OUT/mutants" ] || { echo; cat "$OUT/mutants"; }
} > "$OUT/README.md"
cp "$OUT/README.md" "$TO/README.md"
cat "$TO/README.md"
exit $fail
