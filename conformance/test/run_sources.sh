#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A third of the mutants at least seed a fault that others made before, and say which: of those
# that this suite kills, and of all.  Each source has its form and its mutant; the gate can fail.
# weft-test: timeout=60
. conformance/test/lib.sh
ROWS=conformance/mutants/mutants.def
SOURCES=conformance/mutants/sources.def

cat > "$OUT/gate.awk" <<'END'
# Rows first, then sources: their names and where, and the title in the lines up to the bracket.
FNR == 1 { file++ }
file == 1 && match($0, /^WEFT_MUTANT_(ROW|CORE|LIAR)\([A-Za-z0-9_]+/) {
	split(substr($0, 13, RLENGTH - 12), part, "[(]")
	kind[part[2]] = part[1]
	place[part[2]] = ++rows
	mine += part[1] != "CORE"
}
file == 2 && /^WEFT_MUTANT_FROM/ {
	where = $0
	sub(/^WEFT_MUTANT_FROM\([A-Z0-9_]+, /, "", where)
	if (where !~ /^"(linux|[A-Za-z0-9-]+\/[A-Za-z0-9.-]+ [0-9a-f]+)",$/)
		print "wrong: " $0
	name = $1
	gsub(/WEFT_MUTANT_FROM\(|,/, "", name)
	if (!(name in kind) || kind[name] == "LIAR")
		print "wrong: " name ": there is no such mutant"
	if (place[name] <= last)
		print "wrong: " name ": twice, or not in the order of mutants.def"
	last = place[name]
	all++
	suite += kind[name] == "ROW"
	titles = 0
	next
}
file == 2 && /^\t"/ && !titles++ && length($0) < 12 { print "wrong: " name ": no title" }
END {
	if (3 * suite < mine || 3 * all < rows)
		print "wrong: fewer than a third"
	printf "%d of %d mutants of the suite, %d of all %d, after faults of others\n", suite, mine,
	       all, rows
}
END

gate()	# SOURCES
{
	awk -f "$OUT/gate.awk" "$ROWS" "$1" > "$OUT/log" || die "awk"
	! grep -q '^wrong: ' "$OUT/log"
}
gate "$SOURCES" || die "$(cat "$OUT/log")"
echo "ok    $(cat "$OUT/log")"

fails()	# WORDS SED-SCRIPT
{
	sed "$2" "$SOURCES" > "$OUT/spoiled"
	gate "$OUT/spoiled" && die "the gate lets pass: $1"
	grep -q "$1" "$OUT/log" || die "the gate does not say: $1"
}
fails 'fewer than a third' '60,$d'
fails 'no such mutant' 's/GHOST_ACK/GHOST_OF_NONE/'
fails 'twice' '/^WEFT_MUTANT_FROM(GHOST_ACK/,/)$/p'
fails 'wrong: WEFT' 's/quinn-rs.quinn [0-9a-f]*/quinn/'
echo "ok    the gate can fail"

# What the tool says of a case.
"$B/bin/weft-conform" show DL-BI-26 > "$OUT/show" || die "show"
grep -q 'as in linux: tcp: do not accept ACK of bytes we never sent$' "$OUT/show" ||
	die "show does not say where GHOST_ACK comes from"
echo "ok    show"
# Those of the RTL responder that share a source name a mutant that has one.
sed -n 's/^localparam .*\[\([A-Z0-9_]*\)\]$/\1/p' conformance/rtl/weft_mutants.svh > "$OUT/rtl"
while read -r name; do
	grep -q "^WEFT_MUTANT_FROM($name," "$SOURCES" || die "weft_mutants.svh: no source of $name"
done < "$OUT/rtl"
n=$(wc -l < "$OUT/rtl") all=$(grep -c '^localparam' conformance/rtl/weft_mutants.svh)
[ $((3 * n)) -ge "$all" ] || die "$n of $all mutants of the RTL have a source"
echo "ok    $n of $all mutants of the RTL"
echo "# cunit: run_sources.sh: 4 passed, 0 failed, 0 skipped"
