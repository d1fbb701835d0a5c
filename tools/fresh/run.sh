#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `make test-fresh`: the newcomer's two commands on a fresh Debian 12, from a clone of HEAD.
# Decides: how the fresh root is made, entered and taken away. Leaves to the two commands
# everything else: in the root there is nothing but Debian's minimum, and make.
set -u

usage() {
	cat <<'TXT'
usage: tools/fresh/run.sh [--keep] [TARGET...]

Makes a Debian 12 root below $TMPDIR (default /var/tmp) with debootstrap and this machine's own
package sources, clones HEAD into it, and runs `make TARGET` for each target (default: demo test)
inside, as root, in mount and process namespaces of its own. Takes everything away afterwards.

  --keep   leave the root, and say where it is

Example:
  tools/fresh/run.sh demo

Needs: root, about 4 GB of disk. Exit: 0 all targets succeeded, 1 one failed, 2 cannot start
TXT
}

release=bookworm
here=$(cd "$(dirname "$0")" && pwd) || exit 2
top=$(cd "$here/../.." && pwd) || exit 2

say() { printf 'fresh: %s\n' "$*"; }
die() { printf 'fresh: %s\n' "$*" >&2; exit 2; }

keep=0
targets=()
for arg in "$@"; do
	case "$arg" in
	-h | --help) usage; exit 0 ;;
	--keep) keep=1 ;;
	-*) usage >&2; die "unknown option $arg" ;;
	*) targets+=("$arg") ;;
	esac
done
[ ${#targets[@]} -gt 0 ] || targets=(demo test)
[ "$(id -u)" -eq 0 ] || die "a root file system is made by root: run 'sudo make test-fresh'"
WEFT_DEPS_DIR=$here "$top/tools/deps" || exit 2
sources=$("$here/sources.py" "$release") || exit 2

root=$(mktemp -d "${TMPDIR:-/var/tmp}/weft-fresh.XXXXXX") || exit 2
chmod 755 "$root" || exit 2
# Everything mounted lives in the namespace that `enter` makes, so only files are left here.
clean_up() {
	if [ "$keep" -eq 1 ]; then
		say "kept: $root"
	else
		rm -rf --one-file-system "$root"
	fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Runs "$@" with the time it took printed at the end.
timed() {
	local what=$1 start=$SECONDS status
	shift
	"$@"
	status=$?
	say "$what: exit status $status, $((SECONDS - start)) s"
	return "$status"
}

bootstrap() {
	local uri
	uri=$(sed -n '1s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' <<<"$sources")
	debootstrap --variant=minbase --include=make "$release" "$root" "$uri" >"$root.log" 2>&1 ||
		{ tail -n 30 "$root.log"; rm -f "$root.log"; die "debootstrap failed"; }
	rm -f "$root.log"
}

# The machine's way to its packages: sources, proxies, names, certificates.
configure() {
	printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https)::' >"$root/etc/apt/apt.conf.d/90machine"
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null
	if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
		mkdir -p "$root/etc/ssl/certs"
		cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	fi
	# No service starts in here.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
}

# Runs make TARGET in the root. The inner shell is the first process of a process namespace: when
# it ends, all that it started ends, and the mounts go with their namespace. It stays there, and
# ends on a signal: a first process that sets no trap would not hear one.
enter() {
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --propagation private --pid --fork --kill-child --uts --ipc \
		/bin/bash -c '
		set -e
		root=$1 target=$2
		mount --bind "$root" "$root"	# ip netns wants its / to be a mount point
		mount -t proc proc "$root/proc"
		mount -t sysfs sysfs "$root/sys"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs -o mode=755 tmpfs "$root/run"
		mkdir -p "$root/run/lock" "$root/run/netns"
		trap "exit 143" INT TERM
		chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			${http_proxy:+"http_proxy=$http_proxy"} \
			${https_proxy:+"https_proxy=$https_proxy"} \
			${no_proxy:+"no_proxy=$no_proxy"} \
			/bin/sh -c "cd /weft && exec make $target" &
		wait "$!"
		' enter "$root" "$1" </dev/null
}

say "a fresh $release root in $root, HEAD is $(git -C "$top" log -1 --format='%h %s')"
timed debootstrap bootstrap || exit 2
configure
git -c safe.directory="$top" clone -q --no-hardlinks "$top" "$root/weft" ||
	die "cannot clone $top: is it a git repository with a commit?"

failed=()
for target in "${targets[@]}"; do
	say "make $target"
	timed "make $target" enter "$target" || failed+=("$target")
done
say "the root holds $(du -shx "$root" | cut -f1) now"
if [ ${#failed[@]} -gt 0 ]; then
	say "failed: ${failed[*]}"
	exit 1
fi
say "all succeeded: ${targets[*]}"
