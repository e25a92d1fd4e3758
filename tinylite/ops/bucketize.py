"""BUCKETIZE: for each number the bucket that it falls into, between boundaries that rise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Bucketize(Operator):
    """A number that equals a boundary falls into the bucket above it."""

    code = "BUCKETIZE"
    example = "f32 56x24 boundaries=[-0.5,0,0.5]"
    versions = Versions("2.8.0")
    plain_types = "FLOAT32 FLOAT64 INT32 INT64"
    options = "BucketizeOptions"

    def check_types(self, node: Node) -> None:
        from ..kernels.tables import bucketize

        input, output, boundaries = node.input(0), node.outputs[0], node.options.boundaries
        if input.type not in bucketize:
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(bucketize)}")
        node.require(output.type == "INT32", f"its output {output} is not INT32")
        node.require(boundaries is not None, "its boundaries are missing")
        rising = np.asarray(boundaries, np.float32)
        node.require(bool((rising[:-1] <= rising[1:]).all()), "its boundaries do not rise")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.tables import BLOCK, bucketize

        input, output, boundaries = node.input(0), node.outputs[0], node.options.boundaries
        plan.step(
            bucketize[input.type], work=-(-input.size // BLOCK), cost=BLOCK * 4 * (len(boundaries).bit_length() + 1), input=input,
            boundaries=plan.constant(boundaries, np.float32), boundary_count=len(boundaries), output=output, count=input.size,
        )  # fmt: skip
