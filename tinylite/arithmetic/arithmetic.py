"""An arithmetic: how results are rounded, as a value with a name. One holds for a whole plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from ..errors import SettingError, UnprovenError, quoted

__all__ = ["Arithmetic", "Rule", "rows"]

_OTHERS = "Run it with the arithmetic 'litert-reference' or 'fast', whose integers are those of LiteRT's reference kernels"
_MOST_NAMED = 5  # operators or types
_RULES = 'Give {("CONV_2D", "INT8"): Rule(method, factor), ...}, by operators and types of outputs'


class Rule(NamedTuple):
    """How an operator's results become integers, where that is not as in the reference kernels.

    method  the name that the operator knows it by. Of sums of products, how a sum times its factor is rounded: a key of EPILOGUES in
            kernels/epilogues.py
    factor  of sums of products, how input scale * weights scale / output scale is computed: a key of FACTORS in ops/linear/requantizing.py
    end     the first factor for which this is not so
    block   of sums of products, with the method "halves_up": how many channels are rounded together. Those after the last whole block are
            rounded half away from zero
    limits  how a fused activation's limits are stored: a key of LIMITS in ops/common/quantization_params.py
    where   of sums of products, the layers that it holds for: a key of CONDITIONS in ops/linear/conditions.py. Of others, that they are
            not proven for what the operator leaves out then, and what it is proven for in words
    other   the rule of the other layers; without one, it is not proven for them
    """

    method: str
    factor: str = ""
    end: float = float("inf")
    block: int = 1
    limits: str = ""
    where: str = ""
    other: Rule | None = None


def rows(rule: Rule | None, types: str, codes: str) -> dict[tuple[str, str], Rule | None]:
    """One rule for several types and operators, whose names have spaces between them."""
    return {(code, type): rule for code in codes.split() for type in types.split()}


@dataclass(frozen=True)
class Arithmetic:
    """One way to round all results of a plan.

    name        by which it is asked for
    floats      sums of float products: "separate" rounds products and sums in the reference kernels' order, "fused" once for both
    rules       of each operator and output type for which it is proven, its rule, or None where the bits are those of the reference
                kernels. None instead of rules: the reference kernels' own, for all operators
    quantizing  what holds instead in a graph that quantizes floats, where the last bit of a float decides between two integers
    version     counted up when results change, so that a stored result says which rules it was made with
    oracle      what it is compared with, bit for bit
    """

    name: str
    floats: str
    rules: Mapping[tuple[str, str], Rule | None] | None = None
    quantizing: Arithmetic | None = None
    version: int = 1
    oracle: str = ""

    def __post_init__(self) -> None:
        if self.floats not in ("separate", "fused"):
            raise SettingError(f"the arithmetic {self.name!r} rounds floats {quoted(self.floats)}", "Give 'separate' or 'fused'")
        if not (self.rules is None or isinstance(self.rules, Mapping)):
            raise SettingError(f"the rules of the arithmetic {self.name!r} are {quoted(self.rules)}", _RULES)
        for place, rule in (self.rules or {}).items():
            named = isinstance(place, tuple) and len(place) == 2 and all(isinstance(part, str) for part in place)
            if not (named and (rule is None or isinstance(rule, Rule))):
                raise SettingError(f"the arithmetic {self.name!r} has the rule {quoted(place)}: {quoted(rule)}", _RULES)

    @property
    def is_reference(self) -> bool:
        """Whether integers are those of the reference kernels."""
        return self.rules is None

    def check(self, code: str, type: str) -> None:
        """Raise UnprovenError unless it is proven for an operator with outputs of a type."""
        if self.rules is not None and (code, type) not in self.rules:
            types = [f"{code} of {known}" for operator, known in self.rules if operator == code]
            known = types or list(dict.fromkeys(operator for operator, _ in self.rules))
            more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
            proven = ", ".join(known[:_MOST_NAMED]) + more
            raise UnprovenError(f"the arithmetic {self.name!r} is not proven for {code} of {type}; it is for {proven}", _OTHERS)

    def rule(self, code: str, type: str, reference: Rule) -> Rule:
        """The rule of an operator with outputs of a type, whose rule in the reference kernels is `reference`.

        Raises UnprovenError where it is not proven.
        """
        if self.rules is None:
            return reference
        self.check(code, type)
        return self.rules[code, type] or reference

    def refuse(self, code: str, type: str, where: str) -> NoReturn:
        """Raise UnprovenError for a layer of an operator that it is proven for with `where` only, a key of CONDITIONS."""
        raise UnprovenError(f"the arithmetic {self.name!r} is proven for {code} of {type} with {where} only", _OTHERS)

    def check_factor(self, rule: Rule, factor: float) -> None:
        """Raise UnprovenError for a factor that a rule is not proven for."""
        if factor >= rule.end:
            raise UnprovenError(
                f"its scales make a factor of {factor:.6g}, and the arithmetic {self.name!r} is proven below {rule.end:g}", _OTHERS
            )
