"""`tinylite arithmetic`: where the arithmetics of a model part."""

from __future__ import annotations

import click

from ..arithmetic import ARITHMETICS
from ..text import printable
from .base.terminal import CONTEXT, console, echo, echo_json

__all__ = ["arithmetic"]


@click.command(context_settings=CONTEXT, short_help="Show where the results of arithmetics part on MODEL.")
@click.argument("model", type=click.Path())
@click.argument("files", nargs=-1, metavar="[INPUT]...")
@click.option(
    "--arithmetic",
    "names",
    type=click.Choice(sorted(ARITHMETICS)),
    multiple=True,
    help="Compare this one; give two or more.  [default: all but 'fast', whose integers are those of 'litert-reference']",
)
@click.option("--random", "--seed", "seed", type=click.IntRange(0), default=0, show_default=True, help="Of inputs that have no file.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def arithmetic(model: str, files: tuple[str, ...], names: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Run MODEL in each arithmetic on the same inputs, and show of each pair the first op that differs, the share of the
    outputs' values that differ, and the largest step.

    INPUT is what `tinylite run` takes. An arithmetic that is not proven for an op of MODEL is named with that op.

    \b
    Examples:
      tinylite arithmetic mobilenet.tflite cat.png
      tinylite arithmetic speech.tflite --arithmetic tflm --arithmetic cmsis-nn --seed 3
    """
    from ..golden.golden import shown_name
    from ..golden.matrix import compare_arithmetics
    from ..model import Model
    from ..report.describe import new_table
    from .base.inputs import inputs_of

    if len({*names}) == 1:
        raise click.UsageError("there is nothing to compare one arithmetic with: give --arithmetic twice or more, or not at all")
    loaded = Model.load(model)
    found = compare_arithmetics(loaded, inputs_of(loaded, files, seed), arithmetics=names or None)
    if as_json:
        echo_json(found.plain())
        return
    table = new_table("", "", "first op that differs", "outputs that differ", "largest step", title="arithmetics")
    for pair in found.pairs:
        where = "none" if pair.op is None else f"op {pair.op} {pair.code}, {shown_name(pair.tensor or '')}"
        table.add_row(pair.first, pair.second, printable(where), f"{pair.share:.2%}", str(pair.steps))
    if found.pairs:
        console().print(table)
    else:
        echo(f"nothing to compare: of these arithmetics only {', '.join(found.arithmetics) or 'none'} runs the model")
    for name, reason in found.refused.items():
        echo(f"{name}: {reason}")
