"""FULLY_CONNECTED: rows of an input [..., depth] times weights [out, depth]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.layers import Layer
from .common.operator import Node, Operator, Shape, register
from .common.quantization_rules import QuantizationRule, WeightStorageRule
from .common.versions import Versions, input_type, is_per_channel, names_bias_type, option
from .linear.gemm import Gemm, dense
from .linear.layers import LinearLayer
from .linear.operands import check_types
from .linear.packing import filter_rows
from .linear.pairs import DENSE

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class FullyConnected(Operator):
    """FLOAT32; UINT8 and INT8, whose sums are scaled in double; FLOAT32 x INT8, quantized on the way row by row (hybrid)."""

    code = "FULLY_CONNECTED"
    example = "i8 1x1024 1000x1024"
    max_version = 14
    versions = Versions(
        "1.5.0 1.10.0 1.14.0 1.14.0 2.0.0 2.1.0 2.3.0 2.3.0 2.3.0 2.11.0 2.15.0 2.17.0 2.18.0 2.21.0", other=(1, {"INT2": 14}),
        weights={"INT16 INT4 INT16": 13, "INT16 INT16 INT16": 7, "INT8 INT8 INT8": 4, "INT8 INT4 INT8": 10, "FLOAT32 INT8 FLOAT32": 3},
        hybrid=(1, 3, 9),
    )  # fmt: skip
    plain_types = "FLOAT32"
    layer = Layer(0, factors=True)
    multiplies = True
    fuses_activation = True
    options = "FullyConnectedOptions"
    input_count = (2, 3)
    quantized = QuantizationRule(weights=1, bias=2, channels=0, in_16_bits=True, drops_bias=True)
    stored_weights = WeightStorageRule((1,), channels=0, asymmetric=True, first="kernel")

    def version_needed(self, op: Op) -> int:
        hybrid = is_per_channel(op.inputs[1]) and input_type(op, 0) == "FLOAT32"
        sparse = op.inputs[1] is not None and op.inputs[1].sparsity is not None
        return max(
            super().version_needed(op), 12 if hybrid else 1, 11 if names_bias_type(op) else 1, 8 if sparse else 1,
            6 if len(op.inputs) == 2 else 1, 5 if option(op, "keep_num_dims") else 1,
            2 if option(op, "weights_format") == "SHUFFLED4x16INT8" else 1,
        )  # fmt: skip

    def check_types(self, node: Node) -> None:
        if node.options.weights_format != "DEFAULT":
            node.unsupported(f"its weights are laid out as {node.options.weights_format}, for which there is no kernel")
        check_types(node, DENSE, node.input(0), node.input(1), node.optional(2), node.outputs[0])

    def infer(self, node: Node) -> Sequence[Shape]:
        input, weights = node.input(0), node.input(1)
        node.require(len(weights.shape) == 2, f"its weights {weights} do not have 2 dimensions")
        out, depth = weights.shape
        node.require(
            depth > 0 and input.size % depth == 0, f"the {input.size} values of {input} are not a multiple of {depth}, the weights' depth"
        )
        if node.options.keep_num_dims:
            node.require(
                bool(input.shape) and input.shape[-1] == depth, f"the last dimension of {input} is not {depth}, the weights' depth"
            )
            return [(*input.shape[:-1], out)]
        return [(input.size // depth, out)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, matrix, bias, output = node.input(0), node.input(1), node.optional(2), node.outputs[0]
        out, depth = matrix.shape
        rows = input.size // depth
        layer = LinearLayer(node, DENSE, input, matrix, bias, output, out, activation=node.options.fused_activation_function)
        layer.build(plan, Gemm(
            dense(rows, depth, matrix.dtype.itemsize), input, filter_rows(matrix), output, ranges=rows, convolution=False,
            asymmetric=lambda scales: bool(node.options.asymmetric_quantize_inputs),
        ))  # fmt: skip
