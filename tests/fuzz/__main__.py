"""`python -m tests.fuzz [TARGET ...]`: attack, print findings and counts, exit 1 if there was a finding."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections import Counter

from .campaign import attack_once, run, target_names
from .limits import spoken


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Attack tinylite with damaged files and hostile values.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(target_names())}; all without one")
    parser.add_argument("--seconds", type=float, help="how long, over all targets (default 60)")
    parser.add_argument("--count", type=int, help="how many attacks of each target, instead of a time")
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="the number of the first attack (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many processes (default one a core)")
    given = parser.parse_args()
    names = given.targets or target_names()
    if given.count == 1 and len(names) == 1:
        try:
            print(attack_once(names[0], given.first))
        except Exception:
            traceback.print_exc()
            return 1
        return 0
    seconds = given.seconds if given.count is None or given.seconds else None
    report = run(
        names, first=given.first, count=given.count, jobs=given.jobs, say=lambda line: print(line, flush=True),
        seconds=60.0 if given.count is None and seconds is None else seconds,
    )  # fmt: skip
    for name, attacks in report.attacks.items():
        found = sum(finding.target == name for finding in report.findings)
        print(f"{name}: {attacks:,} attacks, {found} findings; again: python -m tests.fuzz {name} --first NUMBER --count 1")
    for what, times in Counter(_kind(finding.what) for finding in report.findings).most_common(40):
        print(f"{times:6} x {what}")
    print(", ".join(f"{name} {number:,}" for name, number in [*report.tally.items(), *report.outcomes.most_common()]))
    print(report.as_json())
    return 1 if report.findings else 0


def _kind(what: str) -> str:
    """A finding without its numbers, so that those of one kind count together."""
    text, at, place = what.rpartition(" at ")
    return spoken(f"{text.split(':')[0]}{at}{place}" if at else what)


sys.exit(main())
