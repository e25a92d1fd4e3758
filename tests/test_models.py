"""Real models on real inputs: ../shared/models against LiteRT's reference kernels."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tinylite import Interpreter, Model, OpResolverType
from tinylite.inputs.media import read_input, real_values

from .cases import repair_for_litert
from .conftest import assert_close, litert_interpreter, shared_models

RUNS = 100


@pytest.mark.parametrize("name", shared_models())
def test_a_hundred_random_inputs_equal_the_reference(name: str, shared: Path) -> None:
    """Every run of stateful models counts: their state passes from one to the next."""
    path = shared / "models" / name
    ours = Interpreter(str(path))
    ours.allocate_tensors()
    theirs = litert_interpreter(repair_for_litert(path))
    rng = np.random.default_rng(7)
    for _ in range(RUNS):
        for a, b in zip(ours.get_input_details(), theirs.get_input_details(), strict=True):
            kind = np.dtype(a["dtype"])
            if kind.kind == "f":
                value = rng.normal(0, rng.choice([0.1, 1, 10]), a["shape"]).astype(kind)
            else:
                value = rng.integers(np.iinfo(kind).min, np.iinfo(kind).max + 1, a["shape"]).astype(kind)
            ours.set_tensor(a["index"], value)
            theirs.set_tensor(b["index"], value)
        ours.invoke()
        theirs.invoke()
        found = [ours.get_tensor(details["index"]) for details in ours.get_output_details()]
        wanted = [theirs.get_tensor(details["index"]) for details in theirs.get_output_details()]
        assert_close(found, wanted, 1e-5)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", shared_models())
def test_intermediate_tensors_can_be_read_and_change_nothing(name: str, threads: int, shared: Path) -> None:
    path = shared / "models" / name
    plain = Interpreter(str(path))
    keeping = Interpreter(str(path), num_threads=threads, experimental_preserve_all_tensors=True)
    rng = np.random.default_rng(3)
    for interpreter in (plain, keeping):
        interpreter.allocate_tensors()
    for details in plain.get_input_details():
        value = rng.normal(size=details["shape"]) if details["dtype"] is np.float32 else rng.integers(0, 127, details["shape"])
        for interpreter in (plain, keeping):
            interpreter.set_tensor(details["index"], value.astype(details["dtype"]))
    for interpreter in (plain, keeping):
        interpreter.invoke()
    for details in plain.get_output_details():
        assert plain.get_tensor(details["index"]).tobytes() == keeping.get_tensor(details["index"]).tobytes()
    graph = Model.load(path).graph
    computed = {id(tensor) for op in graph.ops for tensor in op.outputs}
    for details in keeping.get_tensor_details():
        if id(graph.tensors[details["index"]]) in computed:
            assert keeping.get_tensor(details["index"]).shape == tuple(details["shape"])


# What the kernels of SOFTMAX and LSTM compute of the exponential function is within 2 ulp of glibc's, not equal.
EXACT_FLOATS = ["ad_float", "hello_world_float", "kws_float", "resnet8_float", "vww_float"]


@pytest.mark.parametrize("name", EXACT_FLOATS)
def test_floats_have_the_reference_s_bits_on_request(name: str, shared: Path) -> None:
    path = shared / "models" / f"{name}.tflite"
    ours = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF, experimental_preserve_all_tensors=True)
    ours.allocate_tensors()
    theirs = litert_interpreter(path.read_bytes(), experimental_preserve_all_tensors=True)
    rng = np.random.default_rng(11)
    for details in ours.get_input_details():
        value = rng.normal(size=details["shape"]).astype(np.float32)
        ours.set_tensor(details["index"], value)
        theirs.set_tensor(details["index"], value)
    ours.invoke()
    theirs.invoke()
    graph = Model.load(path).graph
    numbers = {id(tensor): number for number, tensor in enumerate(graph.tensors)}
    for op in graph.ops:
        index = numbers[id(op.outputs[0])]
        if op.code != "SOFTMAX":
            assert ours.get_tensor(index).tobytes() == theirs.get_tensor(index).tobytes(), op.outputs[0].name


def classify(path: Path, picture: Path, **options: object) -> np.ndarray:
    """The real scores that a model returns for a file."""
    interpreter = Interpreter(str(path))
    (given,), (asked,) = interpreter.get_input_details(), interpreter.get_output_details()
    value = read_input(str(picture), given, **options)  # type: ignore[arg-type]
    interpreter.resize_tensor_input(given["index"], value.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], value)
    interpreter.invoke()
    scores: np.ndarray = real_values(interpreter.get_tensor(asked["index"]), asked).reshape(-1)
    return scores


@pytest.mark.parametrize("kind", ["float", "int8"])
def test_mnist_lstm_reads_ten_digits(kind: str, shared: Path) -> None:
    from tinylite.inputs.media import Normalization

    path = shared / "models" / f"mnist_lstm_{kind}.tflite"
    seen = [
        int(classify(path, shared / "inputs" / f"mnist_{digit}.png", normalization=Normalization(0, 255)).argmax()) for digit in range(10)
    ]
    assert seen == list(range(10))


def test_person_detect_tells_person_from_no_person(shared: Path) -> None:
    """The pictures hold the model's int8 input, byte for byte, as tflite-micro's test feeds them."""
    path = shared / "models" / "person_detect_int8.tflite"
    no_person = classify(path, shared / "inputs" / "no_person.bmp", raw=True)
    person = classify(path, shared / "inputs" / "person.bmp", raw=True)
    assert person[1] > 0.9
    assert no_person[1] < 0.5


def test_micro_speech_hears_silence_in_silence(shared: Path) -> None:
    interpreter = Interpreter(str(shared / "models" / "micro_speech_int8.tflite"))
    interpreter.allocate_tensors()
    (given,), (asked,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.set_tensor(given["index"], np.full(given["shape"], -128, np.int8))
    interpreter.invoke()
    assert interpreter.get_tensor(asked["index"]).argmax() == 0


@pytest.mark.parametrize("said", ["yes", "no"])
def test_a_recording_becomes_an_input_of_samples(said: str, shared: Path) -> None:
    details = {
        "name": "samples", "dtype": np.float32, "shape_signature": np.array([1, 16000]), "quantization": (0.0, 0),
        "quantization_parameters": {"scales": []},
    }  # fmt: skip
    value = read_input(str(shared / "inputs" / f"{said}_1000ms.wav"), details)
    with wave.open(str(shared / "inputs" / f"{said}_1000ms.wav")) as file:
        samples = np.frombuffer(file.readframes(16000), "<i2")
    assert value.shape == (1, 16000) and value.dtype == np.float32
    assert np.array_equal(value[0], samples / np.float32(32768))
