"""Cases of BATCH_MATMUL."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(126)

# (left, right), neither transposed.
SHAPES = [
    ((3, 4), (4, 5)),
    ((2, 3, 30, 17), (2, 3, 17, 70)),
    ((3, 1, 5, 8), (1, 4, 8, 33)),
    ((2, 13, 20), (20, 9)),
    ((7, 12), (3, 12, 16)),
    ((1, 1, 64), (1, 64, 200)),
    ((2, 1, 3, 2, 5), (2, 4, 1, 5, 3)),
    ((2, 6, 0), (2, 0, 3)),
    ((0, 6, 2), (0, 2, 3)),
]


def swapped(shape: tuple[int, ...], swap: bool) -> tuple[int, ...]:
    return (*shape[:-2], shape[-1], shape[-2]) if swap else shape


def product(x: tuple[int, ...], y: tuple[int, ...], kind: str, adj_x: bool = False, adj_y: bool = False, constant: str = "") -> Case:
    """`kind` is f32, i8, or hybrid, hybrid_a (asymmetric), hybrid_c (a scale for each column); `constant` says which are: x, y."""
    shapes = {"x": swapped(x, adj_x), "y": swapped(y, adj_y)}
    more: dict[str, object] = {}
    if kind == "i8":
        given = {name: T(shape, **quantized(rng, "INT8")) for name, shape in shapes.items()}
        output = T((), **quantized(rng, "INT8", spread=4 * np.sqrt(max(x[-1], 1))))
    else:
        given, output = {name: T(shape) for name, shape in shapes.items()}, T(())
        if kind != "f32":
            scale = rng.uniform(0.005, 0.02, y[-1]) if kind == "hybrid_c" else 0.01
            given["y"] = T(shapes["y"], "INT8", scale=scale, axis=len(y) - (2 if adj_y else 1))
            more["asymmetric_quantize_inputs"] = kind == "hybrid_a"
    for name in constant:
        given[name].data = given[name].values(rng)
    code = "BATCH_MATMUL"
    name = f"{code}-{kind}-{list(x)}-{list(y)}-{adj_x:d}{adj_y:d}-{constant}".replace(" ", "")
    return Case(code, [given["x"], given["y"]], [output], {"adj_x": adj_x, "adj_y": adj_y, **more}, version=4, name=name)


CASES = [product(x, y, kind) for kind in ("f32", "i8") for x, y in SHAPES]
CASES += [
    product(x, y, kind, adj_x, adj_y, constant)
    for kind in ("f32", "i8")
    for x, y in SHAPES[:5]
    for adj_x, adj_y, constant in [(True, False, ""), (False, True, ""), (True, True, "x"), (False, False, "y"), (False, True, "y")]
]
CASES += [
    product(x, y, kind, adj_y=adj_y, constant="y")
    for kind in ("hybrid", "hybrid_a", "hybrid_c")
    for x, y in (SHAPES[0], SHAPES[3])
    for adj_y in (False, True)
]
# Of several matrices LiteRT finds the row sums and scales only along one dimension: tests/test_conformance.py.
CASES += [
    product(x, y, kind, adj_y=adj_y, constant="y")
    for kind in ("hybrid", "hybrid_a", "hybrid_c")
    for x, y in (((3, 30, 17), (3, 17, 70)), ((5, 1, 20), (5, 20, 9)), SHAPES[4])
    for adj_y in (False, True)
]
