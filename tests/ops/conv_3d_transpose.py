"""Cases of CONV_3D_TRANSPOSE."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

rng = np.random.default_rng(141)


def transposed(
    size: tuple[int, int, int],
    channels: int,
    filters: int,
    window: tuple[int, int, int],
    out: tuple[int, int, int],
    stride: tuple[int, int, int],
    padding: str,
    dilation: tuple[int, int, int] = (1, 1, 1),
    bias: bool = True,
    activation: str = "NONE",
) -> Case:
    batch, shape = 2, (*window, filters, channels)
    given = [T((5,), "INT32", data=[batch, *out, filters]), T(shape, data=rng.normal(size=shape)), T((batch, *size, channels))]
    options = {"padding": padding, "fused_activation_function": activation}
    options |= {f"stride_{axis}": stride[i] for i, axis in enumerate("dhw")}
    options |= {f"dilation_{axis}_factor": dilation[i] for i, axis in enumerate("dhw")}
    return Case("CONV_3D_TRANSPOSE", given + [T((filters,), data=rng.normal(size=filters))] * bias, [T(())], options)


CASES = [
    transposed((2, 3, 4), 3, 8, (3, 3, 3), (4, 6, 8), (2, 2, 2), "SAME"),
    transposed((2, 3, 3), 4, 5, (2, 3, 2), (4, 7, 6), (2, 2, 2), "VALID", activation="RELU"),
    transposed((3, 4, 5), 2, 20, (3, 1, 4), (3, 4, 5), (1, 1, 1), "SAME", bias=False),
    transposed((2, 2, 3), 3, 4, (2, 2, 3), (4, 4, 9), (1, 1, 2), "VALID", dilation=(2, 2, 2), activation="RELU6"),
    transposed((2, 2, 2), 3, 4, (2, 3, 3), (5, 5, 5), (3, 3, 3), "SAME", dilation=(2, 1, 1)),
]
