"""The commands: python -m benchmarks models, ops, starts, profile, docs, all, convert, weights."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from tinylite.benching.grid import Grid
from tinylite.benching.machine import Machine
from tinylite.files.io import write_whole
from tinylite.limits import size_text

from . import suites
from .pages import write_pages, write_reports

results_option = click.option(
    "--results", type=click.Path(file_okay=False, path_type=Path), default=suites.RESULTS, help="Of figures.  [default: build/benchmark]"
)
root_option = click.option(
    "--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=suites.ROOT, help="Whose pages are written."
)
quick_option = click.option("--quick", is_flag=True, help="Little, and for seconds: to see that it works.")
json_option = click.option("--json", "target", type=click.Path(dir_okay=False), help="Also write the figures to this file.")
# What these commands do not know is for `tinylite bench`.
SUITE = {"ignore_unknown_options": True}
INTERRUPTED = 130  # the exit code of `tinylite bench`


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Time tinylite beside LiteRT, and write the tables of the docs.

    models, ops, starts and profile are `tinylite bench` on what matters; further words are for that, such as --threads 2.
    """


def _command(run: Callable[[Path, Sequence[str], bool], int]) -> None:
    """A command of the suite's name and docstring."""

    @main.command(run.__name__, context_settings=SUITE, help=run.__doc__)
    @results_option
    @quick_option
    @click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[WORDS OF TINYLITE BENCH]...")
    def command(results: Path, quick: bool, words: tuple[str, ...]) -> None:
        sys.exit(run(results, words, quick))


for _suite in suites.ALL:
    _command(_suite)


@main.command()
@results_option
@root_option
def docs(results: Path, root: Path) -> None:
    """Write the tables of README.md and docs/benchmark-results.md anew, and a report for each suite, of what the suites have saved."""

    def say(text: str) -> None:
        click.echo(text, err=True)

    write_pages(results, root, say)
    write_reports(results, say)


@main.command("all")
@results_option
@root_option
@quick_option
@click.pass_context
def everything(context: click.Context, results: Path, root: Path, quick: bool) -> None:
    """models, ops, starts, profile, and docs."""
    codes = []
    for suite in suites.ALL:
        click.echo(f"{suite.__name__}:", err=True)
        codes.append(suite(results, (), quick))
        if codes[-1] == INTERRUPTED:
            sys.exit(INTERRUPTED)
    context.invoke(docs, results=results, root=root)
    sys.exit(max(codes))


@main.command()
@click.argument("names", nargs=-1)
@click.option("--keras", type=click.Choice(["keras", "tf_keras"]), default="keras", show_default=True, help="Keras 3 or Keras 2.")
@click.option("--rounds", type=click.IntRange(1), default=1, show_default=True, help="How often each converts; the fastest counts.")
@click.option("--alone", is_flag=True, help="Leave TensorFlow's converter out.")
@json_option
def convert(names: tuple[str, ...], keras: str, rounds: int, alone: bool, target: str | None) -> None:
    """Convert keras.applications by tinylite and by TensorFlow: the same frozen file, each in a process of its own.

    NAMES, or all. Needs TensorFlow. Memory is the peak of the whole process, time is without imports.
    """
    from .convert import APPLICATIONS, compare

    unknown = sorted(set(names) - set(APPLICATIONS))
    if unknown:
        raise click.UsageError(f"{', '.join(unknown)} is none of {', '.join(APPLICATIONS)}")
    rows, lines = [], []
    for row in compare(list(names or APPLICATIONS), keras, rounds, alone):
        rows.append(row)
        size, seconds, peak = (f"{ratio:.{digits}f}" if (ratio := row.ratio(figure)) else "-" for figure, digits in
                               (("bytes", 4), ("seconds", 2), ("peak", 2)))  # fmt: skip
        lines.append([
            row.name, str(row.nodes), f"{row.ours['ops']:.0f} / {row.theirs['ops'] if row.theirs else 0:.0f}", size,
            f"{row.ours['seconds']:.2f} s", seconds, f"{row.ours['peak'] / 1e6:.0f} MB", peak, f"{row.difference_litert:.0e}",
            f"{row.difference_tinylite:.0e}",
        ])  # fmt: skip
        click.echo(" ".join(lines[-1]), err=True)
    columns = ["network", "nodes", "ops / TF's", "bytes", "time", "of TF's", "peak", "of TF's", "LiteRT", "tinylite"]
    _report(columns, lines, target, rows)


@main.command()
@click.argument("names", nargs=-1)
@json_option
def weights(names: tuple[str, ...], target: str | None) -> None:
    """Weights-only files beside those of TensorFlow's converter: NAMES, or a choice of Keras models."""
    from .weights import MODELS, compare

    columns = ["model", "weights", "float", "smaller", "ratio to TensorFlow's", "difference", "TensorFlow's", "tinylite from LiteRT"]
    rows = list(compare(list(names or MODELS)))
    lines = [
        [row.name, row.type, size_text(row.float_bytes), size_text(row.ours), f"{row.ours / row.theirs:.4f}", f"{row.difference:.5f}",
         f"{row.their_difference:.5f}", f"{row.apart:.0e}"]
        for row in rows
    ]  # fmt: skip
    _report(columns, lines, target, rows)


def _report(head: list[str], lines: list[list[str]], target: str | None, rows: list[Any]) -> None:
    machine = Machine.here()
    click.echo(Grid(str(machine), head, lines).markdown(), nl=False)
    if target is not None:
        kept = {"machine": vars(machine), "rows": [vars(row) for row in rows]}
        write_whole(target, [(json.dumps(kept, indent=1) + "\n").encode()])


if __name__ == "__main__":
    main()
