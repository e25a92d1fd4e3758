"""A float graph whose tensors have ranges becomes one of 8-bit integers.

FAKE_QUANT ops, stats of inputs ──ranges──> Ranges ──check──> which ops ──rewrite──> integers

Two converters wrote such files, and they differ here and there; `style` says whose ways are followed:

"toco"   TensorFlow's first converter (to 1.15): weights without a range of their own take 0..255; an activation that the
         output's range already keeps is dropped; a convolution of one channel becomes a depthwise one; a missing range is an error.
"mlir"   that of TF 2.21: such weights take 1..255, activations stay, and what has no range stays in float.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import ConvertError, quoted
from ..limits import memory_shortage
from ..model import Graph, Model
from ..ops import facts_of
from ..passes.one_channel_convolutions import one_channel_convolutions
from ..passes.pipelines import AFTER_QUANTIZATION, optimize
from ..passes.plain_logarithms import plain_logarithms
from .check import check_ops, quantizable
from .ranges import Ranges, is_real, pair
from .rewrite import Rewrite

__all__ = ["STYLES", "Integers", "quantize_graph", "quantize_model", "read_ranges"]

STYLES = ("toco", "mlir")
_TYPES = ("UINT8", "INT8")
# FAKE_QUANT ops have stood between what can now become one.


@dataclass(frozen=True)
class Integers:
    """What a fully quantized model is asked to be.

    type                   "UINT8" or "INT8", of weights and activations
    style                  "toco" or "mlir", whose ways are followed where two converters differ
    input_stats            (mean, std) of inputs by name: real = (stored - mean) / std
    default_range          (low, high) for tensors without a range, for experiments
    input_type, output_type  the types of the graph's real inputs and outputs: "UINT8", "INT8" or "FLOAT32"; None: `type`
    change_concat_inputs   let all inputs of a CONCATENATION have the output's range, so that it only copies
    allow_float_ops        leave in float, between DEQUANTIZE and QUANTIZE, ops without a quantized form or without ranges
    nudge_weights          let weights that stand too near to one another at 0 for LiteRT's fast uint8 kernels be 1
    """

    type: str = "UINT8"
    style: str = "toco"
    input_stats: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    default_range: tuple[float, float] | None = None
    input_type: str | None = None
    output_type: str | None = None
    change_concat_inputs: bool = False
    allow_float_ops: bool = False
    nudge_weights: bool = False

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ConvertError(f"there is no style {self.style!r}", f"There are: {', '.join(STYLES)}")
        ends = (*_TYPES, "FLOAT32")
        for what, type, allowed in (("models", self.type, _TYPES), ("inputs", self.input_type, ends), ("outputs", self.output_type, ends)):
            if type is not None and type not in allowed:
                raise ConvertError(f"{what} of type {type} are not built for 8-bit quantization", f"There are: {', '.join(allowed)}")

    @property
    def keeps_float(self) -> bool:
        """Whether what cannot be quantized stays in float."""
        return self.allow_float_ops or self.style == "mlir"


def read_ranges(graph: Graph, settings: Integers) -> Ranges:
    """The ranges that a graph and its settings tell; the graph's FAKE_QUANT ops are gone then."""
    ranges = Ranges(graph, settings.type, settings.style, settings.change_concat_inputs)
    ranges.check_values()
    ranges.read_constants()
    if settings.style == "toco":  # what is said of an input outweighs its FakeQuant
        ranges.read_inputs(settings.input_stats)
    ranges.read_fake_quants()
    ranges.read_inputs(settings.input_stats)
    return ranges


def quantize_graph(graph: Graph, settings: Integers, ranges: Ranges | None = None) -> None:
    """Rewrite a graph; `ranges` are those that were read before, if they were.

    Raises ConvertError for all tensors without a range and all ops without a quantized form at once, and for weights that fast
    kernels cannot take; the graph is not to be used then.
    """
    plain_logarithms(graph)
    ranges = ranges or read_ranges(graph, settings)
    if settings.style == "toco":
        one_channel_convolutions(graph)
        ranges.read_constants()
    ranges.propagate()
    if settings.default_range is not None:
        ranges.give_default(*pair("the default range", settings.default_range))
    if settings.style == "mlir":
        ranges.pull_back()
    Rewrite(graph, ranges, settings, quantizable(graph, ranges, settings)).apply()
    optimize(graph, AFTER_QUANTIZATION)


@memory_shortage("quantizing it", "Quantize it on a larger machine, or end other programs")
def quantize_model(model: Model, settings: Integers | None = None) -> Model:
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
    quantize_graph(graph, settings or Integers())
    now = {id(old): new for old, new in zip(before, (*graph.inputs, *graph.outputs), strict=True)}
    for signature in made.signatures:
        for side in (signature.inputs, signature.outputs):
            side.update((name, now.get(id(tensor), tensor)) for name, tensor in side.items())
    from ..passes.set_versions import set_versions

    set_versions(made)
    return made


def _computes_on_floats(graph: Graph) -> bool:
    """Also if it only gives floats out that it is given; not if it turns them into integers and back."""
    ops = [op for op in graph.ops if not facts_of(op).converts]
    tensors = [tensor for op in ops for tensor in (*op.inputs, *op.outputs)] if graph.ops else [*graph.inputs, *graph.outputs]
    return any(is_real(tensor) for tensor in tensors)
