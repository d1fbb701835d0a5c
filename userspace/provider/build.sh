#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds libweft-rdmav34.so, the provider for rdma-core, and the driver file that names it. Decides:
# where the library's private headers come from, since no package has them: the source package of
# the rdma-core that is installed, into which this folder is put as a provider. Only libibverbs,
# which the provider is linked against, and the provider are compiled.
set -eu

usage() {
	cat <<'TXT'
usage: userspace/provider/build.sh [FOLDER]

Builds libweft-rdmav34.so and weft.driver in FOLDER (default: build/provider), and there the names
by which programs link with it for infiniband/weftdv.h (libweftdv.so). The sources of
rdma-core come from apt-get source (a deb-src line is needed), once, or from the folder that
RDMA_CORE names. Needs: cmake, ninja-build, dpkg-dev, libnl-3-dev, libnl-route-3-dev.

Example:
  userspace/provider/build.sh && ls build/provider/libweft-rdmav34.so

Exit: 0 built, 1 not, 77 a tool or the source package is not to be had
TXT
}
case "${1-}" in -h | --help) usage; exit 0 ;; esac

top=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-${B:-$top/build}/provider}
for tool in cmake ninja dpkg-source; do
	command -v $tool >/dev/null || { echo "$tool is not installed: run tools/deps"; exit 77; }
done
mkdir -p "$out"
out=$(cd "$out" && pwd)

# The sources, unpacked once; a folder that exists is whole.
fetch() {
	[ ! -d "$out/rdma-core" ] || return 0
	rm -rf "$out/fetch"
	mkdir "$out/fetch"
	if [ -n "${RDMA_CORE-}" ]; then
		cp -r "$RDMA_CORE" "$out/fetch/rdma-core"
	else
		(cd "$out/fetch" && apt-get source -qq rdma-core >log 2>&1) || {
			tail -n 3 "$out/fetch/log"
			echo "apt-get source rdma-core failed: is there a deb-src line?"
			exit 77
		}
		mv "$out"/fetch/rdma-core-*/ "$out/fetch/rdma-core"
	fi
	sed -i 's,^add_subdirectory(providers/rxe)$,&\nadd_subdirectory(providers/weft),' \
		"$out/fetch/rdma-core/CMakeLists.txt"
	mv "$out/fetch/rdma-core" "$out/rdma-core"
}

# Only what changed, so that little is compiled again.
put_in() {
	local folder=$out/rdma-core/providers/weft f
	mkdir -p "$folder/kernel/uapi"
	for f in CMakeLists.txt *.c *.h *.map; do
		cmp -s "$f" "$folder/$f" || cp "$f" "$folder/$f"
	done
	f=kernel/uapi/weft-abi.h
	cmp -s "$top/$f" "$folder/$f" || cp "$top/$f" "$folder/$f"
}

fetch
cd "$top/userspace/provider"
put_in
build=$out/rdma-core/build
[ -e "$build/build.ninja" ] ||
	cmake -G Ninja -S "$out/rdma-core" -B "$build" -DIN_PLACE=1 -DNO_MAN_PAGES=1 \
		-DNO_PYVERBS=1 -DENABLE_RESOLVE_NEIGH=0 -DENABLE_VALGRIND=0 \
		-DCMAKE_BUILD_TYPE=RelWithDebInfo >"$out/cmake.log" 2>&1 || {
		tail -n 20 "$out/cmake.log"
		exit 1
	}
ninja -C "$build" -j "${JOBS:-2}" lib/libweft-rdmav34.so >"$out/ninja.log" 2>&1 || {
	grep -A 12 'error\|FAILED' "$out/ninja.log" | head -n 60
	exit 1
}
if grep -q 'warning:' "$out/ninja.log"; then
	grep -A 6 'warning:' "$out/ninja.log"
	exit 1
fi
cp "$build/lib/libweft-rdmav34.so" "$out/libweft-rdmav34.so"
mkdir -p "$out/include/infiniband"
cp weftdv.h "$out/include/infiniband/weftdv.h"
ln -sf libweft-rdmav34.so "$out/libweftdv.so.1"
ln -sf libweftdv.so.1 "$out/libweftdv.so"
echo 'driver weft' >"$out/weft.driver"
echo "$out/libweft-rdmav34.so"
