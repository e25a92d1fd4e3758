"""The benchmarks' commands on something tiny: figures are there, and outputs are compared with the reference's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DIGITS = str(ROOT / "tinylite" / "demo" / "digits_uint8.tflite")


@pytest.fixture(autouse=True)
def _referee() -> None:
    pytest.importorskip("ai_edge_litert")


def benchmark(target: Path, *arguments: str) -> tuple[str, dict[str, Any]]:
    """What a command prints, and the figures it writes."""
    command = [sys.executable, "-m", "benchmarks", *arguments, "--json", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(target.read_text())
    assert done.stdout.startswith(figures["machine"] + "\n")
    return done.stdout, figures


def test_models(tmp_path: Path) -> None:
    printed, figures = benchmark(tmp_path / "figures", "models", DIGITS, "--seconds", "0.05")
    row = figures["rows"]["digits_uint8"]
    assert row["outputs"] == "same bits"
    assert row["operations"] > 0
    assert 0 < row["share"] < 1
    assert all(row[name] > 0 for name in ("tinylite", "xnnpack", "reference", "ratio", "to_reference"))
    assert f"| {row['ratio']:.2f} |" in " ".join(printed.split())


def test_models_without_the_reference(tmp_path: Path) -> None:
    _, figures = benchmark(tmp_path / "figures", "models", DIGITS, "--seconds", "0.05", "--no-reference")
    row = figures["rows"]["digits_uint8"]
    assert (row["outputs"], row["reference"], row["to_reference"]) == ("not compared", None, None)


def test_kernels(tmp_path: Path) -> None:
    _, figures = benchmark(tmp_path / "figures", "kernels", "SOFTMAX", "--seconds", "0.02", "--threads", "2")
    assert {name.split(", ")[1] for name in figures["rows"]} == {"float", "int8", "uint8"}
    assert all(row["ratio"] > 0 for row in figures["rows"].values())
    assert all(row["outputs"] == "same bits" for name, row in figures["rows"].items() if "int8" in name)


def test_kernels_of_the_tests(tmp_path: Path) -> None:
    _, figures = benchmark(tmp_path / "figures", "kernels", "--cases", "RELU6-FLOAT32", "--seconds", "0.01")
    assert figures["rows"]
    assert all(row["outputs"] == "same bits" for row in figures["rows"].values())


def test_start(tmp_path: Path) -> None:
    _, figures = benchmark(tmp_path / "figures", "start", DIGITS, "--seconds", "0.1")
    row = figures["rows"]["digits_uint8"]
    assert row["ratio"] > 0
    assert not row["numba"]
    assert figures["imports"]["tinylite"] < figures["imports"]["ai_edge_litert.interpreter"]


def test_peak(tmp_path: Path) -> None:
    _, figures = benchmark(tmp_path / "figures", "peak")
    assert 0 < figures["peak"]["operations"]["float"] < figures["peak"]["operations"]["8-bit"]


def test_counts_operations() -> None:
    from benchmarks.baselines import Baselines
    from benchmarks.kernels import Layer, with_shapes

    for layer, kind, products in [
        (Layer("CONV_2D", 8, 3, 5, 3, 2), "float", 4 * 4 * 5 * 3 * 3 * 3),
        (Layer("DEPTHWISE_CONV_2D", 6, 4, 4, 3), "int8", 6 * 6 * 4 * 3 * 3),
        (Layer("FULLY_CONNECTED", 3, 7, 5), "hybrid", 3 * 7 * 5),
    ]:
        found = Baselines.of(with_shapes(layer.case(kind)), 1).operations
        assert found == {"float" if kind == "float" else "8-bit": 2 * products}


def test_tells_how_outputs_differ() -> None:
    from benchmarks.baselines import difference

    x = np.array([1, 2, 3], np.int8)
    assert difference(x, x.copy()) == 0
    assert difference(x, np.array([1, 4, 3], np.int8)) == "DIFFERENT: 1 of 3, by up to 2"
    assert difference(np.float32([1, 2]), np.float32([1, 2.5])) == pytest.approx(0.2)
    assert str(difference(np.float32([1, np.nan]), np.float32([1, 2]))).startswith("DIFFERENT")
