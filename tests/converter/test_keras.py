"""Every layer of Keras 3 and Keras 2, and small networks, converted and compared with what Keras computes.

`python -m tests.converter.test_keras` prints a table of them.
"""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tinylite
from tests.conftest import assert_close
from tinylite.model import Model

from .keras_models import feeds, model, names

tf = pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

from .running import by_litert, by_tinylite  # noqa: E402

VERSIONS = ("keras", "tf_keras")
WITHOUT_FORM = {"CategoryEncoding": "DenseBincount"}
"""The op of TensorFlow that cannot be expressed by one operator, nor by several."""


@dataclass
class Compared:
    """A converted model, what Keras returns for it, and what the two runtimes return; tinylite may lack an operator's kernel."""

    nodes: int
    model: Model
    wanted: list[np.ndarray]
    litert: list[np.ndarray]
    tinylite: list[np.ndarray] | None

    @property
    def codes(self) -> Counter[str]:
        return Counter(op.name for graph in self.model.graphs for op in graph.ops)


def compared(name: str, keras: Any, batch: int = 3) -> Compared:
    built, values = model(name, keras), feeds(name, batch)
    frozen = tinylite.freeze(built)
    converted = tinylite.convert(frozen)
    wanted = [np.asarray(value) for value in tf.nest.flatten(built(values if len(values) > 1 else values[0], training=False))]
    return Compared(len(frozen.graph_def.node), converted, wanted, by_litert(converted, values), by_tinylite(converted, values))


@pytest.mark.parametrize(("version", "name"), [(version, name) for version in VERSIONS for name in names(version)])
def test_a_layer_gives_what_keras_gives(version: str, name: str) -> None:
    keras = pytest.importorskip(version)
    if name == "STFTSpectrogram":
        pytest.importorskip("scipy")  # Keras takes its windows from there
    if name in WITHOUT_FORM:
        with pytest.raises(tinylite.ConvertError, match=WITHOUT_FORM[name]):
            tinylite.convert(model(name, keras))
        return
    found = compared(name, keras)
    assert_close(found.litert, found.wanted, 1e-5)
    if found.tinylite is not None:
        assert_close(found.tinylite, found.wanted, 1e-5)


def report() -> None:
    """Print all models as a table in Markdown."""
    print("| model | keras | nodes | operators | largest difference by LiteRT | by tinylite |\n| --- | --- | --- | --- | --- | --- |")
    for version in VERSIONS:
        keras = importlib.import_module(version)
        for name in names(version):
            start = f"| {name} | {version} {keras.__version__} |"
            if name in WITHOUT_FORM:
                print(start, f"| no operator for {WITHOUT_FORM[name]} | | |")
                continue
            found = compared(name, keras)
            codes = ", ".join(f"{count} {code}" if count > 1 else code for code, count in found.codes.most_common())
            differences = " | ".join(_difference(outputs, found.wanted) for outputs in (found.litert, found.tinylite))
            print(start, found.nodes, "|", codes or "(none)", "|", differences, "|", flush=True)


def _difference(found: list[np.ndarray] | None, wanted: list[np.ndarray]) -> str:
    """The largest difference as a part of the largest value."""
    if found is None:
        return "an operator has no kernel"
    pairs = [(a.astype(np.float64), b.astype(np.float64)) for a, b in zip(found, wanted, strict=True)]
    return f"{max(np.abs(a - b).max() / (np.abs(b).max() or 1) for a, b in pairs):.0e}".replace("0e+00", "0")


if __name__ == "__main__":
    report()
