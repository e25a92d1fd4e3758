"""Who writes and who reads the tensors of a graph: what every rewrite has to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of

__all__ = ["Uses", "constant", "has", "per_channel", "rebuilt", "repeats", "same_numbers"]


class Uses:
    """Producers and readers, as they are when this is made; `replace` keeps it in step."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.producers: dict[int, Op] = {id(tensor): op for op in graph.ops for tensor in op.outputs}
        self.reads: Counter[int] = Counter(id(tensor) for op in graph.ops for tensor in op.inputs if tensor is not None)
        self.reads.update(id(tensor) for tensor in graph.outputs)
        self.readers: dict[int, list[Op]] = {}
        for op in graph.ops:
            for tensor in op.inputs:
                if tensor is not None:
                    self.readers.setdefault(id(tensor), []).append(op)
        self._gone: set[int] = set()
        self._instead: dict[int, list[Op]] = {}

    def producer(self, tensor: Tensor | None, *codes: str) -> Op | None:
        """The op that writes a tensor, if it has one of these codes."""
        op = self.producers.get(id(tensor))
        return op if op is not None and id(op) not in self._gone and (not codes or op.code in codes) else None

    def sole_producer(self, tensor: Tensor | None, *codes: str) -> Op | None:
        """The same, if nobody else reads the tensor: the op may be taken up by the one that reads it."""
        return self.producer(tensor, *codes) if tensor is not None and self.reads[id(tensor)] == 1 else None

    def sole_consumer(self, tensor: Tensor, *codes: str) -> Op | None:
        """The one op that reads a tensor, if it has one of these codes and the tensor is not an output of the graph."""
        readers = [op for op in self.readers.get(id(tensor), ()) if id(op) not in self._gone]
        return readers[0] if self.reads[id(tensor)] == len(readers) == 1 and (not codes or readers[0].code in codes) else None

    def gone(self, op: Op) -> bool:
        return id(op) in self._gone

    def replace(self, old: Collection[Op], new: Op | Iterable[Op]) -> None:
        """Put `new` in the place of the last of `old`; `apply` makes it so."""
        made = [new] if isinstance(new, Op) else list(new)
        places = {id(op): place for place, op in enumerate(old)}
        for op in old:
            self._gone.add(id(op))
            self.reads.subtract(id(tensor) for tensor in op.inputs if tensor is not None)
        for op in made:
            self.reads.update(id(tensor) for tensor in op.inputs if tensor is not None)
            self.producers.update((id(tensor), op) for tensor in op.outputs)
            for tensor in op.inputs:
                if tensor is not None:
                    self.readers.setdefault(id(tensor), []).append(op)
        last = max(old, key=lambda op: (self._position(op), places[id(op)]))
        self._instead[id(last)] = made

    def _position(self, op: Op) -> int:
        if not hasattr(self, "_positions"):
            self._positions = {id(op): position for position, op in enumerate(self.graph.ops)}
        return self._positions.get(id(op), -1)

    def apply(self) -> None:
        """Write the replacements into the graph."""

        def instead(op: Op) -> Iterable[Op]:
            if id(op) in self._instead:
                for made in self._instead[id(op)]:
                    yield from instead(made)
            elif id(op) not in self._gone:
                yield op

        self.graph.ops = [kept for op in self.graph.ops for kept in instead(op)]

    def redirect(self, old: Tensor, new: Tensor) -> None:
        """Replace `old` by `new` in all its consumers."""
        for op in self.readers.pop(id(old), ()):
            op.inputs = [new if tensor is old else tensor for tensor in op.inputs]
            self.readers.setdefault(id(new), []).append(op)
        self.graph.outputs = [new if tensor is old else tensor for tensor in self.graph.outputs]
        self.reads[id(new)] += self.reads.pop(id(old), 0)


def has(graph: Graph, *codes: str) -> bool:
    """Whether a graph has an op of one of these codes; most passes have nothing to look for in most graphs."""
    return any(op.code in codes for op in graph.ops)


def rebuilt(op: Op, inputs: Iterable[Tensor | None], outputs: Iterable[Tensor], **options: Any) -> Op:
    """The same operator with other inputs and outputs, and with these options changed."""
    kept = dict(op.options.items()) if op.options is not None else {}
    return Op(
        op.code, inputs, outputs, version=op.version, custom_code=op.custom_code, custom_options=op.custom_options, **{**kept, **options}
    )  # fmt: skip


def repeats(op: Op) -> bool:
    """Whether an op of the same operator, options and inputs has the same outputs: not where random numbers or variables are read."""
    return op.code != "CUSTOM" and facts_of(op).pure


def constant(tensor: Tensor | None) -> np.ndarray | None:
    """The value of a FLOAT32 constant, or None."""
    return tensor.data if tensor is not None and tensor.is_constant and tensor.type == "FLOAT32" and tensor.sparsity is None else None


def per_channel(value: np.ndarray, channels: int) -> np.ndarray | None:
    """A constant operand as [channels], if that is all it has: one number, or one for each element of the last dimension."""
    if value.size == 1:
        return np.full(channels, value.reshape(()))
    return value.reshape(-1) if value.size == channels == value.shape[-1] else None


def same_numbers(a: Tensor, b: Tensor) -> bool:
    """Whether equal bytes of two tensors are equal numbers: they have one type, scale and zero point."""
    first, second = a.quantization_params, b.quantization_params
    if a.type != b.type or first is None or second is None:
        return a.type == b.type and first is second
    return np.array_equal(first.scale, second.scale) and np.array_equal(first.zero_point, second.zero_point)
