"""What the datapath of an op takes beside arrays, as plain numbers: windows, multipliers, shifts and clamps."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..arithmetic import Arithmetic
from ..ops.common.binary import Binary
from ..ops.common.differences import scaled_differences
from ..ops.common.operator import Node, Operator
from ..ops.common.pooling import Pooling
from ..ops.common.quantization_params import activation_range, scale_and_zero
from ..ops.common.window import Axis
from .stages import STAGED, datapath_of

__all__ = ["parameters_of"]

_LEFT_SHIFT = 20  # of the inputs of ADD and SUB, in LiteRT's 8-bit kernels
_INTEGERS = ("INT8", "UINT8")


def parameters_of(node: Node, arithmetic: Arithmetic) -> dict[str, Any]:
    """The parameters of an op, by name; none for an op of which nothing is known here. All are those of the op's own axes.

    Windows: filter_h, filter_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_bottom, pad_left, pad_right, depth_multiplier.
    8-bit outputs: activation_min, activation_max. Factors are multiplier * 2^(shift - 31): multiplier and shift of each channel of a sum
    of products, whose `requantization` is how the arithmetic rounds; input_0_multiplier, input_0_shift, input_1_multiplier,
    input_1_shift, left_shift, output_multiplier, output_shift of ADD, SUB and MUL; input_multiplier, input_left_shift and diff_min of
    SOFTMAX.
    """
    operator = ops.facts_of(node.op)
    found: dict[str, Any] = {}
    if isinstance(operator, Pooling) or node.op.code in STAGED:
        found |= _window(node, operator)
    output = node.outputs[0]
    datapath = datapath_of(node, arithmetic)
    if datapath is not None:
        multiplier, shift = datapath.multiplier_and_shift
        found |= {
            "multiplier": multiplier.tolist(), "shift": shift.tolist(), "requantization": datapath.how.method,
            "activation_min": datapath.how.low, "activation_max": datapath.how.high,
        }  # fmt: skip
    elif output.type in _INTEGERS and isinstance(operator, (Pooling, Binary)):
        activation = getattr(node.options, "fused_activation_function", "NONE")
        low, high = activation_range(node, activation, output)
        found |= {"activation_min": int(low), "activation_max": int(high)}
    if output.type in _INTEGERS and isinstance(operator, Binary) and operator.affine:
        found |= _factors(node, operator)
    if output.type in _INTEGERS and node.op.code == "SOFTMAX":
        steps = scaled_differences(node, float(node.options.beta) * scale_and_zero(node, node.input(0))[0])
        found |= {"input_multiplier": steps.multiplier, "input_left_shift": steps.shift, "diff_min": -steps.radius}
    return found


def _window(node: Node, operator: Any) -> dict[str, Any]:
    """Of convolutions and pools."""
    if not hasattr(operator, "windows"):
        return {}
    if node.op.code == "TRANSPOSE_CONV":
        axes = operator.windows(node, node.outputs[0].shape)
        # Padding is what a convolution from output to input would have, half of it before.
        totals = [
            max((axis.size - 1) * stride + (axis.filter - 1) * axis.dilation + 1 - axis.out, 0)
            for axis, stride in zip(axes, operator.strides(node), strict=True)
        ]
        height, width = (
            axis._replace(stride=stride, before=total // 2, after=total - total // 2)
            for axis, stride, total in zip(axes, operator.strides(node), totals, strict=True)
        )
    else:
        height, width = operator.windows(node)
    found = {f"{name}_{letter}": value for letter, axis in (("h", height), ("w", width)) for name, value in _sizes(axis)}
    found |= {"pad_top": height.before, "pad_bottom": height.after, "pad_left": width.before, "pad_right": width.after}
    if node.op.code == "DEPTHWISE_CONV_2D":
        found["depth_multiplier"] = node.input(1).shape[3] // node.input(0).shape[3]
    return found


def _sizes(axis: Axis) -> tuple[tuple[str, int], ...]:
    return ("filter", axis.filter), ("stride", axis.stride), ("dilation", axis.dilation)


def _factors(node: Node, operator: Operator) -> dict[str, int]:
    """Of the inputs and the output of ADD, SUB and MUL; MUL takes its inputs as they are."""
    assert isinstance(operator, Binary)
    how = operator.rescaling(node)
    found = {"output_multiplier": how["out_multiplier"], "output_shift": how["out_left"] - how["out_right"]}
    if node.op.code != "MUL":
        found |= {
            "left_shift": _LEFT_SHIFT, "input_0_multiplier": how["x_multiplier"], "input_0_shift": -how["x_right"],
            "input_1_multiplier": how["y_multiplier"], "input_1_shift": -how["y_right"],
        }  # fmt: skip
    return found
