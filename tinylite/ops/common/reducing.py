"""Operators that reduce dimensions: the second input names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...quantization_math import mean_multiplier
from .operator import Node, Operator, Shape
from .quantization_params import affine, scale_and_zero

if TYPE_CHECKING:
    from ...kernels.kernel import Kernel
    from .plan_context import PlanContext

__all__ = ["Reducing", "reduced_axes"]

_LONGEST_RUN = 1 << 14  # elements of a run that is kept: 128 kB of scratch memory


def reduced_axes(node: Node, rank: int) -> list[int]:
    """The dimensions that input 1 names, each once, in ascending order; negative ones count from the last."""
    axes = set()
    for axis in node.numbers(1):
        node.require(-rank <= axis < rank, f"its axis {axis} is not a dimension of {node.input(0)}")
        axes.add(axis % rank)
    return sorted(axes)


class Reducing(Operator):
    """Kernels are in kernels/reduce.py under the operator's code, one for each type."""

    example = "f32 1x7x7x64 [1,2] keep_dims"
    options = "ReducerOptions"
    input_count = (2, 2)
    reduces = True

    def kernels(self) -> dict[str, Any]:
        from ...kernels.reduce import REDUCE

        return dict(REDUCE[self.code])

    def check_types(self, node: Node) -> None:
        x, output = node.input(0), node.outputs[0]
        if x.type not in self.kernels():
            node.unsupported(f"there is no kernel for input {x}; there are: {', '.join(self.kernels())}")
        node.require(output.type == x.type, f"its output {output} is not {x.type}, as its input is")

    def infer(self, node: Node) -> Sequence[Shape]:
        shape = node.input(0).shape
        axes = reduced_axes(node, len(shape))
        if node.options.keep_dims:
            return [tuple(1 if axis in axes else size for axis, size in enumerate(shape))]
        return [tuple(size for axis, size in enumerate(shape) if axis not in axes)]

    def fields(self, node: Node, count: int) -> dict[str, Any]:
        """What the kernel's record wants besides the walk; `count` elements make one result."""
        return {}

    def rounded(self, node: Node, method: str, axes: list[int], count: int) -> tuple[Kernel, dict[str, Any]] | None:
        """The kernel and its fields by an arithmetic's method; None where it is that of the reference kernels."""
        return None

    def operations(self, node: Node) -> int:
        return node.input(0).size

    def prepare(self, node: Node, plan: PlanContext) -> None:
        x, output = node.input(0), node.outputs[0]
        axes = reduced_axes(node, len(x.shape))
        walk, units = self.walk(node, x.shape, axes)
        count = x.size // output.size if output.size else 0
        method = self.rule(node, plan.arithmetic).method
        rounded = self.rounded(node, method, axes, count) if method else None
        kernel, fields = (self.kernels()[x.type], self.fields(node, count)) if rounded is None else rounded
        plan.step(
            kernel, work=units if output.size else 0, cost=count * (walk["run"] if walk["run_kept"] else 1) + 16,
            scratch=walk["run"] * 8 if walk["run_kept"] else 0, x=x, out=output, **walk, **fields,
        )  # fmt: skip

    @staticmethod
    def walk(node: Node, shape: Shape, axes: list[int]) -> tuple[dict[str, Any], int]:
        """The dimensions as a kernel walks them, neighbours of a kind made one, and how many units of work there are."""
        from ...kernels.reduce import MAX_DIMS

        groups: list[list[int]] = []  # whether reduced, size, stride
        step = 1
        for axis in reversed(range(len(shape))):
            reduced = int(axis in axes)
            if shape[axis] != 1:
                if groups and groups[-1][0] == reduced:
                    groups[-1][1] *= shape[axis]
                else:
                    groups.append([reduced, shape[axis], step])
            step *= shape[axis]
        run = groups.pop(0) if groups else [0, 1, 1]
        if not run[0] and run[1] > _LONGEST_RUN:
            # A kernel adds up a run at a time, in scratch memory: long ones are walked part by part.
            part = next(size for size in range(_LONGEST_RUN, 0, -1) if run[1] % size == 0)
            groups.insert(0, [0, run[1] // part, part])
            run = [0, part, 1]
        kept = [group[1:] for group in reversed(groups) if not group[0]]
        reduced_dims = [group[1:] for group in reversed(groups) if group[0]]
        if max(len(kept), len(reduced_dims)) > MAX_DIMS:
            node.unsupported(f"it reduces every other of {len(shape)} dimensions")
        walk = {
            "kept": len(kept), "kept_dims": [d[0] for d in kept], "kept_strides": [d[1] for d in kept],
            "reduced": len(reduced_dims), "reduced_dims": [d[0] for d in reduced_dims],
            "reduced_strides": [d[1] for d in reduced_dims], "run": run[1], "run_kept": 1 - run[0],
            "reduced_count": int(np.prod([d[0] for d in reduced_dims], dtype=np.int64)),
        }  # fmt: skip
        return walk, int(np.prod([d[0] for d in kept], dtype=np.int64))

    def rescaling(self, node: Node, count: int, mean: bool) -> dict[str, int]:
        """The record's fields that bring a sum of quantized values to the output."""
        (in_scale, in_zero), (out_scale, out_zero) = scale_and_zero(node, node.input(0)), scale_and_zero(node, node.outputs[0])
        multiplier, shift = mean_multiplier(in_scale / out_scale, max(count, 1) if mean else 1)
        return {"count": count, "in_zero": in_zero, "out_zero": out_zero, "multiplier": multiplier, "shift": shift}

    @staticmethod
    def in_float(node: Node, count: int, mean: bool) -> tuple[Kernel, dict[str, Any]]:
        """XNNPACK's: the sum as a float, times a factor, with both zero points in a term that is a float too, halves to even."""
        from ...kernels.reduce import ROUNDED_SUM

        x, output = affine(node, node.input(0)), affine(node, node.outputs[0])
        factor = np.float32(x.scale) / np.float32(output.scale)
        if mean:
            factor = factor * (np.float32(1) / np.float32(count))
        bias = np.float32(output.zero) - np.float32(count * x.zero) * factor
        return ROUNDED_SUM["in_float"][node.input(0).type], {"factor": float(factor), "bias": float(bias), "zero": 0, "even": 1}
