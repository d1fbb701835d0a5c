#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weft-test: timeout=300
# What a user gets: `make install`, then programs built with pkg-config against the shared and the
# static library, and run; the headers in C and C++; and no name shown but those they declare.
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
D=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null; rm -rf "$D"' EXIT
passed=0

ok() {
	echo "ok    $1"
	passed=$((passed + 1))
}

fail() {
	echo "FAIL  $1"
	echo "# script: test_install: $passed passed, 1 failed, 0 skipped"
	exit 1
}

make --no-print-directory B="$B" DESTDIR="$D" PREFIX=/usr install-libweft > "$D/log" 2>&1 ||
	{ cat "$D/log"; fail "make install-libweft"; }
ok "make install-libweft"

# The names declared, those exported, and those of the version script are the same.
sed -e 's|/\*.*\*/||' "$D"/usr/include/weft/*.h | sed -e '/\/\*/,/\*\//d' | tr '\n' ' ' |
	grep -o 'weft_[a-z0-9_]* *(' | tr -d ' (' | sort -u > "$D/declared"
nm -D --defined-only "$D/usr/lib/libweft.so.0" | awk '$2 == "T" { print $3 }' |
	sed 's/@.*//' | sort -u > "$D/exported"
nm -g --defined-only "$D/usr/lib/libweft.a" | awk '$2 ~ /[TDBR]/ { print $3 }' |
	sort -u > "$D/static"
diff "$D/declared" "$D/exported" || fail "declared (<) and exported (>) names differ"
diff "$D/declared" "$D/static" || fail "declared (<) names and those of libweft.a (>) differ"
ok "names: $(wc -l < "$D/declared") declared, as many exported"

export PKG_CONFIG_PATH="$D/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$D"
export PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
for src in userspace/examples/*.c; do
	name=$(basename "$src" .c)
	# shellcheck disable=SC2046
	cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$D/$name" "$src" \
		$(pkg-config --cflags --libs weft) || fail "$name, shared"
	# shellcheck disable=SC2046
	cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$D/$name-static" "$src" \
		$(pkg-config --cflags weft) "$D/usr/lib/libweft.a" -pthread -ldl ||
		fail "$name, static"
done
ok "examples build against both libraries"

if command -v c++ > /dev/null; then
	for h in "$D"/usr/include/weft/*.h; do
		echo "#include <weft/$(basename "$h")>" > "$D/h.cc"
		# shellcheck disable=SC2046
		c++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only \
			$(pkg-config --cflags weft) "$D/h.cc" || fail "$(basename "$h") in C++"
	done
	ok "each header stands alone in C++"
fi

export LD_LIBRARY_PATH="$D/usr/lib"
: > "$D/out"
"$D/echo" udp:127.0.0.1:0 >> "$D/out" &
server=$!
i=0
while ! grep -q 'answering at' "$D/out" && [ $i -lt 50 ]; do
	sleep 0.1
	i=$((i + 1))
done
addr=$(sed -n 's/^answering at //p' "$D/out")
[ "$("$D/echo-static" udp:127.0.0.1:0 "$addr" 'to be sent back')" = 'to be sent back' ] ||
	fail "echo"
ok "an installed program talks to another"
echo "# script: test_install: $passed passed, 0 failed, 0 skipped"
