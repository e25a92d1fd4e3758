"""The four functions that people call, by the names that tf.contrib.quantize had for them."""

from __future__ import annotations

import inspect
import re
import warnings
from numbers import Integral
from typing import Any

from ...errors import QuantizeError
from ...freezing.tf import tensorflow
from ...text import printable
from .editing import LAYERS
from .fold_batch_norms import fold_batch_norms
from .insert_fake_quants import Inserted, insert_fake_quants
from .layers import is_folded

__all__ = [
    "create_eval_graph", "create_training_graph", "experimental_create_eval_graph", "experimental_create_training_graph",
]  # fmt: skip


def create_training_graph(input_graph: Any = None, quant_delay: int = 0) -> None:
    """Rewrite a training graph in place, so that it learns with the rounding that a uint8 file will have.

    Call it after the loss is built and before the optimizer's minimize. `input_graph` is a tf.Graph; None is the default one.
    `quant_delay` is the number of runs before rounding begins: 0 to go on training a float model, or about as many as a model
    needs to converge that is trained from the start. Ranges are learned from the first run on.

    Batch norms are folded into the weights, weights and activations get FakeQuants, with variables `min` and `max` in the
    collection GLOBAL_VARIABLES; nodes and variables have the names that tf.contrib.quantize gave them. See
    docs/quantized-training.md for what is placed where.

    Raises QuantizeError for a graph that has an optimizer, is frozen, is rewritten already or has no layers; MissingPackageError
    without TensorFlow.
    """
    experimental_create_training_graph(input_graph, quant_delay=quant_delay)


def create_eval_graph(input_graph: Any = None) -> None:
    """Rewrite a graph for evaluation in place: as `create_training_graph`, with ranges that stay as training left them.

    Build the model anew in a separate graph, with batch norms in inference mode; rewrite it, restore the training's checkpoint,
    freeze and convert. Raises what `create_training_graph` raises, and QuantizeError for batch norms that are in training mode.
    """
    experimental_create_eval_graph(input_graph)


def experimental_create_training_graph(
    input_graph: Any = None, weight_bits: int = 8, activation_bits: int = 8, symmetric: bool = False, quant_delay: int = 0,
    freeze_bn_delay: int | None = None, scope: str | None = None,
) -> None:  # fmt: skip
    """`create_training_graph` with more to choose.

    `weight_bits` and `activation_bits` are 2 to 16; files have 8. `symmetric` makes ranges the same on both sides of 0, as INT8
    weights need. After `freeze_bn_delay` runs batch norms use their moving averages and keep them, which should come late in
    training. Only ops under the name scope `scope` get FakeQuants.
    """
    _rewrite(input_graph, True, weight_bits, activation_bits, symmetric, quant_delay, freeze_bn_delay, scope)


def experimental_create_eval_graph(
    input_graph: Any = None, weight_bits: int = 8, activation_bits: int = 8, symmetric: bool = False, quant_delay: int | None = None,
    scope: str | None = None,
) -> None:  # fmt: skip
    """`create_eval_graph` with more to choose; pass what the training graph was given."""
    _rewrite(input_graph, False, weight_bits, activation_bits, symmetric, quant_delay, None, scope)


def _rewrite(
    graph: Any, training: bool, weight_bits: int, activation_bits: int, symmetric: bool, quant_delay: int | None,
    freeze_bn_delay: int | None, scope: str | None,
) -> None:  # fmt: skip
    tf = tensorflow("rewriting its graphs")
    for name, bits in (("weight_bits", weight_bits), ("activation_bits", activation_bits)):
        if not (_is_whole(bits) and 2 <= bits <= 16):
            raise QuantizeError(f"{name} is {bits}", "FakeQuants have 2 to 16 bits, and 8 for files of integers")
    for name, delay in (("quant_delay", quant_delay), ("freeze_bn_delay", freeze_bn_delay)):
        if delay is not None and not (_is_whole(delay) and delay >= 0):
            raise QuantizeError(f"{name} is {delay!r}", "Give a number of runs, a whole one, 0 or more")
    if not isinstance(scope, str | None):
        raise QuantizeError(f"scope is {scope!r}", "Give the name of a name scope")
    scope = f"{scope.rstrip('/')}/" if scope else ""
    graph = tf.compat.v1.get_default_graph() if graph is None else graph
    if not isinstance(graph, tf.Graph):
        raise QuantizeError(
            f"a {type(graph).__name__} is not a tf.Graph, and only that can be rewritten", "Give the graph that the model is in"
        )
    if graph.finalized:
        raise QuantizeError("the graph is finalized, as a session's hooks leave it, and takes no new ops", "Rewrite it before that")
    _check(graph, scope)
    with graph.as_default():
        fold_batch_norms(graph, training, freeze_bn_delay)
        inserted = insert_fake_quants(
            tf, graph, training, weight_bits=weight_bits, activation_bits=activation_bits, symmetric=symmetric, delay=quant_delay or 0,
            scope=scope,
        )  # fmt: skip
    if not inserted.layers:
        raise QuantizeError(f"the graph has no layer to quantize: {_named(_layers(graph))} read no variable", _VARIABLES)
    _warn(graph, inserted, scope)


def _is_whole(number: Any) -> bool:
    return isinstance(number, Integral)


_VARIABLES = "Weights must be variables, whole or partitioned, or products of one, as weights with a folded batch norm are"


def _check(graph: Any, scope: str) -> None:
    """Raise QuantizeError for graphs that the rewrite would leave untouched or make wrong."""
    operations = graph.get_operations()
    optimizers = sorted({op.type for op in operations if op.type.removeprefix("Resource").removeprefix("Sparse").startswith("Apply")})
    if optimizers:
        raise QuantizeError(
            f"Training op found in graph, exiting {{{', '.join(optimizers)}}}",
            "Call it before the optimizer's minimize, so that gradients see the rounding",
        )
    layers = _layers(graph)
    if not layers:
        raise QuantizeError(f"the graph has no layer to quantize: none of its ops is {', '.join(LAYERS)}", "Build the model first")
    if not any(op.type in ("Variable", "VariableV2", "VarHandleOp") for op in operations):
        raise QuantizeError(
            "the graph is frozen: it has no variables, and what weights are constants, whose ranges nothing can learn",
            "Rewrite the graph with variables, before freezing",
        )
    if not any(op.name.startswith(scope) for op in layers):
        raise QuantizeError(f"the name scope {scope[:-1]!r} has no layer to quantize", f"The graph's layers are {_named(layers)}")
    rewritten = [op.name for op in operations if _RANGED_WEIGHTS.search(op.name) and op.name.startswith(scope)]
    if rewritten:
        raise QuantizeError(
            f"the graph has FakeQuants on its weights already, such as {rewritten[0]!r}",
            "Rewrite a graph once, and build another for evaluation",
        )


_RANGED_WEIGHTS = re.compile(r"(^|/)weights_quant(_\d+)?/FakeQuantWithMinMaxVars$")


def _warn(graph: Any, inserted: Inserted, scope: str) -> None:
    """Warn once of what the rewrite cannot mend, at the line that called it."""
    texts = []
    if inserted.unread:
        pairs = ", ".join(f"{tensor!r} (rounded: {rounded!r})" for tensor, rounded in inserted.unread)
        texts.append(
            f"nothing reads {pairs}: by its own name it is not rounded. tinylite.freeze keeps its range; with other freezers name the "
            "rounded tensor as the output"
        )
    ranged = {layer.op for layer in inserted.layers}
    floats = [op for op in _layers(graph) if op not in ranged and not is_folded(op) and op.name.startswith(scope)]
    if floats:
        texts.append(f"{_named(floats)} stay in float, as they read no variable. {_VARIABLES}")
    gradients = [op for op in graph.get_operations() if op.name.startswith("gradients/")]
    if gradients:
        texts.append("the graph has gradients, which do not see the rounding: take them after the rewrite")
    for text in texts:
        warnings.warn(printable(text, lines=True), stacklevel=_levels_to_caller())


def _levels_to_caller() -> int:
    """How far up the first frame is that is not part of this file, as `stacklevel` of the function that asks."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_code.co_filename == __file__:
        frame, level = frame.f_back, level + 1
    return level


def _layers(graph: Any) -> list[Any]:
    return [op for op in graph.get_operations() if op.type in LAYERS]


def _named(layers: list[Any]) -> str:
    names = [repr(op.name) for op in layers]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
