"""Cases of CAST."""

from __future__ import annotations

import numpy as np

from tinylite.model import Op, Tensor

from ..cases import Case, T

TYPES = ("FLOAT32", "FLOAT64", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "BOOL", "FLOAT16", "COMPLEX64")


def casts(input: Tensor, output: Tensor, source: str, target: str) -> list[Op]:
    """To bfloats and on."""
    middle = Tensor("middle", input.shape, "BFLOAT16")
    return [
        Op("CAST", [input], [middle], in_data_type=source, out_data_type="BFLOAT16", version=7),
        Op("CAST", [middle], [output], in_data_type="BFLOAT16", out_data_type=target, version=7),
    ]


CASES = [
    Case("CAST", [T((3, 40), source)], [T((), target)], {"in_data_type": source, "out_data_type": target})
    for source in TYPES
    for target in TYPES
]
CASES += [
    Case(
        "CAST",
        [T((9,), data=[1e10, -1e10, float("nan"), 2.9, -2.9, 255.5, 3e9, float("inf"), -0.5])],
        [T((), target)],
        {"in_data_type": "FLOAT32", "out_data_type": target},
        name=f"CAST-edges-{target}",
    )
    for target in TYPES
]
# LiteRT's Python cannot feed or read bfloats, so they are in the middle.
CASES += [
    Case(
        "CAST", [T((1000,), source)], [T((), target)], version=7, name=f"CAST-{source}-BFLOAT16-{target}",
        ops=lambda inputs, outputs, source=source, target=target: casts(inputs[0], outputs[0], source, target),
    )
    for source, target in [("FLOAT32", "FLOAT32"), ("FLOAT16", "INT32"), ("INT32", "FLOAT16"), ("INT64", "COMPLEX64")]
]  # fmt: skip
# Every half there is, and floats halfway between two of them.
HALVES = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
with np.errstate(all="ignore"):
    HALFWAY = np.float32(HALVES[1:0x7C00].astype(np.float64) / 2 + HALVES[: 0x7C00 - 1].astype(np.float64) / 2)
    TIES = np.concatenate([HALFWAY, -HALFWAY, np.nextafter(HALFWAY, np.float32(0)), np.nextafter(HALFWAY, np.float32(np.inf))])
CASES += [
    Case("CAST", [T(values.shape, source, data=values)], [T((), target)], name=f"CAST-every-{source}-{target}")
    for values, source, target in [
        (HALVES, "FLOAT16", "FLOAT32"), (HALVES, "FLOAT16", "INT8"), (HALVES, "FLOAT16", "INT64"), (HALVES, "FLOAT16", "BOOL"),
        (TIES, "FLOAT32", "FLOAT16"), (np.float32([65504, 65519, 65520, 1e9, np.inf, -np.inf, np.nan, -0.0]), "FLOAT32", "FLOAT16"),
    ]
]  # fmt: skip
