"""Functions without their own operator, as formulas of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call
from . import sizes
from .registry import translates


class Term:
    """A tensor in a formula: every step is an op, and numbers become constants of the tensor's type."""

    def __init__(self, call: Call, tensor: Tensor) -> None:
        self.call = call
        self.tensor = tensor

    def of(self, value: Any) -> Tensor:
        """A number as a constant of this type."""
        return value.tensor if isinstance(value, Term) else self.call.make(value, tensor_dtype(self.tensor.type))

    def __call__(self, code: str, **options: Any) -> Term:
        """The operator of this name, of one input."""
        return Term(self.call, self.call.elementwise(code, self.tensor, **options))

    def with_(self, code: str, other: Any, type: str | None = None) -> Term:
        """The operator of this name, of this and another."""
        return Term(self.call, self.call.elementwise(code, self.tensor, self.of(other), type=type))

    def before(self, code: str, other: Any) -> Term:
        """The same with the other first."""
        return Term(self.call, self.call.elementwise(code, self.of(other), self.tensor))

    def __add__(self, other: Any) -> Term:
        return self.with_("ADD", other)

    def __sub__(self, other: Any) -> Term:
        return self.with_("SUB", other)

    def __rsub__(self, other: Any) -> Term:
        return self.before("SUB", other)

    def __mul__(self, other: Any) -> Term:
        return self.with_("MUL", other)

    def __truediv__(self, other: Any) -> Term:
        return self.with_("DIV", other)

    def __rtruediv__(self, other: Any) -> Term:
        return self.before("DIV", other)

    def __neg__(self) -> Term:
        return self("NEG")

    def equals(self, other: Any) -> Term:
        return self.with_("EQUAL", other, "BOOL")

    def less(self, other: Any) -> Term:
        return self.with_("LESS", other, "BOOL")

    def choose(self, yes: Any, no: Term) -> Term:
        """`yes` where this is true, `no` elsewhere."""
        chosen = self.call.elementwise("SELECT_V2", self.tensor, no.of(yes), no.tensor, type=no.tensor.type)
        return Term(self.call, chosen)

    def atan2(self, other: Any) -> Term:
        """The angle of (other, this); the operator does not stretch its inputs."""
        if not isinstance(other, Term):
            dtype = tensor_dtype(self.tensor.type)
            other = Term(self.call, sizes.full(self.call, sizes.of(self.call, self.tensor), other, dtype))
        return self.with_("ATAN2", other)


Formula = Callable[..., Term]


def _expm1(x: Term) -> Term:
    """e^x - 1 = tanh(x / 2) (e^x + 1), without losing digits near 0."""
    return (x * 0.5)("TANH") * (x("EXP") + 1)


def _lost(x: Term, sum: Term) -> Term:
    """What rounding took from sum = x + 1, over the sum: ln(x + 1) = ln sum + this."""
    return (x - (sum - 1)) / sum


def _log1p(x: Term) -> Term:
    """ln(x + 1), without losing digits near 0."""
    sum = x + 1
    plain = sum("LOG")
    # Where nothing was lost, or the sum is 0 or infinite, which would make NaN of it.
    return (sum - 1).equals(x).choose(plain, plain + _lost(x, sum))


def _root_of_rest(x: Term) -> Term:
    """sqrt(1 - x^2), without losing digits near 1."""
    return ((1 - x) * (x + 1))("SQRT")


def _half_exponentials(x: Term) -> tuple[Term, Term]:
    """x / 2, and e^(x / 2) + e^(-x / 2), which does not overflow before cosh x does."""
    half = x * 0.5
    positive = half("EXP")
    return half, positive + 1 / positive


def _sinh(x: Term) -> Term:
    """sinh x = 2 tanh(x / 2) cosh(x / 2)^2, without losing digits near 0."""
    half, twice_cosh = _half_exponentials(x)
    return half("TANH") * twice_cosh * (twice_cosh * 0.5)


def _cosh(x: Term) -> Term:
    _, twice_cosh = _half_exponentials(x)
    return twice_cosh * (twice_cosh * 0.5) - 1


def _asinh(x: Term) -> Term:
    """Of the size of x, ln(a + sqrt(a^2 + 1)) as log1p, whose argument is small where a is; the root of large ones is a."""
    size = x("ABS")
    bounded = size.with_("MINIMUM", 1e18)
    return _log1p(size + size * (bounded / ((bounded("SQUARE") + 1)("SQRT") + 1))) * x("SIGN")


def _acosh(x: Term) -> Term:
    """ln(x + sqrt(x^2 - 1)) as log1p, whose argument is small where x is near 1."""
    above = x - 1
    return _log1p(above + above("SQRT") * (x + 1)("SQRT"))


def _atanh(x: Term) -> Term:
    size = x("ABS")
    return _log1p((size + size) / (1 - size)) * 0.5 * x("SIGN")


def _selu(x: Term) -> Term:
    """ELU keeps the sign, so a leaky RELU after it reaches its negative part alone."""
    return x("ELU")("LEAKY_RELU", alpha=1.6732632423543772) * 1.0507009873554805


def _softplus(x: Term) -> Term:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), without losing digits where e^x is small."""
    power = (x("ABS") * -1)("EXP")
    sum = power + 1
    return x("RELU") + (sum("LOG") + _lost(power, sum))


def _truncated_remainder(x: Term, y: Term) -> Term:
    """The remainder with the sign of x, as C has it."""
    return x("ABS").with_("FLOOR_MOD", y("ABS")) * x("SIGN")


FORMULAS: dict[str, Formula] = {
    "Acos": lambda x: _root_of_rest(x).atan2(x),
    "Acosh": _acosh,
    "ApproximateEqual": lambda x, y: (x - y)("ABS"),  # compared with the node's tolerance below
    "Asin": lambda x: x.atan2(_root_of_rest(x)),
    "Asinh": _asinh,
    "Atan": lambda x: x.atan2(1),
    "Atanh": _atanh,
    "ClipByValue": lambda x, low, high: x.with_("MINIMUM", high).with_("MAXIMUM", low),
    "Cosh": _cosh,
    "DivNoNan": lambda x, y: y.equals(0).choose(0, x / y),
    "Expm1": _expm1,
    "Invert": lambda x: x.with_("BITWISE_XOR", -1),
    "IsFinite": lambda x: x("ABS").less(np.inf),
    "IsInf": lambda x: x("ABS").equals(np.inf),
    "IsNan": lambda x: x.with_("NOT_EQUAL", x, "BOOL"),
    "Log1p": _log1p,
    "Mod": _truncated_remainder,
    "MulNoNan": lambda x, y: y.equals(0).choose(0, x * y),
    "Selu": _selu,
    "Sinh": _sinh,
    "Softplus": _softplus,
    "Softsign": lambda x: x / (x("ABS") + 1),
    "Tan": lambda x: x("SIN") / x("COS"),
    "TruncateMod": _truncated_remainder,
    "Xdivy": lambda x, y: x.equals(0).choose(0, x / y),
    "Xlog1py": lambda x, y: x.equals(0).choose(0, x * _log1p(y)),
    "Xlogy": lambda x, y: x.equals(0).choose(0, x * y("LOG")),
}
# What is left of formulas whose second operand is a constant without zeros.
_PLAIN: dict[str, Formula] = {"DivNoNan": lambda x, y: x * (1 / y), "MulNoNan": lambda x, y: x * y}
_COMPLEX = ("COMPLEX64", "COMPLEX128")


@translates(*FORMULAS)
def formula(call: Call) -> Tensor:
    call.require(all(tensor.type not in _COMPLEX for tensor in call.inputs), "it computes complex numbers, which no operator does")
    terms = [Term(call, tensor) for tensor in call.inputs]
    if call.op in _PLAIN and (known := call.known(call.inputs[1])) is not None and np.all(known != 0):
        return _PLAIN[call.op](*terms).tensor
    made = FORMULAS[call.op](*terms)
    if call.op == "ApproximateEqual":
        made = made.less(call.attribute("tolerance", 1e-5))
    return made.tensor


@translates("Angle")
def angle(call: Call) -> Tensor:
    x = call.input(0)
    parts = [call.emit(code, [x], "FLOAT32", call.partial_shape(x)) for code in ("IMAG", "REAL")]
    return call.elementwise("ATAN2", *parts)


def _sum(x: Term, axes: Sequence[int], keep: bool = False) -> Term:
    shape = x.call.shape(x.tensor)
    after = tuple(1 if axis in axes else size for axis, size in enumerate(shape) if keep or axis not in axes)
    return Term(x.call, x.call.emit("SUM", [x.tensor, x.call.shape_tensor(axes)], None, after, keep_dims=keep))


@translates("L2Loss")
def l2_loss(call: Call) -> Tensor:
    x = Term(call, call.input(0))
    return (_sum(x("SQUARE"), range(call.rank(x.tensor))) * 0.5).tensor


@translates("EuclideanNorm")
def euclidean_norm(call: Call) -> Tensor:
    x = call.input(0)
    axes = [call.axis(axis, call.rank(x)) for axis in call.numbers(1, "axes")]
    return _sum(Term(call, x)("SQUARE"), axes, bool(call.attribute("keep_dims")))("SQRT").tensor


@translates("SoftmaxCrossEntropyWithLogits", ranks=(2, 2))
@translates("SparseSoftmaxCrossEntropyWithLogits", ranks=(2, 1))
def softmax_cross_entropy(call: Call) -> Sequence[Tensor]:
    """The loss of each row, and its gradient, which goes if nobody reads it."""
    logits, labels = call.inputs
    if call.op.startswith("Sparse"):
        labels = one_hot(call, labels, call.shape(logits)[-1], logits.type)
    x, wanted = Term(call, logits), Term(call, labels)
    loss = -_sum(x("LOG_SOFTMAX") * wanted, [1])
    return [loss.tensor, (x("SOFTMAX", beta=1.0) - wanted).tensor]


def one_hot(call: Call, indices: Tensor, depth: int, type: str | int) -> Tensor:
    """1 at each index of a row of `depth` elements, and 0 elsewhere."""
    call.require(depth >= 0, "only a run knows how many classes there are")
    dtype = tensor_dtype(type)
    shape = (*call.shape(indices), depth)
    return call.emit("ONE_HOT", [indices, call.make(depth, np.int32), call.make(1, dtype), call.make(0, dtype)], type, shape, axis=-1)
