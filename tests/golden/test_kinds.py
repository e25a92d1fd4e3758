"""Goldens of all kinds of models: with state, with loops, with shapes that depend on values, with random numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import golden
from tinylite.errors import TensorError
from tinylite.model import Graph, Model, Op, Tensor

from ..graphs import Maker, constant, loop, model as whole
from ..variables import assigns, once, reads
from .network import Dump


def _passes(model: Any, made: golden.Golden, tmp_path: Path) -> None:
    """It passes as it is, from a file, and as a dump; and each op alone, where it can run so."""
    assert golden.check(made, model).passes
    golden.save(made, tmp_path / "g.npz")
    found = golden.load(tmp_path / "g.npz")
    assert found == made
    assert golden.check(found, model, using=Dump.of(made)).passes
    assert golden.check(found, model, each=True).passes


def _graph(inputs: list[Tensor], outputs: list[Tensor], ops: list[Op]) -> Model:
    graph = Graph("main", inputs, outputs, ops)
    graph.tensors = graph.all_tensors()
    return Model([graph])


def test_every_case_begins_with_fresh_variables(tmp_path: Path) -> None:
    """Those behind handles, which outlast runs: an accumulator, whose second case would hold the sum of both."""
    x, y, before, first = (Tensor(name, (3,)) for name in ("x", "y", "before", "first"))
    first.data = np.ones(3, np.float32)
    read = reads(before)
    write = Op("ASSIGN_VARIABLE", [read[0].outputs[0], y], [])
    model = whole(Graph("main", [x], [y], [once(assigns(first)), *read, Op("ADD", [before, x], [y]), write]))
    made = golden.record(model, layers=True, cases=3)
    for case in made.cases:
        np.testing.assert_array_equal(case[made.keys.index("y")].value, case[0].value + 1)
    assert "handle" not in made.keys
    _passes(model, made, tmp_path)
    report = golden.check(made, model, each=True)
    assert any("was not checked alone" in note for note in report.notes)


def test_every_case_begins_with_an_empty_state(shared: Path, tmp_path: Path) -> None:
    model = shared / "models" / "mnist_lstm_int8.tflite"
    value = np.random.default_rng(0).integers(-128, 128, (1, 28, 28)).astype(np.int8)
    made = golden.record(model, [[value], [value]], layers=True)
    assert made.cases[0] == made.cases[1]
    _passes(model, made, tmp_path)


def test_random_numbers_with_seeds_are_the_same_in_every_case(tmp_path: Path) -> None:
    x, y, noise = (Tensor(name, (1, 4)) for name in ("x", "y", "noise"))
    ops = [Op("RANDOM_UNIFORM", [constant([1, 4], np.int32)], [noise], seed=7, seed2=3), Op("ADD", [x, noise], [y])]
    model = _graph([x], [y], ops)
    made = golden.record(model, layers=True, cases=2)
    place = made.keys.index("noise")
    assert made.cases[0][place] == made.cases[1][place] and not made.notes
    _passes(model, made, tmp_path)


def test_random_numbers_without_seeds_are_named() -> None:
    x, y, noise = (Tensor(name, (1, 4)) for name in ("x", "y", "noise"))
    ops = [Op("RANDOM_UNIFORM", [constant([1, 4], np.int32)], [noise]), Op("ADD", [x, noise], [y])]
    model = _graph([x], [y], ops)
    made = golden.record(model, layers=True, cases=2)
    (note,) = made.notes
    assert note.startswith("op 0 RANDOM_UNIFORM: random numbers without seeds")
    report = golden.check(made, model)
    assert not report.passes and note in report.text()


def test_shapes_may_depend_on_values(tmp_path: Path) -> None:
    x, where, picked = Tensor("x", (6,)), Tensor("where", (-1, 1), "INT64"), Tensor("picked", (-1,))
    mask = Tensor("mask", (6,), "BOOL")
    zero = constant([0.0])
    ops = [Op("GREATER", [x, zero], [mask]), Op("WHERE", [mask], [where]), Op("GATHER_ND", [x, where], [picked])]
    where.shape, where.shape_signature = (1, 1), (-1, 1)
    picked.shape, picked.shape_signature = (1,), (-1,)
    model = _graph([x], [picked, mask], ops)
    cases = [[np.array(values, np.float32)] for values in ([1, -1, 2, -2, 3, 4], [-1] * 6, [1] * 6)]
    made = golden.record(model, cases, layers=True)
    place = made.keys.index("picked")
    assert [case[place].shape for case in made.cases] == [(4,), (0,), (6,)]
    assert made.tensors[made.keys.index("mask")].dtype == "bool"
    _passes(model, made, tmp_path)
    dump = Dump.of(made)
    dump.cases[1]["picked"] = np.zeros(1, np.float32)
    report = golden.check(made, model, using=dump)
    assert report.verdict is not None and (report.verdict.op, report.verdict.kind) == (2, "guilty")


def test_loops_are_ops_like_others(tmp_path: Path) -> None:
    """What is in the graphs that they call is not kept; a difference is the loop's."""

    def looped(step: float) -> Model:
        maker = Maker("main", [Tensor("count", (), "INT32"), Tensor("x", (3,))])
        count, x = maker.graph.inputs
        start = maker.add("NEG", x)
        turn = loop([count, x], lambda inner, _, value: [inner.add("SUB", value, constant(step))])
        _, end = maker.call("WHILE", count, start, outputs=[count, x], **turn)
        model = whole(maker.gives(maker.add("ABS", end)))
        for graph in model.graphs:
            graph.tensors = graph.all_tensors()
        return model

    model = looped(1.0)
    cases = [[np.array(count, np.int32), np.arange(3, dtype=np.float32)] for count in (0, 1, 5)]
    made = golden.record(model, cases, layers=True)
    assert [tensor.operator for tensor in made.tensors] == ["", "", "ABS", "NEG", "WHILE", "WHILE"]
    _passes(model, made, tmp_path)
    report = golden.check(made, looped(2.0), changed_model=True)
    assert report.first is not None and report.first.case == 1
    assert report.verdict is not None and (report.verdict.op, report.verdict.kind) == (1, "guilty")


def test_inputs_may_have_other_sizes(tmp_path: Path) -> None:
    x, y = Tensor("x", (1, 4), shape_signature=(-1, 4)), Tensor("y", (1, 4), shape_signature=(-1, 4))
    model = _graph([x], [y], [Op("NEG", [x], [y])])
    cases = [[np.ones((size, 4), np.float32)] for size in (1, 5, 0, 2)]
    made = golden.record(model, cases, layers=True)
    assert [case[1].shape for case in made.cases] == [(1, 4), (5, 4), (0, 4), (2, 4)]
    _passes(model, made, tmp_path)


def test_an_output_may_be_an_input_or_a_constant_or_come_twice(tmp_path: Path) -> None:
    x, y = Tensor("x", (2,)), Tensor("y", (2,))
    fixed = constant([5.0, 6.0])
    fixed.name = "fixed"
    model = _graph([x], [y, x, y, fixed], [Op("NEG", [x], [y])])
    made = golden.record(model, cases=2, layers=True)
    assert [(tensor.name, tensor.role) for tensor in made.tensors] == [
        ("x", "input"), ("y", "output"), ("x", "output"), ("y", "output"), ("fixed", "output"),
    ]  # fmt: skip
    _passes(model, made, tmp_path)


@pytest.mark.parametrize("graph", [0, 1])
def test_any_graph_may_be_recorded(graph: int, tmp_path: Path) -> None:
    ends = [[Tensor(f"{side}{number}", (2,)) for side in "xy"] for number in range(2)]
    graphs = [Graph(f"g{n}", [x], [y], [Op("NEG" if n else "ABS", [x], [y])], [x, y]) for n, (x, y) in enumerate(ends)]
    model = Model(graphs)
    made = golden.record(model, cases=2, layers=True, graph=graph)
    assert made.keys == (f"x{graph}", f"y{graph}")
    _passes(model, made, tmp_path)
    dump = Dump.of(made)
    dump.cases[0][f"y{graph}"] += 1
    report = golden.check(made, model, using=dump, reproduce_in=tmp_path / "repro")
    assert report.verdict is not None and report.verdict.kind == "guilty"
    assert report.reproduction is not None and golden.check(Path(report.reproduction) / "op.golden.npz").passes


def test_an_op_with_several_outputs_is_guilty_of_any(tmp_path: Path) -> None:
    x, a, b = Tensor("x", (4,)), Tensor("a", (2,)), Tensor("b", (2,))
    model = _graph([x], [a, b], [Op("SPLIT", [constant(0, np.int32), x], [a, b], num_splits=2)])
    made = golden.record(model, cases=2)
    _passes(model, made, tmp_path)
    dump = Dump.of(made)
    dump.cases[1]["b"] = dump.cases[1]["b"][::-1]
    report = golden.check(made, model, using=dump)
    assert report.first is not None and report.first.key == "b"
    assert report.verdict is not None and report.verdict.kind == "guilty"


def test_text_is_kept_as_it_is(tmp_path: Path) -> None:
    """tinylite runs no text; a golden of another runtime may hold it."""
    value = np.array([[b"a", b"", b"b\0", "ü".encode()]], object)
    made = golden.Golden(
        "m.tflite", "0" * 64, "litert-reference", 1, tinylite.__version__, None, "", False,
        (golden.GoldenTensor("x", 0, "input", "float32"), golden.GoldenTensor("y", 1, "output", "str")),
        ((golden.Record.of(np.zeros(1, np.float32)), golden.Record.of(value)),),
    )  # fmt: skip
    golden.save(made, tmp_path / "g.npz")
    found = golden.load(tmp_path / "g.npz")
    assert found.cases[0][1].value.tolist() == value.tolist()
    assert golden.check(found, using=Dump([{"y": value}])).passes
    other = value.copy()
    other[0, 2] = b"b"
    report = golden.check(found, using=Dump([{"y": other}]))
    assert not report.passes and "which op is to blame cannot be said without the model" in report.text()


def test_names_that_do_not_match_are_suggested(tmp_path: Path) -> None:
    x, y = Tensor("x", (2,)), Tensor("model/logits", (2,))
    model = _graph([x], [y], [Op("NEG", [x], [y])])
    made = golden.record(model, cases=1)
    value = made.cases[0][1].value
    with pytest.raises(TensorError, match="nearest names are 'model/logits'"):
        golden.check(made, model, using=Dump([{"model/logit": value}]))
    report = golden.check(made, model, using=Dump([{"x": made.cases[0][0].value, "model/logits": value, "model/logits2": value}]))
    assert report.passes and "no tensor 'model/logits2'. The nearest names are 'model/logits'" in report.text()


def test_inputs_of_a_changed_model_are_found_by_their_names() -> None:
    a, b, y = (Tensor(name, (2,)) for name in "aby")
    made = golden.record(_graph([a, b], [y], [Op("SUB", [a, b], [y])]), cases=2)
    assert golden.check(made, _graph([b, a], [y], [Op("SUB", [a, b], [y])]), changed_model=True).passes
    assert not golden.check(made, _graph([a, b], [y], [Op("SUB", [b, a], [y])]), changed_model=True).passes


def test_ops_that_were_put_in_between_change_no_verdict() -> None:
    """Tensors are matched by names, whatever their indices and the numbers of ops are now."""
    x, y, z = Tensor("x", (4,)), Tensor("y", (4,)), Tensor("z", (4,))
    made = golden.record(_graph([x], [z], [Op("NEG", [x], [y]), Op("ABS", [y], [z])]), cases=2, layers=True)
    first, second = Tensor("first", (4,)), Tensor("second", (4,))
    same = _graph([x], [z], [Op("NEG", [x], [first]), Op("NEG", [first], [second]), Op("NEG", [second], [y]), Op("ABS", [y], [z])])
    assert golden.check(made, same, changed_model=True).passes
    other = _graph([x], [z], [Op("NEG", [x], [first]), Op("NEG", [first], [y]), Op("NEG", [y], [z])])
    report = golden.check(made, other, changed_model=True)
    assert report.verdict is not None and (report.verdict.op, report.verdict.tensor) == (1, "y")
    assert report.verdict.kind == "guilty" and "one of ops 0 to 1 (NEG)" in report.verdict.reason
