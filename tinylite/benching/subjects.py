"""What is timed, made ready for the processes that time it: models and inputs as files in a folder."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TensorError, TinyliteError, at, quoted
from ..files.io import content_of
from ..golden.model_file import ModelFile
from ..golden.runtimes.tflm import arena_size
from ..inputs.random_values import random_inputs
from ..interpreter import Interpreter
from ..model import Model
from ..report.work import total_work

__all__ = ["Prepared", "Subject", "prepare", "subject_of", "with_distinct_names"]


@dataclass
class Subject:
    """A model, or an op as a model, of which `count` are `part_of` another model.

    `inputs` may be what reads or makes them, and `verify` is what compares with the reference kernels: "same bits", "differs: ..."
    """

    name: str
    kind: str
    model: Any
    count: int = 1
    inputs: Sequence[np.ndarray] | Callable[[], Sequence[np.ndarray]] | None = None
    part_of: str = ""
    verify: Callable[[], str] | None = None


@dataclass
class Prepared:
    """A model's and its inputs' files. `problem` is why tinylite cannot plan it, or ""; `operations` are those of a run, by kind."""

    model: Model
    path: str
    digest: str
    inputs: list[str]
    shapes: dict[str, list[int]]
    problem: str = ""
    operations: dict[str, int] = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)


def subject_of(model: Any, inputs: Callable[[], Sequence[np.ndarray]] | None = None) -> Subject:
    """A model that an Interpreter takes, named after its file, or a Subject as it is."""
    if isinstance(model, Subject):
        return model
    source = model if isinstance(model, (str, os.PathLike)) else getattr(model, "source", None)
    return Subject(os.path.splitext(os.path.basename(os.fsdecode(source)))[0] if source else "model", "model", model, inputs=inputs)


def with_distinct_names(subjects: Sequence[Subject]) -> list[Subject]:
    """The subjects; where files in different folders have the same name, with as many of their folders as tell them apart."""
    parts = [
        Path(os.path.abspath(os.fsdecode(each.model))).with_suffix("").parts if isinstance(each.model, (str, os.PathLike)) else ()
        for each in subjects
    ]
    found = []
    for subject, mine in zip(subjects, parts, strict=True):
        others = {
            theirs for other, theirs in zip(subjects, parts, strict=True)
            if other.name == subject.name and mine and theirs and theirs != mine
        }  # fmt: skip
        count = 1
        while any(theirs[-count:] == mine[-count:] for theirs in others):
            count += 1
        found.append(dataclasses.replace(subject, name="/".join([*mine[-count:-1], subject.name])) if count > 1 else subject)
    return found


def prepare(
    model: Any, folder: str, *, inputs: Sequence[np.ndarray] | Callable[[], Sequence[np.ndarray]] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    batch: int | None = None, seed: int = 0,
) -> Prepared:  # fmt: skip
    """Write a model and a value for each of its inputs to a new folder in `folder`: those given, or random ones of these shapes.

    Raises what loading a model raises, and TensorError for inputs and shapes that it does not have.
    """
    inputs = inputs() if callable(inputs) else inputs
    file = ModelFile.of(model)
    content = bytes(content_of(file.path)) if file.path is not None else file.content()
    with at(file.name or "the model"):
        loaded = Model.load(content)
    place = os.path.join(folder, str(len(os.listdir(folder))))
    os.mkdir(place)
    path = os.path.join(place, "model.tflite")
    with open(path, "wb") as written:
        written.write(content)
    with at(file.name or "the model"), Interpreter(model_content=content) as interpreter:
        values, problem = _values(interpreter, inputs, shapes or {}, batch, seed)
        operations = {} if problem else total_work(interpreter).operations
        names = [str(details["name"]) for details in interpreter.get_input_details()]
    paths = []
    for position, value in enumerate(values):
        paths.append(os.path.join(place, f"{position}.npy"))
        np.save(paths[-1], value, allow_pickle=False)
    prepared = Prepared(
        loaded, path, hashlib.sha256(content).hexdigest(), paths,
        {name: list(value.shape) for name, value in zip(names, values, strict=True)}, problem, operations,
    )  # fmt: skip
    prepared.request = {
        "model": path, "inputs": paths, "outputs": len(loaded.graph.outputs), "arena": arena_size(loaded.graph, len(content)),
        "title": file.name or "the model",
    }  # fmt: skip
    return prepared


def _values(
    interpreter: Interpreter, inputs: Sequence[np.ndarray] | None, shapes: Mapping[str, Sequence[int]], batch: int | None, seed: int
) -> tuple[list[np.ndarray], str]:
    """The inputs, and why the model cannot be planned for them, or ""."""
    details = interpreter.get_input_details()
    names = [str(each["name"]) for each in details]
    unknown = [name for name in shapes if name not in names]
    if unknown:
        raise TensorError(f"the model has no input {quoted(unknown[0])}", f"There are: {', '.join(map(repr, names))}")
    if inputs is not None:
        if len(inputs) != len(details):
            raise TensorError(f"the model has {len(details)} inputs, and {len(inputs)} are given", "Give one for each, in their order")
        wanted = [np.shape(value) for value in inputs]
    else:
        wanted = [tuple(shapes.get(name, each["shape"])) for name, each in zip(names, details, strict=True)]
        if batch is not None:
            fixed = [name for name, shape in zip(names, wanted, strict=True) if not shape and name not in shapes]
            if fixed or not wanted:
                raise TensorError(f"{f'input {fixed[0]!r}' if fixed else 'the model'} has no dimension for a batch", "Leave --batch out")
            wanted = [shape if name in shapes else (batch, *shape[1:]) for name, shape in zip(names, wanted, strict=True)]
    problem = ""
    try:
        for each, shape in zip(details, wanted, strict=True):
            if tuple(each["shape"]) != shape:
                interpreter.resize_tensor_input(each["index"], shape)
        interpreter.allocate_tensors()
    except TinyliteError as error:  # tinylite's problem, and perhaps no baseline's
        problem = str(error)
    if inputs is not None:
        return [_storable(np.asarray(value), name) for value, name in zip(inputs, names, strict=True)], problem
    drawn = [{**each, "shape": np.asarray(shape)} for each, shape in zip(details, wanted, strict=True)]
    return random_inputs(drawn, seed), problem


def _storable(value: np.ndarray, name: str) -> np.ndarray:
    """The value, with text as bytes of equal lengths: .npy files hold no objects."""
    if value.dtype.kind not in "OU":
        return value
    texts = [text.encode(errors="surrogatepass") if isinstance(text, str) else text for text in value.ravel().tolist()]
    others = [text for text in texts if not isinstance(text, bytes)]
    if others:
        raise TensorError(f"input {name!r} was given {quoted(others[0])}", "Give an array of numbers, or of text")
    return np.array(texts, "S").reshape(value.shape)
