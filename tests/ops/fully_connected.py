"""Cases of FULLY_CONNECTED."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(3)


def dense(rows: tuple[int, ...], depth: int, out: int, kind: str, bias: bool = True, **options: object) -> Case:
    """`kind` is f32, u8, i8, i8c (a scale for each row of weights) or hybrid, hybrid_a (asymmetric), hybrid_c (per channel)."""
    shape = (out, depth)
    if kind == "f32" or kind.startswith("hybrid"):
        offsets = T((out,), data=rng.normal(size=out)) if bias else None
        if kind == "f32":
            weights = T(shape, data=rng.normal(size=shape))
        else:
            scale = rng.uniform(0.005, 0.02, out) if kind == "hybrid_c" else 0.01
            weights = T(shape, "INT8", scale=scale, data=rng.integers(-127, 128, shape))
            options["asymmetric_quantize_inputs"] = kind != "hybrid"
        return Case("FULLY_CONNECTED", [T((*rows, depth)), weights, offsets], [T(())], options, version=12 if kind == "hybrid_c" else 9)
    type = "UINT8" if kind == "u8" else "INT8"
    activation = quantized(rng, type)
    if kind == "u8":
        weights = T(shape, "UINT8", scale=0.01, zero=int(rng.integers(100, 156)), data=rng.integers(0, 256, shape))
    else:
        weights = T(shape, "INT8", scale=rng.uniform(0.005, 0.02, out) if kind == "i8c" else 0.01, data=rng.integers(-127, 128, shape))
    scales = np.float32(activation["scale"]) * np.asarray(weights.scale, np.float32)
    offsets = T((out,), "INT32", scale=scales, data=rng.integers(-3000, 3000, out)) if bias else None
    output = quantized(rng, type, spread=3 * np.sqrt(depth))
    return Case("FULLY_CONNECTED", [T((*rows, depth), **activation), weights, offsets], [T((), **output)], options, version=4)


CASES = [
    dense(rows, depth, out, kind, bias, **options)  # type: ignore[arg-type]
    for kind in ("f32", "u8", "i8", "i8c", "hybrid", "hybrid_a", "hybrid_c")
    for rows, depth, out, bias, options in [
        ((1,), 16, 16, True, {"fused_activation_function": "RELU"}),
        ((1,), 1, 3, True, {}),
        ((5,), 37, 20, True, {"fused_activation_function": "RELU6"}),
        ((13,), 64, 130, False, {}),
        ((2, 3), 8, 9, True, {"keep_num_dims": True}),
        ((30,), 100, 65, True, {}),
    ]
]


def computed(case: Case) -> Case:
    """The same layer with weights that only a run knows, and in float the bias too."""
    for tensor in case.inputs[1:]:
        if tensor is not None and tensor.type != "INT32":
            tensor.data = None
    case.name += "-computed"
    return case


CASES += [
    computed(dense(rows, depth, out, kind, bias))
    for kind in ("f32", "u8", "i8")
    for rows, depth, out, bias in [((1,), 16, 16, True), ((5,), 37, 20, False), ((30,), 100, 165, True)]
]
