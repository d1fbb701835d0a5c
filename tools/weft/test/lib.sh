# SPDX-License-Identifier: BSD-2-Clause
# Shared by the scripts here: cases, chips on loopback, and the closing line. Sourced, not run.

B=${B:-build}
weft=$PWD/$B/bin/weft
name=$(basename "$0")
passed=0 failed=0 skipped=0
pids=()
work=$(mktemp -d "${TMPDIR:-/tmp}/weft-test.XXXXXX")
export WEFT_RUN_DIR=$work/run

end() {
	local p

	trap - EXIT
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null; done
	rm -rf "$work"
	echo "# cunit: $name: $passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ] || exit 1
	[ $passed -gt 0 ] || exit 77
	exit 0
}
trap end EXIT
trap 'failed=$((failed + 1)); exit 1' INT TERM

ok() {
	echo "ok    $1"
	passed=$((passed + 1))
}

no() {
	echo "FAIL  $1"
	failed=$((failed + 1))
}

skip() {
	echo "skip  $1: $2"
	skipped=$((skipped + 1))
}

# check NAME COMMAND...: passes if the command succeeds; its output is shown if not.
check() {
	local what=$1

	shift
	if "$@" >"$work/log" 2>&1; then
		ok "$what"
	else
		echo "status $? of: $*"
		cat "$work/log"
		no "$what"
	fi
}

# says NAME STATUS TEXT COMMAND...: ends with that status, and its output has that text.
says() {
	local what=$1 want=$2 text=$3 got

	shift 3
	"$@" >"$work/log" 2>&1
	got=$?
	if [ $got -eq "$want" ] && grep -qF -- "$text" "$work/log"; then
		ok "$what"
		return
	fi
	echo "status $got ($want wanted), and the text '$text' is wanted, of: $*"
	cat "$work/log"
	no "$what"
}

# start_chip OPTION...: on a free port of 127.0.0.1; address in $at, process in $chip.
start_chip() {
	local i ready=$work/ready.${#pids[@]}

	"$weft" chip --ready-file "$ready" "$@" >"$work/chip.${#pids[@]}.log" 2>&1 &
	chip=$!
	pids+=("$chip")
	for ((i = 0; i < 200; i++)); do
		[ -s "$ready" ] && break
		sleep 0.05
	done
	at=$(sed -n 's/.*udp://p' "$ready")
	[ -n "$at" ] || { cat "$work"/chip.*.log; no "a chip starts"; exit 1; }
}

[ -x "$weft" ] || { echo "$weft is not built"; exit 1; }
