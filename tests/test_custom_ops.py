"""Custom operators that LiteRT registers by itself."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

from tinylite import Interpreter
from tinylite.errors import ModelError, UnsupportedError
from tinylite.model import Model
from tinylite.ops import custom_ops

from . import custom_ops as folder
from .cases import Case
from .conftest import Judge, assert_close
from .custom_ops.audiospectrogram import spectrogram
from .custom_ops.mfcc import coefficients

MODULES = {module.name: importlib.import_module(f"{folder.__name__}.{module.name}") for module in pkgutil.iter_modules(folder.__path__)}
CASES: list[Case] = [case for module in MODULES.values() for case in module.CASES]


def test_every_operator_has_cases() -> None:
    assert sorted(MODULES) == custom_ops.names()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_equals_the_reference(case: Case, litert: Judge, run: Judge) -> None:
    content, feeds = case.model().to_bytes(), case.feeds()
    found = run(content, feeds)
    assert_close(found, litert(content, feeds, case.reference), case.tolerance)
    assert [a.tobytes() for a in found] == [b.tobytes() for b in run(content, feeds, threads=3)]


def test_speech_features_in_a_row(litert: Judge, run: Judge) -> None:
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
