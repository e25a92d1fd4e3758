"""Cases of DEPTHWISE_CONV_2D."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(2)


def depthwise(
    batch: int, size: tuple[int, int], channels: int, multiplier: int, kernel: tuple[int, int], kind: str, **options: object
) -> Case:
    options = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "depth_multiplier": multiplier, **options}
    filters = channels * multiplier
    shape = (1, *kernel, filters)
    input_shape = (batch, *size, channels)
    if kind in ("f32", "hybrid"):
        bias = T((filters,), data=rng.normal(size=filters))
        if kind == "f32":
            weights = T(shape, data=rng.normal(size=shape))
        else:
            weights = T(shape, "INT8", scale=rng.uniform(0.005, 0.02, filters), axis=3, data=rng.integers(-127, 128, shape))
        return Case("DEPTHWISE_CONV_2D", [T(input_shape), weights, bias], [T(())], options, version=1 if kind == "f32" else 6)
    type = "UINT8" if kind.startswith("u8") else "INT8"
    activation = quantized(rng, type)
    if type == "UINT8":
        zero = 128 if kind == "u8_128" else int(rng.integers(100, 156))
        weights = T(shape, "UINT8", scale=0.01, zero=zero, data=rng.integers(0, 256, shape))
    else:
        weights = T(shape, "INT8", scale=rng.uniform(0.005, 0.02, filters), axis=3, data=rng.integers(-127, 128, shape))
    scales = np.float32(activation["scale"]) * np.asarray(weights.scale, np.float32)
    bias = T((filters,), "INT32", scale=scales, data=rng.integers(-3000, 3000, filters))
    output = quantized(rng, type, spread=10)
    return Case("DEPTHWISE_CONV_2D", [T(input_shape, **activation), weights, bias], [T((), **output)], options, version=3)


CASES = [
    depthwise(*case, kind=kind, **options)  # type: ignore[arg-type]
    for kind in ("f32", "u8", "u8_128", "i8", "hybrid")
    for case, options in [
        ((1, (9, 11), 8, 1, (3, 3)), {"stride_h": 2, "stride_w": 2, "fused_activation_function": "RELU6"}),
        ((2, (7, 5), 40, 1, (3, 3)), {"fused_activation_function": "RELU"}),
        ((1, (6, 6), 17, 1, (3, 3)), {"padding": "VALID"}),
        ((1, (8, 9), 16, 1, (5, 5)), {}),
        ((1, (12, 10), 6, 1, (3, 3)), {"dilation_h_factor": 2, "dilation_w_factor": 2}),
        ((1, (6, 7), 3, 4, (3, 3)), {}),
        ((2, (10, 8), 1, 8, (4, 3)), {"stride_h": 2, "stride_w": 2}),
        ((1, (5, 6), 33, 1, (2, 4)), {"stride_h": 1, "stride_w": 1}),
        ((1, (3, 3), 5, 1, (7, 7)), {}),
        ((1, (602, 2), 4, 1, (600, 1)), {"padding": "VALID"}),
    ]
]
