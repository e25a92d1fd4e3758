"""Figures in files: what is saved is what is loaded, and anything else is an error that says where."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tinylite import Bench, FileError
from tinylite.benching.estimates import Estimate
from tinylite.benching.machine import Machine
from tinylite.benching.result import BenchRow, Measurement, Settings


def example() -> Bench:
    ours = Measurement("tinylite", "tinylite 1", Estimate(1e-3, 9e-4, math.inf), launches=[[1e-3, 1.1e-3], [9e-4]], memory={"peak": 7})
    other = Measurement("xnnpack", "ai-edge-litert 2", Estimate(2e-3, 1e-3, 3e-3), Estimate(0.5, 0.4, 0.6), "same bits", launches=[[2e-3]])
    refused = Measurement("tflm", refused="no such op")
    row = BenchRow("a", "model", "00", [ours, other, refused], 2, None, 3, {"x": [1, 2]}, {"8-bit": 10}, 0.5, ["it is noisy"])
    return Bench(Machine.here(), Settings(1.0, 0.01, inputs=["cat.png"]), [row], "2026-01-01T00:00:00+00:00", False)


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    found = example()
    found.save(tmp_path / "figures.json")
    assert Bench.load(tmp_path / "figures.json") == found
    assert (tmp_path / "figures.json").read_text() == json.dumps(found.to_json(), indent=1, allow_nan=False) + "\n"


def changed(edit: Any) -> dict[str, Any]:
    found = example().to_json()
    edit(found)
    return found


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda found: found.update(format="golden"), "not of tinylite bench"),
        (lambda found: found.update(version=99), "version 99"),
        (lambda found: found.pop("rows"), "lacks 'rows'"),
        (lambda found: found.update(color="red"), "has 'color'"),
        (lambda found: found["rows"][0].update(threads="2"), r"rows\[0\].threads is '2', and should be an integer"),
        (lambda found: found["rows"][0]["measurements"][0]["memory"].update(peak=10**400), r"peak is 1000*.*an integer of 64 bits"),
        (lambda found: found["rows"][0]["measurements"][0]["launches"][0].append(1e301), r"launches\[0\]\[2\] is 1e\+301"),
        (lambda found: found["rows"][0]["measurements"][0]["launches"][0].append(math.nan), r"launches\[0\]\[2\] is nan"),
        (lambda found: found["rows"][0].update(threads=True), r"rows\[0\].threads is True"),
        (lambda found: found["rows"][0]["measurements"][1]["ratio"].update(low=[]), r"ratio.low is \[\], and should be a number"),
        (lambda found: found["rows"][0]["shapes"].update(x=7), r"rows\[0\].shapes.x is 7, and should be a list"),
        (lambda found: found["machine"].pop("cpu"), "machine lacks 'cpu'"),
        (lambda found: found.update(rows=None), "rows is None, and should be a list"),
    ],
)  # fmt: skip
def test_what_does_not_belong_there_is_named(edit: Any, said: str, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(changed(edit)))
    with pytest.raises(FileError, match=said) as caught:
        Bench.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"NaN", b"[" * 100_000, b'{"format": "tinylite bench", "version": 1}'])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_bytes(content)
    with pytest.raises(FileError):
        Bench.load(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)
)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_damage_is_an_error_or_a_bench(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    found: Any = example().to_json()
    place = found
    while isinstance(place, (dict, list)) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_text(json.dumps(found))
    try:
        loaded = Bench.load(path)
    except FileError:
        return
    assert isinstance(loaded, Bench)
    loaded.save(path)
    assert Bench.load(path) == loaded
