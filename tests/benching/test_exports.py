"""Profiles in the formats of other programs: what those ask for, and which figure is where."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

from tinylite import Model
from tinylite.benching.exports.chrome_trace import chrome_trace, save_chrome_trace
from tinylite.benching.exports.model_explorer import FIGURES, node_data, save_node_data
from tinylite.errors import FileError, SettingError
from tinylite.report.profile import Profile, profile

from ..small_models import DEMO, chain, two_signatures
from .drawn import made_op, made_profile

DIGITS = DEMO / "digits_uint8.tflite"


@pytest.fixture(scope="module")
def digits() -> Profile:
    return profile(DIGITS, runs=2)


# ---- Model Explorer


@pytest.mark.parametrize("figure", FIGURES)
def test_node_data_have_what_model_explorer_reads(figure: str) -> None:
    ops = [made_op(0, 1e-6), made_op(1, 4e-6, operations=0), dataclasses.replace(made_op(2, 0.0), bound=None, peak=None)]
    data = node_data(made_profile(ops), figure=figure)
    assert set(data) <= {"name", "results", "gradient"} and isinstance(data["name"], str)
    for key, result in data["results"].items():
        assert key in {"0", "1", "2"} and set(result) <= {"value", "bgColor"}
        assert isinstance(result["value"], str if figure == "bound" else float)
        assert "bgColor" not in result or (len(result["bgColor"]) == 7 and int(result["bgColor"][1:], 16) >= 0)
    if figure == "bound":
        assert data["results"]["0"] == {"value": "compute", "bgColor": "#a6c8ff"} and "2" not in data["results"]
    else:
        stops = [item["stop"] for item in data["gradient"]]
        assert stops[0] == 0 and stops[-1] == 1 and stops == sorted(stops)
        assert all(set(item) == {"stop", "bgColor"} and len(item["bgColor"]) == 7 for item in data["gradient"])
    json.dumps(data, allow_nan=False)


def test_node_data_are_the_figures_of_the_ops() -> None:
    found = made_profile([dataclasses.replace(made_op(3, 2e-6, operations=5000, size=800), share=0.25), made_op(5, 0.0)])

    def value(figure: str) -> Any:
        return node_data(found, figure=figure)["results"]["3"]["value"]

    assert [value(figure) for figure in ("time", "share", "gops", "gbs", "peak")] == [2.0, 25.0, 2.5, 0.4, 50.0]
    assert "5" in node_data(found)["results"] and "5" not in node_data(found, figure="gops")["results"]


def test_nodes_are_called_as_the_file_numbers_ops(digits: Profile) -> None:
    model = Model.load(DIGITS)
    (graph,) = node_data(digits, model)
    results = node_data(digits, model)[graph]["results"]
    assert graph == (model.graph.name or "main")
    for op in digits.ops:
        assert results[str(op.index)]["value"] == pytest.approx(op.seconds * 1e6, rel=1e-3)
        assert model.graph.ops[op.index].outputs[0].name == op.output or "+" in op.name


def test_a_node_whose_number_is_the_name_of_a_tensor_is_called_by_its_own() -> None:
    # Model Explorer looks for a tensor of the key's name before it looks for a node of that number.
    model = Model.load(chain(codes="NEG ABS NEG"))
    model.graph.inputs[0].name = "1"
    found = profile(model.to_bytes(), runs=1)
    keys = list(node_data(found, model)["main"]["results"])
    assert keys == ["0", "y1", "2"]
    model.graph.ops[0].outputs[0].name = "2"  # known without the model too: it is an op's output
    assert list(node_data(profile(model.to_bytes(), runs=1))["results"]) == ["0", "1", "y2"]


def test_a_graph_is_called_by_its_name_or_its_first_signature_or_its_number() -> None:
    found = made_profile([made_op(0, 1e-6)])
    model = Model.load(two_signatures())
    graphs = range(len(model.graphs))
    model.graph.name = "its name"
    assert list(node_data(found, model)) == ["its name"]
    for graph in model.graphs:
        graph.name = ""
    called = [next(iter(node_data(found, model, graph))) for graph in graphs]
    firsts = [next((each.key for each in model.signatures if each.graph is graph), None) for graph in model.graphs]
    assert called[0] == firsts[0] and called[0]
    model.signatures = []
    assert [next(iter(node_data(found, model, graph))) for graph in graphs] == ["main", *(f"subgraph_{graph}" for graph in graphs[1:])]


def test_what_cannot_be_node_data_is_refused(tmp_path: Path) -> None:
    found = made_profile([made_op(0, 1e-6)])
    with pytest.raises(SettingError, match="time, share, gops"):
        node_data(found, figure="energy")
    with pytest.raises(SettingError, match="no graph 3"):
        node_data(found, Model.load(DIGITS), 3)
    with pytest.raises(SettingError, match="no graph -1"):
        node_data(found, Model.load(DIGITS), -1)
    with pytest.raises(FileError, match="nowhere"):
        save_node_data(found, tmp_path / "nowhere" / "data.json")


def test_node_data_are_saved_as_json(tmp_path: Path, digits: Profile) -> None:
    model = Model.load(DIGITS)
    save_node_data(digits, tmp_path / "data.json", model, figure="share")
    assert json.loads((tmp_path / "data.json").read_text()) == node_data(digits, model, figure="share")


# ---- Chrome's traces


def test_a_trace_has_what_chrome_and_perfetto_read(digits: Profile) -> None:
    made = made_profile([made_op(0, 1e-6), made_op(1, 0.0), made_op(2, math.pi * 1e-7)])
    trace = chrome_trace({"digits": digits, "made": dataclasses.replace(made, seconds=1e-6)})  # a call may be measured shorter than its ops
    json.dumps(trace, allow_nan=False)
    tracks: dict[tuple[int, int], list[dict[str, Any]]] = {}
    named = set()
    for event in trace["traceEvents"]:
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int) and isinstance(event["name"], str)
        if event["ph"] == "M":
            named.add((event["name"], event["pid"]))
            continue
        assert event["ph"] == "X" and event["ts"] >= 0 and event["dur"] >= 0
        tracks.setdefault((event["pid"], event["tid"]), []).append(event)
    assert len(tracks) == 2 and {("process_name", 1), ("process_name", 2), ("thread_name", 1), ("thread_name", 2)} <= named
    for call, *ops in tracks.values():
        # Events of a track lie in each other or beside each other; those that overlap are dropped.
        end = 0
        for op in ops:
            start, length = round(op["ts"] * 1000), round(op["dur"] * 1000)
            assert start == end and op["ts"] * 1000 == pytest.approx(start)
            end = start + length
        assert call["ts"] == 0 and round(call["dur"] * 1000) >= end


def test_a_trace_says_how_long_each_op_takes(digits: Profile) -> None:
    trace = chrome_trace({"digits": digits})
    call, *ops = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert call["name"] == "invoke" and call["dur"] == pytest.approx(max(digits.seconds, digits.ops_seconds) * 1e6, abs=0.01)
    assert [event["name"] for event in ops] == [op.name for op in digits.ops]
    for event, op in zip(ops, digits.ops, strict=True):
        assert event["dur"] == pytest.approx(op.seconds * 1e6, abs=1e-3)
        assert event["args"]["op"] == op.index and event["args"]["output"] == op.output
        assert event["args"]["operations"] == sum(op.work.operations.values()) and event["args"]["kernels"] == " ".join(op.kernels)


@pytest.mark.parametrize("value", [math.inf, -1.0, 1e300])
def test_figures_that_are_none_leave_both_readable(value: float) -> None:
    op = dataclasses.replace(made_op(1, value), share=value, peak=value)
    found = dataclasses.replace(made_profile([made_op(0, 1e-6), op, made_op(2, 1e-6)]), seconds=value, ops_seconds=value)
    json.dumps([chrome_trace({"a": found}), *(node_data(found, figure=figure) for figure in FIGURES)], allow_nan=False)
    spans = [(event["ts"], event["dur"]) for event in chrome_trace({"a": found})["traceEvents"] if event["ph"] == "X"]
    assert spans == [(0, 2), (0, 1), (1, 0), (1, 1)]


def test_a_trace_is_saved_as_json(tmp_path: Path) -> None:
    profiles = {'a "name"\n\ud800': made_profile([made_op(0, 1e-6, output="\x00\ud801")])}
    save_chrome_trace(profiles, tmp_path / "trace.json")
    assert json.loads((tmp_path / "trace.json").read_text()) == chrome_trace(profiles)
    with pytest.raises(FileError, match="nowhere"):
        save_chrome_trace(profiles, tmp_path / "nowhere" / "trace.json")
