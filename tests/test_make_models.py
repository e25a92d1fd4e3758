"""The models that benchmarks time, on networks that are made in a second: every type, by both runtimes, with the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import make_models
from benchmarks.make_models import TYPES, main, of_keras, types_of
from benchmarks.networks import pictures, settled
from tinylite import Model

from .conftest import Oracle


def tiny() -> Any:
    """A classifier with a batch normalization, for pictures of 16 by 16 pixels."""
    import keras

    layers = keras.layers
    picture = keras.Input((16, 16, 3))
    x = layers.BatchNormalization()(layers.Conv2D(8, 3, 2, "same")(picture))
    x = layers.GlobalAveragePooling2D()(layers.ReLU(6.0)(x))
    return settled(keras, keras.Model(picture, layers.Dense(40, "softmax")(x)))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    pytest.importorskip("tensorflow")
    pytest.importorskip("tf_keras")
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_models, "MAKERS", {"tiny": lambda: of_keras(tiny)})
        done = CliRunner().invoke(main, ["-o", str(folder)])
    assert done.exit_code == 0, done.output
    return {type: (folder / f"tiny_{type}.tflite").read_bytes() for type in TYPES}


@pytest.mark.parametrize("type", ["int8", "uint8"])
def test_integers_are_all_of_a_type_and_have_the_reference_s_bits(files: dict[str, bytes], type: str, run: Oracle, litert: Oracle) -> None:
    model = Model.load(files[type])
    stored = {tensor.type for tensor in model.graph.tensors}
    assert stored == {type.upper(), "INT32"}
    one_scale = [tensor.quantization.scale.size == 1 for tensor in model.graph.tensors if tensor.quantization is not None]
    assert all(one_scale) == (type == "uint8"), "weights of uint8 files have one scale, those of int8 files one for each filter"
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (1, 16, 16, 3)).astype(np.uint8).view(type)
    (found,), (wanted,) = run(files[type], [x]), litert(files[type], [x])
    assert found.tobytes() == wanted.tobytes()
    assert len(np.unique(wanted)) > 3, "classes that are all but equal say nothing"


def test_a_uint8_file_s_classes_are_those_of_the_float_file(files: dict[str, bytes], run: Oracle) -> None:
    stored_as = Model.load(files["uint8"]).graph.inputs[0].quantization
    assert stored_as is not None
    for x in pictures(16) * 2 - 1:
        stored = np.clip(np.round(x / stored_as.scale) + stored_as.zero_point, 0, 255).astype(np.uint8)
        (wanted,), (found,) = run(files["float"], [x[None]]), run(files["uint8"], [stored[None]])
        assert np.abs(found / 256 - wanted).max() < 0.1


def test_what_a_converter_refuses_is_said_and_the_rest_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> bytes:
        raise RuntimeError("no kernel\nfurther lines")

    made = {"float": lambda: b"float", "int8": refused, "uint8": lambda: b"uint8", "dynamic": lambda: b"dynamic"}
    monkeypatch.setattr(make_models, "MAKERS", {"net": lambda: made})
    done = CliRunner().invoke(main, ["-o", str(tmp_path)])
    assert done.exit_code == 1
    assert f"{tmp_path / 'net_int8.tflite'}: no kernel\n" in done.output
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        f"net_{type}.tflite": type.encode() for type in ("float", "uint8", "dynamic")
    }


def test_files_that_are_there_stay_unless_they_are_to_be_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_models, "MAKERS", {"net": lambda: {type: lambda: b"new" for type in TYPES}})
    (tmp_path / "net_int8.tflite").write_bytes(b"old")
    for words, kept in ([], b"old"), (["--again", "--type", "int8"], b"new"):
        assert CliRunner().invoke(main, ["-o", str(tmp_path), *words]).exit_code == 0
        assert (tmp_path / "net_int8.tflite").read_bytes() == kept
        assert (tmp_path / "net_float.tflite").read_bytes() == b"new"


def test_no_uint8_kernels_no_uint8_files() -> None:
    assert types_of("lstm") == types_of("transformer") == ["float", "int8", "dynamic"]
    assert types_of("resnet50") == ["float", "int8", "uint8", "dynamic"]


def test_unknown_networks_are_refused_with_those_that_there_are() -> None:
    done = CliRunner().invoke(main, ["resnet51"])
    assert done.exit_code == 2
    assert "resnet50" in done.output
