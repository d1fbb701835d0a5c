#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints this machine's own Debian package sources as one-line entries, the base suite first.

Decides: which of the configured sources are Debian's, of one release. Names no host itself.
usage: sources.py [--apt-dir /etc/apt] [RELEASE]        (default bookworm)
"""
import argparse
import glob
import os
import sys

DEBIAN_KEYS = "/usr/share/keyrings/debian-archive-"


def one_line_entries(text: str):
    """(uri, suite, components, signed-by) of sources.list lines."""
    for line in text.splitlines():
        fields = line.split("#")[0].split()
        if not fields or fields[0] != "deb":
            continue
        signed = ""
        if len(fields) > 1 and fields[1].startswith("["):
            end = next((i for i, f in enumerate(fields) if f.endswith("]")), None)
            if end is None:
                continue
            for option in " ".join(fields[1:end + 1]).strip("[]").split():
                if option.startswith("signed-by="):
                    signed = option.removeprefix("signed-by=")
            fields = fields[:1] + fields[end + 1:]
        if len(fields) >= 4:
            yield fields[1], fields[2], fields[3:], signed


def stanza_entries(text: str):
    """(uri, suite, components, signed-by) of the stanzas of a .sources file."""
    for stanza in text.split("\n\n"):
        keys = {}
        for line in stanza.splitlines():
            if not line.startswith(("#", " ", "\t")) and ":" in line:
                key, _, value = line.partition(":")
                keys[key.strip().lower()] = value.strip()
        if "deb" not in keys.get("types", "").split() or keys.get("enabled", "yes") == "no":
            continue
        for uri in keys.get("uris", "").split():
            for suite in keys.get("suites", "").split():
                yield uri, suite, keys.get("components", "").split(), keys.get("signed-by", "")


def entries(apt_dir: str):
    lists = [os.path.join(apt_dir, "sources.list")]
    lists += sorted(glob.glob(os.path.join(apt_dir, "sources.list.d/*.list")))
    for path in lists:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                yield from one_line_entries(f.read())
    for path in sorted(glob.glob(os.path.join(apt_dir, "sources.list.d/*.sources"))):
        with open(path, encoding="utf-8") as f:
            yield from stanza_entries(f.read())


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--apt-dir", default="/etc/apt")
    ap.add_argument("release", nargs="?", default="bookworm")
    args = ap.parse_args()
    suites = [args.release] + [f"{args.release}-{x}" for x in ("updates", "security")]
    chosen = [e for e in entries(args.apt_dir)
              if e[1] in suites and "main" in e[2] and (not e[3] or e[3].startswith(DEBIAN_KEYS))]
    chosen.sort(key=lambda e: suites.index(e[1]))
    if not chosen or chosen[0][1] != args.release:
        print(f"sources.py: {args.apt_dir} has no source for {args.release} main: add one",
              file=sys.stderr)
        return 1
    for uri, suite, _, signed in dict.fromkeys((e[0], e[1], "main", e[3]) for e in chosen):
        print(f"deb {f'[signed-by={signed}] ' if signed else ''}{uri} {suite} main")
    return 0


if __name__ == "__main__":
    sys.exit(main())
