"""What an operator sees of a graph while it is planned: nodes and values."""

from __future__ import annotations

from typing import Any, NoReturn, SupportsIndex, overload

import numpy as np

from ...errors import ModelError, UnsupportedError
from ...model import Op, Tensor
from ...tensor_types import tensor_dtype

__all__ = ["NeedsCount", "NeedsValue", "Node", "Shape", "Value", "node_of"]

Shape = tuple[int, ...]

# What says a shape, axes or sizes may be computed from an input of any length, and becomes a list, which takes much more memory.
_MOST_NUMBERS = 1 << 16


class _Dimensions(tuple[int, ...]):
    """The shape of a value. To ask for a dimension that it lacks is to find that the model breaks the operator's rules."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, index: slice[Any, Any, Any], /) -> Shape: ...
    def __getitem__(self, index: Any, /) -> Any:
        try:
            return super().__getitem__(index)
        except IndexError:
            raise ModelError(f"a tensor of shape {list(self)} has no dimension {index}, which the operator looks at") from None


class Value:
    """A tensor as a plan sees it: its shape is known, and its value if it does not depend on the input.

    `constant_value` holds the value of a constant, or of what the plan could compute beforehand: [shape] of the type's dtype.
    """

    __slots__ = ("_shape", "constant_value", "name", "storage", "tensor", "type")

    def __init__(
        self,
        name: str,
        type: str,
        shape: Shape,
        tensor: Tensor | None = None,
        constant_value: np.ndarray | None = None,
    ) -> None:
        self.tensor = tensor
        self.name = name
        self.type = type
        self.shape = shape
        self.constant_value = constant_value
        self.storage: Any = None  # the plan's business

    @property
    def shape(self) -> Shape:
        return self._shape

    @shape.setter
    def shape(self, shape: Shape) -> None:
        self._shape = _Dimensions(shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.int32 if self.type == "RESOURCE" else tensor_dtype(self.type))  # of a resource we see its handle

    @property
    def size(self) -> int:
        """The number of elements."""
        count = 1
        for dimension in self.shape:
            count *= dimension
        return count

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def quantized(self) -> bool:
        """Whether the tensor has a scale."""
        return self.tensor is not None and self.tensor.quantization is not None and self.tensor.quantization.scale.size > 0

    def __repr__(self) -> str:
        return f"{self.name!r} ({self.type} {list(self.shape)})"


class NeedsValue(Exception):
    """A shape depends on a value that is only known when the plan runs."""

    reason = "whose value decides shapes"

    def __init__(self, value: Value) -> None:
        super().__init__(value.name)
        self.value = value
        self.name = value.name


class NeedsCount(NeedsValue):
    """The size of an op's outputs is only known when the steps have run that count it, which are planned already."""

    reason = "whose size a run counts"


class Node:
    """One op of the graph at planning time. `count` is what a DataDependentShapeOp operator has counted, once it has."""

    __slots__ = ("count", "index", "inputs", "op", "outputs")

    def __init__(self, op: Op, index: int, inputs: list[Value | None], outputs: list[Value]) -> None:
        self.op = op
        self.index = index
        self.inputs = inputs
        self.outputs = outputs
        self.count: int | None = None

    def __repr__(self) -> str:
        return f"Node({self.index} {self.op.name})"

    @property
    def options(self) -> Any:
        """The op's options table; the operator has checked that it is there."""
        return self.op.options

    def input(self, index: int) -> Value:
        """An input that must be there."""
        if index < len(self.inputs) and self.inputs[index] is not None:
            return self.inputs[index]  # type: ignore[return-value]
        self.fail(f"input {index} is missing")

    def optional(self, index: int) -> Value | None:
        """An input that may be left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def known(self, index: int) -> np.ndarray:
        """The value of an input that shapes depend on."""
        value = self.input(index)
        if value.constant_value is None:
            raise NeedsValue(value)
        return value.constant_value

    def numbers(self, index: int) -> list[int]:
        """The same as a list of Python integers."""
        value = self.input(index)
        if value.type not in ("INT8", "INT16", "INT32", "INT64", "UINT8", "BOOL"):
            self.fail(f"input {value} must be integers")
        if value.size > _MOST_NUMBERS:
            self.fail(f"input {value} has more than the {_MOST_NUMBERS} elements that a shape, axes or sizes may have")
        return [int(number) for number in self.known(index).reshape(-1)]

    def fail(self, problem: str, remedy: str | None = None) -> NoReturn:
        """The model breaks the operator's rules."""
        raise ModelError(problem, remedy)

    def unsupported(self, problem: str, remedy: str | None = None) -> NoReturn:
        """The model is valid, and this part of the operator is not built."""
        raise UnsupportedError(problem, remedy)

    def require(self, condition: bool, problem: str) -> None:
        """Fail unless the condition holds."""
        if not condition:
            self.fail(problem)


def node_of(op: Op) -> Node:
    """An op whose tensors have the shapes that they have in a run, as operators look at it."""
    values: dict[int, Value] = {}
    for tensor in (*op.inputs, *op.outputs):
        if tensor is not None and id(tensor) not in values:
            constant = tensor.data if tensor.is_constant else None
            values[id(tensor)] = Value(tensor.name or "", str(tensor.type), tensor.shape, tensor, constant)
    return Node(op, 0, [None if t is None else values[id(t)] for t in op.inputs], [values[id(t)] for t in op.outputs])
