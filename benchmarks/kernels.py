"""One-op models of the shapes that matter in networks, made by the cases that also test the operators."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests import ops
from tests.cases import Case, T
from tests.ops.conv_2d import conv
from tests.ops.depthwise_conv_2d import depthwise
from tests.ops.fully_connected import dense
from tinylite import Interpreter

__all__ = ["all_cases", "kernels", "with_shapes"]


class Layer(NamedTuple):
    """A layer with weights; a FULLY_CONNECTED one has `size` rows."""

    code: str
    size: int
    channels: int
    filters: int
    window: int = 1
    stride: int = 1

    def name(self) -> str:
        if self.code == "FULLY_CONNECTED":
            return f"{self.code} {self.size}x{self.channels} to {self.filters}"
        step = f"/{self.stride}" if self.stride > 1 else ""
        to = f" to {self.filters}" if self.code == "CONV_2D" else ""
        return f"{self.code} {self.window}x{self.window}{step} {self.size}x{self.size}x{self.channels}{to}"

    def case(self, kind: str) -> Case:
        if self.code == "FULLY_CONNECTED":
            return dense((self.size,), self.channels, self.filters, KINDS[kind].dense)
        options = {"stride_h": self.stride, "stride_w": self.stride, "fused_activation_function": "RELU6"}
        size, window = (self.size, self.size), (self.window, self.window)
        if self.code == "CONV_2D":
            return conv(1, size, self.channels, self.filters, window, KINDS[kind].conv, **options)
        return depthwise(1, size, self.channels, 1, window, KINDS[kind].depthwise, **options)


class Kind(NamedTuple):
    """What the tests' cases call a kind of numbers, and the type of a tensor where there are no weights."""

    conv: str
    depthwise: str
    dense: str
    type: str | None


KINDS = {
    "float": Kind("f32", "f32", "f32", "FLOAT32"),
    "int8": Kind("i8", "i8", "i8c", "INT8"),
    "uint8": Kind("u8", "u8", "u8", "UINT8"),
    "hybrid": Kind("hybrid", "hybrid", "hybrid_a", None),
}


def mobilenet_v1() -> Iterator[Layer]:
    yield Layer("CONV_2D", 224, 3, 32, 3, 2)
    size, channels = 112, 32
    for filters, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (1024, 2), (1024, 1)]:
        yield Layer("DEPTHWISE_CONV_2D", size, channels, channels, 3, stride)
        size //= stride
        yield Layer("CONV_2D", size, channels, filters)
        channels = filters
    yield Layer("FULLY_CONNECTED", 1, 1024, 1000)


def mobilenet_v2() -> Iterator[Layer]:
    size, channels = 112, 32
    for times, filters, count, stride in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]:  # fmt: skip
        for step in [stride] + [1] * (count - 1):
            wide = times * channels
            if times > 1:
                yield Layer("CONV_2D", size, channels, wide)
            yield Layer("DEPTHWISE_CONV_2D", size, wide, wide, 3, step)
            size //= step
            yield Layer("CONV_2D", size, wide, filters)
            channels = filters
    yield Layer("CONV_2D", size, channels, 1280)
    yield Layer("FULLY_CONNECTED", 1, 1280, 1000)


def resnet50() -> Iterator[Layer]:
    yield Layer("CONV_2D", 224, 3, 64, 7, 2)
    size, channels = 56, 64
    for filters, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        yield Layer("CONV_2D", size, channels, 4 * filters, 1, stride)
        yield Layer("CONV_2D", size, channels, filters, 1, stride)
        size, channels = size // stride, 4 * filters
        yield Layer("CONV_2D", size, filters, filters, 3)
        yield Layer("CONV_2D", size, filters, channels)
        yield Layer("CONV_2D", size, channels, filters)
    yield Layer("FULLY_CONNECTED", 1, 2048, 1000)


# The last is not a network's: a product of two matrices with many rows.
LAYERS = list(dict.fromkeys([*mobilenet_v1(), *mobilenet_v2(), *resnet50(), Layer("FULLY_CONNECTED", 64, 512, 512)]))

PICTURE, MAP, LOGITS = (1, 56, 56, 24), (1, 7, 7, 1024), (1, 1000)
POOL = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
# Code, shapes of the inputs that are computed, data of the constant INT32 one, options, output: alike, wider, or 0 to 1.
OTHERS: list[tuple[str, list[tuple[int, ...]], Any, dict[str, Any], str]] = [
    ("ADD", [PICTURE, PICTURE], None, {}, "wider"),
    ("SUB", [PICTURE, PICTURE], None, {}, "wider"),
    ("MUL", [PICTURE, PICTURE], None, {}, "wider"),
    ("MUL", [PICTURE, (1, 1, 1, 24)], None, {}, "wider"),
    ("LOGISTIC", [PICTURE], None, {}, "0 to 1"),
    ("HARD_SWISH", [PICTURE], None, {}, "wider"),
    ("SOFTMAX", [LOGITS], None, {"beta": 1.0}, "0 to 1"),
    ("AVERAGE_POOL_2D", [MAP], None, {**POOL, "filter_height": 7, "filter_width": 7}, "alike"),
    ("MAX_POOL_2D", [PICTURE], None, {**POOL, "filter_height": 3, "filter_width": 3}, "alike"),
    ("MEAN", [MAP], [1, 2], {"keep_dims": True}, "wider"),
    ("CONCATENATION", [PICTURE, PICTURE], None, {"axis": 3}, "alike"),
    ("PAD", [PICTURE], [[0, 0], [1, 1], [1, 1], [0, 0]], {}, "alike"),
    ("TRANSPOSE", [PICTURE], [0, 3, 1, 2], {}, "alike"),
    ("RESIZE_BILINEAR", [PICTURE], [112, 112], {"half_pixel_centers": True}, "alike"),
]


def other_case(code: str, shapes: list[tuple[int, ...]], data: Any, options: dict[str, Any], output: str, type: str) -> Case:
    """A case of a row of OTHERS."""
    numbers: dict[str, Any] = {"type": type} if type == "FLOAT32" else {"type": type, "scale": 0.05, "zero": 3}
    after = dict(numbers)
    if type != "FLOAT32" and output == "wider":
        after["scale"] = 0.1
    if type != "FLOAT32" and output == "0 to 1":
        after |= {"scale": 1 / 256, "zero": -128 if type == "INT8" else 0}
    inputs = [T(shape, **numbers) for shape in shapes]
    if data is not None:
        lengths = (len(data), 2) if isinstance(data[0], list) else (len(data),)
        inputs.append(T(lengths, "INT32", data=data))
    return Case(code, inputs, [T((), **after)], options, version=1 if code == "HARD_SWISH" else 2)


def kernels() -> Iterator[tuple[str, Callable[[], Case]]]:
    """(name, what makes the case): the distinct layers of the networks in all kinds of numbers, then operators without weights."""
    for kind in KINDS:
        for layer in LAYERS:
            yield f"{layer.name()}, {kind}", lambda layer=layer, kind=kind: layer.case(kind)
    for kind, (*_, type) in KINDS.items():
        for row in OTHERS if type else ():
            shapes = " and ".join("x".join(map(str, shape[1:])) for shape in row[1])
            yield f"{row[0]} {shapes}, {kind}", lambda row=row, type=type: other_case(*row, type)


def all_cases() -> Iterator[tuple[str, Callable[[], Case]]]:
    """The same for every case that tests an operator: an operator that is added is here by itself."""
    for module in pkgutil.iter_modules(ops.__path__):
        for case in importlib.import_module(f"{ops.__name__}.{module.name}").CASES:
            yield case.name, lambda case=case: case


def with_shapes(case: Case) -> bytes:
    """The case as a model whose outputs say their shapes, without which XNNPACK leaves the op to other kernels."""
    model = case.model()
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    for tensor, details in zip(model.graph.outputs, interpreter.get_output_details(), strict=True):
        tensor.shape = tuple(map(int, details["shape"]))
    return model.to_bytes()
