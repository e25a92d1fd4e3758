"""Ranges that FAKE_QUANT ops say, of what they read and of what they write."""

from __future__ import annotations

import logging
import math

from ...errors import ConvertError
from ...passes.uses import Uses
from ..parameters import Range
from ..policy import Policy
from ..ranges import Ranges

__all__ = ["FakeQuants", "trained_range"]

_log = logging.getLogger("tinylite")


class FakeQuants:
    """FAKE_QUANT ops, which are dropped. The name of what they read stays, unless the graph returns their result under its own."""

    def provide(self, ranges: Ranges) -> None:
        graph, uses = ranges.graph, Uses(ranges.graph)
        for op in list(graph.ops):
            if op.code != "FAKE_QUANT" or op.options is None or op.inputs[0] is None:
                continue
            x, y = op.inputs[0], op.outputs[0]
            bits = op.options.num_bits
            if not ranges.policy.takes_bits(bits):
                raise ConvertError(f"the FakeQuant {y.name!r} has {bits} bits, and {ranges.type} has 8", "Rewrite the graph with 8 bits")
            found = trained_range(ranges.policy, Range(op.options.min, op.options.max, op.options.narrow_range), y.name)
            ranges.set_if_missing(x, found)
            ranges.set_if_missing(y, found)
            returned = any(y is output for output in graph.outputs)
            if returned and any(x is other for other in (*graph.inputs, *graph.outputs)):
                continue  # both have names that somebody knows: it stays, as an op that brings one to the other's scale
            if returned:
                x.name = y.name
                ranges.set(x, ranges.known[id(y)])
            uses.redirect(y, x)
            ranges.rounded.add(id(x))
            graph.ops.remove(op)


def trained_range(policy: Policy, found: Range, name: str | None) -> Range:
    """A FakeQuant's range, with 0 in it as the policy wants it. Raises ConvertError for ends that are not numbers or in the wrong order."""
    if not (math.isfinite(found.low) and math.isfinite(found.high) and found.low <= found.high):
        raise ConvertError(f"the range {found} of the FakeQuant {name!r} is not one: it needs numbers, the lower one first",
                           "Train longer, so that moving averages have values, or mend the FakeQuant's min and max")  # fmt: skip
    made = policy.holding_zero(found)
    if made != found and policy.ranges_without_zero == "extend":
        _log.warning("The range %s of %r does not hold 0 and is made to, which costs accuracy", found, name)
    return made
