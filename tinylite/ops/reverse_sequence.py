"""REVERSE_SEQUENCE: along one dimension, the first elements of each batch turned round, as many as input 1 says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, strides_of
from .common.operator import Node, Shape, register
from .common.quantization_rules import QuantizationRule
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class ReverseSequence(Moving):
    """A length that is negative, or longer than the dimension, stops the run."""

    code = "REVERSE_SEQUENCE"
    example = "f32 4x56x24 i32:4~1..56 seq_dim=1"
    versions = Versions("1.14.0")
    plain_types = "FLOAT32 UINT8 INT16 INT32 INT64"
    options = "ReverseSequenceOptions"
    input_count = (2, 2)
    quantized = QuantizationRule(types=("UINT8",), moves=("UINT8",), ranges="forward")

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        lengths = node.input(1)
        node.require(lengths.type in ("INT32", "INT64"), f"its lengths {lengths} are neither INT32 nor INT64")

    def infer(self, node: Node) -> Sequence[Shape]:
        input, lengths = node.input(0), node.input(1)
        along, batch, rank = node.options.seq_dim, node.options.batch_dim, len(input.shape)
        fits = 0 <= along < rank and 0 <= batch < rank and along != batch
        node.require(fits, f"its seq_dim {along} and batch_dim {batch} are not two dimensions of {input}")
        node.require(lengths.shape == (input.shape[batch],), f"its lengths {lengths} are not one for each of {input.shape[batch]} batches")
        return [input.shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.indexing import reverse_sequence

        input, lengths, output = node.input(0), node.input(1), node.outputs[0]
        shape, along, batch = input.shape, node.options.seq_dim, node.options.batch_dim
        first, second = sorted((along, batch))
        strides = strides_of(shape, input.dtype.itemsize)
        outer, middle = math.prod(shape[:first]), math.prod(shape[first + 1 : second])
        plan.step(
            reverse_sequence[lengths.type], work=shape[batch] * shape[along] * outer * middle, cost=strides[second] // 8 + 16,
            failures={1: f"a length in {lengths} is not within 0..{shape[along]}"}, input=input, output=output, lengths=lengths,
            steps=shape[along], batch_stride=strides[batch], step_stride=strides[along], outer=outer,
            outer_stride=strides[first] * shape[first], middle=middle, middle_stride=strides[second] * shape[second],
            slice_bytes=strides[second],
        )  # fmt: skip
