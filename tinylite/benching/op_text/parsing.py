"""parse_op(): a line of the grammar to a model of one op."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...engine.infer_shapes import infer_shapes
from ...errors import ModelError, SettingError, UnsupportedError, at, quoted
from ...limits import Account, memory_shortage
from ...model import Graph, Model, Op, Tensor
from ...ops.common.custom_options import options_bytes
from ...ops.common.node import NeedsValue, node_of
from ...ops.common.operator import Operator
from ...tensor_types import shape_problem, stored_size
from .case import OpCase, Range
from .defaults import Usual, usual_results
from .drawing import BIAS, WEIGHTS, draw_constant, tensor_of
from .operators import count_problem, example_of, is_custom, operator_named, why_not
from .options import read_words, usual_options
from .tensors import Quant, Written, is_tensor, read_result, read_tensor
from .tokens import Token, refuse, tokens_of
from .types import TYPES, type_named
from .writing import op_words

__all__ = ["parse_op"]

_MOST_OPERANDS = 4096
_ARROW = "->"
# 16-bit data with 8-bit weights, as it is called.
_ALIASES = {"i16x8": "i16/i8"}
_SMALLER = "Write smaller shapes"


def parse_op(text: str) -> OpCase:
    """The op that a line means, as a model: `CONV_2D i8 1x56x56x64 64x3x3x64 s2 same relu6`.

    docs/benchmark-ops.md and `grammar_text()` say how lines are written. The case's `text` is the line in its canonical form: the same op
    has the same. Shapes of results follow from planning. Raises SettingError, with the place in the line, for what is not a line of
    the grammar and for what the operator does not take, and OutOfMemoryError for tensors that are larger than memory_limit().
    """
    if not isinstance(text, str):
        raise SettingError(f"the op is {quoted(text)}", "Give a line of text")
    with at(f"the op {quoted(text.strip())}"), memory_shortage("making it", _SMALLER):
        tokens = tokens_of(text)
        if not tokens:
            raise SettingError("the line is empty", "Write an operator, a type and shapes, such as RELU f32 1x8x8x16")
        operator = operator_named(tokens[0])
        reason = why_not(operator)
        if reason is not None:
            refuse(tokens[0], reason, "Give a model that has it")
        if len(tokens) < 2:
            refuse(tokens[0], "is alone", "Write a type and shapes after it, such as f32 1x8x8x16")
        lead, weights = _types(tokens[1])
        operands, words, results = _sorted(tokens[2:])
        return _Builder(operator, lead, weights, operands, words, results).case()


def _types(token: Token) -> tuple[str, str]:
    """The type of an op's tensors, and that of its weights."""
    first, mark, second = _ALIASES.get(token.text, token.text).partition("/")
    if is_tensor(token.text):
        refuse(token, "is where the type of the tensors is wanted", f"Write one of {', '.join(TYPES)} before the shapes")
    lead = type_named(first, token)
    return lead, type_named(second, token) if mark else lead


def _sorted(tokens: Sequence[Token]) -> tuple[list[Written], list[Token], list[Written] | None]:
    """The operands, the words about options, and the results if they are there."""
    operands: list[Written] = []
    words: list[Token] = []
    for place, token in enumerate(tokens):
        if token.text == _ARROW:
            results = [read_result(each) for each in tokens[place + 1 :]]
            if not results:
                refuse(token, "has nothing after it", "Write the types of the results, such as -> i32")
            return operands, words, results
        if is_tensor(token.text) or re.fullmatch(r"-(\*.*)?", token.text):
            found = read_tensor(token)
            if len(operands) + found.repeats > _MOST_OPERANDS:
                refuse(token, f"makes more than {_MOST_OPERANDS} inputs", "Write fewer")
            operands += [replace(found, repeats=1)] * found.repeats
        else:
            words.append(token)
    return operands, words, None


class _Builder:
    """What a line says, on its way to a model."""

    def __init__(
        self, operator: Operator, lead: str, weights: str, operands: list[Written], words: list[Token], results: list[Written] | None
    ) -> None:
        self.operator, self.results, self.words = operator, results, words
        self.options, self.flags = read_words(operator, words)
        self.usual = Usual(operator, lead, weights, per_tensor="per-tensor" in self.flags)
        self.operands = operands
        self.account = Account(remedy=_SMALLER)
        self.ranges: dict[int, Range] = {}
        self.inner: list[Tensor] = []

    def case(self) -> OpCase:
        inputs = self.inputs()
        self.check_count(len(inputs))
        op = self.op(inputs)
        try:
            given = {place: (each.type, each.quant) for place, each in enumerate(self.results or ())}
            wanted_count = self.operator.outputs_of(op)
            if self.results is not None and len(self.results) != wanted_count:
                raise ModelError(f"the line has {len(self.results)} results, and it makes {wanted_count}", "Write a type for each")
            usual_results(self.usual, op, given, self.options)
            op.version = self.operator.version_needed(op)
            self.shape(op)
            model = self.model(op)
            if self.known:
                infer_shapes(model)
        except (ModelError, UnsupportedError) as error:
            remedy = error.remedy or f"Write it like {example_of(self.operator)}"
            raise SettingError(f"{self.operator.code} does not take this: {error.problem}", remedy) from None
        ranges = tuple(self.ranges.get(id(tensor)) for tensor in model.graph.inputs)
        return OpCase(" ".join(op_words(op, self.ranges)), model, ranges)

    def check_count(self, count: int) -> None:
        problem = count_problem(self.operator, count)
        if problem is not None:
            raise SettingError(f"{self.operator.code} does not take this: {problem}", f"Write it like {example_of(self.operator)}")

    def inputs(self) -> list[Tensor | None]:
        """The op's inputs, with the biases that a layer has."""
        found: list[Tensor | None] = []
        for written in self.operands:
            if written.role == "inner":
                self.inner.append(self.inner_tensor(written))
            elif written.left_out:
                found.append(None)
            elif written.same_as is not None:
                if written.same_as >= len(found) or found[written.same_as] is None:
                    refuse(written.token, "is not an operand before it", f"There are {len(found)}, numbered from 0 on")
                found.append(found[written.same_as])
            else:
                with at(f"column {written.token.column}"):
                    found.append(self.input(written, len(found)))
        layer = self.operator.layer
        shape = self.usual.bias_shape(found)
        if layer is not None and len(found) == layer.bias and shape is not None and "nobias" not in self.flags:
            found.append(self.bias(shape, found))
        elif "bias" in self.flags or ("nobias" in self.flags and layer is not None and len(found) > layer.bias):
            word = next(each for each in self.words if each.text.lower() in ("bias", "nobias"))
            refuse(word, f"does not go with the {len(found)} inputs that the line has", "Write the biases, or the word")
        return found

    def input(self, written: Written, place: int) -> Tensor:
        type = written.type or self.usual.type(place)
        quant = written.quant
        if quant is None:
            quant = self.usual.quant(place, type, written.shape) if written.values is None else Quant()
        if quant.axis is not None and quant.axis >= len(written.shape):
            quant = Quant(0.01)
        self.account.take(stored_size(type, written.shape), f"an input of {type} {list(written.shape)}")
        tensor = tensor_of(f"input{place}", type, written.shape, quant, place, self.usual.factor(place, written.shape))
        role = written.role or self.usual.role(place)
        if written.range is not None:
            self.ranges[id(tensor)] = written.range
        if written.values is not None:
            tensor.data = written.values
        elif role == "const":
            kind = BIAS if self.usual.is_bias(place) else WEIGHTS if self.usual.is_weights(place) else ""
            depth = self.usual.depth(tensor.shape) if kind == WEIGHTS else 1
            draw_constant(tensor, place, kind, written.range, depth)
        elif role == "state":
            tensor.is_variable = True
        return tensor

    def inner_tensor(self, written: Written) -> Tensor:
        return tensor_of(f"inner{len(self.inner)}", written.type or self.usual.lead, written.shape, written.quant or Quant())

    def bias(self, shape: tuple[int, ...], inputs: list[Tensor | None]) -> Tensor:
        layer = self.operator.layer
        assert layer is not None
        quant = self.usual.bias_quant(inputs)
        tensor = tensor_of("bias", self.usual.type(layer.bias), shape, quant)
        weights, data = inputs[layer.weights], inputs[self.operator.data_input]
        if quant.axis is not None and weights is not None and data is not None:
            assert tensor.quantization is not None and weights.quantization is not None and data.quantization is not None
            tensor.quantization.scale = weights.quantization.scale * data.quantization.scale[0]
        draw_constant(tensor, layer.bias, BIAS)
        return tensor

    def op(self, inputs: list[Tensor | None]) -> Op:
        operator = self.operator
        if is_custom(operator):
            return Op("CUSTOM", inputs, [], custom_code=operator.code, custom_options=options_bytes(self.options))
        op = Op(operator.code, inputs, [], **{**usual_options(operator), **self.options})
        op.intermediates = self.inner
        for name, value in operator.implied_options(op).items():
            if name not in self.options:
                setattr(op.options, name, value)
        return op

    def shape(self, op: Op) -> None:
        """Set the shapes of the results, as far as they do not depend on what a run is fed."""
        self.known = True
        node = node_of(op)
        try:
            folded = self.operator.fold(node)
            shapes = list(self.operator.infer(node)) if folded is None else [value.shape for value in folded]
        except NeedsValue:
            self.known = False
            return
        for tensor, shape in zip(op.outputs, shapes, strict=True):
            problem = shape_problem(shape)
            if problem is not None:
                raise ModelError(f"its result cannot be: {problem}", _SMALLER)
            self.account.take(stored_size(tensor.type, shape), f"a result of {tensor.type} {list(shape)}")
            tensor.shape = tuple(map(int, shape))
        self.quantize_results(op)

    def quantize_results(self, op: Op) -> None:
        """Draw the scales of results that have one for each index of a dimension, which is known now."""
        for place, written in enumerate(self.results or ()):
            quant, tensor = written.quant, op.outputs[place]
            if quant is not None and quant.axis is not None:
                if quant.axis >= len(tensor.shape):
                    refuse(
                        written.token, f"is of a result of shape {list(tensor.shape)}", "Write @ with a scale, or a dimension that it has"
                    )
                tensor.quantization = tensor_of("", str(tensor.type), tensor.shape, quant, place).quantization

    def model(self, op: Op) -> Model:
        reads = {id(t): t for t in op.inputs if t is not None and not t.is_constant and not t.is_variable}
        graph = Graph("main", list(reads.values()), list(op.outputs), [op])
        graph.tensors = graph.all_tensors()
        return Model([graph], source=None)
