"""Arithmetics: how results are rounded, as values with names. One holds for a whole plan.

LiteRT's kernels differ among themselves by a step here and there, so that which of them a result equals is part of its name.
To add one: an epilogue in kernels/epilogues.py if none rounds so, a row here, and cases that compare it with what it is named after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .errors import SettingError, UnsupportedError, nearest, quoted

__all__ = ["ARITHMETICS", "FAST", "REFERENCE", "XNNPACK", "Arithmetic", "Rule", "find"]

_OTHERS = "Run it with the arithmetic 'reference' or 'fast', whose integers are those of LiteRT's reference kernels"

_RULES = 'Give {("CONV_2D", "INT8"): Rule(method, factor), ...}, by operators and types of outputs'


class Rule(NamedTuple):
    """How int32 sums of products become 8-bit outputs.

    method  how a sum times its factor is rounded: a key of EPILOGUES in kernels/epilogues.py
    factor  how input scale * weights scale / output scale is computed: a key of FACTORS in ops/linear/requantizing.py
    end     the first factor for which this is not so
    """

    method: str
    factor: str
    end: float = float("inf")


@dataclass(frozen=True)
class Arithmetic:
    """One way to round all results of a plan.

    name        by which it is asked for
    floats      sums of float products: "separate" rounds products and sums in the reference kernels' order, "fused" once for both
    rules       of each operator and output type for which it is proven, how sums are requantized, or None where nothing is rounded.
                None instead of rules: those that operators have from LiteRT's reference kernels, for all operators
    quantizing  what holds instead in a graph that quantizes floats, where the last bit of a float decides between two integers
    """

    name: str
    floats: str
    rules: Mapping[tuple[str, str], Rule | None] | None = None
    quantizing: Arithmetic | None = None

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
        """Raise UnsupportedError unless it is proven for an operator with outputs of a type."""
        if self.rules is not None and (code, type) not in self.rules:
            proven = ", ".join(f"{code} of {type}" for code, type in self.rules)
            raise UnsupportedError(f"the arithmetic {self.name!r} is not proven for {code} of {type}; it is for {proven}", _OTHERS)

    def rule(self, code: str, type: str, reference: Rule) -> Rule:
        """How an operator's sums become outputs of a type, which the reference kernels do by the rule `reference`.

        Raises UnsupportedError where it is not proven, and SettingError where it has None for a rule.
        """
        if self.rules is None:
            return reference
        self.check(code, type)
        rule = self.rules[code, type]
        if rule is None:
            raise SettingError(f"the arithmetic {self.name!r} has None as the rule for {code} of {type}, whose sums are rounded", _RULES)
        return rule

    def check_factor(self, rule: Rule, factor: float) -> None:
        """Raise UnsupportedError for a factor that a rule is not proven for."""
        if factor >= rule.end:
            raise UnsupportedError(
                f"its scales make a factor of {factor:.6g}, and the arithmetic {self.name!r} is proven below {rule.end:g}", _OTHERS
            )


REFERENCE = Arithmetic("reference", floats="separate")
FAST = Arithmetic("fast", floats="fused", quantizing=REFERENCE)

# XNNPACK's kernels for x86, which LiteRT's default interpreter runs. It takes no layer with a factor from 256 on.
_XNNPACK = Rule("float", "float", 256)
XNNPACK = Arithmetic(
    "xnnpack",
    floats="separate",
    rules={
        ("CONV_2D", "INT8"): _XNNPACK,
        ("DEPTHWISE_CONV_2D", "INT8"): _XNNPACK,
        ("FULLY_CONNECTED", "INT8"): _XNNPACK,
        ("RESHAPE", "INT8"): None,
    },
)

ARITHMETICS = {arithmetic.name: arithmetic for arithmetic in (FAST, REFERENCE, XNNPACK)}


def find(arithmetic: Arithmetic | str) -> Arithmetic:
    """The arithmetic of a name, or the one that is given. Raises SettingError, with the nearest names, for anything else."""
    if isinstance(arithmetic, Arithmetic):
        return arithmetic
    if isinstance(arithmetic, str) and arithmetic in ARITHMETICS:
        return ARITHMETICS[arithmetic]
    names = ", ".join(map(repr, ARITHMETICS))
    raise SettingError(f"there is no arithmetic {quoted(arithmetic)}", nearest(arithmetic, ARITHMETICS) or f"Give one of {names}")
