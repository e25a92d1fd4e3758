"""Tensors and ops as the dictionaries that tf.lite.Interpreter returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..model import Graph, Tensor
from ..tensor_types import tensor_dtype

__all__ = ["DETAILS_COLUMNS", "details_row", "op_details", "tensor_details"]

# What tables show of a tensor's details.
DETAILS_COLUMNS = ("index", "name", "shape", "type", "scale, zero point")


def tensor_details(tensor: Tensor, index: int, shape: tuple[int, ...]) -> dict[str, Any]:
    """A tensor that has this index and now this shape.

    Keys: name, index, shape, shape_signature, dtype, quantization, quantization_parameters, sparsity_parameters.
    """
    quantization = tensor.quantization_params
    scales = quantization.scale if quantization is not None else np.zeros(0, np.float32)
    zeros = quantization.zero_point.astype(np.int32) if quantization is not None else np.zeros(0, np.int32)
    signature = tensor.shape_signature
    return {
        "name": tensor.name or "",
        "index": index,
        "shape": np.array(shape, np.int32),
        "shape_signature": np.array(shape if signature is None or not signature else signature, np.int32),
        "dtype": _dtype(tensor),
        "quantization": (float(scales[0]), int(zeros[0])) if scales.size == zeros.size == 1 else (0.0, 0),
        "quantization_parameters": {
            "scales": scales,
            "zero_points": zeros,
            "quantized_dimension": quantization.quantized_dimension if quantization is not None else 0,
            "block_size": 0,
        },
        "sparsity_parameters": _sparsity(tensor),
    }


def details_row(details: Mapping[str, Any]) -> tuple[Any, ...]:
    """A tensor's details under DETAILS_COLUMNS: sizes that may change are -1, and of several scales it is said how many there are."""
    scales, (scale, zero) = details["quantization_parameters"]["scales"], details["quantization"]
    quantization = f"{scale:.6g}, {zero}" if scale else f"{scales.size} scales" if scales.size else ""
    shape = details["shape_signature"].tolist()
    return details["index"], details["name"], shape, np.dtype(details["dtype"]).name, quantization


def op_details(graph: Graph, numbers: Mapping[int, int]) -> list[dict[str, Any]]:
    """For each op: index, op_name, inputs, outputs, operand_types, result_types. `numbers` are the tensors' indices by id."""

    def types(tensors: Sequence[Tensor | None]) -> list[Any]:
        return [_dtype(tensor) for tensor in tensors if tensor is not None]

    return [
        {
            "index": index, "op_name": op.name,
            "inputs": np.array([-1 if tensor is None else numbers[id(tensor)] for tensor in op.inputs], np.int32),
            "outputs": np.array([numbers[id(tensor)] for tensor in op.outputs], np.int32),
            "operand_types": types(op.inputs), "result_types": types(op.outputs),
        }
        for index, op in enumerate(graph.ops)
    ]  # fmt: skip


def _dtype(tensor: Tensor) -> Any:
    """The numpy type in details: of text and of handles too, which hold no numbers."""
    if tensor.is_numeric:
        return tensor_dtype(tensor.type)
    return np.bytes_ if tensor.type == "STRING" else np.object_


def _sparsity(tensor: Tensor) -> dict[str, Any]:
    if tensor.sparsity is None:
        return {}
    return {
        **{name: value for name in ("traversal_order", "block_map") if (value := getattr(tensor.sparsity, name)) is not None},
        "dim_metadata": [_sparse_dimension(entry) for entry in tensor.sparsity.dim_metadata or ()],
    }


def _sparse_dimension(entry: Any) -> dict[str, Any]:
    if entry.format == "DENSE":
        return {"format": 0, "dense_size": entry.dense_size}
    parts = {name: getattr(entry, name) for name in ("array_segments", "array_indices")}
    return {"format": 1} | {
        name: np.zeros(0, np.int32) if vector.values is None else vector.values.astype(np.int32)
        for name, vector in parts.items()
        if vector is not None
    }
