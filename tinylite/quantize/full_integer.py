"""A float graph whose tensors have ranges becomes one of 8-bit integers.

sources of ranges ──> Ranges ──propagate──> check: which ops ──rewrite, as the policy decides──> integers
"""

from __future__ import annotations

from ..errors import ConvertError, quoted
from ..limits import memory_shortage
from ..model import Graph, Model
from ..ops import facts_of
from ..passes.one_channel_convolutions import one_channel_convolutions
from ..passes.pipelines import AFTER_QUANTIZATION, optimize
from ..passes.plain_logarithms import plain_logarithms
from ..passes.set_versions import set_versions
from .check import check_ops, quantizable
from .config import FullIntegerQuantization
from .range_sources import further_sources, graph_sources
from .range_sources.weight_fake_quants import WeightFakeQuants
from .ranges import Ranges, is_real
from .rewrite import Rewrite

__all__ = ["quantize_graph", "quantize_model", "read_ranges"]


def read_ranges(graph: Graph, quantization: FullIntegerQuantization) -> Ranges:
    """The ranges that a graph and the user say; the graph's FAKE_QUANT ops are gone then."""
    ranges = Ranges(graph, quantization.type, quantization.decisions, quantization.change_concat_inputs)
    for source in graph_sources(quantization):
        source.provide(ranges)
    return ranges


def quantize_graph(graph: Graph, quantization: FullIntegerQuantization, ranges: Ranges | None = None) -> None:
    """Rewrite a graph; `ranges` are those that were read before, if they were.

    Raises ConvertError for all tensors without a range and all ops without a quantized kernel at once, and for weights that fast
    kernels cannot take; the graph is not to be used then.
    """
    policy = quantization.decisions
    plain_logarithms(graph)
    ranges = ranges or read_ranges(graph, quantization)
    if policy.one_channel_to_depthwise:
        one_channel_convolutions(graph)
        WeightFakeQuants().provide(ranges)
    ranges.propagate()
    for source in further_sources(quantization):
        ranges.ask(source)
        ranges.propagate()
    if policy.backward_through_moves:
        ranges.propagate_backward()
    Rewrite(graph, ranges, quantization, quantizable(graph, ranges, quantization)).apply()
    optimize(graph, AFTER_QUANTIZATION)


@memory_shortage("quantizing it", "Quantize it on a larger machine, or end other programs")
def quantize_model(model: Model, quantization: FullIntegerQuantization | None = None) -> Model:
    """A float model with FAKE_QUANT ops, quantized; the model given stays as it is.

    Only the first graph is rewritten: what others compute, the bodies of loops, stays in float.
    Raises ConvertError as `quantize_graph` does, and ModelError for ops that break their operators' rules.
    """
    if not isinstance(model, Model):
        raise ConvertError(f"what is quantized should be a tinylite.Model, not {quoted(model)}", "Load it with tinylite.Model.load")
    made = model.copy()
    if not _computes_on_floats(made.graph):
        raise ConvertError("the model computes on no floats: it is quantized already", "Give the float model that it was made of")
    graph = made.graph
    check_ops(graph)
    before = [*graph.inputs, *graph.outputs]
    quantize_graph(graph, quantization or FullIntegerQuantization())
    now = {id(old): new for old, new in zip(before, (*graph.inputs, *graph.outputs), strict=True)}
    for signature in made.signatures:
        for side in (signature.inputs, signature.outputs):
            side.update((name, now.get(id(tensor), tensor)) for name, tensor in side.items())
    set_versions(made)
    return made


def _computes_on_floats(graph: Graph) -> bool:
    """Also if it only returns floats that it is given; not if it turns them into integers and back."""
    ops = [op for op in graph.ops if not facts_of(op).converts]
    tensors = [tensor for op in ops for tensor in (*op.inputs, *op.outputs)] if graph.ops else [*graph.inputs, *graph.outputs]
    return any(is_real(tensor) for tensor in tensors)
