"""A network of INT8 whose every op matters: zero points in the middle, activations that cut, square feature maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinylite import golden
from tinylite.model import Graph, Model, Op, Quantization, Tensor

__all__ = ["Dump", "changed", "network"]

# The ops by number, as tests name them.
CONV, DEPTHWISE, POINTWISE, SUB, PAD, POOL, AVERAGE, CONCAT, TRANSPOSE, RESHAPE, DENSE = range(11)


class _Maker:
    def __init__(self) -> None:
        self.random = np.random.default_rng(11)
        self.ops: list[Op] = []

    def tensor(self, name: str, shape: Sequence[int], scale: float, zero: int) -> Tensor:
        return Tensor(name, tuple(shape), "INT8", quantization=Quantization([scale], [zero]))

    def weights(self, name: str, shape: Sequence[int], axis: int, scale: float) -> tuple[Tensor, Tensor]:
        """Weights with a scale for each channel, and a bias."""
        channels = shape[axis]
        scales = (self.random.uniform(0.5, 1.5, channels) * 0.004).astype(np.float32)
        weights = Tensor(name, tuple(shape), "INT8", quantization=Quantization(scales, np.zeros(channels, np.int64), axis))
        weights.data = self.random.integers(-127, 128, shape, np.int8)
        bias = Tensor(
            f"{name}/bias", (channels,), "INT32", quantization=Quantization(scales * np.float32(scale), np.zeros(channels, np.int64))
        )
        bias.data = self.random.integers(-400, 400, channels, np.int32)
        return weights, bias

    def op(self, code: str, inputs: Sequence[Tensor], output: Tensor, **options: Any) -> Tensor:
        self.ops.append(Op(code, inputs, [output], **options))
        return output


def network() -> Model:
    """x [1, 6, 6, 4] to y [1, 10]."""
    make = _Maker()
    x = make.tensor("x", (1, 6, 6, 4), 0.05, -3)
    conv = make.op(
        "CONV_2D", [x, *make.weights("w0", (8, 3, 3, 4), 0, 0.05)], make.tensor("conv", (1, 6, 6, 8), 0.06, -20), padding="SAME",
        stride_w=1, stride_h=1, fused_activation_function="RELU6",
    )  # fmt: skip
    deep = make.op(
        "DEPTHWISE_CONV_2D", [conv, *make.weights("w1", (1, 3, 3, 8), 3, 0.06)], make.tensor("deep", (1, 3, 3, 8), 0.04, 5), padding="SAME",
        stride_w=2, stride_h=2, depth_multiplier=1,
    )  # fmt: skip
    point = make.op(
        "CONV_2D", [deep, *make.weights("w2", (8, 1, 1, 8), 0, 0.04)], make.tensor("point", (1, 3, 3, 8), 0.03, 2), padding="SAME",
        stride_w=1, stride_h=1,
    )  # fmt: skip
    sub = make.op("SUB", [deep, point], make.tensor("sub", (1, 3, 3, 8), 0.05, 7))
    amounts = Tensor("amounts", (4, 2), "INT32")
    amounts.data = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    pad = make.op("PAD", [sub, amounts], make.tensor("pad", (1, 5, 5, 8), 0.05, 7))
    pooling = {"padding": "VALID", "stride_w": 1, "stride_h": 1, "filter_width": 2, "filter_height": 2}
    pool = make.op("MAX_POOL_2D", [pad], make.tensor("pool", (1, 4, 4, 8), 0.05, 7), **pooling)
    average = make.op("AVERAGE_POOL_2D", [pad], make.tensor("average", (1, 4, 4, 8), 0.05, 7), **pooling)
    concat = make.op("CONCATENATION", [pool, average], make.tensor("concat", (1, 4, 4, 16), 0.05, 7), axis=3)
    order = Tensor("order", (4,), "INT32")
    order.data = np.array([0, 2, 1, 3], np.int32)
    turned = make.op("TRANSPOSE", [concat, order], make.tensor("turned", (1, 4, 4, 16), 0.05, 7))
    flat = make.op("RESHAPE", [turned], make.tensor("flat", (1, 256), 0.05, 7), new_shape=(1, 256))
    y = make.op("FULLY_CONNECTED", [flat, *make.weights("w3", (10, 256), 0, 0.05)], make.tensor("y", (1, 10), 0.1, -4))
    graph = Graph("main", [x], [y], make.ops)
    graph.tensors = graph.all_tensors()
    return Model([graph])


def changed(model: Model, edit: Callable[[Graph], object]) -> Model:
    """A copy of a model, edited."""
    made = model.copy()
    edit(made.graph)
    return made


class Dump:
    """What a device has written: values by name, for each case."""

    name = "the dump"

    def __init__(self, cases: Sequence[Mapping[str, Any]]) -> None:
        self.cases = [dict(case) for case in cases]

    @classmethod
    def of(cls, kept: golden.Golden) -> Dump:
        """All that a golden holds."""
        return cls([{key: np.copy(record.value) for key, record in zip(kept.keys, case, strict=True)} for case in kept.cases])

    def values(self, kept: golden.Golden, case: int) -> Mapping[str, Any]:
        return self.cases[case]
