"""How many dimensions ops want their inputs to have, which tells it of inputs of unknown rank, and is checked of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Tensor
from .shapes import Signature, signature_of

if TYPE_CHECKING:
    from .translate import Call

__all__ = ["settle_ranks"]

# By op: the number of dimensions of each input; None where it can be any.
_RANKS: dict[str, tuple[int | None, ...]] = {
    **dict.fromkeys(["Conv2D", "DepthwiseConv2dNative"], (4, 4)), "Conv2DBackpropInput": (1, 4, 4), "Conv3D": (5, 5),
    "Conv3DBackpropInputV2": (1, 5, 5), "MatMul": (2, 2),
    **dict.fromkeys(
        ["AvgPool", "MaxPool", "MaxPoolV2", "MaxPoolWithArgmax", "LRN", "SpaceToDepth", "DepthToSpace", "SpaceToBatch", "BatchToSpace",
         "ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea", "ScaleAndTranslate", "FusedBatchNorm",
         "FusedBatchNormV2", "BatchNormWithGlobalNormalization", "ExtractImagePatches", "Dilation2D"], (4,),
    ),
    "AvgPool3D": (5,), "MaxPool3D": (5,), "CropAndResize": (4, 2, 1, 1), "AudioSpectrogram": (2,), "Mfcc": (3,),
    "SoftmaxCrossEntropyWithLogits": (2, 2), "SparseSoftmaxCrossEntropyWithLogits": (2, 1),
    **dict.fromkeys([f"NonMaxSuppression{version}" for version in ("", "V2", "V3", "V4", "V5")], (2, 1)),
    "BlockLSTM": (None, 3, 2, 2, 2), "BlockLSTMV2": (None, 3, 2, 2, 2), "LSTMBlockCell": (2, 2, 2, 2), "GRUBlockCell": (2, 2, 2, 2),
}  # fmt: skip
# Ops with an entry for each dimension of the first input in their second.
_ENTRIES = {"Transpose", "Pad", "PadV2", "MirrorPad", "Tile", "Slice"}


def settle_ranks(call: Call) -> None:
    """Give inputs of unknown rank the rank that a node wants. Raises ConvertError for an input that has another."""
    for index, wanted in _wanted(call):
        if index >= len(call.inputs):
            continue
        tensor = call.inputs[index]
        found = signature_of(tensor)
        if found is None:
            _settle(tensor, wanted)
        else:
            count = "no dimensions" if not found else f"{len(found)} dimension{'s' * (len(found) > 1)}, {list(found)},"
            call.fits(len(found) == len(wanted), f"its input {tensor.name!r} has {count} and it takes {len(wanted)}")


def _settle(tensor: Tensor, wanted: tuple[int, ...]) -> None:
    tensor.shape = tuple(max(size, 1) for size in wanted)
    tensor.shape_signature = wanted if -1 in wanted else None
    tensor.has_rank = True


def _wanted(call: Call) -> Iterator[tuple[int, tuple[int, ...]]]:
    for index, rank in enumerate(_RANKS.get(call.op, ())):
        if rank is not None:
            yield index, _sized(call, index, rank)
    if call.op in _ENTRIES and len(call.inputs) > 1:
        entries = signature_of(call.inputs[1])
        if entries and entries[0] >= 0:
            yield 0, (-1,) * entries[0]
    if call.op in ("Concat", "ConcatV2"):
        values = range(len(call.inputs) - 1) if call.op == "ConcatV2" else range(1, len(call.inputs))
        known = [shape for index in values if (shape := signature_of(call.inputs[index])) is not None]
        for index in values if known else ():
            if signature_of(call.inputs[index]) is None:
                yield index, (-1,) * len(known[0])


def _sized(call: Call, index: int, rank: int) -> tuple[int, ...]:
    """As many open dimensions; that along which a matrix or a filter is applied has the size that fits these."""
    other: Signature = signature_of(call.inputs[1 - index]) if index < 2 <= len(call.inputs) else None
    if other is None or len(other) != rank:
        return (-1,) * rank
    if call.op == "MatMul":
        flips = [bool(call.attribute("transpose_a")), bool(call.attribute("transpose_b"))]
        depth = other[(1 - index) ^ 1 ^ flips[1 - index]]
        return (depth, -1) if (index == 0) is flips[index] else (-1, depth)
    if index == 0 and call.op in ("Conv2D", "DepthwiseConv2dNative"):
        return (-1, other[2], -1, -1) if str(call.attribute("data_format", "NHWC")).startswith("NC") else (-1, -1, -1, other[2])
    return (-1,) * rank
