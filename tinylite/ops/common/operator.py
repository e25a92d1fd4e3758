"""The base of all operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ...arithmetic import Arithmetic, Rule
from ...errors import SettingError, quoted
from ...model import Op, Tensor, options_table
from .layers import Layer
from .node import NeedsCount, NeedsValue, Node, Shape, Value
from .plan_context import PlanContext
from .quantization_rules import QuantizationRule, WeightStorageRule
from .versions import Versions

__all__ = ["REGISTRY", "DataDependentShapeOp", "NeedsCount", "NeedsValue", "Node", "Operator", "Shape", "Value", "register"]


class Operator:
    """What an operator is. One instance serves every op of its code; it keeps nothing about them.

    code          its BuiltinOperator name
    max_version   the highest version whose meaning this class has
    methods       the names that rules of arithmetics have for other ways to round it than that of the reference kernels; sums of products
                  have those of linear/
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
    fuses_activation  whether its fused_activation_function may take up a RELU that follows it, bit for bit
    pure          whether its outputs follow from its inputs, so that constant ones can be computed while a plan is made
    quantized     how it is computed on 8-bit integers, for the quantizer; None if it is not
    stored_weights  which of its inputs may be stored as integers while it computes on floats, if any
    per_element   how many operations on numbers an element of its output takes, if that is what they depend on: see `operations`
    picks         whether it reads no more of its data than what it writes
    multiplies    whether what it computes is, but for a small part, sums of products: where an input has 8 bits, as 8-bit products
    example       what follows its name in a line that shows how an op of it is written (docs/benchmark-ops.md); "" where a tensor for
                  each input that it must have says it all
    usual_options   the options that such a line means where it leaves them out, and the format's default is not what anyone wants
    custom_options  the names of a custom operator's options
    """

    code: ClassVar[str]
    max_version: ClassVar[int] = 1
    methods: ClassVar[tuple[str, ...]] = ()
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
    fuses_activation: ClassVar[bool] = False
    pure: ClassVar[bool] = True
    quantized: ClassVar[QuantizationRule | None] = None
    stored_weights: ClassVar[WeightStorageRule | None] = None
    per_element: ClassVar[int | None] = None
    picks: ClassVar[bool] = False
    multiplies: ClassVar[bool] = False
    example: ClassVar[str] = ""
    usual_options: ClassVar[Mapping[str, Any]] = {}
    custom_options: ClassVar[tuple[str, ...]] = ()

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

    def implied_options(self, op: Op) -> dict[str, Any]:
        """The options that only repeat what an op's inputs, the types of its outputs and its other options say."""
        return {}

    def outputs_of(self, op: Op) -> int:
        """How many outputs an op has, as its options say."""
        return self.output_count[0]

    def weights_of(self, op: Op) -> WeightStorageRule | None:
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
            node.require(self.options is None, f"its options are missing; it takes {table}")
        elif table is not None:  # LiteRT does not look at options where there should be none
            node.require(op.options.table == table, f"its options are {op.options.table}; it takes {table}")
        self.check_types(node)

    def check_types(self, node: Node) -> None:
        """Look at types and quantization."""
        raise NotImplementedError

    def rule(self, node: Node, arithmetic: Arithmetic) -> Rule:
        """How an arithmetic rounds it; `method` is "" where it does as the reference kernels.

        Raises UnprovenError where it is not proven, and SettingError for a method that is not one of `methods`.
        """
        rule = arithmetic.rule(self.code, node.outputs[0].type, Rule(""))
        if rule.method and rule.method not in self.methods:
            remedy = f"There are: {', '.join(map(repr, self.methods))}" if self.methods else "Give None"
            raise SettingError(f"the arithmetic's rule of {self.code} has the method {quoted(rule.method)}", remedy)
        return rule

    def infer(self, node: Node) -> Sequence[Shape]:
        """The shapes of the outputs. Raises NeedsValue if they depend on a value that is not known yet."""
        raise NotImplementedError

    def fold(self, node: Node) -> Sequence[np.ndarray] | None:
        """The outputs' values, if they follow from the inputs' shapes alone."""
        return None

    def operations(self, node: Node) -> int | None:
        """How many operations on numbers its outputs take, once shapes are known: a product and its addition are two, and each other
        sum, comparison or elementary function is one. None for what moves elements, and where only a run can know it.

        Counted is what the operator is defined as, not what a kernel makes of it; biases, activations and requantizing are left out.
        """
        if self.layer is not None:
            return self.layer.operations(node.input(self.layer.weights), node.input(self.data_input), node.outputs[0])
        each = 1 if self.elementwise and self.per_element is None else self.per_element
        return None if each is None else each * node.outputs[0].size

    def prepare(self, node: Node, plan: PlanContext) -> None:
        """Choose kernels and fill their records: everything that can be computed once is computed here."""
        raise NotImplementedError


class DataDependentShapeOp(Operator):
    """An operator whose outputs are as large as its inputs' values say, which kernels count before planning goes on.

    What follows is planned for the count, not for the values: other values with the same count run without planning again.
    `counted` are the inputs that are looked at.
    """

    counted: ClassVar[tuple[int, ...]] = (0,)

    def count(self, node: Node, plan: PlanContext, result: Value) -> None:
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
