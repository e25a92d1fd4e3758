"""Cases that operators of one kind share."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .cases import Case, T, quantized

SHAPES = [(1,), (3, 5), (2, 4, 5, 7), (1, 100, 100), (0, 3), ()]
BROADCASTS = [
    ((2, 3, 4, 5), (2, 3, 4, 5)), ((1, 7, 5, 3), (3,)), ((4,), (1, 7, 5, 4)), ((2, 1, 4, 1), (1, 3, 1, 5)), ((), (3, 2)), ((20, 100), (1,)),
    ((1, 6, 6, 40), (1, 1, 1, 40)), ((3, 1, 2, 1, 4), (1, 5, 1, 3, 1)), ((0, 3), (1, 3)), ((2, 1, 3, 1, 2, 1), (1, 3, 1, 2, 1, 3)),
]  # fmt: skip
AXES = [
    ((2, 3, 4, 5), [1, 2]),
    ((2, 3, 4, 5), [3]),
    ((2, 3, 4, 5), [-4, 2]),
    ((1, 7, 7, 40), [1, 2]),
    ((6, 5), [0, 1]),
    ((4, 3, 2), [0]),
    ((3, 1, 5), [1]),
    ((2, 3), []),
]
WINDOWS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((1, 8, 9, 3), dict(filter_height=2, filter_width=2, stride_h=2, stride_w=2, padding="VALID")),
    ((2, 7, 5, 16), dict(filter_height=3, filter_width=3, stride_h=1, stride_w=1, padding="SAME")),
    ((1, 6, 6, 70), dict(filter_height=6, filter_width=6, stride_h=1, stride_w=1, padding="VALID", fused_activation_function="RELU")),
    ((1, 9, 4, 5), dict(filter_height=4, filter_width=3, stride_h=3, stride_w=2, padding="SAME", fused_activation_function="RELU6")),
]
SIZES = [((1, 4, 5, 3), (8, 10)), ((2, 7, 6, 4), (3, 5)), ((1, 1, 1, 2), (4, 3)), ((1, 6, 6, 1), (6, 6)), ((1, 5, 3, 2), (1, 7))]
PADDINGS = [
    ((3, 4), [[1, 2], [0, 3]]),
    ((1, 5, 6, 3), [[0, 0], [1, 1], [2, 0], [0, 0]]),
    ((2, 2, 2), [[0, 0], [0, 0], [0, 0]]),
    ((4,), [[2, 1]]),
]
EIGHT_BITS = ("UINT8", "INT8")
COMPLEX = {"COMPLEX64": "FLOAT32", "COMPLEX128": "FLOAT64"}
# How wide an 8-bit input's range is: a spread of 1 is a scale of 0.005 to 0.05.
SPREADS = [0.1, 0.3, 1.0, 1.0, 2.0, 4.0, 10.0]


def generator(code: str) -> np.random.Generator:
    """Random numbers of an operator's own, the same every time."""
    return np.random.default_rng(zlib.crc32(code.encode()))


def elementwise(code: str, *types: str, low: float | None = None, **more: Any) -> list[Case]:
    """One input, one output of its shape and type."""
    return [Case(code, [T(shape, type, low=low)], [T(shape, type)], **more) for type in types or ("FLOAT32",) for shape in SHAPES]


def tabulated(
    code: str,
    types: Sequence[str] = EIGHT_BITS,
    spreads: Sequence[float] = SPREADS,
    output: Callable[[np.random.Generator, str, float], dict[str, Any]] = quantized,
    version: int = 2,
    **more: Any,
) -> list[Case]:
    """All values of an 8-bit input, at several scales; `output` chooses the output's."""
    rng = generator(code)
    return [
        Case(
            code, [T((256,), **quantized(rng, type, spread))], [T((256,), **output(rng, type, spread))], version=version,
            name=f"{code}-{type}-{spread:.3g}-{index}-{'-'.join(map(str, more.get('options', {}).values()))}", **more,
        )
        for type in types
        for index, spread in enumerate(spreads)
    ]  # fmt: skip


def of_positive_bytes(code: str) -> list[Case]:
    """All values of an INT8 input whose least is 0: the reference kernels refuse to run a root of less. Outputs reach both ends."""
    rng = generator(code)
    return [
        Case(code, [T((4096,), "INT8", scale=scale, zero=-128)], [T((4096,), "INT8", scale=1 / steps, zero=zero)], version=2)
        for scale in np.geomspace(1e-4, 10, 6).tolist()
        for steps, zero in zip((5.0, 40.0, 300.0), rng.integers(-128, 128, 3).tolist(), strict=True)
    ]


def full_range(rng: np.random.Generator, type: str, spread: float) -> dict[str, Any]:
    """The parameters that outputs between 0 and 1 must have."""
    return {"type": type, "scale": 1 / 256, "zero": -128 if type == "INT8" else 0}


def binary(code: str, *types: str, broadcasts: Sequence[Any] = BROADCASTS, activations: Sequence[str] = ("NONE",)) -> list[Case]:
    """Two inputs that broadcast."""
    return [
        Case(code, [T(x, type), T(y, type)], [T((), type)], {"fused_activation_function": activation} if activation != "NONE" else {})
        for type in types
        for index, (x, y) in enumerate(broadcasts)
        for activation in [activations[index % len(activations)]]
    ]


def quantized_binary(
    code: str, types: Sequence[str] = EIGHT_BITS, spread: float = 2.0, activations: Sequence[str] = ("NONE",)
) -> list[Case]:
    rng = generator(code)
    return [
        Case(
            code, [T(x, **quantized(rng, type)), T(y, **quantized(rng, type))], [T((), **quantized(rng, type, spread))],
            {"fused_activation_function": activation} if activation != "NONE" else {}, version=2,
        )
        for type in types
        for index, (x, y) in enumerate(BROADCASTS)
        for activation in [activations[index % len(activations)]]
    ]  # fmt: skip


def arithmetic(code: str) -> list[Case]:
    """ADD, SUB and MUL: all types, with all activations."""
    return [
        *binary(code, "FLOAT32", activations=["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]),
        *quantized_binary(code, activations=["NONE", "RELU", "RELU6"]),
        *binary(code, "INT32", "INT64", broadcasts=BROADCASTS[:4], activations=["RELU6"]),
    ]


def reduction(code: str, *types: str, axes: Sequence[Any] = AXES, **bounds: Any) -> list[Case]:
    """Along several sets of dimensions, kept as ones or not."""
    return [
        Case(code, [T(shape, type, **bounds), T((len(chosen),), "INT32", data=chosen)], [T((), type)], {"keep_dims": keep})
        for type in types
        for shape, chosen in axes
        for keep in (False, True)
    ]


def quantized_reduction(code: str, types: Sequence[str], spread: float, axes: Sequence[Any] = AXES) -> list[Case]:
    rng = generator(code)
    return [
        Case(
            code, [T(shape, **quantized(rng, type)), T((len(chosen),), "INT32", data=chosen)],
            [T((), **quantized(rng, type, spread))], {"keep_dims": keep}, version=2,
        )
        for type in types
        for shape, chosen in axes
        for keep in (False, True)
    ]  # fmt: skip


def pool(code: str, *types: str) -> list[Case]:
    """Input and output share their scale."""
    scales = {type: {"type": type} if type == "FLOAT32" else {"type": type, "scale": 0.02, "zero": 3} for type in types}
    return [
        Case(code, [T(shape, **numbers)], [T((), **numbers)], options, version=1 if type == "FLOAT32" else 2)
        for type, numbers in scales.items()
        for shape, options in WINDOWS
    ]


def resize(code: str, *types: str) -> list[Case]:
    return [
        Case(code, [T(shape, type), T((2,), "INT32", data=size)], [T((), type)], flags, version=3)
        for type in types
        for shape, size in SIZES
        for flags in ({}, {"align_corners": True}, {"half_pixel_centers": True})
    ]


def index_of_extreme(code: str) -> list[Case]:
    """ARG_MAX and ARG_MIN; few values, so that some are equal."""
    return [
        Case(code, [T(shape, type, high=5 if type != "FLOAT32" else None), T((), "INT32", data=axis)], [T((), out)], {"output_type": out})
        for type in ("FLOAT32", "INT8", "UINT8", "INT32", "BOOL")
        for shape, axis, out in [((3, 10), 1, "INT32"), ((2, 3, 4, 5), 2, "INT64"), ((7,), -1, "INT64"), ((4, 1, 3), 0, "INT32")]
    ]


def comparison(code: str, *types: str) -> list[Case]:
    """Two inputs that stretch, with few different values so that some are equal; 8-bit ones quantized. The output is BOOL."""
    rng, cases = generator(code), []
    for type in types:
        for x, y in BROADCASTS:
            if type in EIGHT_BITS:
                operands = [T(shape, **quantized(rng, type)) for shape in (x, y)]
            else:
                operands = [T(shape, type, low=-3, high=3) for shape in (x, y)]
            cases.append(Case(code, operands, [T((), "BOOL")]))
    return cases


def dividing(code: str, *types: str) -> list[Case]:
    """Two inputs that stretch, the second of which is nowhere 0; and divisors below 0."""
    return [Case(code, [T(x, type), T(y, type, low=1, high=40)], [T((), type)]) for type in types for x, y in BROADCASTS] + [
        Case(code, [T((40,), type), T((), type, data=divisor)], [T((), type)], name=f"{code}-{type}-by-{divisor}")
        for type in types
        for divisor in (-7, 3, -1)
    ]


def complex_part(code: str) -> list[Case]:
    """One complex input, a real output of its shape."""
    return [Case(code, [T(shape, type)], [T(shape, part)]) for type, part in COMPLEX.items() for shape in SHAPES]


def edges(code: str) -> list[Case]:
    """Two inputs, each number that is special in some way against each other."""
    special = [
        0, -0.0, 1, -1, 2, -2, 0.5, -3, 7.5, np.inf, -np.inf, np.nan, 1e-45, -1e-38, 3e38, -3e38, 16777215, -16777216, 33554434, 1 / 3,
    ]  # fmt: skip
    x, y = (grid.reshape(-1) for grid in np.meshgrid(np.float32(special), np.float32(special)))
    return [Case(code, [T(x.shape, data=x), T(y.shape, data=y)], [T(x.shape)], name=f"{code}-edges")]


def angles(code: str) -> list[Case]:
    """Angles of every size, floats with all kinds of bits, and those near whole quarter turns."""
    bits = generator(code).integers(0, 1 << 32, 5000, np.uint64).astype(np.uint32).view(np.float32)
    quarters = np.float32(np.pi / 2 * np.concatenate([np.arange(-300, 300), 2.0 ** np.arange(9, 100)]))
    return [Case(code, [T(x.shape, data=x)], [T(x.shape)], name=f"{code}-{name}") for x, name in ((bits, "bits"), (quarters, "quarters"))]


def unsorted_segment(code: str) -> list[Case]:
    """With ids that are left out, segments without rows, and ids of several dimensions."""
    return [
        Case(code, [T(shape, type), T(ids, "INT32", low=-1, high=count - 2), T((), "INT32", data=count)], [T((), type)])
        for type in ("FLOAT32", "INT32")
        for shape, ids, count in [((9,), (9,), 4), ((6, 3), (6,), 4), ((2, 5, 70), (2, 5), 5), ((2, 130), (2,), 3), ((3, 2), (3, 2), 4)]
    ]


def suppression(code: str, sigmas: Sequence[float | None] = (None,)) -> list[Case]:
    """Boxes that a run computes, of which some overlap; whole scores are equal now and then. A sigma of None is left out."""
    cases = []
    for size, most, overlap, least, whole in [
        (10, 5, 0.5, -100.0, False), (60, 60, 0.1, 0.0, False), (60, 20, 0.3, 0.5, True), (300, 100, 0.2, 1.0, True),
        (7, 3, 0.5, 100.0, False),
    ]:  # fmt: skip
        for sigma in sigmas:
            rng = generator(f"{code}{size}{sigma}")
            scores = rng.integers(-2, 8, size) if whole else rng.normal(2, 2, size)
            inputs = [T((size, 4), low=0, high=4), T((size,), data=scores.astype(np.float32)), T((), "INT32", data=most)]
            inputs += [T((), data=number) for number in (overlap, least, sigma) if number is not None]
            outputs = [T((), "INT32"), *([] if sigma is None else [T(())]), T((), "INT32")]
            cases.append(Case(code, inputs, outputs, name=f"{code}-{size}-{most}-{overlap}-{least}-{whole}-{sigma}"))
    return cases
