"""The line for an op, as parse_op() reads it: what it would put there anyhow is left out."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np

from ...errors import TinyliteError, UnsupportedError
from ...model import Op, Tensor, own_options
from ...ops import facts_of
from ...ops.common.node import node_of
from ...ops.common.operator import Operator
from .case import Range
from .defaults import Usual, usual_results
from .operators import count_problem, why_not
from .options import coupled_types, custom_words, option_words, usual_options
from .tensors import Quant, number_text, quant_of, quant_text, repeated, values_text
from .types import short_type

__all__ = ["is_written_out", "op_words"]

_MOST_VALUES = 16  # that are written one by one


def op_words(op: Op, ranges: Mapping[int, Range] | None = None) -> list[str]:
    """The words of an op's line; `ranges` are those of inputs, by id. Raises UnsupportedError for what no line can say, with the reason."""
    operator = facts_of(op)
    if not hasattr(operator, "code"):
        raise UnsupportedError(f"{op.name} is not an operator that tinylite runs", "Give the model that has it")
    reason = why_not(operator) or count_problem(operator, len(op.inputs))
    if own_options(op) is not op.options:
        reason = "has the options of another operator"
    if reason is not None:
        raise UnsupportedError(f"{op.name} {reason}", "Give the model that has it")
    for tensor in (*op.inputs, *op.outputs, *op.intermediates):
        if tensor is not None and (not tensor.is_numeric or tensor.sparsity is not None or tensor.external_buffer is not None):
            what = "is stored sparse" if tensor.sparsity is not None else "is in another file"
            what = f"is {tensor.type}" if not tensor.is_numeric else what
            raise UnsupportedError(f"its tensor {tensor.name!r} {what}, which a line cannot say", "Give the model that has it")
    usual = _usual(operator, op)
    lead = short_type(usual.lead) + (f"/{short_type(usual.weights)}" if usual.weights != usual.lead else "")
    try:
        return [op.name, lead, *_operands(usual, op, ranges or {}), *_options(usual, op), *_results(usual, op)]
    except LookupError as error:
        raise UnsupportedError(f"{op.name}: {error.args[0]}", "Give the model that has it") from None


def is_written_out(tensor: Tensor) -> bool:
    """Whether a line has a constant's values one by one, as it has axes, sizes and paddings. Raises ModelError for one that is damaged."""
    if tensor.type not in _WRITABLE or len(tensor.shape) > 2 or tensor.data is None:
        return False
    size = tensor.data.size
    few = size <= (_MOST_VALUES if tensor.type in ("INT32", "INT64", "BOOL") else 1)
    return few and (size > 0 or tensor.data.ndim == 1)


_WRITABLE = ("FLOAT32", "FLOAT16", "FLOAT64", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "BOOL")


def _usual(operator: Operator, op: Op) -> Usual:
    """The types that the line begins with."""
    inputs = [tensor for tensor in op.inputs if tensor is not None]
    data = op.inputs[operator.data_input] if operator.data_input < len(op.inputs) else None
    result = str(op.outputs[0].type) if op.outputs else "FLOAT32"
    computed = {str(tensor.type) for tensor in inputs if not tensor.is_constant}
    # Of operands of several types, those that the result is made of; a shape or a table says nothing of that.
    lead = result if data is None or data.is_constant or result in computed else str(data.type)
    stored = operator.stored_weights
    weights = lead
    for place, tensor in enumerate(op.inputs):
        # Every input that holds weights if they are stored small.
        maybe = Usual(operator, lead, "INT8") if stored is not None and lead == "FLOAT32" else Usual(operator, lead, lead)
        if tensor is not None and maybe.is_weights(place) and tensor.type != lead:
            weights = str(tensor.type)
            break
    return Usual(operator, lead, weights)


def _operands(usual: Usual, op: Op, ranges: Mapping[int, Range]) -> list[str]:
    inputs = list(op.inputs)
    layer = usual.operator.layer
    if layer is not None and len(inputs) == layer.bias + 1 and _is_usual_bias(usual, inputs):
        inputs.pop()
    found: list[str] = []
    first: dict[int, int] = {}
    for place, tensor in enumerate(inputs):
        if tensor is None:
            found.append("-")
        elif id(tensor) in first and not tensor.is_constant:
            found.append(f"={first[id(tensor)]}")
        else:
            first[id(tensor)] = place
            found.append(_operand(usual, place, tensor, ranges.get(id(tensor))))
    for tensor in op.intermediates:
        found.append(f"inner:{short_type(tensor.type)}:{_shape(tensor.shape)}{quant_text(quant_of(tensor))}")
    return repeated(found)


def _is_usual_bias(usual: Usual, inputs: list[Tensor | None]) -> bool:
    """Whether a layer's last input is the biases that it would have anyhow."""
    layer, bias = usual.operator.layer, inputs[-1]
    assert layer is not None
    if bias is None or not bias.is_constant or bias.shape != usual.bias_shape(inputs[:-1]):
        return False
    return bias.type == usual.type(layer.bias) and quant_of(bias).kind == usual.bias_quant(inputs[:-1]).kind


def _operand(usual: Usual, place: int, tensor: Tensor, range: Range | None) -> str:
    quant = quant_of(tensor)
    if tensor.is_constant and not usual.is_weights(place) and not usual.is_bias(place) and is_written_out(tensor):
        assert tensor.data is not None
        text = values_text(tensor.data)
        implied = "BOOL" if tensor.type == "BOOL" else "FLOAT32" if tensor.data.dtype.kind == "f" else "INT32"
        head = "" if tensor.type == implied else f"{short_type(tensor.type)}:"
        return f"{head}{text}{quant_text(quant) if quant != Quant() else ''}"
    role = "const" if tensor.is_constant else "state" if tensor.is_variable else "input"
    text = "" if role == usual.role(place) else f"{role}:"
    text += "" if tensor.type == usual.type(place) else f"{short_type(tensor.type)}:"
    text += _shape(tensor.shape)
    wanted = usual.quant(place, str(tensor.type), tensor.shape)
    if quant != wanted and not _same_axis(quant, wanted):
        text += quant_text(quant)
    if range is not None:
        text += f"~{number_text(_whole(range[0]))}..{number_text(_whole(range[1]))}"
    return text


def _same_axis(one: Quant, other: Quant) -> bool:
    return one.axis is not None and one.axis == other.axis


def _whole(number: float) -> float:
    return int(number) if number == np.floor(number) and abs(number) < 1 << 53 else number


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) if shape else "scalar"


def _options(usual: Usual, op: Op) -> list[str]:
    operator, words = usual.operator, []
    if op.code == "CUSTOM":
        return custom_words(operator, node_of(op))
    if op.options is not None:
        types = [[str(tensor.type) for tensor in side if tensor is not None] for side in (op.inputs, op.outputs)]
        expected = {**usual_options(operator), **operator.implied_options(op), **coupled_types(operator, *types)}
        words = option_words(operator, op.options, expected)
    if operator.layer is not None and len(op.inputs) == operator.layer.bias and usual.bias_shape(op.inputs) is not None:
        words.append("nobias")
    return words


def _results(usual: Usual, op: Op) -> list[str]:
    """The types and quantization of the results; nothing if they are those that the line would have anyhow."""
    plain = _expected(usual, op, {})
    found = [(str(tensor.type), quant_of(tensor)) for tensor in op.outputs]
    if found == plain:
        return []
    of_types = _expected(usual, op, {place: (type, None) for place, (type, _) in enumerate(found)})
    if len(of_types) != len(found):
        of_types = [("", None)] * len(found)
    return [
        "->",
        *(
            short_type(type) + (quant_text(quant) if quant != wanted else "")
            for (type, quant), (_, wanted) in zip(found, of_types, strict=True)
        ),
    ]


def _expected(usual: Usual, op: Op, given: Mapping[int, tuple[str | None, Quant | None]]) -> list[tuple[str, Quant | None]]:
    """The types and quantization of the results that a line of the same operands and options has, which says this of them."""
    bare = copy.copy(op)
    bare.outputs, bare.options = [], copy.copy(op.options)
    if bare.options is not None:
        bare.options.fields = dict(bare.options.fields)
    try:
        return [(str(tensor.type), quant_of(tensor)) for tensor in usual_results(usual, bare, given, {})]
    except TinyliteError:
        return []
