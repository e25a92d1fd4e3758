"""Compute once what is computed twice, and store once what is stored twice."""

from __future__ import annotations

import hashlib
from typing import Any

from ..model import Graph, Op, Tensor
from .graph_pass import keeps_bits
from .uses import Uses, repeats

__all__ = ["deduplicate_constants", "eliminate_common_subexpressions"]


@keeps_bits
def deduplicate_constants(graph: Graph) -> int:
    """Merge constants of the same type, shape and bytes into one tensor; returns the number removed."""
    alike: dict[Any, list[Tensor]] = {}
    given = set(map(id, graph.inputs))
    for tensor in Graph(None, [], graph.outputs, graph.ops).all_tensors():
        if tensor.buffer is not None and not tensor.is_variable and id(tensor) not in given and tensor.quantization is None:
            alike.setdefault((tensor.type, tensor.shape), []).append(tensor)
    uses, shared = None, 0
    for tensors in alike.values():
        first: dict[bytes, Tensor] = {}
        for tensor in tensors if len(tensors) > 1 else ():
            assert tensor.buffer is not None
            kept = first.setdefault(hashlib.blake2b(tensor.buffer.data, digest_size=16).digest(), tensor)
            if kept is not tensor:
                uses = uses or Uses(graph)
                uses.redirect(tensor, kept)
                shared += 1
    return shared


@keeps_bits
def eliminate_common_subexpressions(graph: Graph) -> int:
    """Merge ops of the same code, options and inputs; returns the number removed."""
    uses, first, merged = Uses(graph), dict[Any, Op](), 0
    kept = []
    for op in graph.ops:
        key = (op.code, op.version, tuple(map(id, op.inputs)), repr(op.options))
        same = first.setdefault(key, op)
        if same is op or not repeats(op) or any(tensor is not None and tensor.is_variable for tensor in op.inputs):
            kept.append(op)
            continue
        if any(tensor is given for tensor in op.outputs for given in graph.outputs):
            kept.append(op)
            continue
        for old, new in zip(op.outputs, same.outputs, strict=True):
            uses.redirect(old, new)
        merged += 1
    graph.ops = kept
    return merged
