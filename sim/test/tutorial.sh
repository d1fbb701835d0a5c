#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=300
# Each command of sim/TUTORIAL.md does what it says there, and its figures are those that it tells.
set -u
B=${B:-build}
dir=$(mktemp -d "${TMPDIR:-/tmp}/weft-sim-tutorial.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
[ -x "$B/bin/weft-sim" ] || { echo "no $B/bin/weft-sim: build it first (make)"; exit 1; }

die()
{
	echo "FAIL  $*"
	echo "# cunit: tutorial.sh: 0 passed, 1 failed, 0 skipped"
	exit 1
}

sed -n 's/^    //p' sim/TUTORIAL.md | sed "s| out/| $dir/|g; s|'out/|'$dir/|g" > "$dir/all"
grep '^build/bin/weft-sim\|^gnuplot' "$dir/all" | sed "s|^build/|$B/|" > "$dir/commands"
grep -v '^build/bin/weft-sim\|^gnuplot' "$dir/all" > "$dir/program.py"
# Commands of lists, in `...`: those of scenarios that have files.
sed -n 's/^\* `weft-sim \(sweep .*\)`$/\1/p' sim/TUTORIAL.md |
	sed "s|^|$B/bin/weft-sim |; s| out/| $dir/|" >> "$dir/commands"
[ "$(wc -l < "$dir/commands")" -ge 6 ] || die "commands are missing: $(cat "$dir/commands")"
if ! command -v gnuplot > /dev/null; then
	grep -v '^gnuplot' "$dir/commands" > "$dir/plain"
	mv "$dir/plain" "$dir/commands"
fi
while read -r line; do
	sh -c "$line" > "$dir/log" 2>&1 < /dev/null || die "$line: $(tail -3 "$dir/log")"
done < "$dir/commands"
WEFT_SIM="$B/bin/weft-sim" python3 "$dir/program.py" > "$dir/figures" 2>&1 ||
	die "the Python program: $(tail -2 "$dir/figures")"
told=$(sed -n 's/^The last flow ends after \(.*\) us\. With.*/\1/p' sim/TUTORIAL.md |
	tr -cs '0-9\n' ' ')
is=$(awk '{ printf "%.0f ", $2 }' "$dir/figures")
[ "$(echo $told)" = "$(echo $is)" ] || die "the last flow ends after $is us, not $told"
echo "# cunit: tutorial.sh: 1 passed, 0 failed, 0 skipped"
