"""Functions that are formulas of several operators keep their digits where the result is small."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from tinylite.quantize import FullIntegerQuantization, quantize_model

from .referee import Case, convert, frozen
from .running import by_litert, by_tinylite

_RNG = np.random.default_rng(0)
_SMALL = 10 ** _RNG.uniform(-30, -0.01, 500) * _RNG.choice([-1, 1], 500)
_WIDE = _RNG.uniform(-80, 80, 200)
_ABOVE = 10 ** _RNG.uniform(-6, 37, 500)

# The function in double, and where it is tried.
FUNCTIONS: dict[str, tuple[Callable[..., np.ndarray], np.ndarray]] = {
    "Acosh": (np.arccosh, 1 + _ABOVE),
    "Asinh": (np.arcsinh, np.concatenate([_SMALL, _ABOVE, -_ABOVE])),
    "Atanh": (np.arctanh, _SMALL),
    "Cosh": (np.cosh, np.concatenate([_WIDE, [89.3, -89.3]])),
    "Elu": (lambda x: np.where(x < 0, np.expm1(x), x), np.concatenate([_SMALL, _WIDE])),
    "Expm1": (np.expm1, np.concatenate([_SMALL, _WIDE])),
    "Log1p": (np.log1p, np.concatenate([_SMALL, _ABOVE])),
    "Selu": (lambda x: 1.0507009873554805 * np.where(x < 0, 1.6732632423543772 * np.expm1(x), x), np.concatenate([_SMALL, _WIDE])),
    "Sinh": (np.sinh, np.concatenate([_SMALL, _WIDE, [89.3, -89.3]])),
    "Softplus": (lambda x: np.logaddexp(x, 0), np.concatenate([_SMALL, _WIDE])),
    "Xlog1py": (lambda x: 3 * np.log1p(x), np.concatenate([_SMALL, _ABOVE])),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_small_results_keep_their_digits(name: str) -> None:
    function, points = FUNCTIONS[name]
    x = points.astype(np.float32)
    op = getattr(tf.raw_ops, name)
    argument = "features" if name in ("Elu", "Selu", "Softplus") else "x"
    build = (lambda x: op(x=np.full(x.shape, 3, np.float32), y=x)) if name == "Xlog1py" else lambda x: op(**{argument: x})
    model = convert(*frozen(Case(build, [x]), unknown=False))
    wanted = function(x.astype(np.float64))
    normal = np.abs(wanted) > np.finfo(np.float32).tiny
    for found in (by_tinylite(model, [x]), by_litert(model, [x])):
        assert found is not None
        assert (np.abs(found[0] / wanted - 1)[normal] < 1e-6).all()


@pytest.mark.parametrize(("name", "codes"), [("Log1p", ["ADD", "LOG"]), ("Softplus", ["ABS", "MUL", "EXP", "ADD", "RELU", "LOG", "ADD"])])
def test_8_bits_take_the_plain_formula(name: str, codes: list[str]) -> None:
    x = np.linspace(0.1, 3, 8, dtype=np.float32)
    op, argument = getattr(tf.raw_ops, name), "features" if name == "Softplus" else "x"
    model = convert(*frozen(Case(lambda x: op(**{argument: x}), [x]), unknown=False))
    made = quantize_model(model, FullIntegerQuantization(type="INT8", default_range=(-4.0, 4.0)))
    found = [op.code for op in made.graph.ops if op.code not in ("QUANTIZE", "DEQUANTIZE")]
    assert sorted(found) == sorted(codes)
