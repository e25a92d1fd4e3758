"""Tensors that cannot be."""

from __future__ import annotations

import numpy as np

from .sound import broken, conv, file, tables


@broken
def negative_dimension() -> bytes:
    """The input's shape has -4 in it."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.array([1, -4])
    return file(root)


@broken
def shape_overflows() -> bytes:
    """Dimensions whose product does not fit 64 bits and is 0 in 64 bits."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.array([1 << 16] * 4)
    return file(root)


@broken
def shape_overflows_with_zero() -> bytes:
    """The same, but the tensor is empty."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.array([0, 1 << 30, 1 << 30, 1 << 30])
    return file(root)


@broken
def too_many_dimensions() -> bytes:
    """A hundred dimensions of 1, of a type that does not go with the other input's."""
    root = tables()
    root.subgraphs[0].tensors[0].shape, root.subgraphs[0].tensors[0].type = np.ones(100, np.int32), "INT64"
    return file(root)


@broken
def buffer_too_short() -> bytes:
    """A constant of four floats with two."""
    root = tables()
    buffer = root.buffers[root.subgraphs[0].tensors[1].buffer]
    buffer.data = buffer.data[:8]
    return file(root)


@broken
def huge_constant() -> bytes:
    """A constant that says it is 4 GB long, in a file of some hundred bytes."""
    root = tables()
    root.subgraphs[0].tensors[1].shape = np.array([1 << 30])
    return file(root)


@broken
def huge_input() -> bytes:
    """An input of 4 TB; inputs need no data in the file."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.array([1 << 20, 1 << 18, 4])
    return file(root)


@broken
def unknown_type() -> bytes:
    """A tensor type that the schema does not have."""
    root = tables()
    root.subgraphs[0].tensors[0].type = 99
    return file(root)


@broken
def text_tensor() -> bytes:
    """Text where numbers should be."""
    root = tables()
    root.subgraphs[0].tensors[0].type = "STRING"
    return file(root)


@broken
def another_type() -> bytes:
    """The inputs of an ADD differ in type."""
    root = tables()
    root.subgraphs[0].tensors[0].type = "INT32"
    return file(root)


@broken
def zero_scale() -> bytes:
    """An input with a scale of 0."""
    root = conv()
    root.subgraphs[0].tensors[0].quantization.scale = np.zeros(1)
    return file(root)


@broken
def nan_scale() -> bytes:
    """An output with a scale that is not a number."""
    root = conv()
    root.subgraphs[0].tensors[3].quantization.scale = np.full(1, np.nan)
    return file(root)


@broken
def negative_scale() -> bytes:
    """A filter with a scale below 0."""
    root = conv()
    root.subgraphs[0].tensors[1].quantization.scale = np.array([0.01, 0.02, -0.03, 0.04])
    return file(root)


@broken
def tiny_scale() -> bytes:
    """An output with a scale that has no inverse."""
    root = conv()
    root.subgraphs[0].tensors[3].quantization.scale = np.array([1e-45])
    return file(root)


@broken
def activation_out_of_reach() -> bytes:
    """An output whose RELU6 ends at 6 / 1e-37."""
    root = conv(fused_activation_function="RELU6")
    for tensor in (0, 3):
        root.subgraphs[0].tensors[tensor].quantization.scale = np.array([1e-37])
    return file(root)


@broken
def scales_make_infinity() -> bytes:
    """Scales that are numbers, and their quotient is too large for fixed point."""
    root = conv()
    root.subgraphs[0].tensors[0].quantization.scale = np.array([3e38])
    root.subgraphs[0].tensors[3].quantization.scale = np.array([1e-30])
    return file(root)


@broken
def no_quantization() -> bytes:
    """An INT8 input without a scale."""
    root = conv()
    root.subgraphs[0].tensors[0].quantization = None
    return file(root)


@broken
def scale_count() -> bytes:
    """Three scales for four filters."""
    root = conv()
    quantization = root.subgraphs[0].tensors[1].quantization
    quantization.scale, quantization.zero_point = quantization.scale[:3], quantization.zero_point[:3]
    return file(root)


@broken
def zero_point_count() -> bytes:
    """Four scales with two zero points."""
    root = conv()
    root.subgraphs[0].tensors[1].quantization.zero_point = np.zeros(2, np.int64)
    return file(root)


@broken
def zero_point_outside() -> bytes:
    """A zero point that no INT8 is."""
    root = conv()
    root.subgraphs[0].tensors[0].quantization.zero_point = np.array([1000])
    return file(root)


@broken
def quantized_dimension_outside() -> bytes:
    """The filters' scales lie along dimension 7."""
    root = conv()
    root.subgraphs[0].tensors[1].quantization.quantized_dimension = 7
    return file(root)
