"""Cases of CONV_2D."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(1)


def conv(batch: int, size: tuple[int, int], channels: int, filters: int, kernel: tuple[int, int], kind: str, **options: object) -> Case:
    """A convolution of random weights; `kind` is f32, u8, i8 (a scale for each filter), i8t (one scale) or hybrid."""
    groups = int(options.pop("groups", 1))  # type: ignore[call-overload]
    options = {"padding": "SAME", "stride_h": 1, "stride_w": 1, **options}
    shape = (filters, *kernel, channels // groups)
    input_shape = (batch, *size, channels)
    depth = int(np.prod(shape[1:]))
    if kind in ("f32", "hybrid", "hybrid1"):
        bias = T((filters,), data=rng.normal(size=filters))
        if kind == "f32":
            weights = T(shape, data=rng.normal(size=shape))
        else:
            scale = rng.uniform(0.005, 0.02, filters) if kind == "hybrid" else 0.01
            weights = T(shape, "INT8", scale=scale, data=rng.integers(-127, 128, shape))
        return Case("CONV_2D", [T(input_shape), weights, bias], [T(())], options, version=1 if kind == "f32" else 5)
    type = "UINT8" if kind == "u8" else "INT8"
    activation = quantized(rng, type)
    if kind == "u8":
        weights = T(shape, "UINT8", scale=0.01, zero=int(rng.integers(100, 156)), data=rng.integers(0, 256, shape))
    else:
        weights = T(shape, "INT8", scale=rng.uniform(0.005, 0.02, filters) if kind == "i8" else 0.01, data=rng.integers(-127, 128, shape))
    scales = np.float32(activation["scale"]) * np.asarray(weights.scale, np.float32)
    bias = T((filters,), "INT32", scale=scales, data=rng.integers(-3000, 3000, filters))
    output = quantized(rng, type, spread=3 * np.sqrt(depth))
    return Case("CONV_2D", [T(input_shape, **activation), weights, bias], [T((), **output)], options, version=3)


CASES = [
    conv(*case, kind=kind, **options)  # type: ignore[arg-type]
    for kind in ("f32", "u8", "i8", "i8t", "hybrid", "hybrid1")
    for case, options in [
        ((1, (9, 11), 3, 8, (3, 3)), {"stride_h": 2, "stride_w": 2}),
        ((2, (5, 7), 16, 40, (1, 1)), {"fused_activation_function": "RELU6"}),
        ((1, (6, 6), 5, 70, (3, 2)), {"padding": "VALID", "fused_activation_function": "RELU"}),
        ((1, (12, 10), 4, 17, (3, 3)), {"dilation_h_factor": 2, "dilation_w_factor": 3, "fused_activation_function": "RELU_N1_TO_1"}),
        ((3, (4, 4), 64, 129, (1, 1)), {"stride_h": 2, "stride_w": 3}),
        ((1, (1, 1), 33, 10, (1, 1)), {}),
        ((1, (14, 14), 32, 64, (3, 3)), {}),
        ((1, (2, 3), 8, 4, (5, 5)), {}),
    ]
]
CASES += [conv(1, (6, 5), 8, 12, (3, 3), kind, groups=4) for kind in ("f32", "u8", "i8")]
CASES += [conv(1, (6, 5), 16, 32, (1, 1), kind, groups=2) for kind in ("f32", "i8")]
for _groups in (1, 4):
    _case = conv(2, (6, 5), 8, 12, (3, 3), "f32", groups=_groups)
    for _tensor in _case.inputs[1:]:
        _tensor.data = None
    _case.name += f"-computed-{_groups}"
    CASES.append(_case)
