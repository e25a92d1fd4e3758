"""Random numbers: a generator's seeds, and its counter, which goes on from one run to the next."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .operator import Node, Operator, Shape

if TYPE_CHECKING:
    from ...memory.arena import Region
    from .plan_context import PlanContext

__all__ = ["Filled", "Random"]


class Random(Operator):
    """An operator whose outputs differ from run to run. LiteRT's numbers for the same seeds; without seeds, others every time."""

    max_version = 1
    options = "RandomOptions"
    pure = False

    def generator(self, node: Node, plan: PlanContext) -> dict[str, Any]:
        """The fields of a kernel of kernels/random.py: key and counter."""
        # LiteRT's kernels see 32 bits of the seeds.
        seeds = np.array([node.options.seed, node.options.seed2]).astype(np.int32).astype(np.int64)
        seeded = bool(seeds.any())

        def start(counter: np.ndarray) -> None:
            counter[8:16] = np.frombuffer(seeds[1].tobytes() if seeded else os.urandom(8), np.uint8)

        key = seeds[0] if seeded else np.frombuffer(os.urandom(8), np.int64)[0]
        return {"counter": plan.lasting(16, start, apart=not seeded), "key": int(key)}

    def skip(self, plan: PlanContext, counter: Region, groups: int) -> None:
        """Advance the counter, so that the next run has other numbers."""
        from ...kernels.random import random_skip

        plan.step(random_skip, work=1, counter=counter, groups=groups)


class Filled(Random):
    """An output of the shape that the input says, FLOAT32, whose elements are independent of each other."""

    kernel: str

    def check_types(self, node: Node) -> None:
        shape, output = node.input(0), node.outputs[0]
        node.require(shape.type == "INT32", f"its shape {shape} is not INT32")
        if output.type != "FLOAT32":
            node.unsupported(f"there is no kernel for output {output}; there is one for FLOAT32")

    def infer(self, node: Node) -> Sequence[Shape]:
        node.require(len(node.input(0).shape) == 1, f"its shape {node.input(0)} does not have 1 dimension")
        return [tuple(node.numbers(0))]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels import random as kernels

        output, generator = node.outputs[0], self.generator(node, plan)
        groups = -(-output.size // kernels.GROUP)
        plan.step(
            getattr(kernels, self.kernel), work=-(-groups // kernels.BLOCK), cost=40 * kernels.BLOCK, scratch=8 * kernels.LANES,
            output=output, count=output.size, **generator,
        )  # fmt: skip
        self.skip(plan, generator["counter"], groups)
