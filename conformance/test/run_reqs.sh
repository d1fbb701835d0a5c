#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every MUST of spec/ is judged by a case or an observer, or left out for a reason, and the test
# that proves it elsewhere names it; the report has the whole matrix.  The gate can fail.
# weft-test: timeout=120
. conformance/test/lib.sh
W="$B/bin/weft-conform"

"$W" reqs > "$OUT/reqs" || die "$(grep wrong: "$OUT/reqs"; tail -1 "$OUT/reqs")"
echo "ok    every MUST: $(tail -1 "$OUT/reqs")"

# The proof of what is left out: a test of this tree that names the requirement.
grep '^WEFT-' conformance/exceptions.txt > "$OUT/list"
while read -r id proof more; do
	[ -z "$more" ] || die "exceptions.txt: $id: one test, please"
	case $id in *-\*) [ "$proof" = check-spec ] && continue ;; esac
	case $proof in
	*/test/*|*/selftest/*|*/fuzz/*) ;;
	*) die "exceptions.txt: $id: $proof is no test" ;;
	esac
	grep -qsw -- "$id" "$proof" || die "exceptions.txt: $proof does not name $id"
done < "$OUT/list"
echo "ok    what is left out is proven elsewhere"

# The matrix in the report: a row for each requirement, and none without an entry.
"$W" run --dut inproc:a --out "$OUT/run" -q > "$OUT/run.log" || die "$(tail -3 "$OUT/run.log")"
rows=$(grep -c '<tr[^>]* id="WEFT-[A-Z]*-[0-9]*">' "$OUT/run/index.html")
[ "$rows" -eq "$(grep -c '^WEFT-' "$OUT/reqs")" ] || die "the report has $rows rows"
grep -E '<tr[^>]* id="WEFT-' "$OUT/run/index.html" | grep -q '<td>$' && die "a row has no entry"
echo "ok    the report has the matrix"

# The gate finds what it is for, tried on its own table: a build with another exceptions.txt.
gate()	# WORDS SED-SCRIPT
{
	awk -f conformance/reqs.awk spec/[0-9]*.md > "$OUT/reqs.c"
	sed "$2" conformance/exceptions.txt | awk -f conformance/exceptions.awk >> "$OUT/reqs.c"
	${CC:-cc} -std=c11 -I. -Iuserspace/include -c -o "$OUT/reqs.o" "$OUT/reqs.c" ||
		die "the table does not compile"
	${CC:-cc} ${SAN:+-fsanitize=$SAN} -o "$OUT/gate" "$OUT/reqs.o" \
		"$B/obj/conformance/main.o" -Wl,--start-group "$B/lib/weft_conform.a" \
		"$B/lib/weft_io.a" -Wl,--end-group -lcyaml -ldl -lcrypto || die "no link"
	"$OUT/gate" reqs > "$OUT/gate.log"
	[ $? -eq 1 ] || die "the gate lets pass: $1"
	grep -q "wrong: .*$1" "$OUT/gate.log" || die "the gate does not say: $1"
}
gate 'no reason in exceptions.txt' '/^WEFT-ACK-012 /d'
gate 'excepted all the same' 's/^WEFT-ACK-012 /WEFT-PKT-001 /'
gate 'excepted twice' '/^WEFT-ACK-012 /p'
none=999
gate 'not in spec' "s/^WEFT-ACK-012 /WEFT-ACK-$none /"
echo "ok    the gate can fail"

# The test catalogue: each purpose once, in its place, and each case that it names exists.
catalogue()	# FILE
{
	{ "$W" list; "$W" list 'OB-*'; } | awk -f conformance/catalogue.awk - "$1" > "$OUT/cat.log"
}
catalogue conformance/catalogue.txt || die "$(grep wrong: "$OUT/cat.log")"
cat "$OUT/cat.log"
spoil()	# WORDS SED-SCRIPT
{
	sed "$2" conformance/catalogue.txt > "$OUT/spoilt"
	catalogue "$OUT/spoilt" && die "the catalogue's check lets pass: $1"
	grep -q "wrong: .*$1" "$OUT/cat.log" || die "the catalogue's check does not say: $1"
}
spoil 'DL-BV-99 is no case' 's/^\(TR-BV-02 .*\)DL-BV-02/\1DL-BV-99/'
spoil 'TR-BV-02: twice' '/^TR-BV-02 /p'
spoil 'not in its place' '/^TR-BV-02 /d'
spoil 'not 8' '/^UT-CA-08 /d'
spoil 'no reason for open' 's/^\(UT-CA-04 [^|]*|\).*/\1 open:/'
spoil 'no such file' 's/^\(CC-BV-09 .*elsewhere: [^;]*\);/\1x;/'
echo "ok    the test catalogue holds"
echo "# cunit: run_reqs.sh: 5 passed, 0 failed, 0 skipped"
