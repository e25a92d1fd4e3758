"""What a quantizer must know of an operator, declared in the operator's own file."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["ADDS", "COMPUTES", "JOINS", "MOVES", "PICKS", "RESHAPES", "QuantizationRule", "WeightStorageRule"]

_BYTES = ("UINT8", "INT8")


@dataclass(frozen=True)
class QuantizationRule:
    """How an operator is computed on 8-bit integers. Its FLOAT32 inputs and outputs become integers, all others stay.

    types       the integer types that a kernel has
    weights     the input with the weights, and `channels` the dimension of it that may have a scale for each index
    bias        the input with the biases, INT32 at the product of the scales of the data and the weights
    data        the input that weights multiply
    moves       the types in which the kernel moves numbers without computing, so that all must have one scale and zero point
    copies      whether the output takes the input's parameters whatever range is known for it, as TOCO had it
    fixed       scale and zero point, as UINT8, that the kernel's output always has
    range       the range of such a result as the first converter took it, where that is not quite what its integers mean
    in_16_bits  whether LiteRT's fast uint8 kernel adds two products of weights in 16 bits
    floats_out  whether the kernel returns floats all the same
    finest      the scale of the input, times the option beta if there is one, at or below which the kernel's fixed point ends
    coarser     how many times the output's scale an input's must stay below, for the same reason
    joins       whether its output holds the elements of all inputs, so that the ranges that are known of some of them count for it
    by_input    whether in TF 2.21 its result takes the scale of its input, and not the other way, though it is a data-movement op
    adds_bias   whether it gets biases of 0 where it has none
    drops_bias  whether TF 2.21 leaves biases of 0 out
    ranges      where ranges go that are known on one side only: "forward" to the outputs, "backward" from the output, "both",
                "union" of the inputs' to the output, "zero" forward and extended to 0, "" nowhere
    """

    types: tuple[str, ...] = _BYTES
    weights: int | None = None
    bias: int | None = None
    channels: int = 0
    data: int = 0
    moves: tuple[str, ...] = ()
    copies: bool = False
    fixed: tuple[float, int] | None = None
    range: tuple[float, float] | None = None
    in_16_bits: bool = False
    floats_out: bool = False
    finest: float = 0.0
    coarser: float = math.inf
    joins: bool = False
    by_input: bool = False
    adds_bias: bool = True
    drops_bias: bool = False
    ranges: str = ""


COMPUTES = QuantizationRule()  # each tensor has its own scale
ADDS = QuantizationRule(coarser=2.0**19)  # twice the input's scale is the common one, which has 20 bits to spare
MOVES = QuantizationRule(moves=_BYTES, ranges="forward")
RESHAPES = QuantizationRule(moves=_BYTES, copies=True, ranges="both")
JOINS = QuantizationRule(moves=_BYTES, ranges="union")  # values of several inputs
PICKS = QuantizationRule(moves=_BYTES, ranges="zero")  # one of a window, or their mean


@dataclass(frozen=True)
class WeightStorageRule:
    """Which inputs of an operator may be stored as INT8 while it computes on floats, and who knew it.

    inputs      the inputs with weights
    channels    the dimension of theirs that may have a scale for each index; None: one scale
    each        whether the kernel reads a scale for each channel, even where they are the same
    kernel      whether its kernel reads them as they are stored; else a DEQUANTIZE goes before
    moves       whether it only picks weights, so that a DEQUANTIZE goes after it
    asymmetric  whether its option asymmetric_quantize_inputs then lets inputs have a zero point
    together    whether all of them must be stored so, or none: the kernel takes weights of one type
    first       what TensorFlow's first converter (1.15) took it for that stored them so: "kernel", "moves" or, after a DEQUANTIZE,
                "stored"; else ""
    """

    inputs: tuple[int, ...]
    channels: int | None = None
    each: bool = False
    kernel: bool = True
    moves: bool = False
    asymmetric: bool = False
    together: bool = False
    first: str = ""
