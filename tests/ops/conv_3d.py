"""Cases of CONV_3D."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

rng = np.random.default_rng(132)


def volumes(
    batch: int,
    size: tuple[int, int, int],
    channels: int,
    filters: int,
    window: tuple[int, int, int],
    bias: bool = True,
    computed: bool = False,
    stride: tuple[int, int, int] = (1, 1, 1),
    dilation: tuple[int, int, int] = (1, 1, 1),
    **options: object,
) -> Case:
    shape = (*window, channels, filters)
    weights, offsets = T(shape, data=rng.normal(size=shape)), T((filters,), data=rng.normal(size=filters))
    if computed:
        weights.data = offsets.data = None
    steps = {f"stride_{axis}": stride[i] for i, axis in enumerate("dhw")}
    steps |= {f"dilation_{axis}_factor": dilation[i] for i, axis in enumerate("dhw")}
    given = [T((batch, *size, channels)), weights, offsets]
    case = Case("CONV_3D", given if bias else given[:2], [T(())], {"padding": "SAME", **steps, **options})
    case.name += "-computed" * computed
    return case


CASES = [
    volumes(1, (4, 5, 6), 3, 8, (3, 3, 3)),
    volumes(2, (3, 4, 4), 4, 17, (2, 3, 1), padding="VALID", bias=False),
    volumes(2, (5, 7, 6), 2, 5, (3, 2, 3), stride=(2, 3, 2), fused_activation_function="RELU"),
    volumes(1, (7, 8, 9), 3, 4, (2, 3, 3), dilation=(3, 2, 2), fused_activation_function="RELU6"),
    volumes(2, (2, 3, 4), 16, 33, (1, 1, 1)),
    volumes(1, (2, 6, 6), 4, 70, (5, 3, 3), padding="SAME"),
    volumes(1, (4, 5, 6), 3, 8, (3, 3, 3), computed=True),
]
