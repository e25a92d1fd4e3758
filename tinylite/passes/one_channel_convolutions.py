"""Convert convolutions of one input channel to depthwise convolutions, as TensorFlow's first converter did."""

from __future__ import annotations

import numpy as np

from ..model import Graph, Op, Tensor
from .graph_pass import changes_bits
from .uses import Uses, constant

__all__ = ["one_channel_convolutions"]


@changes_bits
def one_channel_convolutions(graph: Graph) -> int:
    """Convert CONV_2D with weights [out, height, width, 1], equal strides and no dilation; returns the number converted."""
    uses, changed = Uses(graph), 0
    for op in list(graph.ops):
        weights = op.inputs[1] if op.code == "CONV_2D" and len(op.inputs) > 1 else None
        values, x = constant(weights), op.inputs[0] if op.inputs else None
        if weights is None or values is None or op.options is None or x is None or values.shape[3:] != (1,) or x.shape[3:] != (1,):
            continue
        options = dict(op.options.items())
        if options["stride_h"] != options["stride_w"] or (options["dilation_h_factor"], options["dilation_w_factor"]) != (1, 1):
            continue
        made = Tensor(weights.name, has_rank=True, quantization=weights.quantization)
        made.data = np.ascontiguousarray(values.transpose(3, 1, 2, 0))
        known = {name: value for name, value in options.items() if name != "quantized_bias_type"}
        uses.replace(
            [op], Op("DEPTHWISE_CONV_2D", [op.inputs[0], made, *op.inputs[2:]], op.outputs, depth_multiplier=values.shape[0], **known)
        )
        changed += 1
    uses.apply()
    return changed
