"""Whatever a GraphDef says, what `convert` and `inspect` raise is an error of tinylite's (hostile_graphs.py)."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

import tinylite
from tinylite import ConvertError, CorruptFileError
from tinylite.files.graphdef import GraphDef, Node, read_graph_def
from tinylite.quantization_math import nudge_range, symmetric_range
from tinylite.report.describe_fake_quants import describe_nodes

from .hostile_graphs import MEMORY, Source, foreign, mutant, sources
from .wire import attribute, binary, field, message, node


@pytest.fixture(scope="module")
def graphs() -> list[Source]:
    return sources(1)


@pytest.mark.parametrize("first", range(0, 900, 300))
def test_no_graph_raises_what_is_not_ours(first: int, graphs: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", str(MEMORY))
    assert foreign(graphs, range(first, first + 300)) == {}


def test_hostile_graphs_are_the_same_each_time(graphs: list[Source]) -> None:
    for number in range(20):
        once, again = (mutant(graphs, number).graph.SerializeToString(deterministic=True) for _ in range(2))
        assert once == again


@pytest.mark.parametrize("size", [1 << 31, 1 << 32, 1 << 62])
def test_a_dimension_beyond_32_bits(size: int) -> None:
    shape = f'attr {{ key: "shape" value {{ shape {{ dim {{ size: {size} }} dim {{ size: 3 }} }} }} }}'
    content = binary(f"""
        node {{ name: "x" op: "Placeholder" attr {{ key: "dtype" value {{ type: DT_FLOAT }} }} {shape} }}
        node {{ name: "y" op: "Shape" input: "x" attr {{ key: "T" value {{ type: DT_FLOAT }} }} }}
    """)
    with pytest.raises(ConvertError, match=rf"input 'x': its shape \[{size}, 3\] has (a dimension beyond 2147483647|more elements)"):
        tinylite.convert(content)


@pytest.mark.parametrize("more", [[], [attribute("dtype", b"")], [attribute("dtype", field(3, 1))]])
def test_a_placeholder_without_a_type(more: list[bytes], caplog: pytest.LogCaptureFixture) -> None:
    content = message(node("x", "Placeholder", *more), node("y", "Neg", field(3, "x"), attribute("T", field(6, 1))))
    with caplog.at_level("WARNING"):
        model = tinylite.convert(content)
    assert model.graph.inputs[0].type == "FLOAT32" and "does not say of which type 'x' is" in caplog.text


@pytest.mark.parametrize("value", [[1], None, "FLOAT32", b"x"])
def test_numbers_that_are_none(value: Any) -> None:
    graph = GraphDef([Node("f", "FakeQuantWithMinMaxArgs", ["x"], {"num_bits": value})], {})
    with pytest.raises(CorruptFileError, match=r"attribute 'num_bits' of node 'f' is .*, and no number"):
        describe_nodes(graph)


def test_identities_in_a_circle_have_an_end() -> None:
    fake = node("f", "FakeQuantWithMinMaxVars", field(3, "x"), field(3, "a"), field(3, "a"))
    circle = [node("a", "Identity", field(3, "b")), node("b", "Identity", field(3, "a"))]
    (found,) = describe_nodes(read_graph_def(message(node("x", "Placeholder"), fake, *circle)))["fake_quants"]
    assert found["min"] is None


@pytest.mark.parametrize("bits", [0, -1, 63, 1 << 31])
def test_numbers_of_bits_whose_powers_fill_the_memory(bits: int) -> None:
    for convert in (lambda: nudge_range(-1, 1, bits, False), lambda: symmetric_range(-1.0, 1.0, bits, True, False)):
        with pytest.raises(ConvertError, match=f"it rounds to {bits} bits, and TensorFlow to 1 to 62"):
            convert()
