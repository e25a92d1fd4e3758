"""The operators that tinylite runs, by the names that lines have for them."""

from __future__ import annotations

import importlib

from ... import ops
from ...errors import nearest
from ...ops import custom_ops
from ...ops.common.flow import ControlFlowOp
from ...ops.common.operator import REGISTRY, Operator
from .tokens import Token, refuse
from .types import short_type

__all__ = ["count_problem", "example_of", "is_custom", "operator_named", "operators", "why_not"]


def operators() -> list[Operator]:
    """All operators that tinylite runs, builtin ones first."""
    return [*map(ops.find, ops.names()), *map(_custom, custom_ops.names())]


def _custom(name: str) -> Operator:
    """The custom operator of a name in small letters."""
    importlib.import_module(f"{custom_ops.__name__}.{name}")
    return next(operator for code, operator in REGISTRY.items() if code.lower() == name and is_custom(operator))


def is_custom(operator: Operator) -> bool:
    """Whether a file has the operator as CUSTOM, with its name."""
    return custom_ops.find(operator.code) is operator


def operator_named(token: Token) -> Operator:
    """The operator of a name in letters of any size. Raises SettingError, with the nearest names."""
    name = token.text
    if name.isascii():
        if name.upper() in ops.names():
            return ops.find(name.upper())
        if name.lower() in custom_ops.names():
            return _custom(name.lower())
    known = [*ops.names(), *custom_ops.names()]
    refuse(token, "is not an operator that tinylite runs", nearest(name, known) or "`tinylite ops` lists them")


def why_not(operator: Operator) -> str | None:
    """Why no line can say what an op of this operator is; None if one can."""
    if isinstance(operator, ControlFlowOp):
        return "calls graphs or keeps variables, which a line cannot hold"
    return None


def count_problem(operator: Operator, count: int) -> str | None:
    """What is wrong with this many inputs; None if the operator takes them."""
    least, most = operator.input_count
    if least <= count <= most:
        return None
    wanted = str(least) if least == most else f"{least} to {most}" if most < 1000 else f"{least} or more"
    return f"it has {count} inputs and takes {wanted}"


def example_of(operator: Operator) -> str | None:
    """A line for an op of this operator; None where no line can say what it is."""
    if why_not(operator) is not None:
        return None
    types = (operator.plain_types or "FLOAT32").split()
    type = "FLOAT32" if "FLOAT32" in types else types[0]
    tensors = "1x8x8x16" if operator.input_count[0] == 1 else f"1x8x8x16*{operator.input_count[0]}"
    return f"{operator.code} {operator.example or f'{short_type(type)} {tensors}'}"
