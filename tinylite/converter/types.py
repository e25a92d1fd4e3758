"""Which types the operators' kernels take in a model without quantization: facts, from LiteRT's kernels.

What is not taken is told when a graph is converted, and not when the file is loaded.
"""

from __future__ import annotations

from ..model import Op

__all__ = ["data_place", "takes", "type_names", "untaken", "wider"]

_SHORT = {
    "f16": "FLOAT16", "bf16": "BFLOAT16", "f32": "FLOAT32", "f64": "FLOAT64", "c64": "COMPLEX64", "bool": "BOOL", "str": "STRING",
    "i8": "INT8", "i16": "INT16", "i32": "INT32", "i64": "INT64", "u8": "UINT8", "u16": "UINT16", "u32": "UINT32", "u64": "UINT64",
}  # fmt: skip
_MOVED = "f32 f16 bf16 u8 i8 i16 i32 i64 bool"
_TABLE = {
    "f32": "AVERAGE_POOL_2D BATCH_MATMUL CEIL CONV_3D CONV_3D_TRANSPOSE ELU EXP FAKE_QUANT GELU HARD_SWISH L2_NORMALIZATION LEAKY_RELU "
           "LOCAL_RESPONSE_NORMALIZATION LOG LOG_SOFTMAX MAX_POOL_2D PRELU RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RFFT2D RSQRT SQRT SQUARE "
           "MULTINOMIAL CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED TRANSPOSE_CONV",
    "f32 f16": "COS SIN SOFTMAX",
    "f32 f16 bf16": "FLOOR LOGISTIC ROUND TANH",
    "f32 f64 f16 bf16": "ATAN2",
    "f32 i32": "ADD_N DIV POW SEGMENT_SUM SQUARED_DIFFERENCE UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_MIN UNSORTED_SEGMENT_PROD "
               "UNSORTED_SEGMENT_SUM",
    "f32 i32 i64": "CUMSUM MEAN RANGE SUB SUM ZEROS_LIKE",
    "f32 f64 i32": "SIGN",
    "f32 i32 i16": "ABS",
    "f32 i32 i16 i8": "FLOOR_DIV",
    "f32 i32 i64 i16 i8": "FLOOR_MOD",
    "f32 f16 i32 i64 i16": "ADD GREATER GREATER_EQUAL LESS LESS_EQUAL",
    "f32 f16 i32 u32 i64 c64 i16": "MUL",
    "f32 f16 i8 i16 i32 i64": "NEG",
    "f32 f16 bf16 i8 u8 i16 i32 i64": "MAXIMUM MINIMUM",
    "bool f32 f16 i16 i32 i64 str": "EQUAL",
    "bool f32 f16 i32 i64 str": "NOT_EQUAL",
    "bool": "LOGICAL_AND LOGICAL_NOT LOGICAL_OR REDUCE_ALL REDUCE_ANY",
    "i8 u8 i16 u16 i32 u32": "BITWISE_XOR RIGHT_SHIFT",
    "f32 i32 i64 u8 i8 i16": "REDUCE_MAX REDUCE_MIN REDUCE_PROD TOPK_V2 UNIQUE MATRIX_DIAG MATRIX_SET_DIAG SPLIT SPLIT_V",
    "f32 u8 i8 i32 bool": "ARG_MAX ARG_MIN",
    "f32 f64 i32 i64": "BUCKETIZE",
    "f32 i32 u32 i8 u8 i16 i64": "PACK",
    "f32 f16 bf16 i32 i8 u8 i16 bool": "UNPACK",
    "f32 u8 i8 i32 i64": "DEPTH_TO_SPACE SPACE_TO_DEPTH SPARSE_TO_DENSE",
    "f32 u8 i8 i32 i64 bool": "ONE_HOT SCATTER_ND",
    "f32 u8 i16 i32 i64": "REVERSE_SEQUENCE",
    "bool f32 i8 u8 i32 u32 i64": "WHERE",
    _MOVED: "PAD PADV2 REVERSE_V2", _MOVED + " u32": "CONCATENATION", _MOVED + " str": "GATHER GATHER_ND",
    "f32 f16 bf16 f64 i8 u8 i16 u16 i32 u32 i64 bool c64": "CAST",
    "f32 f16 bf16 i8 u8 i16 u16 i32 u32 bool": "RESIZE_NEAREST_NEIGHBOR",
    "f32 u8 i8 i16": "RESIZE_BILINEAR",
}  # fmt: skip
_TYPES = {code: frozenset(_SHORT[short] for short in types.split()) for types, codes in _TABLE.items() for code in codes.split()}
# The input whose type this is about, where it is not the first.
_PLACES = {"CONV_3D_TRANSPOSE": 2, "ONE_HOT": 2, "SCATTER_ND": 1, "SPARSE_TO_DENSE": 2, "SPLIT": 1, "TRANSPOSE_CONV": 2}
_WIDER = {"INT8": "INT32", "UINT8": "INT32", "INT16": "INT32", "UINT16": "INT32", "UINT32": "INT64", "FLOAT16": "FLOAT32"}


def takes(code: str, type: str | int) -> bool:
    """Whether an operator has a kernel for a type; True for operators that are not in the table."""
    return code not in _TYPES or type in _TYPES[code]


def type_names(code: str) -> list[str]:
    """The types that an operator takes, sorted; empty for operators that are not in the table."""
    return sorted(_TYPES.get(code, ()))


def data_place(code: str) -> int:
    """Which input these types are of."""
    return _PLACES.get(code, 0)


def untaken(op: Op) -> str | int | None:
    """The type that an op reads, or a CAST writes, and that its operator has no kernel for; None if there are kernels for all."""
    place = data_place(op.code)
    for tensor in [*op.inputs[place : place + 1], *(op.outputs[:1] if op.code == "CAST" else [])]:
        if tensor is not None and not takes(op.code, tensor.type) and tensor.quantization is None:
            return tensor.type
    return None


def wider(code: str, type: str) -> str:
    """The type to compute in: this one, or one that has all of its values if the operator takes only that.

    Sums, differences and products that are cast back come out as they would have in the narrow type.
    """
    wide = _WIDER.get(type)
    return wide if wide is not None and not takes(code, type) and takes(code, wide) else type
