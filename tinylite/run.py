"""Files in, outputs out: one run of a model as a command wants it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from .errors import FileError, TensorError
from .interpreter import Interpreter
from .limits import check_size
from .media import Scaling, array_names, check_output, read_input, stored_values, write_output

__all__ = ["Session", "labels_of"]

_LABELS = "Give a text file with a class name on each line, saved as UTF-8"


class Session:
    """An interpreter, with inputs and outputs under the names that people use: a signature's, or the tensors' own."""

    def __init__(self, interpreter: Interpreter, signature: str | None = None) -> None:
        self.interpreter = interpreter
        if signature is not None and interpreter.get_signature_runner(signature)._runnable is not interpreter._main:
            raise TensorError(
                f"signature {signature!r} is of another graph than the first", "Run it with get_signature_runner() from Python"
            )
        keys = [entry for entry in interpreter._model.signatures if entry.graph is interpreter._main.graph]
        chosen = next((entry for entry in keys if entry.key == signature), keys[0] if keys else None)
        aliases = {id(tensor): name for side in (chosen.inputs, chosen.outputs) for name, tensor in side.items()} if chosen else {}
        graph = interpreter._main.graph
        self.names: dict[int, str] = {}
        for position, tensor in [*enumerate(graph.inputs), *enumerate(graph.outputs)]:
            self.names.setdefault(interpreter._main.numbers[id(tensor)], aliases.get(id(tensor)) or tensor.name or str(position))

    def feed(self, files: Sequence[str], scaling: Scaling | None, resize: str, raw: bool, seed: int | None) -> None:
        """Read a file into each input, random values into those without one if there is a `seed`, and plan the model."""
        details = self.interpreter.get_input_details()
        given: dict[int, np.ndarray] = {}
        for entry in files:
            path, chosen = self._choose(entry, details, given.keys())
            for index, name in chosen:
                if index in given:
                    raise TensorError(f"input {self.names[details[index]['index']]!r} is given twice")
                given[index] = read_input(path, {**details[index], "name": name}, scaling, resize, raw)
        missing = [index for index in range(len(details)) if index not in given]
        if missing and seed is None:
            names = ", ".join(
                f"{self.names[details[i]['index']]!r} ({np.dtype(details[i]['dtype']).name} {details[i]['shape'].tolist()})"
                for i in missing
            )
            raise TensorError(
                f"nothing is given for input {names}", "Give a file for each, or --random 0 to try the model on random values"
            )
        rng = np.random.default_rng(seed)
        for index in missing:
            given[index] = _random(rng, details[index])
        for index, value in given.items():
            self.interpreter.resize_tensor_input(details[index]["index"], value.shape)
        self.interpreter.allocate_tensors()
        for index, value in given.items():
            self.interpreter.set_tensor(details[index]["index"], value)

    def _choose(self, entry: str, details: list[dict[str, Any]], given: Collection[int]) -> tuple[str, list[tuple[int, str]]]:
        """The file of a command-line entry, and the inputs that it is for, each with its name in the file."""
        inputs = [(index, (self.names[detail["index"]], detail["name"])) for index, detail in enumerate(details)]
        known = ", ".join(repr(names[0]) for _, names in inputs)
        name, separator, path = entry.partition("=")
        chosen = [(index, names) for index, names in inputs if name in (*names, str(index))][:1] if separator else []
        if separator and not chosen and not os.path.exists(entry):
            raise TensorError(f"the model has no input {name!r}", f"There are: {known}")
        path = path if chosen else entry
        held = array_names(path) if path.lower().endswith(".npz") and os.path.exists(path) else []
        # Several arrays in a file go to the inputs of their names; anything else to the first input that has nothing yet.
        chosen = chosen or [(index, names) for index, names in inputs if not {*names}.isdisjoint(held)]
        chosen = chosen or [(index, names) for index, names in inputs if index not in given][:1]
        if not chosen:
            raise TensorError(f"{entry} is one file too many: the model has only the {_count(inputs, 'input')} {known}")
        return path, [(index, next((name for name in names if name in held), names[0])) for index, names in chosen]

    def runs(self, repeat: int) -> Iterator[float]:
        """Run so often, and give each run's time in seconds. More runs than one are preceded by one that does not count."""
        if repeat > 1:
            self.interpreter.invoke()
        for _ in range(repeat):
            start = time.perf_counter()
            self.interpreter.invoke()
            yield time.perf_counter() - start

    def outputs(self) -> Iterator[tuple[str, np.ndarray, dict[str, Any]]]:
        """Name, value and details of each output."""
        for details in self.interpreter.get_output_details():
            yield self.names[details["index"]], self.interpreter.get_tensor(details["index"]), details

    def target(self, entry: str) -> tuple[str, list[str]]:
        """The file that a command-line entry ([NAME=]FILE) names and the outputs that go there, before they are computed."""
        outputs = [(self.names[details["index"]], details["name"]) for details in self.interpreter.get_output_details()]
        name, separator, path = entry.partition("=")
        chosen = [names[0] for number, names in enumerate(outputs) if name in (*names, str(number))][:1]
        if not separator:
            path, chosen = entry, [names[0] for names in outputs]
        elif not chosen:
            raise TensorError(f"the model has no output {name!r}", f"There are: {', '.join(repr(names[0]) for names in outputs)}")
        check_output(path)
        return path, chosen

    def write(self, path: str, names: Collection[str], scaling: Scaling | None) -> None:
        """Write these outputs to a file."""
        found = [output for output in self.outputs() if output[0] in names]
        write_output(path, {name: values for name, values, _ in found}, found[0][2], scaling)

    def attached_labels(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each label file that is attached to the model."""
        for name, content in self.interpreter._model.associated_files.items():
            if name.lower().endswith(".txt"):
                yield name, content


def labels_of(content: bytes) -> list[str]:
    """Class names, a line each. An empty line is a class without a name, except at the end. Raises FileError if it is not text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"it is not text in UTF-8: byte {error.start} is no part of a letter", _LABELS) from None
    if "\0" in text:
        raise FileError("it is not text: it holds zero bytes", _LABELS)
    return [line.strip() for line in text.rstrip().splitlines()]


def _random(rng: np.random.Generator, details: dict[str, Any]) -> np.ndarray:
    """Values that any model can digest: -1..1, all that 8 bits hold, and of other integers, which may be indices, 0 and 1."""
    dtype, shape = np.dtype(details["dtype"]), details["shape"]
    check_size(math.prod(shape.tolist()) * 24, f"what is drawn for input {details['name']!r}", "Give the input another shape")
    if dtype.kind in "iub" and len(details["quantization_parameters"]["scales"]) == 0:
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.itemsize == 1:
        return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, shape).astype(dtype)
    return stored_values(rng.uniform(-1, 1, shape), details)


def _count(things: Sequence[Any], name: str) -> str:
    return name if len(things) == 1 else f"{len(things)} {name}s"
