"""How 8-bit products are summed: the primitives of matrix products, and how both sides of a product must lie in memory for each.

A step multiplies 32 bits of a row, a *group* of values, by 32 bits of each column, and adds the products to the column's int32 sum.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .cpu import Target, target

__all__ = ["DOTS", "Dot", "best_dot"]


class Dot(NamedTuple):
    """One primitive.

    name     as in `Target.dot`
    number   its place among DOTS, by which kernels name it to `tiles.dot`
    group    how many values of a row 32 bits hold
    offset   by how much a row's value, as it is read, is larger than the INT8 that it stands for
    weights  the numpy type of packed weights
    """

    name: str
    number: int
    group: int
    offset: int
    weights: str

    def supports(self, cpu: Target) -> bool:
        """Whether a CPU has it: it has all that are listed after its best."""
        return self.number >= next(dot.number for dot in DOTS if dot.name == cpu.dot)

    @property
    def reads_bytes(self) -> bool:
        """Whether rows are read as the bytes that they are, so that zero points are made up for afterwards; otherwise they are widened."""
        return self.weights == "int8"

    def words(self, weights: np.ndarray) -> np.ndarray:
        """Weights [..., depth] in the range of `weights` as int32 words [..., groups], zeros after the last."""
        depth = weights.shape[-1]
        wide = np.zeros((*weights.shape[:-1], -(-depth // self.group) * self.group), self.weights)
        wide[..., :depth] = weights
        return wide.view(np.int32)

    def weights_as_read(self, weights: np.ndarray, zero: int) -> tuple[np.ndarray, int]:
        """INT8 or UINT8 weights as integers that `words` takes, and the zero point that is left in them."""
        if not self.reads_bytes:
            return weights.astype(np.int16) - np.int16(zero), 0
        signed = weights.dtype == np.int8
        return (weights, zero) if signed else ((weights ^ 0x80).view(np.int8), zero - 128)


# Best first. vnni: four u8 (s8 + 128 where rows are signed) times four s8. madd, mul: two s16 times two s16.
DOTS = (Dot("vnni", 0, 4, 128, "int8"), Dot("madd", 1, 2, 0, "int16"), Dot("mul", 2, 2, 0, "int16"))


def best_dot() -> Dot:
    """The fastest primitive of this process's target."""
    return next(dot for dot in DOTS if dot.name == target().dot)
