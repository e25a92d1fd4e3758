"""What an op has to do: operations on numbers, and bytes to read and to write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..interpreter import Interpreter
from ..ops import facts_of
from ..ops.common.operator import Node, Value

__all__ = ["Work", "total_work", "work_of"]


@dataclass(frozen=True)
class Work:
    """The least that the definition of one or several ops asks for; kernels may do more.

    operations      by kind. "float" and "8-bit" count sums of products, two for each multiply-add, by the type of the weights; "float" also
                    counts other operations on floats, and "integer" those on integers. Empty where elements are only moved, and where
                    only a run can know, as of loops
    bytes_read      of inputs, weights and other constants, each once
    bytes_written   of outputs and of state that lasts from run to run
    bytes_constant  how many of the bytes read are constants
    """

    operations: dict[str, int] = field(default_factory=dict)
    bytes_read: int = 0
    bytes_written: int = 0
    bytes_constant: int = 0

    @property
    def bytes(self) -> int:
        """Those read and those written."""
        return self.bytes_read + self.bytes_written

    @staticmethod
    def total(works: Iterable[Work]) -> Work:
        """The work of all of them."""
        operations: dict[str, int] = {}
        read = written = constant = 0
        for work in works:
            for kind, count in work.operations.items():
                operations[kind] = operations.get(kind, 0) + count
            read, written, constant = read + work.bytes_read, written + work.bytes_written, constant + work.bytes_constant
        return Work(operations, read, written, constant)


def work_of(node: Node) -> Work:
    """The work of an op of a plan, whose shapes are known: `op.node` of `interpreter.plan.ops`."""
    facts = facts_of(node.op)
    inputs = list({id(value): value for value in node.inputs if value is not None}.values())
    states = [value for value in inputs if value.tensor is not None and value.tensor.is_variable]
    written = sum(value.nbytes for value in (*node.outputs, *states))
    data = node.inputs[facts.data_input] if facts.picks else None
    read = sum(value.nbytes if value is not data else min(value.nbytes, written) for value in inputs)
    constant = sum(value.nbytes for value in inputs if value.constant_value is not None and value is not data)
    count = facts.operations(node)
    return Work({_kind(node, facts.multiplies, inputs): count} if count else {}, read, written, constant)


def _kind(node: Node, multiplies: bool, inputs: list[Value]) -> str:
    if multiplies and any(value.dtype.itemsize == 1 for value in inputs):
        return "8-bit"
    return "float" if any(value.dtype.kind in "fc" for value in (*inputs, *node.outputs)) else "integer"


def total_work(interpreter: Interpreter, graph: int = 0) -> Work:
    """The work of one run of a graph. Raises InvokeError before it is allocated.

    Where shapes depend on values, and where Python runs graphs of shapes that are not known before, of what the last run has gone through.
    """
    return Work.total(work_of(op.node) for op in interpreter.get_graph_runner(graph).plan.ops)
