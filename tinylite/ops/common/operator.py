"""The base of all operators, and what a plan shows to them: nodes and values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, SupportsIndex, overload

import numpy as np

from ...errors import ModelError, UnsupportedError
from ...model import Op, Tensor, options_table
from ...tensor_types import tensor_dtype
from .layers import Layer
from .quantizing import Quantized, StoredWeights
from .versions import Versions

if TYPE_CHECKING:
    from ...planner import Planner

__all__ = ["REGISTRY", "Counting", "NeedsCount", "NeedsValue", "Node", "Operator", "Shape", "Value", "register"]

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

    `known` holds the value of a constant, or of what the plan could compute beforehand: [shape] of the type's dtype.
    """

    __slots__ = ("_shape", "known", "name", "storage", "tensor", "type")

    def __init__(self, name: str, type: str, shape: Shape, tensor: Tensor | None = None, known: np.ndarray | None = None) -> None:
        self.tensor = tensor
        self.name = name
        self.type = type
        self.shape = shape
        self.known = known
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
    """One op of the graph at planning time. `count` is what a Counting operator has counted, once it has."""

    __slots__ = ("count", "index", "inputs", "op", "outputs")

    def __init__(self, op: Op, index: int, inputs: list[Value | None], outputs: list[Value]) -> None:
        self.op = op
        self.index = index
        self.inputs = inputs
        self.outputs = outputs
        self.count: int | None = None

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
        if value.known is None:
            raise NeedsValue(value)
        return value.known

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

    def want(self, condition: bool, problem: str) -> None:
        """Fail unless the condition holds."""
        if not condition:
            self.fail(problem)


class Operator:
    """What an operator is. One instance serves every op of its code; it keeps nothing about them.

    code          its BuiltinOperator name
    max_version   the highest version whose meaning this class has
    versions      what its versions add, and which runtimes have them, for files that are written
    plain_types   the types, with spaces between them, that LiteRT's kernels take where there is no scale; None: any
    data_input    the input whose type `plain_types` are about
    options       the name of its options table, if it cannot do without
    counts        how many inputs and outputs it takes: (least, most) and (least, most)
    layer         where a convolution or matrix product has its weights and biases; None if it is neither
    elementwise   whether each element of its output follows from the elements at the same place of its inputs, which broadcast
    commutative   whether its two inputs may change places
    idempotent    whether it returns an input that it is given twice
    neutral       the second input that leaves the first one as it is; None if no number does
    affine        what a constant second input is to the first: a "factor", a "term" of a sum, or neither ("")
    clamp         the least and the greatest number of its output, if all it does is to keep numbers within them
    bounds        the end, "low" or "high", at which a constant second input clamps the first; "" if it does not
    reshapes      whether its output has the input's elements in the same order, in another shape
    reduces       whether it reduces the dimensions that its second input names
    converts      whether it only takes floats to integers, or integers to floats
    writes        whether it changes a variable
    numpy         the same function of numpy, for constants; None if there is none
    clamps        whether its fused_activation_function may take up a RELU that stands behind it, without other bits
    pure          whether its outputs follow from its inputs, so that constant ones can be computed while a plan is made
    quantized     how it is computed on 8-bit integers, for the quantizer; None if it is not
    stored_weights  which of its inputs may be stored as integers while it computes on floats, if any
    """

    code: ClassVar[str]
    max_version: ClassVar[int] = 1
    versions: ClassVar[Versions] = Versions()
    plain_types: ClassVar[str | None] = None
    data_input: ClassVar[int] = 0
    options: ClassVar[str | None] = None
    input_count: ClassVar[tuple[int, int]] = (1, 1)
    output_count: ClassVar[tuple[int, int]] = (1, 1)
    layer: ClassVar[Layer | None] = None
    elementwise: ClassVar[bool] = False
    commutative: ClassVar[bool] = False
    idempotent: ClassVar[bool] = False
    neutral: ClassVar[float | None] = None
    affine: ClassVar[str] = ""
    clamp: ClassVar[tuple[float, float] | None] = None
    bounds: ClassVar[str] = ""
    reshapes: ClassVar[bool] = False
    reduces: ClassVar[bool] = False
    converts: ClassVar[bool] = False
    writes: ClassVar[bool] = False
    numpy: ClassVar[Callable[..., Any] | None] = None
    clamps: ClassVar[bool] = False
    pure: ClassVar[bool] = True
    quantized: ClassVar[Quantized | None] = None
    stored_weights: ClassVar[StoredWeights | None] = None

    def version_needed(self, op: Op) -> int:
        """The lowest version that has what an op with inputs uses."""
        return self.versions.needed(op)

    def takes(self, type: str | int) -> bool:
        """Whether LiteRT has a kernel for data of a type that has no scale."""
        return self.plain_types is None or type in self.plain_types.split()

    def data_of(self, op: Op) -> list[Tensor | None]:
        """The tensors of an op whose types `plain_types` are about."""
        return list(op.inputs[self.data_input : self.data_input + 1])

    def of_sizes(self, options: Any, *given: np.ndarray) -> np.ndarray | None:
        """What it makes of sizes of dimensions, if it picks some or puts them together: shapes made of other shapes.

        The elements of [n] or [] need not be numbers. None for what it does not make of sizes; may raise LookupError, TypeError and
        ValueError.
        """
        return None

    def transposed(self, op: Op, order: Sequence[int]) -> tuple[list[Tensor | None], dict[str, Any]] | None:
        """How an op works on data whose dimensions are in another order: dimension i of it becomes `order[i]` of this op's data.

        The inputs that follow the data, and the options that change; None if it minds the order.
        """
        return ([], {}) if self.elementwise else None

    def weights_of(self, op: Op) -> StoredWeights | None:
        """`stored_weights`, as they are for one op."""
        return self.stored_weights

    def check(self, node: Node) -> None:
        """Look at everything but shapes: counts, options, types, quantization. Raises ModelError or UnsupportedError."""
        op = node.op
        if op.version > self.max_version:
            node.unsupported(
                f"its version {op.version} is newer than version {self.max_version}, the last that tinylite knows", "Update tinylite"
            )
        for what, found, (least, most) in (
            ("inputs", len(node.inputs), self.input_count),
            ("outputs", len(node.outputs), self.output_count),
        ):
            if not least <= found <= most:
                wanted = str(least) if least == most else f"{least} to {most}"
                node.fail(f"it has {found} {what} and takes {wanted}")
        table = options_table(op.code)
        if op.options is None:
            node.want(self.options is None, f"its options are missing; it takes {table}")
        elif table is not None:  # LiteRT does not look at options where there should be none
            node.want(op.options.table == table, f"its options are {op.options.table}; it takes {table}")
        self.check_types(node)

    def check_types(self, node: Node) -> None:
        """Look at types and quantization."""
        raise NotImplementedError

    def infer(self, node: Node) -> Sequence[Shape]:
        """The shapes of the outputs. Raises NeedsValue if they depend on a value that is not known yet."""
        raise NotImplementedError

    def fold(self, node: Node) -> Sequence[np.ndarray] | None:
        """The outputs' values, if they follow from the inputs' shapes alone."""
        return None

    def prepare(self, node: Node, plan: Planner) -> None:
        """Choose kernels and fill their records: everything that can be computed once is computed here."""
        raise NotImplementedError


class Counting(Operator):
    """An operator whose outputs are as large as its inputs' values say, which kernels count before planning goes on.

    What follows is planned for the count, not for the values: other values with the same count run without planning again.
    `counted` are the inputs that are looked at.
    """

    counted: ClassVar[tuple[int, ...]] = (0,)

    def count(self, node: Node, plan: Planner, result: Value) -> None:
        """Check shapes, and add a step that writes the count, INT64[1]."""
        raise NotImplementedError

    def shapes(self, node: Node, count: int) -> Sequence[Shape]:
        """The shapes of the outputs."""
        raise NotImplementedError

    def infer(self, node: Node) -> Sequence[Shape]:
        if node.count is None:
            raise NeedsValue(node.input(self.counted[0]))
        return self.shapes(node, node.count)


REGISTRY: dict[str, Operator] = {}


def register(operator: type[Operator]) -> type[Operator]:
    """Make an operator known under its code, which its file is named after."""
    file = operator.__module__.rsplit(".", 1)[-1]
    if operator.code.lower() != file:
        raise NameError(f"operator {operator.code} belongs in {operator.code.lower()}.py, not in {file}.py")
    REGISTRY[operator.code] = operator()
    return operator
