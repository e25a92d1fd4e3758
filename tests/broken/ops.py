"""Ops that cannot be."""

from __future__ import annotations

import numpy as np

from tinylite.schema.table import Table

from ..cases import T
from ..ops.unidirectional_sequence_lstm import float_lstm
from .sound import broken, conv, file, one, tables


@broken
def zero_stride() -> bytes:
    """A convolution that does not move on."""
    return file(conv(stride_w=0))


@broken
def huge_dilation() -> bytes:
    """A filter that is spread over two billion elements."""
    return file(conv(dilation_h_factor=(1 << 31) - 1))


@broken
def unknown_padding() -> bytes:
    """Padding that is neither SAME nor VALID."""
    return file(conv(padding=9))


@broken
def zero_filter() -> bytes:
    """A filter of height 0."""
    root = conv()
    root.subgraphs[0].tensors[1].shape = np.array([4, 0, 3, 2])
    return file(root)


@broken
def filter_too_large() -> bytes:
    """A filter that is larger than its picture, without padding."""
    root = conv(padding="VALID")
    root.subgraphs[0].tensors[0].shape = np.array([1, 2, 2, 2])
    return file(root)


@broken
def channels_do_not_fit() -> bytes:
    """Three channels where the filter has two."""
    root = conv()
    root.subgraphs[0].tensors[0].shape = np.array([1, 6, 6, 3])
    return file(root)


@broken
def shapes_do_not_broadcast() -> bytes:
    """Four numbers and three."""
    root = tables()
    root.subgraphs[0].tensors[1].shape = np.array([3])
    return file(root)


@broken
def reshape_to_huge() -> bytes:
    """Six numbers as 2^40."""
    return file(one("RESHAPE", [T((2, 3)), T((2,), "INT32", data=[1 << 20, 1 << 20])], [T((1,))]))


@broken
def reshape_to_negative() -> bytes:
    """A dimension of -6."""
    return file(one("RESHAPE", [T((2, 3)), T((1,), "INT32", data=[-6])], [T((1,))]))


@broken
def reshape_by_text() -> bytes:
    """A shape of floats."""
    return file(one("RESHAPE", [T((2, 3)), T((1,), data=[6.0])], [T((1,))]))


@broken
def reshape_with_options_of_another_op() -> bytes:
    """A RESHAPE, which may do without options, with those of ADD."""
    root = one("RESHAPE", [T((2, 3))], [T((6,))])
    root.subgraphs[0].operators[0].builtin_options = Table("AddOptions")
    return file(root)


@broken
def reshape_to_very_many_dimensions() -> bytes:
    """A shape of 1,500 dimensions: the message must not list them all."""
    return file(one("RESHAPE", [T((2, 3), "INT64"), T((1500,), "INT32", data=np.full(1500, 7))], [T((1,), "INT64")]))


@broken
def names_that_are_no_text() -> bytes:
    """A custom operator whose name is not UTF-8, turns a terminal red, and is very long."""
    root = tables()
    name = "\udcff\x1b[31m" + "x" * 3000
    root.operator_codes[0] = Table("OperatorCode", builtin_code="CUSTOM", deprecated_builtin_code=32, custom_code=name)
    return file(root)


@broken
def fill_huge() -> bytes:
    """4 TB of one number."""
    return file(one("FILL", [T((2,), "INT32", data=[1 << 20, 1 << 20]), T(())], [T((1,))]))


@broken
def fill_overflows() -> bytes:
    """A shape whose number of elements does not fit 64 bits, by an op."""
    return file(one("FILL", [T((3,), "INT64", data=[1 << 40] * 3), T(())], [T((1,))]))


@broken
def fill_too_many_dimensions() -> bytes:
    """A shape of fifty dimensions, by an op."""
    return file(one("FILL", [T((50,), "INT32", data=np.ones(50)), T(())], [T((1,))]))


@broken
def axis_outside() -> bytes:
    """A concatenation along dimension 5."""
    return file(one("CONCATENATION", [T((2, 3)), T((2, 3))], [T((4, 3))], axis=5))


@broken
def stride_of_slice() -> bytes:
    """A slice with a stride of 0."""
    bounds = [T((2,), "INT32", data=values) for values in ([0, 0], [2, 3], [1, 0])]
    return file(one("STRIDED_SLICE", [T((2, 3)), *bounds], [T((2, 3))]))


@broken
def masks_of_slice() -> bytes:
    """A slice all of whose entries are ellipses."""
    bounds = [T((2,), "INT32", data=values) for values in ([0, 0], [2, 3], [1, 1])]
    return file(one("STRIDED_SLICE", [T((2, 3)), *bounds], [T((2, 3))], ellipsis_mask=-1))


@broken
def gather_outside() -> bytes:
    """An index that is not there: only a run finds out."""
    return file(one("GATHER", [T((5, 3)), T((2,), "INT32", data=[1, 1000000])], [T((2, 3))]))


@broken
def divides_by_zero() -> bytes:
    """Integers divided by a constant with a 0 in it: only a run finds out."""
    return file(one("DIV", [T((2,), "INT32"), T((2,), "INT32", data=[1, 0])], [T((2,), "INT32")]))


@broken
def state_that_is_fed() -> bytes:
    """An LSTM whose states are inputs, not variables."""
    root = tables(float_lstm(1, 2, 3, 4).model().to_bytes())
    graph = root.subgraphs[0]
    states = [number for number, tensor in enumerate(graph.tensors) if tensor.is_variable]
    for number in states:
        graph.tensors[number].is_variable = False
    graph.inputs = np.array([*graph.inputs, *states])
    return file(root)


@broken
def state_of_another_batch() -> bytes:
    """An LSTM whose states are for another batch than its input."""
    root = tables(float_lstm(1, 2, 3, 4).model().to_bytes())
    root.subgraphs[0].tensors[0].shape = np.array([5, 2, 3])
    return file(root)


@broken
def sparse_constant() -> bytes:
    """A constant that is stored sparse."""
    root = tables()
    root.subgraphs[0].tensors[1].sparsity = Table("SparsityParameters", traversal_order=np.array([0]))
    return file(root)
