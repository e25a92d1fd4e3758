"""`tinylite diff`: what differs between two models."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from ..arithmetic import ARITHMETICS
from .base.terminal import CONTEXT, echo, echo_json

if TYPE_CHECKING:
    from ..diffing.model_diff import ModelDiff

__all__ = ["diff"]


@click.command(context_settings=CONTEXT, short_help="Show what differs between two models.")
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option("--random", "--seed", "seed", type=click.IntRange(0), default=0, show_default=True, help="Of inputs that have no file.")
@click.option("--run/--no-run", default=True, show_default=True, help="Run both models, and compare what they compute.")
@click.option("--arithmetic", type=click.Choice(sorted(ARITHMETICS)), help="How the results of both are rounded.  [default: fast]")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--html", type=click.Path(dir_okay=False), metavar="FILE", help="Write everything as one HTML page.")
def diff(
    a: str, b: str, files: tuple[str, ...], seed: int, run: bool, arithmetic: str | None, as_json: bool, html: str | None
) -> None:  # fmt: skip
    """Show what differs between the models A and B: ops, options, types, scales, weights, memory, and what they compute.

    Ops are recognized by names, constants and what is around them. Both models are run on the same real numbers: INPUT, which is what
    `tinylite run A` takes, or random ones. A may be a float model and B the quantized one.

    The exit code is 0 if the models are the same, and 1 if they differ.

    \b
    Examples:
      tinylite diff old.tflite new.tflite
      tinylite diff float.tflite int8.tflite cat.png --html diff.html
      tinylite diff old.tflite new.tflite --no-run --json
    """
    from ..diffing.diff import diff as compare
    from ..errors import at
    from ..files.io import check_not_source, write_whole
    from .base.inputs import inputs_of

    if files and not run:
        raise click.UsageError("--no-run runs nothing, so it takes no inputs")
    if html is not None:
        for source in (a, b, *files, *(file.partition("=")[2] for file in files)):
            check_not_source(html, source)
    inputs = inputs_of(a, files, seed) if files else None
    found = compare(a, b, inputs, seed=seed, arithmetic=arithmetic, run=run)
    if html is not None:
        with at(html):
            write_whole(os.fsdecode(html), [found.html().encode("utf-8", "replace")])
    if as_json:
        echo_json(found.plain(), indent=1)
    else:
        for sentence in found.sentences:
            echo(f"- {sentence}")
        if (place := _origin(found)) is not None:
            options = f"--seed {seed}" + (f" --arithmetic {arithmetic}" if arithmetic is not None else "")
            for model in (a, b):
                echo(f"explained by: tinylite explain {' '.join(map(shlex.quote, (model, *files)))} {place} {options}")
        if html is not None:
            echo(f"written: {html}")
    click.get_current_context().exit(0 if found.same else 1)


def _origin(found: ModelDiff) -> str | None:
    """Where the results of the first graphs begin to differ, as options of `tinylite explain`; None where types differ anyway.

    There, both must take the same inputs, and the op must have the same number, and be one that can be explained.
    """
    from ..explaining.site import can_explain

    run = next((run for run in found.results if run.a == run.b == 0), None)
    if run is None or not run.origins or "types" in found.differences:
        return None
    origin = next(each for each in run.tensors if each.op_a == run.origins[0] and each.difference is not None and each.difference.differing)
    op, difference = origin.op_b, origin.difference
    if op is None or op.index != run.origins[0].index or difference is None or difference.place is None:
        return None
    if op.name != run.origins[0].name or not can_explain(op.name, origin.b.type):
        return None
    index = ",".join(map(str, difference.place)) or "'()'"
    return f"--op {op.index} --at {index}" + (f" --output {origin.output}" if origin.output else "")
