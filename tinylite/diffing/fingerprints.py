"""What an op looks like, as numbers that can be compared with those of another graph's ops."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..model import Graph, Op, Tensor, own_options
from ..ops import facts_of
from ..schema.table import Table

__all__ = ["Ops", "constant_digest", "converts"]

_TELLING = 32  # bytes of constants from which on they tell one op from others


class Ops:
    """The ops of a graph by their position: what they are called, what surrounds them, and hashes of what they look like.

    names      the names of the outputs; () where one has none
    codes      the operator; of a custom one with its own name
    options    its options, without the graphs that it calls
    content    its constants, bit by bit; None where they are too few to tell it from others
    shapes     of its outputs
    weights    shapes of its constants
    types      of its outputs
    forward    all that it is computed from, without numbers and types; QUANTIZE and DEQUANTIZE are looked through
    backward   all that is computed from it, likewise
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.ops = graph.ops
        self.count = len(self.ops)
        self.producer = {id(tensor): position for position, op in enumerate(self.ops) for tensor in op.outputs}
        self.input = {id(tensor): position for position, tensor in enumerate(graph.inputs)}
        self.before = [list(dict.fromkeys(self._sources(op))) for op in self.ops]
        self.after: list[list[int]] = [[] for _ in self.ops]
        for position, sources in enumerate(self.before):
            for source in sources:
                if source >= 0:
                    self.after[source].append(position)
        self.names = [names if all(names := tuple(tensor.name or "" for tensor in op.outputs)) else () for op in self.ops]
        self.codes = [hash((op.code, op.custom_code)) for op in self.ops]
        self.options = [hash((_option(own_options(op)), op.custom_options)) for op in self.ops]
        self.content = [_content(op) for op in self.ops]
        self.shapes = [hash(tuple(tensor.shape for tensor in op.outputs)) for op in self.ops]
        self.weights = [hash(tuple(tensor.shape for tensor in op.inputs if tensor is not None and tensor.is_constant)) for op in self.ops]
        self.types = [hash(tuple(tensor.type for tensor in op.outputs)) for op in self.ops]
        self.forward = self._forward()
        self.backward = self._backward()

    def _sources(self, op: Op) -> Iterator[int]:
        """The ops that write what an op reads; -1 - n for input n of the graph."""
        for tensor in op.inputs:
            if id(tensor) in self.producer:
                yield self.producer[id(tensor)]
            elif id(tensor) in self.input:
                yield -1 - self.input[id(tensor)]

    def _forward(self) -> list[int]:
        found: dict[int, int] = {id(tensor): hash(("input", number)) for number, tensor in enumerate(self.graph.inputs)}
        made = []
        for op, code, shapes, options in zip(self.ops, self.codes, self.shapes, self.options, strict=True):
            read = [0 if tensor is None else found.get(id(tensor), 1) for tensor in op.inputs]
            own = read[0] if converts(op) and read else hash((code, shapes, options, *read))
            made.append(own)
            found.update((id(tensor), own if converts(op) else hash((own, place))) for place, tensor in enumerate(op.outputs))
        return made

    def _backward(self) -> list[int]:
        # What becomes of each tensor: hashes of those who read it are added up, since their order means nothing.
        found: dict[int, int] = {}
        for number, tensor in enumerate(self.graph.outputs):
            found[id(tensor)] = found.get(id(tensor), 0) + hash(("output", number))
        made = [0] * self.count
        for position in range(self.count - 1, -1, -1):
            op = self.ops[position]
            after = [found.get(id(tensor), 0) for tensor in op.outputs]
            transparent = converts(op) and bool(after)
            own = after[0] if transparent else hash((self.codes[position], self.shapes[position], self.options[position], *after))
            made[position] = own
            for place, read in enumerate(op.inputs):
                if read is not None and not read.is_constant:
                    found[id(read)] = found.get(id(read), 0) + (own if transparent else hash((own, place)))
        return made


def converts(op: Op) -> bool:
    """Whether an op only takes floats to integers, or integers to floats or to others."""
    return facts_of(op).converts


def constant_digest(tensor: Tensor) -> bytes:
    """A hash of a constant's stored bytes, type and shape."""
    digest = hashlib.blake2b(f"{tensor.type} {tensor.shape}".encode(), digest_size=12)
    if tensor.buffer is not None:
        digest.update(np.ascontiguousarray(tensor.buffer).data)
    return digest.digest()


def _content(op: Op) -> int | None:
    constants = [tensor for tensor in op.inputs if tensor is not None and tensor.buffer is not None]
    if sum(tensor.buffer.size for tensor in constants if tensor.buffer is not None) < _TELLING:
        return None
    return hash((op.code, op.custom_code, *map(constant_digest, constants)))


def _option(value: Any) -> Any:
    """An option as what can be hashed; the graphs that it refers to do not count."""
    if isinstance(value, Table):
        return tuple((name, _option(item)) for name, item in value.items())
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, (list, tuple)):
        return tuple(map(_option, value))
    return "graph" if isinstance(value, Graph) else value
