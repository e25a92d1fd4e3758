"""Types of linear layers: a row for each pair of input and weights that a kernel multiplies."""

from __future__ import annotations

from typing import NamedTuple

from ...arithmetic import Rule

__all__ = ["CONVOLUTION", "DENSE", "FLOAT", "MATRICES", "Pair"]


class Pair(NamedTuple):
    """A row: the types of a layer, and the way of the builder (layers.py) that serves them.

    way     "f32"; "q8", where int32 sums are requantized; or "hybrid", where floats are quantized by their own range on the way
    rule    how the reference kernels requantize, for q8
    finite  whether floats end at the largest there is where an activation has no bound
    """

    input: str
    weights: str
    output: str
    bias: str
    way: str
    rule: Rule = Rule("", "")
    finite: bool = True


_FLOAT = Pair("FLOAT32", "FLOAT32", "FLOAT32", "FLOAT32", "f32")
_HYBRID = Pair("FLOAT32", "INT8", "FLOAT32", "FLOAT32", "hybrid")
_UINT8 = Pair("UINT8", "UINT8", "UINT8", "INT32", "q8")
_INT8 = Pair("INT8", "INT8", "INT8", "INT32", "q8")

FLOAT = (_FLOAT,)
CONVOLUTION = (
    _FLOAT,
    _HYBRID,
    _UINT8._replace(rule=Rule("fixed", "product in float")),
    _INT8._replace(rule=Rule("fixed", "double")),
)
# LiteRT's hybrid kernel of FULLY_CONNECTED applies the activation alone, where others end at the largest float.
DENSE = (
    _FLOAT,
    _HYBRID._replace(finite=False),
    _UINT8._replace(rule=Rule("double", "double")),
    _INT8._replace(rule=Rule("double", "double")),
)
# BATCH_MATMUL has no activation, and no bias.
MATRICES = (
    _FLOAT._replace(finite=False),
    _INT8._replace(rule=Rule("fixed", "product in float")),
    _HYBRID._replace(finite=False),
)
