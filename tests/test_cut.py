"""Ops cut out of a model, as vectors, goldens and benchmarks do it."""

from __future__ import annotations

import numpy as np

from tinylite import Interpreter, Model, Op, Tensor
from tinylite.model import Graph, Metadata, Signature
from tinylite.model.cut import cut_ops, read_tensors


def model() -> Model:
    """(x + 1) * (x + 1) - x, where x may have any number of rows, with everything that a file may have besides."""
    x, one = Tensor("x", (1, 3), shape_signature=(-1, 3)), Tensor("one")
    one.data = np.float32(1)
    more, square, result = (Tensor(name, (1, 3), shape_signature=(-1, 3)) for name in ("more", "square", "result"))
    ops = [Op("ADD", [x, one], [more]), Op("MUL", [more, more], [square]), Op("SUB", [square, x], [result])]
    ops[1].debug_metadata_index = 3
    graph = Graph("main", [x], [result], ops)
    made = Model([graph], description="all", signatures=[Signature("serve", graph, {"x": x}, {"y": result})])
    made.metadata = [Metadata("note", np.zeros(4, np.uint8))]
    return made


def test_it_takes_what_the_ops_read_and_shares_only_constants() -> None:
    whole = model()
    before = whole.to_bytes()
    op = whole.graph.ops[1]
    assert [tensor.name for tensor in read_tensors(op)] == ["more"]
    cut = cut_ops(whole, 0, [1], read_tensors(op), op.outputs, lambda tensor: (5, 3))
    assert [op.name for op in cut.graph.ops] == ["MUL"] and cut.graph.ops[0].debug_metadata_index == -1
    assert [tensor.dynamic_shape for tensor in cut.graph.tensors] == [(5, 3), (5, 3)]
    assert (cut.signatures, cut.metadata, cut.description) == ([], [], None)
    assert (
        cut_ops(whole, 0, [0], whole.graph.inputs, whole.graph.ops[0].outputs).graph.tensors[1].buffer
        is whole.graph.ops[0].inputs[1].buffer
    )  # type: ignore[union-attr]
    assert whole.to_bytes() == before


def test_several_ops_run_and_shapes_of_the_file_are_kept() -> None:
    whole = model()
    ops = whole.graph.ops
    cut = cut_ops(whole, 0, [1, 2], [whole.graph.inputs[0], ops[0].outputs[0]], ops[2].outputs)
    assert [tensor.dynamic_shape for tensor in cut.graph.inputs] == [(-1, 3), (-1, 3)]
    with Interpreter(cut) as interpreter:
        interpreter.allocate_tensors()
        for entry, value in zip(interpreter.get_input_details(), (2, 3), strict=True):
            interpreter.set_tensor(entry["index"], np.full((1, 3), value, np.float32))
        interpreter.invoke()
        assert np.array_equal(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), np.full((1, 3), 7, np.float32))
