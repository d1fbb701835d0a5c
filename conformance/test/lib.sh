# SPDX-License-Identifier: BSD-2-Clause
# Shared by the test scripts of this folder. Sourced from the top of the repository.

B=${B:-build}
OUT=$(mktemp -d)
PIDS=""
# What was random once is so again: another seed by hand.
export WEFT_CONFORM_SEED="${WEFT_CONFORM_SEED:-1}"

cleanup()
{
	for pid in $PIDS; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$OUT"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

die()
{
	echo "FAIL  $* (WEFT_CONFORM_SEED=$WEFT_CONFORM_SEED)"
	exit 1
}

# make_mutants: the chip with mutants is built. Scripts run side by side and share the one build
# folder, so one makes it and the others wait.
make_mutants()
{
	flock "$B/mutants.lock" make --no-print-directory B="$B" mutants > "$OUT/make.log" 2>&1 ||
		die "$(tail -20 "$OUT/make.log")"
}

# start_chip NAME OPTION...: a reference chip with the test personality; its address in $URL.
# It serves $DOMAIN, by default any.
start_chip()
{
	name=$1
	shift
	"$B/bin/weft" chip --name "$name" --domain "${DOMAIN:-any}" --quiet \
		--personality conformance/personality.txt --ready-file "$OUT/$name.ready" "$@" \
		> "$OUT/$name.log" 2>&1 &
	PIDS="$PIDS $!"
	i=0
	while [ ! -s "$OUT/$name.ready" ]; do
		i=$((i + 1))
		[ $i -lt 200 ] || die "chip $name does not start: $(cat "$OUT/$name.log")"
		sleep 0.05
	done
	URL=$(grep -o 'udp:[^ ]*' "$OUT/$name.ready")
}

# wait_ready WHAT FILE: until the program of that name has said in FILE that it is ready.
wait_ready()
{
	i=0
	while ! grep -q ready "$2" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 200 ] || die "$1 does not start: $(cat "$2")"
		sleep 0.05
	done
}

# check_captures FILE...: tshark reads them. It starts slowly, so all of them in one go.
check_captures()
{
	mergecap -w "$OUT/all.pcapng" "$@" 2> "$OUT/tshark.err" ||
		die "a capture is unreadable: $(cat "$OUT/tshark.err")"
	tshark -r "$OUT/all.pcapng" > "$OUT/tshark" 2> "$OUT/tshark.err" ||
		die "captures: $(cat "$OUT/tshark.err")"
}

# check_schemas DIR: results.json, results.jsonl and junit.xml are as their schemas say.
check_schemas()
{
	xmllint --noout --schema conformance/schema/junit.xsd "$1/junit.xml" 2> "$OUT/schema" ||
		die "$1/junit.xml: $(head -3 "$OUT/schema")"
	/usr/bin/python3 conformance/schema/validate.py "$1" 2> "$OUT/schema" ||
		die "$1: $(head -3 "$OUT/schema")"
}

# check_reports DIR: what a run has written is well-formed, whatever its verdicts.
check_reports()
{
	check_schemas "$1"
	grep -q '^</html>' "$1/index.html" || die "$1/index.html is cut short"
	failed=$(python3 -c 'import json, sys
print(" ".join(c["id"] for c in json.load(open(sys.argv[1]))["cases"]
	       if c["ran"] and c["verdict"] not in ("PASS", "NA")))' "$1/results.json")
	for id in $failed; do
		[ -s "$1/fail/$id/card.txt" ] || die "$1: $id failed without a card"
		[ -s "$1/fail/$id/capture.pcapng" ] || die "$1: $id failed without a capture"
	done
	[ -z "$failed" ] || check_captures "$1"/fail/*/capture.pcapng
}

# verdicts DIR: one line a case.
verdicts()
{
	python3 -c 'import json, sys
for c in json.load(open(sys.argv[1]))["cases"]:
	print(c["id"], c["verdict"], c["code"])' "$1/results.json"
}

# inapplicable VERDICTS: how many cases do not apply for another reason than that there is no upper
# tester beside the device.
inapplicable() { grep ' NA ' "$1" | grep -vc 'NO_UPPER_TESTER\|NOT_VERBS'; }

# peak FILE COMMAND...: its exit status; the most memory that it had, in KiB, into FILE.
peak()
{
	python3 -c 'import resource, subprocess, sys
rc = subprocess.call(sys.argv[2:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open(sys.argv[1], "w"))
sys.exit(rc)' "$@"
}

# cpu FILE COMMAND...: its exit status; the seconds of processor time that it took, into FILE: a
# loaded machine changes them little.
cpu()
{
	python3 -c 'import resource, subprocess, sys
rc = subprocess.call(sys.argv[2:])
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print(u.ru_utime + u.ru_stime, file=open(sys.argv[1], "w"))
sys.exit(rc)' "$@"
}
