"""One-op models of the shapes that matter in networks, made by the cases that also test the operators."""

from __future__ import annotations

from collections.abc import Iterator

from tests.cases import Case, T
from tests.ops.conv_2d import conv
from tests.ops.depthwise_conv_2d import depthwise
from tests.ops.fully_connected import dense
from tinylite import Interpreter

__all__ = ["kernels", "with_shapes"]

STEM = {"stride_h": 2, "stride_w": 2, "fused_activation_function": "RELU6"}
# Size, channels, filters, filter size: of MobileNet v1, v2 and ResNet-50.
CONVOLUTIONS = [
    (224, 3, 32, 3), (112, 32, 64, 1), (56, 24, 144, 1), (56, 144, 24, 1), (28, 128, 256, 1), (14, 512, 512, 1), (7, 1024, 1024, 1),
    (56, 64, 64, 3), (14, 256, 256, 3), (7, 512, 512, 3),
]  # fmt: skip
DEPTHWISE = [(112, 32, 1), (56, 144, 2), (28, 256, 1), (14, 512, 1), (7, 1024, 1)]  # size, channels, stride
DENSE = [(1, 1024, 1000), (1, 2048, 1000), (64, 512, 512)]  # rows, depth, out
KINDS = {"float": "f32", "int8": "i8", "uint8": "u8", "dynamic": "hybrid"}


def with_shapes(case: Case) -> bytes:
    """The case as a model whose outputs say their shapes, without which XNNPACK leaves the op to other kernels."""
    model = case.model()
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    for tensor, details in zip(model.graph.outputs, interpreter.get_output_details(), strict=True):
        tensor.shape = tuple(map(int, details["shape"]))
    return model.to_bytes()


def _scaled(shape: tuple[int, ...], type: str, scale: float = 0.02) -> T:
    return T(shape, type) if type == "FLOAT32" else T(shape, type, scale=scale, zero=3)


def kernels() -> Iterator[tuple[str, str, Case]]:
    """(what it is, its kind, the case)."""
    for kind, code in KINDS.items():
        for size, channels, filters, window in CONVOLUTIONS:
            options = STEM if channels == 3 else {"fused_activation_function": "RELU6"}
            yield (
                f"CONV_2D {window}x{window} {size}x{size}x{channels} to {filters}",
                kind,
                conv(1, (size, size), channels, filters, (window, window), code, **options),
            )
        if kind != "dynamic":
            for size, channels, stride in DEPTHWISE:
                case = depthwise(
                    1, (size, size), channels, 1, (3, 3), code, stride_h=stride, stride_w=stride, fused_activation_function="RELU6"
                )
                yield f"DEPTHWISE_CONV_2D 3x3/{stride} {size}x{size}x{channels}", kind, case
        for rows, depth, out in DENSE:
            yield f"FULLY_CONNECTED {rows}x{depth} to {out}", kind, dense((rows,), depth, out, "i8c" if kind == "int8" else code)
    for kind, type in {"float": "FLOAT32", "int8": "INT8", "uint8": "UINT8"}.items():
        picture = _scaled((1, 56, 56, 24), type)
        for code in ("ADD", "MUL"):
            yield f"{code} 56x56x24", kind, Case(code, [picture, picture], [_scaled((), type, 0.05)], version=2)
        window = dict(filter_height=7, filter_width=7, stride_h=1, stride_w=1, padding="VALID")
        deep = _scaled((1, 7, 7, 1024), type)
        yield "AVERAGE_POOL_2D 7x7x1024", kind, Case("AVERAGE_POOL_2D", [deep], [_scaled((), type)], window, version=2)
        axes = T((2,), "INT32", data=[1, 2])
        yield "MEAN 7x7x1024", kind, Case("MEAN", [deep, axes], [_scaled((), type, 0.01)], {"keep_dims": True}, version=2)
        zero = -128 if type == "INT8" else 0
        one = T((), type) if type == "FLOAT32" else T((), type, scale=1 / 256, zero=zero)
        logits = T((1, 200), type) if type == "FLOAT32" else T((1, 200), type, scale=0.1, zero=3)
        yield "SOFTMAX 200", kind, Case("SOFTMAX", [logits], [one], {"beta": 1.0}, version=2)
        yield "LOGISTIC 56x56x24", kind, Case("LOGISTIC", [picture], [one], version=2)
