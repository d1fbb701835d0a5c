#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs tests and says what came of them; `make test` calls it.

Decides: the order, how many at a time, time limits, what is printed.
Leaves to outcome.py: what a test's exit status and output mean. Leaves to the Makefile: the list.
"""
import argparse
import ctypes
import fnmatch
import os
import re
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from outcome import Outcome, judge, write_junit

LIMITS_S = {"prog": 300, "script": 300, "fuzz": 120, "step": 1200}
SANITIZER_SLOWDOWN = 3
GRACE_S = 2.0           # from SIGTERM to SIGKILL, and for a test's children to end after it
HEARTBEAT_S = 30.0      # how often to say what still runs
MARKER = re.compile(r"^[#/; ]*weft-test:\s*(.*?)\s*$", re.MULTILINE)
MARKER_LINES = 20       # a marker stands at the top of the script
PRINT_MAX = 1 << 20     # bytes of one failed test's output that go to the screen
PR_SET_CHILD_SUBREAPER = 36

EPILOG = """\
A TEST is one of
  prog:PATH          a program of CUnit cases
  script:PATH        a script: exit status 0 passed, 77 skipped
  fuzz:PATH[@DIR]    a libFuzzer program, run for --fuzz-seconds; DIR: inputs to start from
  step:NAME=COMMAND  a shell command, run alone, counted as one test

A script says at its top what it needs, in a line such as
  # weft-test: serial root timeout=120 asan
serial: nothing else runs meanwhile; root: skipped unless root; timeout: seconds (default 300);
asan: runs once more with the sanitizer build (--san-build). Scripts find the build folder in $B.

Example:
  tools/test/run.py prog:build/test/t_rx script:tools/test/infra/test_deps.sh
"""


class Wrong(Exception):
    """The caller gave something that cannot be run; the text says what to do."""


@dataclass
class Job:
    """One test to run."""
    kind: str                   # a key of LIMITS_S
    name: str                   # unique; also names the log
    argv: list[str]
    build: str                  # build folder, told to the test as $B
    limit_s: float
    alone: bool = False         # nothing else runs meanwhile
    needs_root: bool = False
    step: str = ""              # the step without which it cannot run, if that is on the list


@dataclass
class Running:
    """A test that was started."""
    job: Job
    proc: subprocess.Popen
    log: str
    start: float
    beat: float                 # when it was last mentioned
    timed_out: bool = False


@dataclass
class Options:
    jobs: int
    logs: str
    build: str
    san_build: str
    fuzz_seconds: int
    limit_factor: float
    outcomes: list[Outcome] = field(default_factory=list)


def markers(path: str) -> dict[str, str]:
    """The words of a script's weft-test lines: {"serial": "", "timeout": "120"}."""
    with open(path, encoding="utf-8", errors="replace") as f:
        head = "".join(line for _, line in zip(range(MARKER_LINES), f))
    words: dict[str, str] = {}
    for line in MARKER.findall(head):
        for word in line.split():
            key, _, value = word.partition("=")
            if key not in ("serial", "root", "timeout", "asan"):
                raise Wrong(f"{path}: weft-test: unknown word '{word}': it may be serial, root, "
                            "timeout=SECONDS or asan")
            if key == "timeout" and not value.isdigit():
                raise Wrong(f"{path}: weft-test: '{word}': write timeout=SECONDS")
            words[key] = value
    return words


def short_name(path: str, opt: Options) -> str:
    """build/asan/test/t_rx -> asan/t_rx: what a reader needs to find it again."""
    if "/target/" in path:
        return "fuzz/" + os.path.basename(path)
    name = os.path.normpath(path)
    if name.startswith(opt.build + "/"):
        name = name[len(opt.build) + 1:]
    return name.replace("test/", "", 1) if not path.endswith((".sh", ".py")) else name


def program_job(kind: str, what: str, opt: Options) -> Job:
    path, _, seeds = what.partition("@") if kind == "fuzz" else (what, "", "")
    argv = [os.path.abspath(path)]
    sanitized = os.path.normpath(path).startswith(os.path.normpath(opt.san_build) + "/")
    limit = LIMITS_S[kind] * (SANITIZER_SLOWDOWN if sanitized else 1)
    if kind == "fuzz":
        where = os.path.join(opt.logs, "fuzz", os.path.basename(path))
        os.makedirs(where, exist_ok=True)
        argv += [f"-max_total_time={opt.fuzz_seconds}", "-seed=1", "-timeout=10",
                 "-error_exitcode=1", "-print_final_stats=1", f"-artifact_prefix={where}/"]
        argv += [where, seeds] if seeds else [where]
        limit += opt.fuzz_seconds
    build = opt.san_build if sanitized else opt.build
    return Job(kind, short_name(path, opt), argv, build, limit * opt.limit_factor)


def script_jobs(path: str, opt: Options) -> list[Job]:
    if not os.access(path, os.X_OK):
        raise Wrong(f"{path}: not an executable file: chmod +x it, or take it off the list")
    words = markers(path)
    limit = float(words.get("timeout", LIMITS_S["script"])) * opt.limit_factor
    job = Job("script", short_name(path, opt), [os.path.abspath(path)], opt.build, limit,
              alone="serial" in words, needs_root="root" in words)
    if "asan" not in words or not opt.san_build:
        return [job]
    again = Job("script", os.path.basename(opt.san_build) + "/" + job.name, job.argv,
                opt.san_build, limit * SANITIZER_SLOWDOWN, job.alone, job.needs_root)
    return [job, again]


def build_step(job: Job) -> str:
    """asan/t_rx is built by the step build-asan."""
    return "build-" + job.name.split("/")[0] if "/" in job.name else ""


def make_jobs(tests: list[str], opt: Options) -> list[Job]:
    jobs: list[Job] = []
    for test in tests:
        kind, colon, what = test.partition(":")
        if not colon or kind not in LIMITS_S or not what:
            raise Wrong(f"'{test}' is not a test: see --help for the four kinds")
        if kind == "step":
            name, _, command = what.partition("=")
            jobs.append(Job("step", name, ["/bin/sh", "-c", command], opt.build,
                            LIMITS_S["step"] * opt.limit_factor, alone=True))
        elif kind == "script":
            jobs += script_jobs(what, opt)
        else:
            jobs.append(program_job(kind, what, opt))
    seen: set[str] = set()
    for job in jobs:
        if job.name in seen:
            raise Wrong(f"two tests are named '{job.name}': name one of them otherwise")
        seen.add(job.name)
    # Builds before what they build; the lonely ones at the end, where they hold up nobody.
    steps = {job.name for job in jobs if job.kind == "step"}
    for job in jobs:
        job.step = build_step(job) if build_step(job) in steps else ""
    return sorted(jobs, key=lambda job: job.kind != "step" and 1 + job.alone)


def child_setup() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def start(job: Job, opt: Options) -> Running:
    """Starts a test in a process group of its own, output to its log."""
    log = os.path.join(opt.logs, job.name.replace("/", "__") + ".log")
    env = dict(os.environ, B=job.build, PYTHONDONTWRITEBYTECODE="1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
        env.pop(name, None)
    now = time.monotonic()
    with open(log, "wb") as out:
        proc = subprocess.Popen(job.argv, stdin=subprocess.DEVNULL, stdout=out,
                                stderr=subprocess.STDOUT, env=env, start_new_session=True,
                                preexec_fn=child_setup)
    return Running(job, proc, log, now, now)


def signal_group(group: int, signum: int) -> bool:
    """False when nothing of the group is left."""
    try:
        os.killpg(group, signum)
        return True
    except ProcessLookupError:
        return False


def reap_group(group: int) -> None:
    """Collects children of the test that were handed to us when it ended."""
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def group_ends(group: int, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while signal_group(group, 0):
        reap_group(group)
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def stop_group(run: Running) -> None:
    """Ends all of a test's process group: politely, then for certain."""
    signal_group(run.proc.pid, signal.SIGTERM)
    end = time.monotonic() + GRACE_S
    while run.proc.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    signal_group(run.proc.pid, signal.SIGKILL)
    run.proc.wait()
    group_ends(run.proc.pid, GRACE_S)


def finish(run: Running) -> Outcome:
    """Judges a test whose first process has ended."""
    left = not run.timed_out and not group_ends(run.proc.pid, GRACE_S)
    if left:
        stop_group(run)
    with open(run.log, encoding="utf-8", errors="replace") as f:
        text = f.read()
    out = judge(run.job.name, run.job.kind, run.proc.returncode, text)
    if run.timed_out:
        out.why.clear()
        out.counted = False
        out.fail(f"did not end within {run.job.limit_s:g} s; killed with all it had started")
    if left:
        out.fail("left processes of its own running; they were killed")
    out.seconds = time.monotonic() - run.start
    return out


def announce(out: Outcome, done: int, total: int) -> None:
    word = "FAIL" if out.failed else "ok" if out.passed else "skip"
    parts = [f"{n} {what}" for n, what in
             ((out.passed, "passed"), (out.failed, "failed"), (out.skipped, "skipped")) if n]
    width = len(str(total))
    text = f"[{done:{width}}/{total}] {word:4} {out.name}"
    text += f"  ({', '.join(parts)}, {out.seconds:.1f} s)"
    if out.failed:
        text += "  " + "; ".join(out.why)
    print(text, flush=True)


def heartbeat(active: list[Running]) -> None:
    now = time.monotonic()
    for run in active:
        if now - run.beat > HEARTBEAT_S:
            run.beat = now
            print(f"        ... {run.job.name} runs for {now - run.start:.0f} s "
                  f"(limit {run.job.limit_s:g} s)", flush=True)


def poll(active: list[Running], opt: Options, total: int) -> None:
    """Takes the finished and the overdue out of active."""
    for run in list(active):
        if run.proc.poll() is None:
            if time.monotonic() - run.start <= run.job.limit_s:
                continue
            run.timed_out = True
            stop_group(run)
        active.remove(run)
        opt.outcomes.append(finish(run))
        announce(opt.outcomes[-1], len(opt.outcomes), total)


def run_all(jobs: list[Job], opt: Options) -> None:
    """Runs the jobs in order, opt.jobs at a time; those that want to be alone, alone."""
    waiting, active = list(jobs), []
    try:
        while waiting or active:
            waiting = skip_unbuilt(waiting, opt)
            while waiting and len(active) < opt.jobs:
                job = waiting[0]
                if active and (job.alone or active[0].job.alone):
                    break
                waiting.pop(0)
                launch(job, active, opt, len(jobs))
            poll(active, opt, len(jobs))
            heartbeat(active)
            time.sleep(0.02)
    finally:
        for run in active:
            stop_group(run)


def skip_unbuilt(waiting: list[Job], opt: Options) -> list[Job]:
    """Takes out what a failed step should have built: one group, one line."""
    for bad in (out.name for out in opt.outcomes if out.failed):
        group = [job for job in waiting if job.step == bad]
        if not group:
            continue
        out = Outcome(f"{bad[len('build-'):]}/*")
        out.skipped = len(group)
        out.skips.append(f"not run: {bad} failed ({len(group)} tests)")
        opt.outcomes.append(out)
        print(f"        skip {out.name}  {out.skips[0]}", flush=True)
        waiting = [job for job in waiting if job.step != bad]
    return waiting


def launch(job: Job, active: list[Running], opt: Options, total: int) -> None:
    """Starts a job, or settles it at once where it cannot be started."""
    out = Outcome(job.name)
    if job.needs_root and os.geteuid() != 0:
        out.skipped = 1
        out.skips.append("needs root")
    else:
        try:
            active.append(start(job, opt))
            return
        except OSError as error:
            out.fail(f"cannot be started: {error}")
    opt.outcomes.append(out)
    announce(out, len(opt.outcomes), total)


def print_failures(opt: Options) -> None:
    for out in opt.outcomes:
        if not out.failed:
            continue
        print(f"\n===== FAIL {out.name}: {'; '.join(out.why)}")
        text = out.output
        if len(text) > PRINT_MAX:
            text = text[:PRINT_MAX // 2] + "\n[... the log has it all ...]\n" + \
                text[-PRINT_MAX // 2:]
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
        print(f"===== end of {out.name}")


def report(opt: Options, seconds: float) -> int:
    """Prints what came of it; the exit status."""
    print_failures(opt)
    skips = [f"  {out.name}: {why}" for out in opt.outcomes for why in out.skips]
    if skips:
        print("\nskipped:", *skips, sep="\n")
    passed, failed, skipped = (sum(getattr(o, k) for o in opt.outcomes)
                               for k in ("passed", "failed", "skipped"))
    if failed:
        print("\nfailed:")
        for out in (o for o in opt.outcomes if o.failed):
            print(f"  {out.name}: {'; '.join(out.why)}")
    elif passed == 0:
        print("\nno test ran: that is a failure")
    print(f"\n{len(opt.outcomes)} tests in {seconds:.0f} s; logs and junit.xml in {opt.logs}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


def parse(argv: list[str]) -> argparse.Namespace:
    ap = argparse.ArgumentParser(
        description="Run tests and report.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("tests", nargs="*", metavar="TEST")
    ap.add_argument("--jobs", type=int, default=2, help="tests at a time (default 2)")
    ap.add_argument("--build", default="build", help="build folder (default build)")
    ap.add_argument("--san-build", default="", help="build folder of the sanitizer build")
    ap.add_argument("--logs", help="folder of the logs (default BUILD/test-logs)")
    ap.add_argument("--fuzz-seconds", type=int, default=5, help="for each fuzz target")
    ap.add_argument("--limit-factor", type=float, default=1.0, help="multiplies the time limits")
    ap.add_argument("-k", metavar="PATTERN", default="*", help="only tests whose name matches")
    ap.add_argument("--list", action="store_true", help="print the names and run nothing")
    return ap.parse_args(argv)


def choose(jobs: list[Job], pattern: str) -> list[Job]:
    """Those whose name matches, and the step build-asan for asan/t_rx."""
    def matches(job: Job) -> bool:
        return fnmatch.fnmatch(job.name, pattern) or ("*" not in pattern and pattern in job.name)
    wanted = {job.name for job in jobs if matches(job)}
    builds = {job.step for job in jobs if job.name in wanted}
    return [job for job in jobs
            if job.name in wanted or (job.kind == "step" and job.name in builds)]


def on_terminate(_signum: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(argv: list[str]) -> int:
    args = parse(argv)
    logs = args.logs or os.path.join(args.build, "test-logs")
    opt = Options(max(1, args.jobs), logs, os.path.normpath(args.build),
                  os.path.normpath(args.san_build) if args.san_build else "",
                  args.fuzz_seconds, args.limit_factor)
    os.makedirs(logs, exist_ok=True)
    try:
        jobs = choose(make_jobs(args.tests, opt), args.k)
    except (Wrong, OSError) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    if args.list:
        print(*(job.name for job in jobs), sep="\n")
        return 0
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, on_terminate)
    begin = time.monotonic()
    try:
        run_all(jobs, opt)
    except KeyboardInterrupt:
        print("run.py: interrupted; what ran was stopped", file=sys.stderr)
        return 130
    status = report(opt, time.monotonic() - begin)
    write_junit(os.path.join(logs, "junit.xml"), opt.outcomes)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
