"""Files in, outputs out: one run of a model as a command wants it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .errors import TensorError
from .interpreter import Interpreter
from .media import Scaling, read_input, stored_values, write_output

__all__ = ["Session"]


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
        self.names = {
            number: aliases.get(id(graph.tensors[number]), graph.tensors[number].name or str(number))
            for number in range(len(graph.tensors))
        }

    def feed(self, files: Sequence[str], scaling: Scaling | None, resize: str, raw: bool, seed: int | None) -> None:
        """Read a file into each input, random values into those without one if there is a `seed`, and plan the model."""
        details = self.interpreter.get_input_details()
        given: dict[int, np.ndarray] = {}
        for position, entry in enumerate(files):
            index, path = self._choose(entry, position, details)
            if index in given:
                raise TensorError(f"input {self.names[details[index]['index']]!r} is given twice")
            given[index] = read_input(path, details[index], scaling, resize, raw)
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
            given[index] = stored_values(rng.uniform(-1, 1, details[index]["shape"]), details[index])
        for index, value in given.items():
            self.interpreter.resize_tensor_input(details[index]["index"], value.shape)
        self.interpreter.allocate_tensors()
        for index, value in given.items():
            self.interpreter.set_tensor(details[index]["index"], value)

    def _choose(self, entry: str, position: int, details: list[dict[str, Any]]) -> tuple[int, str]:
        """Which input a command-line entry is for, and its file."""
        name, separator, path = entry.partition("=")
        if separator:
            for index, detail in enumerate(details):
                if name in (self.names[detail["index"]], detail["name"], str(index)):
                    return index, path
        if position >= len(details):
            raise TensorError(f"the model has {len(details)} inputs and is given more: {entry!r}")
        if separator and "/" not in name and "." not in name:
            known = ", ".join(repr(self.names[detail["index"]]) for detail in details)
            raise TensorError(f"the model has no input {name!r}", f"There are: {known}")
        return position, entry

    def run(self, repeat: int) -> float:
        """Run so often; gives the median time in seconds. More runs than one are preceded by one that does not count."""
        if repeat > 1:
            self.interpreter.invoke()
        times = []
        for _ in range(repeat):
            start = time.perf_counter()
            self.interpreter.invoke()
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    def outputs(self) -> Iterator[tuple[str, np.ndarray, dict[str, Any]]]:
        """Name, value and details of each output."""
        for details in self.interpreter.get_output_details():
            yield self.names[details["index"]], self.interpreter.get_tensor(details["index"]), details

    def write(self, target: str, scaling: Scaling | None) -> str:
        """Write outputs as `target` says ([NAME=]FILE); gives the path."""
        name, separator, path = target.partition("=")
        found = {output: (values, details) for output, values, details in self.outputs()}
        if not separator:
            path, chosen = target, found
        elif name in found:
            chosen = {name: found[name]}
        else:
            raise TensorError(f"the model has no output {name!r}", f"There are: {', '.join(map(repr, found))}")
        first = next(iter(chosen.values()))[1]
        write_output(path, {output: values for output, (values, _) in chosen.items()}, first, scaling)
        return path

    def attached_labels(self) -> list[str]:
        """The class names in a label file that is attached to the model, if there is one."""
        for name, content in self.interpreter._model.associated_files.items():
            if name.lower().endswith(".txt"):
                return [line.strip() for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
        return []
