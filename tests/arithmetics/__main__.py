"""Compare every rule of every arithmetic with its oracle, and write the table of docs/arithmetics.md.

    TINYLITE_CMSIS_NN=CHECKOUT python -m tests.arithmetics --cases 500

Takes half an hour on two cores. Ends with 1, and writes nothing, where bits differ. Without CMSIS-NN or a package, the cells of what is
named after it say "not run".
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version

import click
import pytest

from tinylite.kernels.cpu import target

from .oracles import ORACLES
from .test_conformance import END, PAGE, RULES, START, compare

PACKAGES = ("ai-edge-litert", "tflite-micro")


def compared(rule: tuple[str, str, str, int]) -> int | str:
    """How many cases of a rule differ from the reference kernels, or what is wrong."""
    *place, cases = rule
    try:
        return compare(*place, range(1000, 1000 + cases))  # type: ignore[arg-type]
    except (AssertionError, pytest.skip.Exception) as error:
        return f"{' '.join(map(str, place))}: {error}"


def table(counts: dict[tuple[str, str, str], int], cases: int) -> str:
    """The Markdown table of all rules: of each arithmetic, how many cases were equal and how many of those differ from the reference."""
    names = [*ORACLES][2:]
    head = ["operator", "type", *(f"`{name}`" for name in names)]
    places = sorted({(code, type) for _, code, type in counts})
    rows = []
    for code, type in places:
        cells = [counts.get((name, code, type)) for name in names]
        rows.append([code, type, *("" if count is None else f"{cases}" if not count else f"{cases} ({count})" for count in cells)])
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def packages() -> str:
    """The oracles' versions."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} (absent)")
    root = os.environ.get("TINYLITE_CMSIS_NN")
    if root is not None:
        done = subprocess.run(["git", "-C", root, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
        found.append(f"CMSIS-NN {done.stdout.strip()}".rstrip())
    return ", ".join(found)


def page(counts: Mapping[tuple[str, str, str], int | None], cases: int) -> str:
    """docs/arithmetics.md with the table of these counts."""
    text = PAGE.read_text()
    made = f"{cases} cases each on `{target().name}`, {packages()}:"
    return f"{text.split(START)[0]}{START}\n\n{made}\n\n{table(counts, cases)}\n\n{END}{text.split(END)[1]}"


@click.command()
@click.option("--cases", default=500, show_default=True, help="Random cases of each rule.")
@click.option("--jobs", default=2, show_default=True, help="Processes that share the work.")
def main(cases: int, jobs: int) -> None:
    """Compare every rule with its oracle, and write the table into docs/arithmetics.md."""
    with ProcessPoolExecutor(jobs) as pool:
        results = dict(zip(RULES, pool.map(compared, [(*rule, cases) for rule in RULES]), strict=True))
    wrong = [result for result in results.values() if isinstance(result, str)]
    for text in wrong:
        click.echo(text, err=True)
    if wrong:
        sys.exit(1)
    PAGE.write_text(page({rule: result for rule, result in results.items() if not isinstance(result, str)}, cases))
    missing = sum(result is None for result in results.values())
    click.echo(f"{len(results) - missing} rules, {cases} cases each: all bits equal; {missing} not run")


if __name__ == "__main__":
    main()
