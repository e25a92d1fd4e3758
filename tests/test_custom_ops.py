"""Custom operators that LiteRT registers by itself."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest
from flatbuffers import flexbuffers

from tinylite import Interpreter
from tinylite.errors import InvokeError, ModelError, UnsupportedError
from tinylite.model import Graph, Model, Op, Tensor
from tinylite.ops import custom_ops

from . import custom_ops as folder
from .cases import Case
from .conftest import Oracle, assert_close, feed_and_run
from .custom_ops.audiospectrogram import spectrogram
from .custom_ops.mfcc import coefficients
from .custom_ops.tflite_detection_postprocess import OPTIONS, detection

MODULES = {module.name: importlib.import_module(f"{folder.__name__}.{module.name}") for module in pkgutil.iter_modules(folder.__path__)}
CASES: list[Case] = [case for module in MODULES.values() for case in module.CASES]


def test_every_operator_has_cases() -> None:
    assert sorted(MODULES) == custom_ops.names()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_equals_the_reference(case: Case, litert: Oracle, run: Oracle) -> None:
    content, feeds = case.model().to_bytes(), case.feeds()
    found = run(content, feeds)
    assert_close(found, litert(content, feeds, case.reference), case.tolerance)
    assert [a.tobytes() for a in found] == [b.tobytes() for b in run(content, feeds, threads=3)]


def test_speech_features_in_a_row(litert: Oracle, run: Oracle) -> None:
    """As a TF speech model has them: the spectrum of sound, and its coefficients."""
    first, second = (
        case.model().graph
        for case in (
            spectrogram(16000, 1, window_size=480, stride=320, magnitude_squared=True),
            coefficients((1, 49, 257), 16000, 20, 4000, 40, 40),
        )
    )
    spectrum = first.outputs[0]
    spectrum.name = "spectrum"
    second.ops[0].inputs[0] = spectrum
    second.inputs, second.ops = first.inputs, [*first.ops, *second.ops]
    second.tensors = [*first.tensors, *(tensor for tensor in second.tensors if tensor.name != "input0")]
    sound = np.random.default_rng(0).uniform(-1, 1, (16000, 1)).astype(np.float32)
    content = Model([second]).to_bytes()
    assert_close(run(content, [sound]), litert(content, [sound]), 1e-5)


@pytest.mark.parametrize("content", [b"", b"\1\2", b"\0" * 40, b"\xff" * 9, bytes(range(64))])
def test_options_that_are_none(content: bytes) -> None:
    case = spectrogram(100, 1, window_size=10, stride=3)
    case.options["custom_options"] = content
    with pytest.raises(ModelError):
        Interpreter(model_content=case.model().to_bytes()).allocate_tensors()


@pytest.mark.parametrize("name", ["mfcc", "Nothing", "../mfcc", "common", "ABS", "__init__", ""])
def test_names_of_no_operator(name: str) -> None:
    assert custom_ops.find(name) is None
    case = spectrogram(100, 1, window_size=10, stride=3)
    case.options["custom_code"] = name
    with pytest.raises(UnsupportedError):
        Interpreter(model_content=case.model().to_bytes()).allocate_tensors()


def test_places_of_detections_that_are_left_over_are_zero(run: Oracle) -> None:
    """LiteRT leaves what was there, of this or of another run."""
    case = detection(30, max_detections=40, max_classes_per_detection=7)
    interpreter = Interpreter(model_content=case.model().to_bytes())
    interpreter.allocate_tensors()
    feeds = case.feeds()
    feed_and_run(interpreter, feeds, 1)
    feeds[1][...] = 0
    feeds[1][0, 4, 3] = 0.5
    boxes, classes, scores, count = feed_and_run(interpreter, feeds, 1)
    assert count.tolist() == [1]
    assert (classes[0, 0], scores[0, 0]) == (2, 0.5)
    assert boxes[0, 4].any() and not boxes[0, 5:].any()  # its five classes
    assert not classes[0, 5:].any() and not scores[0, 1:].any()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"num_classes": 0}, "num_classes is 0"),
        ({"num_classes": 4}, r"are not \[1, 30, 4, or 1 more"),
        ({"nms_iou_threshold": 0.0}, "nms_iou_threshold 0.0 is not within"),
        ({"nms_iou_threshold": float("nan")}, "nms_iou_threshold nan is not within"),
        ({"max_detections": -1}, "it shall make -1 detections"),
        ({"max_detections": float("inf")}, "max_detections is inf"),
        ({"use_regular_nms": True, "detections_per_class": 0}, "no detections of each class"),
    ],
)
def test_detections_that_make_no_sense(changes: dict[str, float], problem: str) -> None:
    case = detection(30)
    case.options["custom_options"] = bytes(flexbuffers.Dumps({**OPTIONS, **changes}))
    with pytest.raises(ModelError, match=problem):
        Interpreter(model_content=case.model().to_bytes()).allocate_tensors()


def test_anchors_of_negative_size_stop_the_run(run: Oracle) -> None:
    case = detection(30)
    case.inputs[2].data[3, 2] = -0.1  # type: ignore[union-attr]
    with pytest.raises(InvokeError, match="an anchor's size is negative"):
        run(case.model().to_bytes(), case.feeds())


@pytest.mark.parametrize(
    "name, said",
    [
        ("edgetpu-custom-op", "compiled for the Edge TPU: use the .tflite file that the compiler was given"),
        ("ethos-u", "compiled for an Ethos-U NPU: use"),
        ("DISPATCH_OP", "compiled for an NPU: use"),
        ("FlexErf", "TensorFlow's operator Erf: convert the model again without SELECT_TF_OPS"),
        ("MyOp", "`tinylite inspect` still shows the model; cut it before this op"),
    ],
)
def test_unknown_custom_operators_say_which_file_to_use_instead(name: str, said: str) -> None:
    x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
    model = Model([Graph("main", [x], [y], [Op("CUSTOM", [x], [y], custom_code=name)])])
    with pytest.raises(UnsupportedError, match=f"custom operator '{name}'.*{said}"):
        Interpreter(model_content=model.to_bytes()).allocate_tensors()
