# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weft-guest: topology=pair timeout=5400 device=none only=weft
#
# The README's lines for an integrator, as they stand there, on two hosts: the package is built,
# installed by apt (DKMS compiles the module for the running kernel), loaded by its name, and
# ib_write_bw moves data. An emulated processor compiles for half an hour; give it --mem-mb 2048.
need dkms apt-get ib_write_bw

# The lines between the fences of the first shell block after the words.
sed -n '/^On Debian 12, as root, on each of two hosts/,/^```$/p' "$WEFT_TOP/README.md" |
	sed -n '/^```sh$/,/^```$/p' | grep -v '^```' >"$LOG/lines"
line() { sed -n "$1p" "$LOG/lines" | sed 's/  *# .*//'; }
[ "$(wc -l <"$LOG/lines")" -eq 5 ] ||
	{ fail lines "README.md has others: $(cat "$LOG/lines")"; finish; }

# both NAME LINE: a case, on both hosts at once
both() {
	(on b "cd $WEFT_TOP && { $2; }" >"$LOG/$1.b.txt" 2>&1; echo $? >"$LOG/$1.b.status") &
	LIMIT=2500 check "$1" "cd $WEFT_TOP && { $2; }"
	wait
	[ "$(cat "$LOG/$1.b.status")" = 0 ] ||
		fail "$1_b" "status $(cat "$LOG/$1.b.status"): $(last_line "$LOG/$1.b.txt")"
}
both package "$(line 1)"
both by_dkms "modinfo -F filename weft | grep -q updates/dkms"
both load "$(line 2)"
both gids "$(line 3)"
index() { on "$1" "$(line 3)" | sed -n "s,.*/gids/\([0-9]*\):.*:ffff:0*$2\$,\1,p" | tail -n 1; }
ia=$(index a 0a00:0001) ib=$(index b 0a00:0002)
run=$(line 4 | sed 's/ -x INDEX//')
pair write_bw 18515 "$run -x $ib" "$run -x $ia $IP_B"
check statistic "$(line 5) | grep -q tx"
both unload "rdma link delete weft0 && modprobe -r weft"
finish
