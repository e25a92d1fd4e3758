"""Arithmetic, comparisons and logic: ops with an operator of the same meaning."""

from __future__ import annotations

import functools

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call
from ..types import takes
from .registry import translates

# TensorFlow op: operator, one input.
UNARY = {
    "Abs": "ABS", "Ceil": "CEIL", "ComplexAbs": "COMPLEX_ABS", "Cos": "COS", "Elu": "ELU", "Exp": "EXP", "Floor": "FLOOR", "Log": "LOG",
    "LogicalNot": "LOGICAL_NOT", "Neg": "NEG", "Relu6": "RELU6", "Rint": "ROUND", "Round": "ROUND", "Rsqrt": "RSQRT",
    "Sigmoid": "LOGISTIC", "Sign": "SIGN", "Sin": "SIN", "Sqrt": "SQRT", "Square": "SQUARE", "Tanh": "TANH", "Imag": "IMAG", "Real": "REAL",
}  # fmt: skip
# TensorFlow op: operator, two inputs that stretch to one shape.
BINARY = {
    "Add": "ADD", "AddV2": "ADD", "Sub": "SUB", "Mul": "MUL", "Div": "DIV", "TruncateDiv": "DIV", "FloorDiv": "FLOOR_DIV",
    "FloorMod": "FLOOR_MOD", "Maximum": "MAXIMUM", "Minimum": "MINIMUM", "SquaredDifference": "SQUARED_DIFFERENCE", "Atan2": "ATAN2",
    "BitwiseXor": "BITWISE_XOR", "RightShift": "RIGHT_SHIFT",
}  # fmt: skip
# The same with BOOL outputs.
COMPARISONS = {
    "Equal": "EQUAL", "NotEqual": "NOT_EQUAL", "Less": "LESS", "LessEqual": "LESS_EQUAL", "Greater": "GREATER",
    "GreaterEqual": "GREATER_EQUAL", "LogicalAnd": "LOGICAL_AND", "LogicalOr": "LOGICAL_OR",
}  # fmt: skip


@translates(*UNARY)
def unary(call: Call) -> Tensor:
    x = call.input(0)
    type = (
        {"COMPLEX64": "FLOAT32", "COMPLEX128": "FLOAT64"}.get(str(x.type), x.type) if call.op in ("ComplexAbs", "Real", "Imag") else x.type
    )
    if call.op == "Square" and x.type != "FLOAT32":
        return call.elementwise("MUL", x, x)
    if call.op == "Abs" and x.type == "INT64":
        return call.elementwise("MAXIMUM", x, call.elementwise("NEG", x))
    return call.elementwise(UNARY[call.op], x, type=None if type == x.type else type)


@translates(*BINARY)
def binary(call: Call) -> Tensor:
    if call.op == "SquaredDifference" and call.input(0).type == "INT64":
        difference = call.elementwise("SUB", *call.inputs)
        return call.elementwise("MUL", difference, difference)
    return call.elementwise(BINARY[call.op], call.input(0), call.input(1))


@translates(*COMPARISONS)
def comparison(call: Call) -> Tensor:
    return call.elementwise(COMPARISONS[call.op], call.input(0), call.input(1), type="BOOL")


@translates("RealDiv")
def real_div(call: Call) -> Tensor:
    """Division by a constant becomes a product, as TensorFlow's converter has it, so that it can be folded as one."""
    x, y = call.input(0), call.input(1)
    divisor = call.known(y)
    if divisor is not None and y.type == "FLOAT32" and np.all(divisor != 0):
        return call.elementwise("MUL", x, call.make(np.float32(1) / divisor))
    return call.elementwise("DIV", x, y)


@translates("Pow")
def pow(call: Call) -> Tensor:
    x, exponent = call.input(0), call.known(call.input(1))
    if exponent is not None and exponent.size == 1 and x.type == "FLOAT32" and len(exponent.shape) <= len(call.partial_shape(x) or ()):
        value = float(exponent.reshape(()))
        if value == 1:
            return x
        if value == 3:
            return call.elementwise("MUL", x, call.emit("SQUARE", [x], None, call.partial_shape(x)))
        if value in (2, 0.5, -0.5):
            return call.emit({2: "SQUARE", 0.5: "SQRT", -0.5: "RSQRT"}[value], [x], None, call.partial_shape(x))
    return call.elementwise("POW", x, call.input(1))


@translates("Relu")
def relu(call: Call) -> Tensor:
    x = call.input(0)
    if str(x.type).startswith(("INT", "UINT")):
        return call.elementwise("MAXIMUM", x, call.make(0, tensor_dtype(x.type)))
    return call.elementwise("RELU", x)


@translates("LeakyRelu")
def leaky_relu(call: Call) -> Tensor:
    return call.elementwise("LEAKY_RELU", call.input(0), alpha=float(call.attribute("alpha", 0.2)))


@translates("Softmax", "LogSoftmax")
def softmax(call: Call) -> Tensor:
    x = call.input(0)
    options = {"beta": 1.0} if call.op == "Softmax" else {}
    return call.emit("SOFTMAX" if options else "LOG_SOFTMAX", [x], None, call.partial_shape(x), **options)


@translates("AddN")
def add_n(call: Call) -> Tensor:
    if len(call.inputs) == 1:
        return call.input(0)
    if len(call.inputs) == 2:
        return call.elementwise("ADD", *call.inputs)
    if takes("ADD_N", call.input(0).type):
        return call.elementwise("ADD_N", *call.inputs)
    return functools.reduce(lambda a, b: call.elementwise("ADD", a, b), call.inputs)


@translates("Inv", "Reciprocal")
def reciprocal(call: Call) -> Tensor:
    x = call.input(0)
    return call.elementwise("DIV", call.make(1, tensor_dtype(x.type)), x)


@translates("Cast")
def cast(call: Call) -> Tensor:
    return call.cast(call.input(0), call.attribute("DstT"))


@translates("Select", "SelectV2")
def select(call: Call) -> Tensor:
    condition, x, y = (call.input(index) for index in range(3))
    shapes = [call.partial_shape(tensor) for tensor in (condition, x, y)]
    chosen = call.known(condition)
    # Select wants equal shapes; SelectV2 could stretch one of two that are not known.
    equal = shapes[1] == shapes[2] and (call.op == "Select" or (shapes[1] is not None and -1 not in shapes[1]))
    if chosen is not None and chosen.ndim == 0 and equal:
        return x if chosen.item() else y
    if shapes[1] == shapes[2] and (shapes[0] == shapes[1] or (call.op == "Select" and len(shapes[0] or ()) <= 1)):
        return call.emit("SELECT", [condition, x, y], x.type, shapes[1])
    return call.elementwise("SELECT_V2", condition, x, y, type=x.type)


@translates("Erf", "Erfc", stands_in=True)
def error_function(call: Call) -> Tensor:
    """There is no operator for it: it stays in the graph until a GELU is recognised around it."""
    return call.emit("CUSTOM", [call.input(0)], None, call.partial_shape(call.input(0)), custom_code=call.op)
