# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""medians.py NAME LEAST FILE: judges rounds of two devices, "rxe NUMBER" or "weft NUMBER" a line.

LEAST: what weft's median must be, in medians of rxe; below 0: weft's may be no more than -LEAST.
A round without a number counts as 0 for rates; where less is better it fails.
"""
import statistics
import sys


def main(name: str, least: float, path: str) -> int:
    rounds: dict[str, list[float]] = {"rxe": [], "weft": []}
    with open(path, encoding="ascii") as f:
        for line in f:
            device, _, number = line.rstrip("\n").partition("\t")
            rounds[device].append(float(number or "0"))
    soft, weft = (statistics.median(rounds[d]) for d in ("rxe", "weft"))
    what = (f"rxe {soft:g} (of {' '.join(f'{n:g}' for n in rounds['rxe'])}), "
            f"weft {weft:g} (of {' '.join(f'{n:g}' for n in rounds['weft'])})")
    good = weft > 0 and (weft >= least * soft if least > 0 else weft <= -least * soft)
    ratio = f"{weft / soft:.2f} times" if soft else "rxe has no number"
    print(f"{'ok  ' if good else 'FAIL'}  {name}: {ratio}: {what}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
