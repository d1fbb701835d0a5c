#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The congestion laws of spec/35-congestion.md, written from that text alone, and the traces that
they give: events, and window, interval and path action after each. The engine's laws are compared
with these files (core/test/t_cc*.c). `model.py` writes them; `model.py --check` says which differ."""
import os
import sys

ONE = 256
COST = 120


class Law:
    """What section 35.2 says of all laws."""

    def __init__(self, window=256, init=16, least=1, target=25000, mbps=0, payload=4096):
        self.max = window * ONE
        self.start = min(init * ONE, self.max)
        self.w = self.start
        self.least = min(least * ONE, self.start)
        self.t = target
        self.rate_link = mbps * 1000
        self.packet = payload + COST
        self.pace = 0
        self.b = self.spell_min = 0
        self.spell_end = 0
        self.skip = True

    def set(self, w):
        self.w = max(ONE, min(w, self.max))

    def delay(self, now, rtt, srtt):
        if not rtt:
            return None
        if now >= self.spell_end:
            self.b, self.spell_min = self.spell_min, 0
            self.spell_end = now + max(512 * srtt, 10_000_000)
        self.spell_min = min(self.spell_min or rtt, rtt)
        self.b = min(self.b or rtt, rtt)
        return rtt - self.b

    def reopen(self, n, upto):
        if self.w < upto:
            self.set(self.w + n * ONE)
        self.w = min(self.w, upto)

    def loss(self, now, n, srtt):
        pass

    def trim(self, now, n, srtt):
        self.loss(now, n, srtt)

    def timeout(self, now):
        self.w = ONE

    def credit(self, now, granted):
        pass


class Fixed(Law):
    def ack(self, now, n, m, rtt, srtt):
        self.reopen(n, self.start)


class Swift(Law):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.slow = True
        self.last = None
        self.spell = None
        self.lost = 0

    def may(self, now, srtt):
        return self.last is None or now - self.last > srtt

    def cut(self, now, keep, floor):
        w = self.w * keep // 256
        self.slow = False
        self.last = now
        if w < floor <= self.w:
            w = floor
        self.set(w)

    def ack(self, now, n, m, rtt, srtt):
        d = self.delay(now, rtt, srtt)
        if m:
            if self.may(now, srtt):
                self.cut(now, 224, self.least)
        elif d is None or d <= self.t or self.w < self.least:
            self.set(self.w + (256 * n if self.slow else 65536 * n // self.w))
        elif self.may(now, srtt):
            self.cut(now, 256 - 128 * (d - self.t) // rtt, self.least)

    def loss(self, now, n, srtt):
        if srtt > self.b + self.t:
            if self.may(now, srtt):
                self.cut(now, 192, self.least)
            return
        if self.spell is None or now - self.spell > srtt:
            self.spell = now
            self.lost = 0
        self.lost += n
        if self.w > self.start and 8192 * self.lost > self.w and self.may(now, srtt):
            self.cut(now, 240, self.start)

    def trim(self, now, n, srtt):
        if self.may(now, srtt):
            self.cut(now, 192, self.least)

    def timeout(self, now):
        self.last = now
        self.slow = True
        self.w = ONE


class Nscc(Law):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.g = self.c = self.fast = self.got = self.avg = 0
        self.qa_end = None
        self.quiet = 0
        self.eta_at = 0
        self.last = None
        self.severe = False

    def a(self):
        if not self.rate_link:
            return 256
        ref = 100_000_000 * 12000 // 256
        return max(32, min(2048, self.rate_link * self.b // ref))

    def most(self):
        if not self.rate_link or not self.b:
            return self.max
        return self.rate_link * self.b // 1000 * 384 // (8000 * self.packet)

    def within(self, w):
        self.set(min(w, max(self.most(), self.least)))

    def quick_adapt(self, now, d):
        if self.qa_end is not None and now < self.qa_end:
            return False
        severe, got, began = self.severe or d > 4 * self.t, self.got, self.qa_end is not None
        self.got, self.severe, self.qa_end = 0, False, now + self.b + self.t
        gate = -(-(self.most() if self.rate_link else self.w) // (8 * ONE))
        if not began or not severe or got >= min(self.w // ONE, gate):
            return False
        self.set(max(got * ONE, self.least))
        self.quiet = now + self.b + d
        self.g = self.c = self.fast = 0
        return True

    def ack(self, now, n, m, rtt, srtt):
        d = self.delay(now, rtt, srtt)
        self.got += n
        if d is None:
            d = self.avg
        else:
            sample = self.b // 4 if not m and d > self.t else d
            step = (sample - self.avg) * min(max(n, 1), 16)
            self.avg += step // 80 if step >= 0 else -(-step // 80)
        if self.quick_adapt(now, d) or now < self.quiet:
            return
        if not m:
            self.more(n, d)
        elif d >= self.t:
            self.fast = 0
            if self.avg > self.t and (self.last is None or now - self.last > srtt):
                self.last = now
                p = min(128, 205 * (self.avg - self.t) // self.avg)
                self.set(self.w * (256 - p) // 256)
        if self.c < 8 and now - self.eta_at < self.b:
            return
        w = self.w + ONE * self.g // self.w
        if now - self.eta_at >= self.b:
            w += 38 * self.a() // 256
            self.eta_at = now
        self.g = self.c = 0
        self.within(w)

    def more(self, n, d):
        a = self.a()
        self.fast = self.fast + n if d < self.t // 8 else 0
        if self.fast > self.w // ONE:
            self.within(self.w + n * a // 4)
            return
        self.g += n * (4 * a * (self.t - d) // 12000 if d < self.t else 5 * a)
        self.c += n

    def loss(self, now, n, srtt):
        if now >= self.quiet:
            self.severe = True
            self.fast = 0
            self.set(max(self.w - n * ONE, min(self.w, self.least)))

    def timeout(self, now):
        self.g = self.c = self.fast = 0
        self.qa_end, self.quiet, self.eta_at = None, 0, now
        self.w = ONE


class Dcqcn(Law):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.l = self.rate_link or 100_000_000
        self.w = self.max
        self.r = self.rt = self.l
        self.alpha = 65536
        self.last = None
        self.k = self.j = self.count = 0
        self.skip = False
        self.rate()

    def rate(self):
        self.pace = 524288000000 // self.r

    def raise_(self):
        lo, hi = min(self.k, self.j), max(self.k, self.j)
        if lo > 5:
            self.rt += (lo - 5) * (self.l // 128)
        elif hi > 5:
            self.rt += self.l // 1024
        self.rt = min(self.rt, self.l)
        self.r = (self.r + self.rt) // 2
        self.rate()

    def tick(self, now):
        if self.last is None:
            return
        for _ in range(64):
            if self.alpha_at > now:
                break
            self.alpha -= self.alpha // 256
            self.alpha_at += 55000
        for _ in range(64):
            if self.raise_at > now:
                break
            self.k = min(255, self.k + 1)
            self.raise_()
            self.raise_at += 55000
        if self.alpha_at <= now:
            self.alpha_at = now + 55000
        if self.raise_at <= now:
            self.raise_at = now + 55000

    def cut(self, now):
        if self.last is not None and now - self.last < 50000:
            return
        self.rt = self.r
        self.r = max(self.r - self.r * self.alpha // 131072, self.l // 4096)
        self.alpha += (65536 - self.alpha) // 256
        self.k = self.j = self.count = 0
        self.last = now
        self.alpha_at = self.raise_at = now + 55000
        self.rate()

    def ack(self, now, n, m, rtt, srtt):
        self.reopen(n, self.max)
        self.tick(now)
        if m:
            self.cut(now)
            return
        self.count += n
        if self.last is not None and self.count >= 2560:
            self.count = 0
            self.j = min(255, self.j + 1)
            self.raise_()

    def loss(self, now, n, srtt):
        self.tick(now)
        self.cut(now)

    def timeout(self, now):
        self.loss(now, 0, 0)
        self.w = ONE


class Credit(Law):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.granted = self.start // ONE
        self.w = self.max

    def ack(self, now, n, m, rtt, srtt):
        self.reopen(n, self.max)

    def timeout(self, now):
        self.w = ONE
        if self.granted == 0 or self.granted >= 2**31:
            self.granted = 1    # nothing is sent in a trace, so one packet may go

    def credit(self, now, granted):
        if (granted - self.granted) % 2**32 < 2**31:
            self.granted = granted


LAWS = {"fixed": Fixed, "swift": Swift, "nscc": Nscc, "dcqcn": Dcqcn, "credit": Credit}


class Rng:
    def __init__(self, seed):
        self.s = seed

    def __call__(self, n):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.s >> 33) % n


def mixed(seed, count, base, spread, mark_every, loss_every):
    """Acknowledgements of a path whose queue comes and goes, with marks and losses."""
    r, now, srtt, out, level = Rng(seed), 1_000_000, base, [], 0
    for i in range(count):
        level = max(0, min(spread, level + r(spread // 4 + 1) - spread // 8))
        rtt = base + level
        now += base // 8 + r(base // 4)
        srtt = (7 * srtt + rtt) // 8
        marked = int(level > spread // 2 and r(mark_every) == 0)
        out.append((now, "ack", rtt if r(8) else 0, srtt, 1 + r(16), marked))
        if r(loss_every) == 0:
            out.append((now + 10, "loss", 0, srtt, 1 + r(4), 0))
        if r(loss_every) == 0:
            out.append((now + 20, "trim", 0, srtt, 1 + r(8), 0))
        if i % 97 == 96:
            now += 20 * base
            out.append((now, "timeout", 0, srtt, 0, 0))
    return out


def steps(rows):
    """(times, gap, event, rtt, pkts, marked): the same event again and again."""
    now, out = 1_000_000, []
    for times, gap, event, rtt, pkts, marked in rows:
        for _ in range(times):
            now += gap
            out.append((now, event, rtt if event == "ack" else 0, rtt, pkts, marked))
    return out


QUIET = steps([(12, 3000, "ack", 12000, 8, 0), (6, 12000, "ack", 60000, 8, 0),
               (6, 12000, "ack", 60000, 8, 1), (3, 12000, "loss", 60000, 2, 0),
               (3, 90000, "trim", 60000, 4, 0), (1, 5000000, "timeout", 60000, 0, 0),
               (30, 3000, "ack", 12000, 8, 0)])
LOSSES = steps([(1, 3000, "loss", 12000, 9, 0), (12, 3000, "ack", 12000, 8, 0),
                (4, 5000, "loss", 12000, 1, 0), (6, 3000, "ack", 12000, 8, 0),
                (9, 9000, "loss", 12000, 3, 0), (40, 13000, "loss", 12000, 8, 0),
                (1, 900000, "timeout", 12000, 0, 0), (2, 3000, "ack", 12000, 4, 0),
                (3, 20000, "loss", 12000, 4, 0), (20, 3000, "ack", 12000, 4, 0)])
RECOVER = steps([(4, 10000, "ack", 20000, 16, 0), (1, 10000, "ack", 20000, 16, 1),
                 (2, 30000, "ack", 20000, 16, 1), (40, 20000, "ack", 20000, 200, 0),
                 (1, 20000, "ack", 20000, 16, 1), (80, 9000, "ack", 20000, 300, 0),
                 (1, 900000000, "ack", 20000, 16, 0)])
GRANTS = [(1000, "credit", 0, 0, 100, 0), (2000, "credit", 0, 0, 90, 0),
          (3000, "credit", 0, 0, 2**31 + 50, 0), (4000, "timeout", 0, 0, 0, 0),
          (5000, "ack", 12000, 12000, 5, 1), (6000, "loss", 0, 12000, 5, 0),
          (7000, "credit", 0, 0, 20, 0), (8000, "ack", 12000, 12000, 300, 0)]

TRACES = {
    "fixed": ("fixed", dict(window=64, init=40), QUIET),
    "swift-steps": ("swift", dict(window=1024, init=16, target=10000), QUIET),
    "swift-losses": ("swift", dict(window=1024, init=16, target=10000), LOSSES),
    "swift-mixed": ("swift", dict(window=256, init=32, least=2, target=8000),
                    mixed(1, 400, 9000, 40000, 3, 40)),
    "nscc-steps": ("nscc", dict(window=1024, init=16, target=10000, mbps=400000), QUIET),
    "nscc-unknown-rate": ("nscc", dict(window=256, init=16), mixed(2, 300, 15000, 90000, 2, 50)),
    "nscc-mixed": ("nscc", dict(window=512, init=64, least=2, target=6000, mbps=400000),
                   mixed(3, 400, 6000, 40000, 3, 40)),
    "dcqcn-recovery": ("dcqcn", dict(window=256, mbps=100000), RECOVER),
    "dcqcn-mixed": ("dcqcn", dict(window=1024, mbps=400000), mixed(4, 400, 20000, 60000, 6, 90)),
    "credit": ("credit", dict(window=256, init=8), GRANTS),
}


def run(law, settings, events):
    s = LAWS[law](**settings)
    out = []
    for now, event, rtt, srtt, n, m in events:
        if event == "ack":
            s.ack(now, n, m, rtt, srtt)
        elif event == "timeout":
            s.timeout(now)
        elif event == "credit":
            s.credit(now, n)
        else:
            getattr(s, event)(now, n, srtt)
        granted = s.granted if law == "credit" else 0
        path = "-" if event != "ack" or not m else "skip" if s.skip else "stay"
        out.append((now, event, rtt, srtt, n, m, s.w, s.pace, granted, path))
    return out


def text(name):
    law, settings, events = TRACES[name]
    keys = dict(window=256, init=16, least=1, target=25000, mbps=0, payload=4096)
    keys.update(settings)
    lines = ["# SPDX-License-Identifier: BSD-2-Clause",
             "# A congestion law by spec/35-congestion.md; written by model.py.",
             "# pkts: acknowledged, lost, trimmed; of a credit event: packets granted.",
             "# window_256ths, pace_65536ths (ns a byte), granted and path are those after it.",
             "law %s %s" % (law, " ".join("%s=%d" % k for k in keys.items())),
             "# time_ns event rtt_ns srtt_ns pkts marked window_256ths pace_65536ths granted path"]
    lines += [" ".join(str(x) for x in row) for row in run(law, settings, events)]
    return "\n".join(lines) + "\n"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    bad = 0
    for name in TRACES:
        path = os.path.join(here, name + ".txt")
        if "--check" in sys.argv:
            if not os.path.exists(path) or open(path).read() != text(name):
                print("differs: " + path)
                bad = 1
        else:
            with open(path, "w") as f:
                f.write(text(name))
    return bad


if __name__ == "__main__":
    sys.exit(main())
