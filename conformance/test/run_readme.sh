#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What conformance/README.md shows: its three worked examples run as they stand there, and its cases
# are those of the files that it names.
# weft-test: timeout=300
. conformance/test/lib.sh

python3 - conformance/README.md "$OUT" << 'PY' || die "README.md does not show what there is"
import re, sys
text, out = open(sys.argv[1]).read(), sys.argv[2]
shown = re.findall(r"```c\n/\* (\S+) \*/\n(.*?)```", text, re.S)
for path, code in shown:
    if code not in open(path).read():
        sys.exit(f"{path} has no longer:\n{code}")
examples = re.findall(r"```sh\n# example: (\w+)\n(.*?)```", text, re.S)
for name, code in examples:
    open(f"{out}/{name}.sh", "w").write("set -e\n" + code)
if len(shown) < 4 or sorted(n for n, _ in examples) != ["packet", "rtl", "udp"]:
    sys.exit("cases or examples are missing")
PY
echo "ok    the cases that README.md shows are those of the tree"

# example NAME COMMAND...: run it with our programs, its reports out of the tree. run_rtl.sh, which
# may run beside this one, builds the same device: one of them builds, the other waits.
example()
{
	name=$1
	shift
	rtl="flock $B/rtl.lock make --no-print-directory -s B=$B rtl"
	sed "s| out/| $OUT/|; s|^make -s rtl|$rtl|" "$OUT/$name.sh" > "$OUT/$name.run"
	PATH="$(realpath "$B")/bin:$PATH" "$@" sh "$OUT/$name.run" > "$OUT/$name.log" 2>&1 ||
		die "example $name: $(tail -20 "$OUT/$name.log")"
	grep -q ' 0 FAIL' "$OUT/$name.log" || die "example $name: $(tail -3 "$OUT/$name.log")"
	check_schemas "$OUT/$name"
	echo "ok    example $name: $(grep ' cases: ' "$OUT/$name.log")"
}

passed=2 skipped=0
example udp
if [ "$(id -u)" -eq 0 ] && unshare --net --mount true 2> /dev/null; then
	example packet unshare --net --mount
	passed=$((passed + 1))
else
	echo "skip  example packet: needs root and network namespaces"
	skipped=$((skipped + 1))
fi
if command -v verilator > /dev/null && [ "$B" = build ]; then
	example rtl
	passed=$((passed + 1))
else
	echo "skip  example rtl: needs verilator, and the build folder that rtl/dut.yaml names"
	skipped=$((skipped + 1))
fi
echo "# cunit: run_readme.sh: $passed passed, 0 failed, $skipped skipped"
