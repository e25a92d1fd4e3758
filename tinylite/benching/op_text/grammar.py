"""The grammar in words, with an example of each operator, made of the operators themselves."""

from __future__ import annotations

from collections.abc import Iterator

from .operators import example_of, operators, why_not
from .options import SIZES
from .tensors import ROLES
from .types import TYPES

__all__ = ["examples", "grammar_text"]

_GRAMMAR = """An op is a line: OPERATOR TYPE TENSOR... OPTION... [-> RESULT...]

OPERATOR  the operator's name, in letters of any size
TYPE      the type of its tensors:
          {types};
          f32/i8: weights have another type (hybrid); i16x8: i16/i8
TENSOR    its inputs in their order, each [ROLE:][TYPE:]SHAPE[@QUANTIZATION][~LOW..HIGH][*TIMES]:
            SHAPE          1x56x56x64, 1000, or scalar
            ROLE           {roles}.
                           Weights and biases are const without it
            TYPE           if it is not the one that the line begins with: i32:128
            QUANTIZATION   0.05,3 scale and zero point, axis0 a scale for each index of dimension 0, none;
                           without it what the operator needs
            LOW..HIGH      what values are drawn from: ~0..999
            TIMES          so many of them: 20x28*4
          or values        [1,2], [[0,0],[1,1]], (2) for one alone, i64:[1,2]: a constant, such as axes, sizes, paddings
          or -             an input that is left out
          or =0            operand 0 again
OPTION    name=value       with the format's names: axis=-1, alpha=0.2, squeeze_dims=[1,2]
          name             alone where it is true: keep_dims
          value            alone where it is a word: same, valid, relu6, symmetric
          sizes            {sizes}; s2x1 for height and width
          of layers        bias (which is usual), nobias, per-channel (usual for i8), per-tensor
          Strides are 1, beta of SOFTMAX is 1, and padding is same if nothing else is said.
RESULT    TYPE[@QUANTIZATION] of each output, where it is not what the operator makes of its inputs: -> i8@0.1,-3

A file of ops has one a line, with how often it is there before it: 13 x CONV_2D ...; # begins a comment.
"""
_ROLES = {"input": "is fed", "const": "is a constant that is drawn", "state": "is kept from run to run", "inner": "only states a scale"}
_SIZES = {"k": "window", "s": "stride", "d": "dilation", "m": "depth multiplier"}


def examples() -> Iterator[tuple[str, str | None]]:
    """Every operator that tinylite runs with an example, or None for those that no line can say."""
    for operator in operators():
        yield operator.code, example_of(operator)


def grammar_text() -> str:
    """The grammar of lines, and a line for each operator that tinylite runs; of those that no line can say, why not."""
    roles = f",\n{' ' * 27}".join(f"{role} ({_ROLES[role]})" for role in ROLES)
    head = _GRAMMAR.format(types=", ".join(TYPES), roles=roles, sizes=", ".join(f"{letter}2 {_SIZES[letter]}" for letter in SIZES))
    lines = [example for _, example in examples() if example is not None]
    reasons: dict[str, list[str]] = {}
    for operator in operators():
        reason = why_not(operator)
        if reason is not None:
            reasons.setdefault(reason, []).append(operator.code)
    refused = [f"{', '.join(codes)} {reason}: give a model that has it." for reason, codes in reasons.items()]
    return "\n".join([head, "An example of each operator:", "", *(f"  {line}" for line in lines), "", *refused]) + "\n"
