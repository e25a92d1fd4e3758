"""An op whose inputs are known, seen through one arithmetic: what explanations start from."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import ops
from ..arithmetic import Arithmetic, Rule
from ..errors import UnsupportedError
from ..ops.common.node import Node, Value
from ..ops.common.operator import Operator
from ..ops.common.quantization_params import scale_and_zero
from ..ops.common.window import Axis
from .explanation import Derivation

if TYPE_CHECKING:
    from ..model import Op

__all__ = ["Index", "Place", "Site", "broadcast_index", "can_explain", "derive", "explained", "explains", "node_of", "window_places"]

Index = tuple[int, ...]
Place = Callable[[Index], Derivation]
Family = Callable[["Site"], Place]


class Site(NamedTuple):
    """An op at planning time, each of whose inputs has its value as `constant_value`.

    output      the number of the output that is looked at
    computed    the inputs that a run computes: whether weights are constant may decide which kernel another runtime has
    """

    node: Node
    operator: Operator
    arithmetic: Arithmetic
    output: int
    computed: Collection[int]

    @property
    def result(self) -> Value:
        """The output that is looked at."""
        return self.node.outputs[self.output]

    def planned(self) -> Node:
        """The node as a plan sees it, which knows nothing of what a run computes."""
        inputs = [
            None if value is None else Value(value.name, value.type, value.shape, value.tensor) if index in self.computed else value
            for index, value in enumerate(self.node.inputs)
        ]
        return Node(self.node.op, self.node.index, inputs, self.node.outputs)

    def array(self, index: int) -> np.ndarray:
        """The value of an input."""
        found = self.node.input(index).constant_value
        assert found is not None
        return found

    def scale_and_zero(self, value: Value) -> tuple[float, int]:
        return scale_and_zero(self.node, value)

    @property
    def rule(self) -> Rule:
        """How the arithmetic rounds this op; without a method where it does as the reference kernels do."""
        return self.arithmetic.rule(self.node.op.code, self.node.outputs[0].type, Rule(""))

    def reference(self) -> Place:
        """How the reference kernels compute it: for arithmetics that leave some of an operator's ops to them."""
        return _FAMILIES[self.node.op.code, self.result.type][""](self)


def node_of(op: Op, index: int, inputs: Sequence[np.ndarray | None], outputs: Sequence[tuple[int, ...]]) -> Node:
    """A node of an op whose inputs have these values, and whose outputs have these shapes."""
    values: list[Value | None] = []
    for tensor, array in zip(op.inputs, inputs, strict=True):
        values.append(None if tensor is None or array is None else Value(tensor.name or "", str(tensor.type), array.shape, tensor, array))
    results = [Value(tensor.name or "", str(tensor.type), shape, tensor) for tensor, shape in zip(op.outputs, outputs, strict=True)]
    return Node(op, index, values, results)


# By operator and type of the output, and then by the method of the arithmetic's rule.
_FAMILIES: dict[tuple[str, str], dict[str, Family]] = {}
_ANY = "any"


def explains(*codes: str, types: str, methods: Sequence[str] = ("",)) -> Callable[[Family], Family]:
    """Mark a function from a site to one from an index to its derivation: that of operators whose output has one of these types.

    `types` are names with spaces between them. `methods` are those that an arithmetic's rule may have: "" for the reference kernels' way,
    and "any" where the function asks the rule itself. What serves all elements is computed once, in the outer function.
    """

    def mark(function: Family) -> Family:
        for code in codes:
            for type in types.split():
                known = _FAMILIES.setdefault((code, type), {})
                for method in methods:
                    if known.setdefault(method, function) is not function:
                        raise NameError(f"{code} of {type} has two explanations of the method {method!r}")
        return function

    return mark


def explained() -> dict[tuple[str, str], dict[str, Family]]:
    """What can be explained, by operator and type of the output, and then by method: all functions in families/ that are marked."""
    from . import families

    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")
    return _FAMILIES


def can_explain(code: str, type: str) -> bool:
    """Whether there are explanations of an operator's outputs of a type, so that a command may be suggested; `derive` may refuse some."""
    return (code, type) in explained()


def derive(node: Node, arithmetic: Arithmetic, output: int = 0, computed: Collection[int] = ()) -> Place:
    """A function from the index of an element of an op's output to how the arithmetic computes it. See Site for `computed`.

    Raises UnsupportedError for what the arithmetic is not proven for, and for operators and types that cannot be explained.
    """
    code, type = node.op.name, node.outputs[output].type
    method = arithmetic.rule(code, node.outputs[0].type, Rule("")).method
    known = explained().get((code, type))
    if known is None:
        types = sorted(kind for operator, kind in _FAMILIES if operator == code)
        if types:
            remedy = f"Of {code} it is for {', '.join(types)}"
        else:
            remedy = "docs/explain.md lists those that there are; `tinylite run --all-tensors` writes what this op reads and returns"
        raise UnsupportedError(f"there is no explanation for {code} of {type}", remedy)
    family = known.get(_ANY) or known.get(method)
    if family is None:
        problem = f"there is no explanation for how {arithmetic.name!r} rounds {code} of {type}"
        raise UnsupportedError(problem, "Explain it in 'litert-reference'")
    operator = ops.operator_of(node.op)
    assert operator is not None  # it has run
    return family(Site(node, operator, arithmetic, output, computed))


def window_places(axis: Axis, at: int, spread: int = 1) -> tuple[list[int], list[int]]:
    """The places of a window that meet the input at an output index, and where; an input may be `spread` out."""
    places, inputs = [], []
    for place in range(axis.filter):
        position, gap = divmod(at * axis.stride - axis.before + place * axis.dilation, spread)
        if gap == 0 and 0 <= position < axis.size:
            places.append(place)
            inputs.append(position)
    return places, inputs


def broadcast_index(at: Index, shape: Sequence[int]) -> Index:
    """The element of an operand that stretches to the output."""
    return tuple(0 if size == 1 else i for i, size in zip(at[len(at) - len(shape) :], shape, strict=True))
