"""Ops, tensors and numbers as sentences and tables name them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from ..text import printable
from .records import OpRef, TensorRef
from .values import ValueDifference

__all__ = [
    "amount", "count_of", "count_text", "end_of", "grouped", "listed", "name_text", "number_text", "op_text", "ops_text", "percent",
    "share_text", "step_count", "steps_text", "tensor_text", "value_text",
]  # fmt: skip

T = TypeVar("T")

_LONGEST = 60  # characters of a name in a sentence
_MOST = 4  # things that a sentence lists


def name_text(name: Any) -> str:
    """A name in quotes; of a long one the end, which tells most in names of converters."""
    return f"'{end_of(name)}'"


def end_of(name: Any, longest: int = _LONGEST) -> str:
    """A name, or the end of a long one."""
    text = printable(str(name or ""))
    return text if len(text) <= longest else "..." + text[3 - longest :]


def op_text(a: OpRef, b: OpRef | None = None) -> str:
    """An op of A, with its number in B where that is another one."""
    graph = f"graph {a.graph}, " if a.graph else ""
    moved = f" (op {b.index} of B)" if b is not None and b.index != a.index else ""
    return f"{graph}op {a.index} {printable(a.name)}{moved}"


def ops_text(ops: Sequence[OpRef], place: str = "") -> str:
    """Ops with their operators, several of one operator together: "QUANTIZE (op 0), 2 DEQUANTIZE (ops 4 and 9)". `place` is " of B"."""
    by_name: dict[str, list[OpRef]] = {}
    for op in ops:
        by_name.setdefault(op.name, []).append(op)
    parts = []
    for name, here in sorted(by_name.items(), key=lambda entry: -len(entry[1])):
        numbers = listed([f"{op.index}" + (f" of graph {op.graph}" if op.graph else "") for op in here])
        many = f"{len(here)} " if 1 < len(here) < len(ops) else ""
        parts.append(f"{many}{printable(name)} (op{'s' if len(here) > 1 else ''} {numbers}{place})")
    return listed(parts)


def tensor_text(tensor: TensorRef, op: OpRef | None) -> str:
    """A tensor by name, with the op that it belongs to."""
    return name_text(tensor.name) + (f" ({op_text(op)})" if op is not None else "")


def listed(parts: Iterable[str], most: int = _MOST) -> str:
    """A list in a sentence: "a, b and c"; of a long one the first, and how many more there are."""
    shown = list(parts)
    if len(shown) > most + 1:
        shown = [*shown[:most], f"{len(shown) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def grouped(items: Iterable[T], key: Callable[[T], Any]) -> dict[Any, list[T]]:
    """Things that have a key in common, in the order in which they come first."""
    found: dict[Any, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def count_of(count: int, thing: str) -> str:
    """ "1 op", "2 ops"."""
    return f"{count:,} {thing if count == 1 else thing + 's'}"


def count_text(count: int, thing: str, verb: str = "is") -> str:
    """ "1 op is", "2 ops are"."""
    plural = {"is": "are", "was": "were", "has": "have", "differs": "differ"}
    return f"{count_of(count, thing)} {verb if count == 1 else plural[verb]}"


def percent(share: float) -> str:
    """A share in percent, to two digits, or as many as it takes to say that it is not all."""
    if math.isinf(share):
        return "any percentage (it was 0)"
    if share >= 10:
        return f"{100 * share:,.0f} %"
    text = next((text for text in (f"{100 * share:.{digits}g}" for digits in (2, 3, 4, 5)) if share >= 1 or float(text) < 100), "99.999")
    return f"{float(text):g} %" if float(text) >= 0.001 else f"{share * 100:.1g} %"


def number_text(number: float | None) -> str:
    """A real number to three digits."""
    return "none" if number is None else f"{number:.3g}"


def steps_text(steps: float) -> str:
    """ "1 step", "2 steps", "0.7 steps"."""
    return f"{step_count(steps)} step{'' if steps == 1 else 's'}"


def step_count(steps: float) -> str:
    """ "1", "0.7", "1,204"."""
    if not math.isfinite(steps):
        return "infinitely many"
    return f"{steps:,.0f}" if steps == int(steps) or steps >= 1000 else f"{steps:.3g}"


def amount(difference: ValueDifference) -> str:
    """The largest difference: "2 steps (0.0078)", "1.2e-06 (of at most 3.4)", "3"."""
    if difference.steps is not None and difference.real is not None:
        return f"{steps_text(difference.steps)} ({number_text(difference.real)})"
    if difference.steps is not None:
        return f"{difference.steps:,.0f}"
    if difference.real is None:
        return "some bits"
    if math.isinf(difference.real):
        return "a NaN or an infinity"
    of = f" (of at most {number_text(difference.largest)})" if difference.largest else ""
    return f"{number_text(difference.real)}{of}"


def share_text(difference: ValueDifference) -> str:
    """ "3 of 10 values", "12 % of 1,204 values"."""
    if difference.differing == difference.count:
        return "its only value" if difference.count == 1 else f"all {difference.count:,} values"
    if difference.count <= 10_000 or difference.differing <= 10:
        return f"{difference.differing:,} of {difference.count:,} values"
    return f"{percent(difference.share)} of {difference.count:,} values"


def value_text(value: Any) -> str:
    """A value of a record, for people."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {value_text(item)}' for name, item in value.items())}}}"
    return printable(str(value))
