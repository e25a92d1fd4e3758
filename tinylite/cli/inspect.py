"""`tinylite inspect`: what a file holds."""

from __future__ import annotations

import click

from ..arithmetic import ARITHMETICS, FAST
from ..errors import at
from .base.terminal import CONTEXT, console, echo_json, shown

__all__ = ["inspect"]


@click.command(context_settings=CONTEXT, short_help="Show what MODEL holds, as tables or JSON.")
@click.argument("model", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--memory/--no-memory", default=True, show_default=True, help="Plan the graphs, and show their kernels and where tensors lie in memory."
)
@click.option(
    "--arithmetic", type=click.Choice(sorted(ARITHMETICS)), default=FAST.name, show_default=True, help="Whose kernels and memory are shown."
)
@click.option("--quantization", is_flag=True, help="Show how MODEL is quantized: every tensor's scale, zero point and range.")
def inspect(model: str, as_json: bool, memory: bool, arithmetic: str, quantization: bool) -> None:
    """Show what MODEL holds.

    Of a .tflite file: graphs, ops, tensors, quantization, signatures, metadata, kernels, memory plan. Of a TensorFlow graph, a SavedModel,
    a checkpoint or a Keras model: what it is and how to convert it, ops, inputs and outputs, variables, functions,
    signatures, layers. TensorFlow is not needed.

    With --quantization: whether MODEL is float, fake-quantized, weights only, partly or fully quantized, which ops stay in
    float, and what each tensor's integers mean; of a TensorFlow graph, its FakeQuants.
    """
    from ..files import describe as describe_graph
    from ..files.file_formats import detect_format
    from ..model import Model
    from ..report import describe, describe_quantization, graph_tables

    with at(model):
        kind = detect_format(model)
    if quantization:
        description, tables = describe_quantization.describe_file(model, kind), describe_quantization.tables
    elif kind.id in describe_graph.KINDS:
        description, tables = describe_graph.describe(model, kind), graph_tables.tables
    else:
        description, tables = describe.describe(Model.load(model), memory, ARITHMETICS[arithmetic]), describe.tables
    if as_json:
        echo_json(description, indent=1)
        return
    out = console()
    for table in tables(shown(description)):
        out.print(table)
