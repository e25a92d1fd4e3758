"""Complex numbers, which lie as [real, imaginary]. Work is counted in blocks of BLOCK elements."""

from __future__ import annotations

import numpy as np

from .kernel import Device, Kernel, device, kernel
from .unary import BLOCK


def make_part(name: str, element: str, formula: Device) -> Kernel:
    """A kernel of a formula on numbers: formula(real, imaginary)."""

    @kernel(f"{element}_{name}", x=element + "*", out=element + "*", count="i64")
    def part(a, lo, hi, scratch):
        for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
            a.out[i] = formula(a.x[2 * i], a.x[2 * i + 1])

    return part


@device
def real(x, y):
    return x


@device
def imaginary(x, y):
    return y


@device
def size(x, y):
    """By the larger part, so that no square is too large or too small; infinite if a part is, whatever the other."""
    x, y = abs(np.float64(x)), abs(np.float64(y))
    if (x == np.inf) | (y == np.inf):
        return np.inf
    large, small = max(x, y), min(x, y)
    if large == 0.0 or x != x or y != y:
        return x + y
    ratio = small / large
    return large * np.sqrt(1.0 + ratio * ratio)


# operator -> type -> kernel
PARTS: dict[str, dict[str, Kernel]] = {
    code: {"COMPLEX64": make_part(code.lower(), "f32", formula), "COMPLEX128": make_part(code.lower(), "f64", formula)}
    for code, formula in (("REAL", real), ("IMAG", imaginary), ("COMPLEX_ABS", size))
}
