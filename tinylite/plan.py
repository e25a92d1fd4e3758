"""From a Graph to something that runs: order, shapes, memory, and an array of step records for the native executor.

    Planner   walks the ops once: checks them, infers shapes, computes what does not depend on inputs, lets each operator
              prepare its steps, and lays out memory
    Segment   steps that run in one native call, with their memory
    Plan      the segments of a graph; one, unless a shape depends on a value that only a run can know

A step that needs such a value ends its segment. Planning goes on when the value is there, and what comes of it is kept
for the next run with the same value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .kernels.store import Progress
from .model import Graph, Tensor
from .ops.common.operator import Shape, Value
from .planner import Mark, Planner
from .segment import Segment

__all__ = ["Plan"]


@dataclass
class _Cut:
    """Where planning had to stop: behind a segment, for a value that the segment computes."""

    value: Value
    mark: Mark
    assumed: np.ndarray | None = None  # the value that what follows was planned for


class Plan:
    """A graph made ready for inputs of fixed shapes. With `exact`, floats too are rounded as the reference kernels round.

    Raises what planning raises: ModelError, UnsupportedError, OutOfMemoryError, KernelError.
    """

    def __init__(
        self, graph: Graph, shapes: dict[int, Shape] | None = None, *, keep_all: bool = False, threads: int = 1,
        exact: bool = False, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.planner = Planner(graph, shapes or {}, keep_all, threads, exact)
        self.progress = progress
        self.segments: list[Segment] = []
        self.cuts: list[_Cut] = []
        self.advance()
        self.reset_variables()

    def reset_variables(self) -> None:
        """Set all state to zero: the zero point of what is INT8, as LiteRT does, and 0 of everything else."""
        for value in self.planner.values.values():
            if value.tensor is not None and value.tensor.is_variable and value.known is None:
                quantization = value.tensor.quantization
                zero = (
                    quantization.zero_point[0] if value.type == "INT8" and quantization is not None and quantization.zero_point.size else 0
                )
                self.view(value)[...] = zero

    def advance(self) -> None:
        """Plan the next segment."""
        pending = self.planner.run()
        self.segments.append(self.planner.finish(self.progress))
        if pending is not None:
            self.cuts.append(_Cut(pending, self.planner.mark()))

    @property
    def static(self) -> bool:
        """Whether a run is one native call."""
        return not self.cuts

    def run(self) -> None:
        """Run on what the inputs hold. Raises InvokeError, or what planning raises; the plan can be run again."""
        self.segments[0].run()
        for index in range(len(self.planner.graph.ops)):
            if index == len(self.cuts):
                return
            self.resume(index)
            self.segments[index + 1].run()

    def resume(self, index: int) -> None:
        """Make sure that what follows cut `index` was planned for the value that the segment before it has just computed."""
        cut = self.cuts[index]
        cut.value.known = None
        found = self.planner.view(cut.value).copy()
        if cut.assumed is not None and np.array_equal(found, cut.assumed):
            cut.value.known = cut.assumed
            return
        for later in self.cuts[index + 1 :]:
            later.value.known = None  # what it was planned for says nothing of what comes now
        del self.segments[index + 1 :], self.cuts[index + 1 :]
        cut.assumed = None
        self.planner.return_to(cut.mark)
        cut.value.known = found
        self.advance()
        cut.assumed = found

    def value(self, tensor: Tensor) -> Value | None:
        """A tensor's value, if the plan has reached it."""
        return self.planner.values.get(id(tensor))

    def view(self, value: Value) -> np.ndarray:
        """The memory of a value as an array of its shape and dtype: a view, not a copy."""
        return self.planner.view(value)

    @property
    def arena_size(self) -> int:
        """The bytes of all arenas."""
        return sum(arena.size for arena in self.planner.arenas)
