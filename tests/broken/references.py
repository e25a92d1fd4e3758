"""Numbers that refer to nothing."""

from __future__ import annotations

import numpy as np

from tinylite.model import Graph, Model, Op, Tensor

from .sound import broken, file, tables


@broken
def no_graph() -> bytes:
    """A model without a graph."""
    root = tables()
    root.subgraphs = []
    return file(root)


@broken
def tensor_index_in_op() -> bytes:
    """An op reads tensor 9 of 4."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([0, 9])
    return file(root)


@broken
def tensor_index_negative() -> bytes:
    """An op reads tensor -2; only -1 means none."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([0, -2])
    return file(root)


@broken
def tensor_index_in_outputs() -> bytes:
    """The graph's output is tensor 4 of 4."""
    root = tables()
    root.subgraphs[0].outputs = np.array([4])
    return file(root)


@broken
def output_left_out() -> bytes:
    """An op writes tensor -1."""
    root = tables()
    root.subgraphs[0].operators[1].outputs = np.array([-1])
    return file(root)


@broken
def opcode_index() -> bytes:
    """An op is number 7 of 2 kinds."""
    root = tables()
    root.subgraphs[0].operators[1].opcode_index = 7
    return file(root)


@broken
def buffer_index() -> bytes:
    """A constant's data are in a buffer that is not there."""
    root = tables()
    root.subgraphs[0].tensors[1].buffer = 50
    return file(root)


@broken
def buffer_behind_the_end() -> bytes:
    """A buffer that lies after the root table, and the file ends before it."""
    root = tables()
    buffer = root.buffers[root.subgraphs[0].tensors[1].buffer]
    buffer.data, buffer.offset, buffer.size = None, 1 << 40, 16
    return file(root)


@broken
def buffer_end_overflows() -> bytes:
    """Offset and size of a buffer add up to more than 64 bits."""
    root = tables()
    buffer = root.buffers[root.subgraphs[0].tensors[1].buffer]
    buffer.data, buffer.offset, buffer.size = None, 64, (1 << 64) - 1
    return file(root)


@broken
def custom_options_behind_the_end() -> bytes:
    """Large custom options that are not in the file."""
    root = tables()
    root.subgraphs[0].operators[0].large_custom_options_offset = 1 << 33
    root.subgraphs[0].operators[0].large_custom_options_size = 8
    return file(root)


@broken
def external_buffer() -> bytes:
    """Data in another file, which the file does not describe."""
    root = tables()
    root.subgraphs[0].tensors[1].external_buffer = 3
    return file(root)


@broken
def metadata_buffer() -> bytes:
    """Metadata in a buffer that is not there."""
    root = tables()
    root.metadata[0].buffer = 1000
    return file(root)


@broken
def graph_index() -> bytes:
    """A branch of IF is graph 5 of 1."""
    x, y = Tensor("x", (1,), "BOOL"), Tensor("y", (1,), "BOOL")
    graph = Graph("main", [x], [y], [], [x, y])
    graph.ops = [Op("IF", [x, x], [y], then_subgraph_index=graph, else_subgraph_index=graph)]
    root = tables(Model([graph]).to_bytes())
    root.subgraphs[0].operators[0].builtin_options.else_subgraph_index = 5
    return file(root)


@broken
def signature_tensor() -> bytes:
    """A signature names a tensor that is not there."""
    root = tables()
    root.signature_defs[0].outputs[0].tensor_index = 11
    return file(root)


@broken
def signature_graph() -> bytes:
    """A signature is of a graph that is not there."""
    root = tables()
    root.signature_defs[0].subgraph_index = 3
    return file(root)


@broken
def signature_without_name() -> bytes:
    """A signature's input has no name."""
    root = tables()
    root.signature_defs[0].inputs[0].name = None
    return file(root)


@broken
def signature_name_twice() -> bytes:
    """A signature's two inputs have one name."""
    root = tables()
    root.signature_defs[0].inputs *= 2
    return file(root)
