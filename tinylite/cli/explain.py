"""`tinylite explain`: how one number came about."""

from __future__ import annotations

import click

from ..arithmetic import ARITHMETICS, REFERENCE
from .base.terminal import CONTEXT, console, echo, echo_json, shown

__all__ = ["explain"]


@click.command(context_settings=CONTEXT, short_help="Show how one element of an op's output was computed.")
@click.argument("model", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option("--op", required=True, metavar="N|NAME", help="The op: its number, as `tinylite inspect` counts them, or an output's name.")
@click.option("--at", "index", required=True, metavar="0,3,1,17", help="The element of the output, a number for each dimension.")
@click.option("--output", type=click.IntRange(0), default=0, show_default=True, help="Of an op with several outputs, which one.")
@click.option("--graph", type=click.IntRange(0), default=0, show_default=True, help="The graph that the op is in.")
@click.option(
    "--arithmetic",
    "names",
    type=click.Choice([*sorted(ARITHMETICS), "all"]),
    multiple=True,
    default=[REFERENCE.name],
    show_default=True,
    help="How results are rounded. Several, or all, are set side by side; the first runs the ops before this one.",
)
@click.option("--random", "--seed", "seed", type=click.IntRange(0), default=0, show_default=True, help="Of inputs that have no file.")
@click.option("--all-taps", is_flag=True, help="Show all terms of a sum, and not only the first and the last.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain(
    model: str, files: tuple[str, ...], op: str, index: str, output: int, graph: int, names: tuple[str, ...], seed: int, all_taps: bool,
    as_json: bool,
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
    """
    from ..explaining.explain import arithmetics_of, explain_run
    from ..explaining.target import find_target
    from ..interpreter import Interpreter
    from ..model import Model
    from ..report.describe import new_table
    from .base.running import Reading, Session

    at = _index(index)
    arithmetics = arithmetics_of(names if "all" not in names else "all")
    target = find_target(Model.load(model), int(op) if op.isascii() and op.isdigit() else op, graph)
    interpreter = Interpreter(target.model, experimental_preserve_all_tensors=True, arithmetic=arithmetics[0])
    session = Session(interpreter, graph=graph)
    session.feed(files, Reading(say=lambda text: echo(f"Note: {text}", err=True)), seed)
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


def _index(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.strip("()[] ").split(",") if number.strip())
    except ValueError:
        raise click.BadParameter(f"{text!r} is not an index such as 0,3,1,17", param_hint="--at") from None
