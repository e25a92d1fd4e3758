"""Policies: the decisions on which quantizers differ, by name. Nothing else in this room asks whose way is followed.

TOCO   TensorFlow's first converter, to 1.15
MLIR   that of TF 2.21

A policy of one's own is one of them with some decisions changed, dataclasses.replace(MLIR, name="mine", per_channel_weights=True), and
is given wherever a name is. docs/quantization.md has the table.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ConvertError, nearest, quoted
from ..quantization_math import symmetric_steps_in_double, symmetric_steps_in_float
from .parameters import Range, nudged_range

if TYPE_CHECKING:
    from ..ops.common.quantization_rules import WeightStorageRule

__all__ = ["MLIR", "POLICIES", "TOCO", "Policy", "policy_of"]


@dataclass(frozen=True)
class Policy:
    """What a quantizer decides.

    Ranges:
    stats_before_fake_quants  of an input that has mean and std as well as a FakeQuant, mean and std hold
    stats_precision           "FLOAT32" or "FLOAT64", in which the range of mean and std is computed
    fake_quant_bits           the least and the most bits of FakeQuants whose range is taken, for 8 bits
    ranges_without_zero       a FakeQuant's range without 0, such as [1, 5], is "extend"ed to [0, 5] or "nudge"d to [0, 4]
    declared_ranges           a result that always has one scale has the range that the operator's rule declares, if any; else what that
                              scale can mean
    sums_keep_range           a SUM without a range takes its input's, with a warning
    backward_through_moves    what is computed for a data-movement op alone takes the range of that op's result

    Fully quantized graphs:
    leftovers                 what has no range or no quantized kernel is an "error", or stays in "float"
    one_channel_to_depthwise  a convolution of one channel becomes a depthwise one
    drop_idle_activations     an activation that the range of its result keeps anyway is left out, fused or on its own
    share_input_scale         results of operators that their rule says `copies` take the input's scale, whatever range they have
    requantize_fixed_results  a separate range after softmax, tanh, ... is reached by a QUANTIZE; else it is ignored
    narrow_weights            weights without a FakeQuant leave out the least integer: 1..255
    per_channel_weights       INT8 weights have a scale for each output channel
    part_zero_weights         UINT8 weights of 0 too near to one another for LiteRT's fast kernels are refused, or nudged
    omit_zero_bias            biases of FULLY_CONNECTED are left out where all are 0; other layers always have some
    record_ranges             tensors keep min and max beside scale and zero point

    Float graphs with smaller weights:
    stored_by                 the TensorFlow whose kernels and rules decide what is stored: "1.15" or "2.21"
    stored_per_channel        weights may have a scale for each channel
    stored_precision          "FLOAT32" or "FLOAT64", in which scales and steps are computed
    stored_for_all_readers    every reader of stored weights reads them, none keeps floats beside
    asymmetric_inputs         kernels may quantize their inputs with a zero point
    """

    name: str
    stats_before_fake_quants: bool = False
    stats_precision: str = "FLOAT64"
    fake_quant_bits: tuple[int, int] = (8, 8)
    ranges_without_zero: str = "nudge"
    declared_ranges: bool = False
    sums_keep_range: bool = False
    backward_through_moves: bool = True

    leftovers: str = "float"
    one_channel_to_depthwise: bool = False
    drop_idle_activations: bool = False
    share_input_scale: bool = False
    requantize_fixed_results: bool = True
    narrow_weights: bool = True
    per_channel_weights: bool = False
    part_zero_weights: bool = False
    omit_zero_bias: bool = True
    record_ranges: bool = False

    stored_by: str = "2.21"
    stored_per_channel: bool = True
    stored_precision: str = "FLOAT64"
    stored_for_all_readers: bool = False
    asymmetric_inputs: bool = True

    def __post_init__(self) -> None:
        for decision, allowed in _CHOICES.items():
            if (given := getattr(self, decision)) not in allowed:
                remedy = nearest(given, allowed) or f"There are: {', '.join(allowed)}"
                raise ConvertError(f"{decision} of policy {self.name!r} cannot be {quoted(given)}", remedy)
        for field in fields(self):
            if isinstance(field.default, bool) and not isinstance(given := getattr(self, field.name), bool):
                raise ConvertError(f"{field.name} of policy {self.name!r} cannot be {quoted(given)}", "Give True or False")
        bits = self.fake_quant_bits
        if not (isinstance(bits, tuple) and len(bits) == 2 and all(isinstance(each, int) for each in bits)):
            raise ConvertError(f"fake_quant_bits of policy {self.name!r} cannot be {quoted(bits)}", "Give the least and the most: (8, 8)")

    def holding_zero(self, range: Range) -> Range:
        """A FakeQuant's range, made to hold 0 if it does not."""
        if range.low <= 0 <= range.high:
            return range
        return nudged_range(range) if self.ranges_without_zero == "nudge" else range.with_zero()

    def takes_bits(self, bits: int) -> bool:
        """Whether the range of a FakeQuant of so many bits is taken."""
        return self.fake_quant_bits[0] <= bits <= self.fake_quant_bits[1]

    # ---- smaller weights

    def stores(self, rule: WeightStorageRule) -> bool:
        """Whether an operator's weights may be stored smaller at all."""
        return self.stored_by == "2.21" or bool(rule.first)

    def needs_all(self, rule: WeightStorageRule) -> bool:
        """Whether an operator's weights are stored all or not at all."""
        return rule.together and self.stored_by == "2.21"

    def kernel_reads(self, rule: WeightStorageRule, all_large: bool) -> bool:
        """Whether a kernel reads stored weights; else a DEQUANTIZE goes before. 1.15 left kernels in float if any weights were small."""
        return rule.kernel if self.stored_by == "2.21" else rule.first == "kernel" and all_large

    def moves_stored(self, rule: WeightStorageRule, readers: int) -> bool:
        """Whether an op moves stored weights, and a DEQUANTIZE goes after it. 1.15 let it if it was the only reader."""
        return rule.moves if self.stored_by == "2.21" else rule.first == "moves" and readers == 1

    def symmetric_steps(self, values: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scales of INT8 weights whose largest magnitude is `most`, and the values by them."""
        return (symmetric_steps_in_float if self.stored_precision == "FLOAT32" else symmetric_steps_in_double)(values, most)


_PRECISIONS = ("FLOAT32", "FLOAT64")
_CHOICES: dict[str, tuple[str, ...]] = {
    "stats_precision": _PRECISIONS, "stored_precision": _PRECISIONS, "ranges_without_zero": ("extend", "nudge"),
    "leftovers": ("error", "float"), "stored_by": ("1.15", "2.21"),
}  # fmt: skip

TOCO = Policy(
    "toco",
    stats_before_fake_quants=True,
    stats_precision="FLOAT32",
    fake_quant_bits=(0, 8),
    ranges_without_zero="extend",
    declared_ranges=True,
    sums_keep_range=True,
    backward_through_moves=False,
    leftovers="error",
    one_channel_to_depthwise=True,
    drop_idle_activations=True,
    share_input_scale=True,
    requantize_fixed_results=False,
    narrow_weights=False,
    part_zero_weights=True,
    omit_zero_bias=False,
    record_ranges=True,
    stored_by="1.15",
    stored_per_channel=False,
    stored_precision="FLOAT32",
    stored_for_all_readers=True,
    asymmetric_inputs=False,
)
MLIR = Policy("mlir")
POLICIES = {policy.name: policy for policy in (TOCO, MLIR)}


def policy_of(given: Any) -> Policy:
    """A policy, or the one of this name. Raises ConvertError, with the nearest names, if there is none."""
    if isinstance(given, Policy):
        return given
    if not isinstance(given, str) or given not in POLICIES:
        raise ConvertError(f"there is no policy {quoted(given)}", nearest(given, POLICIES) or f"There are: {', '.join(POLICIES)}")
    return POLICIES[given]
