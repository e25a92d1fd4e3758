"""Operator versions: the lowest that says what an op needs, as LiteRT counts them (op_version.cc).

A version is a promise to old runtimes: one that does not know it refuses the file, instead of running it wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ..model import Graph, Metadata, Model, Op, Tensor
from .runtimes import RUNTIMES

__all__ = ["minimum_runtime", "set_versions", "version_of"]

# The version by the type of the first input.
_INT8, _INT8_INT16, _PAD = {"INT8": 2}, {"INT8": 2, "INT16": 3}, {"INT8": 2, "INT16": 3, "BOOL": 5, "FLOAT8": 6}
_BY_TYPE: dict[str, dict[str, int]] = {
    "AVERAGE_POOL_2D": _INT8_INT16, "MAX_POOL_2D": _INT8_INT16, "BATCH_MATMUL": _INT8_INT16, "MEAN": _INT8_INT16,
    "MIRROR_PAD": _INT8_INT16, "REDUCE_MAX": _INT8_INT16, "REDUCE_MIN": _INT8_INT16, "RELU6": _INT8_INT16, "RSQRT": _INT8_INT16,
    "TANH": _INT8_INT16, "LOGISTIC": _INT8_INT16, "LESS": _INT8_INT16, "GREATER_EQUAL": _INT8_INT16,
    "SPACE_TO_DEPTH": _INT8, "SUM": _INT8, "LOG_SOFTMAX": _INT8, "GREATER": _INT8, "LESS_EQUAL": _INT8, "SQUARED_DIFFERENCE": _INT8,
    "DEPTH_TO_SPACE": _INT8, "L2_NORMALIZATION": _INT8, "PAD": _PAD, "PADV2": _PAD,
    "EXP": {"INT8": 2, "INT16": 2}, "LOG": {"INT8": 2, "INT16": 2}, "REDUCE_PROD": {"INT8": 2, "INT16": 2},
    "SQRT": {"INT8": 2, "INT16": 2}, "SIN": {"FLOAT16": 2}, "COS": {"FLOAT16": 2},
    "ARG_MAX": {"INT8": 2, "BOOL": 3}, "ARG_MIN": {"INT8": 2, "BOOL": 3},
    "ABS": {"INT8": 2, "UINT8": 2, "INT32": 5},
    "ADD": {"INT8": 2, "INT64": 4, "FLOAT16": 6},
    "BATCH_TO_SPACE_ND": {"INT8": 2, "INT16": 4},
    "BROADCAST_TO": {"INT8": 3, "INT16": 3, "FLOAT8": 4},
    "CAST": {"UINT32": 2, "INT8": 3, "UINT16": 4, "FLOAT16": 5, "FLOAT64": 5, "BFLOAT16": 7, "INT2": 8, "UINT4": 8, "FLOAT8": 9},
    "CONCATENATION": {"INT8": 2, "INT16": 3, "UINT32": 4, "INT4": 5, "FLOAT16": 6, "FLOAT8": 7},
    "DEQUANTIZE": {"INT8": 2, "INT16": 3, "FLOAT16": 3, "INT4": 6, "INT2": 7, "UINT4": 8, "FLOAT8": 9},
    "DYNAMIC_UPDATE_SLICE": {"FLOAT16": 3, "INT16": 4, "INT4": 5, "BFLOAT16": 6},
    "EQUAL": {"INT8": 2, "STRING": 3, "INT16": 5},
    "FLOOR_DIV": {"FLOAT32": 2, "INT8": 3, "INT16": 3},
    "FLOOR_MOD": {"INT8": 2, "INT16": 2},
    "GATHER": {"INT8": 2, "BOOL": 3, "INT16": 4, "INT4": 7, "FLOAT8": 8},
    "GATHER_ND": {"STRING": 2, "INT16": 3, "BOOL": 5, "FLOAT8": 6},
    "GELU": {"INT8": 2, "UINT8": 2, "FLOAT16": 3},
    "LEAKY_RELU": {"INT16": 2},
    "MAXIMUM": {"INT8": 2, "INT16": 4},
    "MINIMUM": {"INT8": 2, "INT16": 4},
    "MUL": {"INT8": 2, "INT64": 5, "COMPLEX64": 6, "UINT32": 7, "FLOAT16": 8},
    "NOT_EQUAL": {"INT8": 2, "STRING": 3, "INT16": 4},
    "PACK": {"INT8": 2, "INT16": 3, "UINT32": 4, "FLOAT8": 5},
    "QUANTIZE": {"INT4": 4, "UINT4": 5},
    "RANGE": {"INT64": 2},
    "RELU": {"INT8": 2, "UINT8": 2, "INT16": 3},
    "RESIZE_BILINEAR": {"INT8": 2, "INT16": 4},
    "RESIZE_NEAREST_NEIGHBOR": {"INT8": 2, "INT16": 4},
    "REVERSE_V2": {"BOOL": 2, "INT8": 3, "FLOAT8": 4},
    "SELECT": {"INT8": 2, "UINT32": 4},
    "SELECT_V2": {"UINT32": 2},
    "SIGN": {"INT32": 2},
    "SLICE": {"INT8": 2, "STRING": 3, "INT16": 4, "UINT32": 6, "INT4": 7, "FLOAT16": 8},
    "SOFTMAX": {"INT8": 2, "INT16": 3, "FLOAT16": 4},
    "SPACE_TO_BATCH_ND": {"INT8": 2, "INT16": 4},
    "SPLIT_V": {"INT8": 2, "FLOAT8": 3},
    "SQUEEZE": {"STRING": 2},
    "STRIDED_SLICE": {"INT8": 2, "BOOL": 3, "STRING": 5, "UINT32": 7},
    "SUB": {"INT8": 2, "INT64": 4},
    "SVDF": {"INT8": 3},
    "TILE": {"STRING": 2, "INT8": 3},
    "TOPK_V2": {"INT8": 2, "INT16": 3},
    "TRANSPOSE": {"INT8": 2, "BOOL": 3, "INT16": 5, "INT4": 7, "BFLOAT16": 8, "FLOAT16": 9},
    "UNPACK": {"INT8": 2, "UINT8": 2, "BOOL": 3, "INT16": 4, "FLOAT16": 5, "BFLOAT16": 5, "FLOAT8": 6},
}  # fmt: skip
# The version by the type of another input: which, and the types.
_BY_OTHER_TYPE: dict[str, tuple[int, dict[str, int]]] = {
    "DYNAMIC_UPDATE_SLICE": (2, {"INT64": 2}),
    "EMBEDDING_LOOKUP": (1, {"INT4": 4, "INT2": 5}),
    "FILL": (1, {"BOOL": 2, "STRING": 2, "INT8": 3, "INT16": 3, "FLOAT16": 4, "FLOAT8": 5}),
    "FULLY_CONNECTED": (1, {"INT2": 14}),
    "GATHER": (1, {"INT16": 6}),
    "GATHER_ND": (1, {"INT16": 4}),
    "SPARSE_TO_DENSE": (2, {"INT64": 2, "INT8": 3, "UINT8": 3}),
    "SPLIT": (1, {"INT8": 2, "INT32": 3, "INT16": 4, "FLOAT8": 5}),
    "TOPK_V2": (1, {"INT16": 3}),
    "TRANSPOSE_CONV": (1, {"INT8": 2}),
}
# The version by the number of dimensions: the first rank that needs it.
_BY_RANK: dict[str, list[tuple[int, int]]] = {
    "PAD": [(5, 4)], "PADV2": [(5, 4)], "SLICE": [(5, 5)], "STRIDED_SLICE": [(5, 4)], "TRANSPOSE": [(5, 4), (6, 6), (7, 8)],
}  # fmt: skip
# The version by the types of input, weights and output.
_BY_WEIGHTS: dict[str, dict[tuple[str, str, str], int]] = {
    "CONV_2D": {("INT16", "INT16", "INT16"): 4, ("INT8", "INT8", "INT8"): 3, ("INT8", "INT4", "INT8"): 7,
                ("FLOAT32", "INT8", "FLOAT32"): 2},
    "DEPTHWISE_CONV_2D": {("INT16", "INT16", "INT16"): 5, ("INT8", "INT8", "INT8"): 3, ("INT8", "INT4", "INT8"): 7,
                          ("FLOAT32", "INT8", "FLOAT32"): 4},
    "FULLY_CONNECTED": {("INT16", "INT4", "INT16"): 13, ("INT16", "INT16", "INT16"): 7, ("INT8", "INT8", "INT8"): 4,
                        ("INT8", "INT4", "INT8"): 10, ("FLOAT32", "INT8", "FLOAT32"): 3},
    "SVDF": {("FLOAT32", "INT8", "FLOAT32"): 2},
}  # fmt: skip
# Ops with 8-bit weights on floats, the place of the weights, the version, and that with asymmetric inputs.
_HYBRID = {
    "RNN": (1, 2, 3), "UNIDIRECTIONAL_SEQUENCE_RNN": (1, 2, 3), "BIDIRECTIONAL_SEQUENCE_RNN": (1, 2, 3),
    "BIDIRECTIONAL_SEQUENCE_LSTM": (1, 2, 3), "UNIDIRECTIONAL_SEQUENCE_LSTM": (2, 2, 3), "LSTM": (2, 3, 4), "SVDF": (1, 2, 4),
    "FULLY_CONNECTED": (1, 3, 9), "BATCH_MATMUL": (1, 1, 4),
}  # fmt: skip


def version_of(op: Op) -> int:
    """The lowest version of its operator that an op needs; 1 for custom operators."""
    return max(_needed(op))


def _needed(op: Op) -> Iterable[int]:
    """The versions that the parts of an op need."""
    yield 2 if op.code == "BROADCAST_TO" else 1  # its first version was withdrawn
    if not op.inputs:
        return
    yield _BY_TYPE.get(op.code, {}).get(_type(op.inputs, 0), 1)
    if op.code == "CAST":
        yield _BY_TYPE[op.code].get(_type(op.outputs, 0), 1)
    if op.code in _BY_OTHER_TYPE:
        place, versions = _BY_OTHER_TYPE[op.code]
        yield versions.get(_type(op.inputs, place), 1)
    first = op.inputs[0]
    yield from (version for rank, version in _BY_RANK.get(op.code, ()) if first is not None and len(first.shape) >= rank)
    yield _BY_WEIGHTS.get(op.code, {}).get((_type(op.inputs, 0), _type(op.inputs, 1), _type(op.outputs, 0)), 1)
    if op.code in _HYBRID:
        place, symmetric, asymmetric = _HYBRID[op.code]
        if (_type(op.inputs, 0), _type(op.inputs, place), _type(op.outputs, 0)) == ("FLOAT32", "INT8", "FLOAT32"):
            yield asymmetric if _option(op, "asymmetric_quantize_inputs") else symmetric
    if op.code in _SPECIAL:
        yield _SPECIAL[op.code](op)


def _type(tensors: Sequence[Tensor | None], place: int) -> str:
    tensor = tensors[place] if place < len(tensors) else None
    name = "" if tensor is None else str(tensor.type)
    return "FLOAT8" if name.startswith("FLOAT8") else name


def _option(op: Op, name: str) -> object:
    return getattr(op.options, name, None) if op.options is not None else None


def _per_channel(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.quantization is not None and tensor.quantization.per_channel


def _stretches(op: Op, version: int) -> int:
    """The version of ops that stretch inputs of more than four dimensions."""
    shapes = [tensor.shape for tensor in op.inputs if tensor is not None]
    return version if shapes[0] != shapes[1] and max(map(len, shapes)) > 4 else 1


def _bias_of_another_type(op: Op, version: int) -> int:
    """The version of layers whose 16-bit form says the type of its bias."""
    types = _type(op.inputs, 0), _type(op.inputs, 1), _type(op.outputs, 0)
    return version if types == ("INT16", "INT8", "INT16") and _option(op, "quantized_bias_type") not in (None, "FLOAT32", 0) else 1


def _conv_2d(op: Op) -> int:
    x, weights = op.inputs[0], op.inputs[1]
    grouped = x is not None and weights is not None and len(x.shape) == len(weights.shape) == 4 and x.shape[3] != weights.shape[3]
    hybrid = _per_channel(weights) and _type(op.inputs, 0) == "FLOAT32"
    return max(6 if grouped else 1, 5 if hybrid else 1, _bias_of_another_type(op, 8))


def _depthwise_conv_2d(op: Op) -> int:
    dilated = (_option(op, "dilation_w_factor"), _option(op, "dilation_h_factor")) != (1, 1)
    return 6 if _per_channel(op.inputs[1]) and _type(op.inputs, 0) == "FLOAT32" else 2 if dilated else 1


def _fully_connected(op: Op) -> int:
    hybrid = _per_channel(op.inputs[1]) and _type(op.inputs, 0) == "FLOAT32"
    sparse = op.inputs[1] is not None and op.inputs[1].sparsity is not None
    return max(
        12 if hybrid else 1, _bias_of_another_type(op, 11), 8 if sparse else 1, 6 if len(op.inputs) == 2 else 1,
        5 if _option(op, "keep_num_dims") else 1, 2 if _option(op, "weights_format") == "SHUFFLED4x16INT8" else 1,
    )  # fmt: skip


def _transpose_conv(op: Op) -> int:
    activation = 4 if _option(op, "fused_activation_function") not in (None, "NONE") else 1
    types = _type(op.inputs, 2), _type(op.inputs, 1), _type(op.outputs, 0)
    named = types == ("INT16", "INT8", "INT16") and _option(op, "quantized_bias_type") not in (None, "FLOAT32", 0)
    return max(activation, 3 if len(op.inputs) > 3 and op.inputs[3] is not None else 1, 5 if named else 1)


def _plain_or_quantized(op: Op, plain: int, quantized: int) -> int:
    """The version of ops that know INT16 both as plain numbers and as quantized ones."""
    if _type(op.inputs, 0) != "INT16":
        return 1
    return quantized if any(tensor is not None and tensor.quantization is not None for tensor in op.inputs) else plain


def _mul(op: Op) -> int:
    tensors = [*op.inputs[:2], op.outputs[0]]
    scales = [t.scaling.scale[0] if t is not None and t.scaling is not None else 0 for t in tensors]
    rescaled = all(scales) and scales[0] * scales[1] / scales[2] >= 1
    return max(3 if rescaled else 1, _plain_or_quantized(op, 7, 4))


def _strided_slice(op: Op) -> int:
    return 8 if _option(op, "offset") else 6 if _option(op, "ellipsis_mask") or _option(op, "new_axis_mask") else 1


def _lstm(op: Op) -> int:
    eight = (_type(op.inputs, 0), _type(op.inputs, 2), _type(op.outputs, 0)) == ("INT16", "INT8", "INT16")
    return 5 if eight else 2 if _option(op, "kernel_type") == "BASIC" else 4 if _option(op, "diagonal_recurrent_tensors") else 1


_SPECIAL: dict[str, Callable[[Op], int]] = {
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "FULLY_CONNECTED": _fully_connected,
    "TRANSPOSE_CONV": _transpose_conv,
    "LSTM": _lstm,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
    "MUL": _mul,
    "STRIDED_SLICE": _strided_slice,
    "ABS": lambda op: _plain_or_quantized(op, 4, 3),
    "ADD": lambda op: _plain_or_quantized(op, 5, 1 if _option(op, "pot_scale_int16") else 3),
    "CAST": lambda op: 6 if (_type(op.inputs, 0), _type(op.outputs, 0)) == ("INT4", "FLOAT32") else 1,
    "DEQUANTIZE": lambda op: 5 if _per_channel(op.inputs[0]) and _type(op.inputs, 0) == "INT8" else 1,
    "DIV": lambda op: _stretches(op, 2),
    "EMBEDDING_LOOKUP": lambda op: 4 if _per_channel(op.inputs[1]) else 1,
    "FAKE_QUANT": lambda op: 2 if _option(op, "narrow_range") else 1,
    "GATHER": lambda op: 5 if _option(op, "batch_dims") else 1,
    "MAXIMUM": lambda op: _stretches(op, 3),
    "MINIMUM": lambda op: _stretches(op, 3),
    "QUANTIZE": lambda op: 3 if _per_channel(op.outputs[0]) else 2 if _type(op.outputs, 0) == "INT16" else 1,
    "RESIZE_BILINEAR": lambda op: 3 if _option(op, "half_pixel_centers") else 1,
    "RESIZE_NEAREST_NEIGHBOR": lambda op: 3 if _option(op, "half_pixel_centers") or _option(op, "align_corners") else 1,
    "SELECT": lambda op: 3 if any(tensor is not None and len(tensor.shape) == 5 for tensor in op.inputs) else 1,
    "SUB": lambda op: max(_stretches(op, 3), 5 if _type(op.inputs, 0) == "INT16" and not _option(op, "pot_scale_int16") else 1),
    "BATCH_TO_SPACE_ND": lambda op: 3 if op.inputs[0] is not None and len(op.inputs[0].shape) != 4 else 1,
    "SPACE_TO_BATCH_ND": lambda op: 3 if op.inputs[0] is not None and len(op.inputs[0].shape) != 4 else 1,
    "WHERE": lambda op: 1 if _type(op.inputs, 0) == "BOOL" else 2,
}  # fmt: skip


def minimum_runtime(graphs: Iterable[Graph]) -> str:
    """The first runtime that knows every operator of these graphs in its version, like "2.5.0"; empty if none is known."""
    found = {
        RUNTIMES[op.code][op.version - 1] for graph in graphs for op in graph.ops
        if op.code in RUNTIMES and op.version <= len(RUNTIMES[op.code])
    }  # fmt: skip
    return max(found, key=lambda version: tuple(map(int, version.split("."))), default="")


def set_versions(model: Model) -> None:
    """Give every op its version, and the model a note of the runtime that it needs, as TensorFlow's converter does."""
    for graph in model.graphs:
        for op in graph.ops:
            op.version = version_of(op)
    note = minimum_runtime(model.graphs).encode().ljust(_NOTE_SIZE, b"\0")
    model.metadata = [entry for entry in model.metadata if entry.name != _NOTE]
    model.metadata.append(Metadata(_NOTE, np.frombuffer(note, np.uint8)))


_NOTE, _NOTE_SIZE = "min_runtime_version", 16
