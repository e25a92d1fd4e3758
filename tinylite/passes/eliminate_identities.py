"""Arithmetic with constants that can be done before: what changes nothing goes, and two constants in a row become one."""

from __future__ import annotations

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of, find
from .graph_pass import changes_bits
from .uses import Uses, constant

__all__ = ["eliminate_identities", "merge_constant_operands"]


@changes_bits
def eliminate_identities(graph: Graph) -> int:
    """Remove products with 1 and sums with 0 that keep the shape; returns the number removed."""
    uses, dropped = Uses(graph), 0
    for op in list(graph.ops):
        neutral = facts_of(op).neutral
        if neutral is None or op.options is None or op.options.fused_activation_function != "NONE":
            continue
        x, operand = _with_constant(op)
        value = constant(operand)
        if x is None or value is None or not np.all(value == np.float32(neutral)) or x.dynamic_shape != op.outputs[0].dynamic_shape:
            continue
        if any(op.outputs[0] is output for output in graph.outputs):
            continue
        uses.redirect(op.outputs[0], x)
        graph.ops.remove(op)
        dropped += 1
    return dropped


@changes_bits
def merge_constant_operands(graph: Graph) -> int:
    """Arithmetic with constants, in as few ops: returns the number of changes.

    x - c becomes x + -c; (x + a) + b becomes x + (a + b), and so for products; (a x + b) c becomes (a c) x + b c.
    """
    uses, merged = Uses(graph), 0
    for op in list(graph.ops):
        if uses.gone(op) or not facts_of(op).affine or op.options is None:
            continue
        x, operand = _with_constant(op)
        value = constant(operand)
        if x is None or value is None:
            continue
        old, new = _merged(uses, op, x, value)
        if new:
            uses.replace(old, new)
            merged += 1
    uses.apply()
    return merged


def _merged(uses: Uses, op: Op, x: Tensor, value: np.ndarray) -> tuple[list[Op], list[Op]]:
    """The ops that an op and its constant are merged with, and what replaces them; nothing if there are none."""
    code, value = ("ADD", -value) if op.code == "SUB" else (op.code, value)
    before, source, first = _constant_before(uses, x)
    joined = find(code).numpy
    if before is not None and before.code == code and source is not None and joined is not None:
        return [before, op], [_with(op, code, source, joined(first, value), op.outputs)]
    if before is not None and code == "MUL" and before.code == "ADD" and source is not None:
        product, inner, factor = _constant_before(uses, source)
        if product is not None and product.code == "MUL" and inner is not None:
            return [product, before, op], [
                _with(product, "MUL", inner, factor * value, product.outputs, fused=False),
                _with(op, "ADD", product.outputs[0], first * value, op.outputs),
            ]
    return ([op], [_with(op, code, x, value, op.outputs)]) if code != op.code else ([], [])


def _constant_before(uses: Uses, x: Tensor) -> tuple[Op | None, Tensor | None, np.ndarray]:
    """The MUL or ADD by a constant whose output is a tensor which nobody else reads: it, what it reads, the constant."""
    op = uses.sole_producer(x)
    able = op is not None and facts_of(op).affine and facts_of(op).commutative and _plain(op)
    source, operand = _with_constant(op) if op is not None and able else (None, None)
    value = constant(operand)
    if source is None or value is None or source.type != "FLOAT32":
        return None, None, np.zeros(0)
    return op, source, value


def _with(op: Op, code: str, x: Tensor, value: np.ndarray, outputs: list[Tensor], fused: bool = True) -> Op:
    made = Tensor(f"{outputs[0].name}/constant", has_rank=True)
    made.data = np.asarray(value, np.float32)  # ascontiguousarray would make a vector of a number
    activation = op.options.fused_activation_function if fused and op.options is not None else "NONE"
    return Op(code, [x, made], outputs, fused_activation_function=activation)


def _plain(op: Op) -> bool:
    return op.options is not None and op.options.fused_activation_function == "NONE"


def _with_constant(op: Op) -> tuple[Tensor | None, Tensor | None]:
    """The operand that is computed, and the one that is constant; a constant on the left counts where order does not matter."""
    first, second = op.inputs
    if constant(second) is not None:
        return first, second
    return (second, first) if facts_of(op).commutative and constant(first) is not None else (None, None)
