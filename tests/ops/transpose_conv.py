"""Cases of TRANSPOSE_CONV."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(15)


def transposed(
    size: tuple[int, int],
    channels: int,
    filters: int,
    kernel: tuple[int, int],
    out: tuple[int, int],
    kind: str,
    bias: bool,
    **options: object,
) -> Case:
    shape = (filters, *kernel, channels)
    batch = 2
    wanted = T((4,), "INT32", data=[batch, *out, filters])
    if kind == "f32":
        offsets = T((filters,), data=rng.normal(size=filters)) if bias else None
        inputs = [wanted, T(shape, data=rng.normal(size=shape)), T((batch, *size, channels)), offsets]
        return Case("TRANSPOSE_CONV", inputs if bias else inputs[:3], [T(())], options, version=3 if bias else 1)
    if kind == "hybrid":
        weights = T(shape, "INT8", scale=rng.uniform(0.005, 0.02, filters), data=rng.integers(-127, 128, shape))
        inputs = [wanted, weights, T((batch, *size, channels)), T((filters,), data=rng.normal(size=filters))]
        return Case("TRANSPOSE_CONV", inputs if bias else inputs[:3], [T(())], options, version=3)
    type = "UINT8" if kind == "u8" else "INT8"
    activation = quantized(rng, type)
    if kind == "u8":
        weights = T(shape, "UINT8", scale=0.01, zero=int(rng.integers(100, 156)), data=rng.integers(0, 256, shape))
    else:
        weights = T(shape, "INT8", scale=rng.uniform(0.005, 0.02, filters), data=rng.integers(-127, 128, shape))
    scales = np.float32(activation["scale"]) * np.asarray(weights.scale, np.float32)
    inputs = [
        wanted,
        weights,
        T((batch, *size, channels), **activation),
        T((filters,), "INT32", scale=scales, data=rng.integers(-3000, 3000, filters)),
    ]
    return Case("TRANSPOSE_CONV", inputs if bias else inputs[:3], [T((), **quantized(rng, type, 10))], options, version=3 if bias else 2)


CASES = [
    transposed(size, channels, filters, kernel, out, kind, bias, stride_h=stride[0], stride_w=stride[1], padding=padding)
    for kind in ("f32", "u8", "i8", "hybrid")
    for size, channels, filters, kernel, out, stride, padding, bias in [
        ((4, 5), 3, 8, (3, 3), (8, 10), (2, 2), "SAME", True),
        ((4, 5), 8, 5, (2, 2), (8, 10), (2, 2), "VALID", True),
        ((3, 3), 4, 20, (3, 3), (7, 7), (2, 2), "VALID", False),
        ((5, 4), 2, 3, (4, 3), (5, 4), (1, 1), "SAME", True),
        ((2, 3), 3, 4, (2, 3), (7, 7), (3, 2), "VALID", True),
    ]
]
