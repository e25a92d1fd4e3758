"""Graphs that cannot be."""

from __future__ import annotations

import numpy as np

from tinylite.schema.table import Table

from .sound import broken, file, tables


@broken
def read_before_written() -> bytes:
    """A cycle: the first op reads what the second one makes of its output."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([0, 3])
    return file(root)


@broken
def written_twice() -> bytes:
    """Two ops write one tensor."""
    root = tables()
    root.subgraphs[0].operators[1].outputs = np.array([2])
    root.subgraphs[0].outputs = np.array([2])
    return file(root)


@broken
def writes_a_constant() -> bytes:
    """An op writes a constant."""
    root = tables()
    root.subgraphs[0].operators[0].outputs = np.array([1])
    root.subgraphs[0].operators[1].inputs = np.array([1])
    return file(root)


@broken
def writes_an_input() -> bytes:
    """An op writes the graph's input."""
    root = tables()
    root.subgraphs[0].operators[1].outputs = np.array([0])
    return file(root)


@broken
def output_never_written() -> bytes:
    """No op writes the graph's output."""
    root = tables()
    root.subgraphs[0].operators = root.subgraphs[0].operators[:1]
    return file(root)


@broken
def too_few_inputs() -> bytes:
    """An ADD of one number."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([0])
    return file(root)


@broken
def input_left_out() -> bytes:
    """An ADD whose first input is none."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([-1, 1])
    return file(root)


@broken
def too_many_outputs() -> bytes:
    """A RELU with two outputs."""
    root = tables()
    graph = root.subgraphs[0]
    graph.tensors.append(Table("Tensor", name="more", shape=np.array([1, 4])))
    graph.operators[1].outputs = np.array([3, 4])
    return file(root)


@broken
def options_of_another_op() -> bytes:
    """An ADD with the options of a convolution."""
    root = tables()
    root.subgraphs[0].operators[0].builtin_options = Table("Conv2DOptions")
    return file(root)


@broken
def options_missing() -> bytes:
    """An ADD without options."""
    root = tables()
    root.subgraphs[0].operators[0].builtin_options = None
    return file(root)


@broken
def unknown_activation() -> bytes:
    """An ADD with a fused activation that the schema does not have."""
    root = tables()
    root.subgraphs[0].operators[0].builtin_options.fused_activation_function = 77
    return file(root)


@broken
def unknown_operator() -> bytes:
    """An operator that the schema does not have."""
    root = tables()
    root.operator_codes[0].builtin_code = 5000
    return file(root)


@broken
def negative_operator() -> bytes:
    """An operator with a number below 0."""
    root = tables()
    root.operator_codes[0].builtin_code = root.operator_codes[0].deprecated_builtin_code = -17
    return file(root)


@broken
def custom_operator() -> bytes:
    """An operator of somebody's own."""
    root = tables()
    root.operator_codes[0] = Table("OperatorCode", builtin_code="CUSTOM", deprecated_builtin_code=32, custom_code="Frobnicate")
    return file(root)


@broken
def version_too_new() -> bytes:
    """Version 999 of ADD."""
    root = tables()
    root.operator_codes[0].version = 999
    return file(root)
