"""`tinylite explain`: how one number came about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ..arithmetic import ARITHMETICS, REFERENCE
from .base.terminal import CONTEXT, console, echo, echo_json, shown

if TYPE_CHECKING:
    from ..golden.golden import Golden

__all__ = ["explain"]


@click.command(context_settings=CONTEXT, short_help="Show how one element of an op's output was computed.")
@click.argument("model", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option("--op", required=True, metavar="N|NAME", help="The op: its number, as `tinylite inspect` counts them, or an output's name.")
@click.option("--at", "index", required=True, metavar="0,3,1,17", help="The element of the output, a number for each dimension.")
@click.option("--output", type=click.IntRange(0), help="Which of several outputs.  [default: the one that --op names, or 0]")
@click.option("--graph", type=click.IntRange(0), help="The graph that the op is in.  [default: 0, or that of the golden]")
@click.option(
    "--arithmetic",
    "names",
    type=click.Choice([*sorted(ARITHMETICS), "all"]),
    multiple=True,
    help="How results are rounded. Several, or all, are set side by side; the first runs the ops before this one.  [default: "
    f"{REFERENCE.name!r}, or that of the golden]",
)
@click.option(
    "--inputs", "golden", type=click.Path(), metavar="GOLDEN", help="Take the inputs of a golden that `tinylite golden` recorded."
)
@click.option("--case", type=click.IntRange(0), help="The golden's case.  [default: 0]")
@click.option("--random", "--seed", "seed", type=click.IntRange(0), default=0, show_default=True, help="Of inputs that have no file.")
@click.option("--all-taps", is_flag=True, help="Show all terms of a sum, and not only the first and the last.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain(
    model: str, files: tuple[str, ...], op: str, index: str, output: int | None, graph: int | None, names: tuple[str, ...],
    golden: str | None, case: int | None, seed: int, all_taps: bool, as_json: bool,
) -> None:  # fmt: skip
    """Run MODEL up to an op, and show how one element of the op's output was computed.

    All is exact: the terms of a sum, the bias, the factor and its integer form, every rounding, zero point, clamp. Where the arithmetic
    computes in float or double, the table says so. The result is compared with what the kernel has computed. Of several arithmetics,
    each computes this op alone on the same inputs, so that what differs is this op's doing.

    INPUT is what `tinylite run` takes; inputs that have none are random.

    \b
    Examples:
      tinylite explain mobilenet.tflite cat.png --op 3 --at 0,3,1,17
      tinylite explain speech.tflite --op logits --at 0,2 --seed 7 --arithmetic all
      tinylite explain speech.tflite --op logits --at 0,2 --inputs speech.npz --case 3
    """
    from ..explaining.explain import arithmetics_of, explain_run, feed
    from ..explaining.target import find_target
    from ..interpreter import Interpreter
    from ..model import Model
    from ..report.describe import new_table
    from .base.inputs import NOTED
    from .base.running import Session

    at = _index(index)
    if case is not None and golden is None:
        raise click.UsageError("--case is of a golden: give it with --inputs")
    case = case or 0
    kept = _golden(golden, case, model, bool(files)) if golden is not None else None
    if kept is not None:
        names, graph = names or (kept.arithmetic,), kept.graph if graph is None else graph
    arithmetics = arithmetics_of(names or REFERENCE)
    target = find_target(Model.load(model), int(op) if op.isascii() and op.isdigit() else op, graph or 0)
    interpreter = Interpreter(target.model, experimental_preserve_all_tensors=True, arithmetic=arithmetics[0])
    session = Session(interpreter, graph=target.graph)
    if kept is not None:
        feed(session.runner, kept.inputs(case), seed)
    else:
        session.feed(files, NOTED, seed)
    found = explain_run(target, session.runner, at, arithmetics, output)
    if as_json:
        echo_json(found.plain())
        return
    out = console()
    for title, headers, rows in found.sections(**{"most": None} if all_taps else {}):
        table = new_table(*shown(headers), title=shown(title))
        for row in rows:
            table.add_row(*shown(row))
        out.print(table)


def _golden(path: str, case: int, model: str, files: bool) -> Golden:
    """The golden of a path. Says so if it was recorded of another model."""
    from ..golden.file import load
    from ..golden.model_file import ModelFile

    if files:
        raise click.UsageError("--inputs and INPUT both say what the model is fed: give one of them")
    found = load(path)
    if case >= len(found.cases):
        raise click.BadParameter(f"{path} has no case {case}: it has {len(found.cases)}, counted from 0", param_hint="--case")
    if ModelFile.of(model).sha256 != found.model_sha256:
        echo(f"Note: {path} was recorded of another model than {model}", err=True)
    return found


def _index(text: str) -> tuple[int, ...]:
    """The index that a text is, also as Python writes it: (0,), [0, 3] and, of a tensor without dimensions, ()."""
    numbers = text.strip("()[] ").removesuffix(",")
    if not numbers:
        return ()
    if re.fullmatch(r" *-?[0-9]{1,20} *(, *-?[0-9]{1,20} *)*", numbers) is None:
        raise click.BadParameter(f"{text!r} is not an index such as 0,3,1,17", param_hint="--at")
    return tuple(map(int, numbers.split(",")))
