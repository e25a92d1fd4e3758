"""Functions of two 8-bit numbers: 65,536 results, computed while a plan is made. For arithmetics that no kernel is made for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...arithmetic.formulas import Affine, Stages, last
from .broadcasting import blocks, loops
from .lookup import stored_values
from .operator import Node
from .quantization_params import activation_range, affine

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["PairFormula", "Pairs", "of_pairs", "pairs_step"]

# From stored numbers, and what they and results stand for, to stages; None where the implementation does not take such scales.
PairFormula = Callable[[np.ndarray, np.ndarray, Affine, Affine, Affine], "Stages | None"]


class Pairs(NamedTuple):
    """What a formula computes of all pairs, [256, 256] by ascending stored numbers; the last stage is cut to the output's limits.

    limits  how the limits of a fused activation are stored, as an arithmetic names it
    rest    of every `period` results in the output's order, those behind the first `whole` are these
    """

    stages: Stages
    limits: str
    rest: Stages | None = None
    period: int = 1
    whole: int = 1


def of_pairs(node: Node, formula: PairFormula) -> Stages | None:
    """The stages of a formula for all pairs of stored numbers, each [256, 256] by ascending numbers; None where it does not hold."""
    x, y = node.input(0), node.input(1)
    numbers = stored_values(x.type)[:, None], stored_values(y.type)[None, :]
    return formula(*numbers, affine(node, x), affine(node, y), affine(node, node.outputs[0]))


def pairs_step(node: Node, plan: PlanContext, pairs: Pairs, activation: str) -> None:
    """output = pairs[x, y] within the limits of an activation, with broadcasting."""
    from ...kernels.binary import MAX_OUTER, lookup_pairs

    x, y, output = node.input(0), node.input(1), node.outputs[0]
    by_bits = stored_values(x.type).astype(np.uint8)
    low, high = activation_range(node, activation, output, limits=pairs.limits)

    def stored(stages: Stages) -> Any:
        table = np.empty((256, 256), np.uint8)
        table[np.ix_(by_bits, by_bits)] = np.clip(last(stages), low, high).astype(np.int64) & 255
        return plan.constant(table, np.uint8)

    table = stored(pairs.stages)
    walk = loops(node, (x.shape, y.shape), output.shape, MAX_OUTER)
    plan.step(
        lookup_pairs, **blocks(walk), x=x, y=y, out=output, table=table, rest=table if pairs.rest is None else stored(pairs.rest),
        period=pairs.period, whole=pairs.whole, **walk,
    )  # fmt: skip
