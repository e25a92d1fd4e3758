"""Files in, outputs out: one run of a model as a command wants it."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...engine.checks import check_kernels, check_types
from ...errors import FileError, ModelError, OutOfMemoryError, TensorError, quoted
from ...inputs.media import Normalization, array_names, check_output, given_values, read_input, write_output
from ...inputs.random_values import random_inputs
from ...interpreter import Interpreter
from ...limits import check_size, memory_limit
from ...model import Tensor
from ...model.metadata import end_facts

__all__ = ["Reading", "Session", "labels_of"]

_LABELS = "Give a text file with a class name on each line, saved as UTF-8"
_STDIN = "-"
_SEND = "Send it a file: tinylite run MODEL - < input.npy"
_CHUNK = 1 << 20
_NUMBERS = "[-+.0123456789tfNI"  # what numbers begin with, as JSON has them
_NUMBER_BYTES = 32  # at most, that a character of them takes while it is read: "[]," is a list
# The sizes that are tried for a dimension which the file leaves open and nobody has given.
_OPEN_SIZES = tuple(4**power for power in range(1, 9))


@dataclass
class Reading:
    """How files become inputs; see media.read_input. `say` takes a sentence on what was done, for people."""

    normalization: Normalization | None = None
    resize: str = "stretch"
    raw: bool = False
    rate: int | None = None
    size: tuple[int, int] | None = None
    say: Callable[[str], None] = field(default=lambda text: None)


class Session:
    """A graph of an interpreter's model, with inputs and outputs under the names that people use: a signature's, or the tensors' own.

    The graph is that of the `signature`, or that of this number. Raises ModelError or TensorError if there is none.
    """

    def __init__(self, interpreter: Interpreter, signature: str | None = None, graph: int | None = None) -> None:
        self.interpreter = interpreter
        model = interpreter.model
        if signature is not None:
            runner = interpreter.get_signature_runner(signature)
            runner.check_ends()
            self.runner = runner.graph_runner
            if graph is not None and graph != self.runner.index:
                raise TensorError(f"signature {signature!r} is of graph {self.runner.index}, not {graph}")
        else:
            self.runner = interpreter.get_graph_runner(graph or 0)
        self.graph = self.runner.index
        keys = [entry for entry in model.signatures if entry.graph is self.runner.graph]
        chosen = next((entry for entry in keys if entry.key == signature), keys[0] if keys else None)
        self.signature = chosen.key if chosen is not None else None
        ends = self.runner.graph
        self.names = self._names(ends.inputs, chosen.inputs if chosen is not None else {})
        self.output_names = self._names(ends.outputs, chosen.outputs if chosen is not None else {})
        self.input_facts, self.output_facts, self.notes = end_facts(model, self.graph)
        self._stdin: bytes | None = None

    def _names(self, ends: Sequence[Tensor], called: Mapping[str, Tensor]) -> dict[int, str]:
        """What inputs or outputs are called, by the number of the tensor."""
        aliases = {id(tensor): name for name, tensor in called.items()}
        found: dict[int, str] = {}
        for position, tensor in enumerate(ends):
            found.setdefault(self.runner.index_of(tensor), aliases.get(id(tensor)) or tensor.name or str(position))
        return found

    def inputs(self) -> list[dict[str, Any]]:
        """The details of each input."""
        return [self.runner.details(tensor) for tensor in self.runner.graph.inputs]

    def shape(self, entries: Sequence[str]) -> None:
        """Give inputs the shapes that command-line entries (NAME=1,16000) say."""
        details = self.inputs()
        for entry in entries:
            position, text = self._split(entry, details)
            sizes = text.replace("x", ",").split(",") if text.strip() else []
            try:
                shape = [int(size) for size in sizes]
            except ValueError:
                raise TensorError(f"{entry!r} is not a shape", "Give sizes with commas between them, as in NAME=1,224,224,3") from None
            self.runner.resize(details[position]["index"], shape)

    def ranges(self, entries: Sequence[str]) -> dict[int, tuple[float, float]]:
        """The range of an input's random values, by position, that command-line entries (NAME=0,99) say."""
        details, found = self.inputs(), {}
        for entry in entries:
            position, text = self._split(entry, details)
            try:
                low, high = (float(number) for number in text.split(","))
            except ValueError:
                raise TensorError(f"{entry!r} is not a range", "Give the least and the greatest number, as in NAME=0,99") from None
            found[position] = low, high
        return found

    def _split(self, entry: str, details: list[dict[str, Any]]) -> tuple[int, str]:
        """The position of the input that an entry NAME=... is for, and the rest; without a name that of the only input."""
        name, separator, text = entry.rpartition("=")
        if not separator and len(details) == 1:
            return 0, entry
        for position, detail in enumerate(details):
            if separator and name in (self.names[detail["index"]], detail["name"], str(position)):
                return position, text
        known = ", ".join(repr(self.names[detail["index"]]) for detail in details)
        raise TensorError(f"the model has no input {name!r}" if separator else f"{entry!r} names no input", f"There are: {known}")

    def feed(
        self, entries: Sequence[str], reading: Reading, seed: int | None = None, ranges: Mapping[int, tuple[float, float]] | None = None
    ) -> None:
        """Set each input to what an entry says, those without one to random values if there is a `seed`, and plan the model.

        A model that cannot run whatever it is fed says that, and not what is the matter with an input.
        """
        try:
            self._feed(entries, reading, seed, ranges or {})
        except (FileError, TensorError):
            self._blame()
            raise

    def _blame(self) -> None:
        """Raise UnsupportedError for an op without a kernel, or an input of a type that tinylite does not run."""
        with self.runner.place():
            check_kernels(self.runner.graph)
            check_types(self.runner.graph)

    def _feed(self, entries: Sequence[str], reading: Reading, seed: int | None, ranges: Mapping[int, tuple[float, float]]) -> None:
        details = self.inputs()
        said: dict[int, tuple[int, ...]] = {}  # by --shape, for the input of a position
        for position, tensor in enumerate(self.runner.graph.inputs):
            if (shape := self.runner.shapes.get(id(tensor))) is not None:
                said[position] = shape
                details[position]["shape_signature"] = details[position]["shape"]  # which is not open any more
        given: dict[int, np.ndarray] = {}
        for text in entries:
            for index, value in self._values(text, details, given.keys(), reading):
                if index in given:
                    raise TensorError(f"input {self.names[details[index]['index']]!r} is given twice")
                if value.shape != said.get(index, value.shape):
                    raise TensorError(
                        f"{text} has the shape {list(value.shape)}, and --shape says {list(said[index])}",
                        "Leave --shape out, or give an array of the shape that it says",
                    )
                given[index] = value
        missing = [index for index in range(len(details)) if index not in given]
        if missing and seed is None:
            names = ", ".join(
                f"{self.names[details[i]['index']]!r} ({np.dtype(details[i]['dtype']).name} {details[i]['shape'].tolist()})"
                for i in missing
            )
            raise TensorError(
                f"nothing is given for input {names}", "Give a file for each, or --random 0 to try the model on random values"
            )
        for index, value in given.items():
            self.runner.resize(details[index]["index"], value.shape)
        self._allocate({index: details[index] for index in missing}, reading.say)
        if missing:
            now = self.inputs()
            wanted = {now[index]["name"]: limits for index, limits in ranges.items()}
            drawn = random_inputs(now, seed or 0, wanted)
            given |= {index: drawn[index] for index in missing}
        for index, value in given.items():
            self.runner.set(details[index]["index"], value)

    def _values(
        self, text: str, details: list[dict[str, Any]], given: Collection[int], reading: Reading
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The inputs that a command-line entry is for, by position, and what it sets them to."""
        path, chosen = self._choose(text, details, given)
        literal = self._stdin_numbers() if path == _STDIN else None if os.path.exists(path) else _literal(path)
        for index, name in chosen:
            entry = {**details[index], "name": name}
            if literal is not None:
                yield index, given_values(literal, entry)
                continue

            def say(sentence: str, name: str = self.names[entry["index"]]) -> None:
                reading.say(f"input {name!r}: {sentence}")

            yield index, read_input(
                path, entry, reading.normalization, reading.resize, reading.raw, facts=self.input_facts[index], rate=reading.rate,
                size=reading.size, content=self.stdin() if path == _STDIN else None, say=say,
            )  # fmt: skip

    def stdin(self) -> bytes:
        """All of stdin, read once. Raises OutOfMemoryError."""
        if self._stdin is None:
            if sys.stdin is None:
                raise FileError("stdin is closed", _SEND)
            parts, size = [], 0
            while part := sys.stdin.buffer.read(_CHUNK):
                parts.append(part)
                size += len(part)
                check_size(3 * size, "what stdin brings", "Give a smaller file")
            self._stdin = b"".join(parts)
            if not self._stdin:
                raise FileError("stdin is empty", _SEND)
        return self._stdin

    def _stdin_numbers(self) -> np.ndarray | None:
        """The numbers that stdin brings as text, or None if it brings something else."""
        content = self.stdin()
        if content[:64].lstrip()[:1] not in map(str.encode, _NUMBERS) or not content.isascii():
            return None
        check_size(_NUMBER_BYTES * len(content), "what stdin brings as text", "Send it as an .npy file")
        return _literal(content.decode("ascii"))

    def _allocate(self, missing: Mapping[int, dict[str, Any]], say: Callable[[str], None]) -> None:
        """Plan the graph. Where it cannot be for the 1 of a dimension that is open in a `missing` input, larger sizes are tried."""
        try:
            self.runner.allocate()
            return
        except ModelError as error:
            waiting = {index: [axis for axis in _open_axes(entry) if entry["shape"][axis] <= 1] for index, entry in missing.items()}
            if not any(waiting.values()):
                raise
            problem = error
        for size in _OPEN_SIZES:
            for index, axes in waiting.items():
                shape = [size if axis in axes else int(length) for axis, length in enumerate(missing[index]["shape"])]
                self.runner.resize(missing[index]["index"], shape)
                if math.prod(shape) > memory_limit() // 64:
                    raise problem
            try:
                self.runner.allocate()
            except ModelError:
                continue
            except OutOfMemoryError:
                break
            for index, axes in waiting.items():
                if axes:
                    name, now = self.names[missing[index]["index"]], ",".join(map(str, self.inputs()[index]["shape"]))
                    say(f"input {name!r}: its size is open and the 1 in the file is too small, so --shape {name}={now} was taken")
            return
        raise problem

    def _choose(self, entry: str, details: list[dict[str, Any]], given: Collection[int]) -> tuple[str, list[tuple[int, str]]]:
        """The file of a command-line entry, and the inputs that it is for, each with its name in the file."""
        inputs = [(index, (self.names[detail["index"]], detail["name"])) for index, detail in enumerate(details)]
        known = ", ".join(repr(names[0]) for _, names in inputs)
        name, separator, path = entry.partition("=")
        chosen = [(index, names) for index, names in inputs if name in (*names, str(index))][:1] if separator else []
        if separator and not chosen and not os.path.exists(entry):
            raise TensorError(f"the model has no input {name!r}", f"There are: {known}")
        path = path if chosen else entry
        held: list[str] = []
        if path == _STDIN:
            held = array_names(path, self.stdin()) if self.stdin().startswith(b"PK") else []
        elif path.lower().endswith(".npz") and os.path.exists(path):
            held = array_names(path)
        # Several arrays in a file go to the inputs of their names; anything else to the first input that has nothing yet.
        chosen = chosen or [(index, names) for index, names in inputs if not {*names}.isdisjoint(held)]
        chosen = chosen or [(index, names) for index, names in inputs if index not in given][:1]
        if not chosen:
            raise TensorError(f"{entry} is one file too many: the model has only the {_count(inputs, 'input')} {known}")
        return path, [(index, next((name for name in names if name in held), names[0])) for index, names in chosen]

    def runs(self, repeat: int) -> Iterator[float]:
        """Run so often, and return each run's time in seconds. More runs than one are preceded by one that does not count."""
        if repeat > 1:
            self._invoke()
        for _ in range(repeat):
            start = time.perf_counter()
            self._invoke()
            yield time.perf_counter() - start

    def _invoke(self) -> None:
        if self.graph == 0:
            self.interpreter.invoke()  # which has the shortest way
        else:
            self.runner.invoke()

    def outputs(self) -> Iterator[tuple[str, np.ndarray, dict[str, Any]]]:
        """Name, value and details of each output."""
        for tensor in self.runner.graph.outputs:
            details = self.runner.details(tensor)
            yield self.output_names[details["index"]], self.runner.get(details["index"]), details

    def tensors(self) -> Iterator[tuple[str, np.ndarray]]:
        """Name and value of every tensor that the run has computed or was given; the interpreter must keep all of them."""
        found = []
        for number, tensor in enumerate(self.runner.graph.tensors):
            if not tensor.is_constant:
                try:
                    view = self.runner.view(number)
                except TensorError:  # nothing has used it
                    continue
                found.append((self.output_names.get(number) or self.names.get(number) or tensor.name or f"tensor {number}", number, view))
        check_size(3 * sum(view.nbytes for _, _, view in found), "a copy of all tensors", "Write single outputs")
        names = [name for name, _, _ in found]
        for name, number, view in found:
            yield name if names.count(name) == 1 else f"{name} (tensor {number})", view.copy()

    def target(self, entry: str) -> tuple[str, list[str]]:
        """The file that a command-line entry ([NAME=]FILE) names and the outputs that go there, before they are computed."""
        ends = self.runner.graph.outputs
        outputs = [(self.output_names[self.runner.index_of(tensor)], tensor.name or "") for tensor in ends]
        name, separator, path = entry.partition("=")
        chosen = [names[0] for number, names in enumerate(outputs) if name in (*names, str(number))][:1]
        if not separator:
            path, chosen = entry, [names[0] for names in outputs]
        elif not chosen:
            raise TensorError(f"the model has no output {name!r}", f"There are: {', '.join(repr(names[0]) for names in outputs)}")
        check_output(path)
        return path, chosen

    def write(self, path: str, names: Collection[str], normalization: Normalization | None) -> None:
        """Write these outputs to a file."""
        found = [output for output in self.outputs() if output[0] in names]
        write_output(path, {name: values for name, values, _ in found}, found[0][2], normalization)

    def write_all(self, path: str) -> None:
        """Write every tensor to an .npz file."""
        write_output(path, dict(self.tensors()), {}, None)

    def label_files(self, output: int) -> Iterator[tuple[str, bytes, bool]]:
        """Name and content of each label file that is attached for an output, and whether it names values and not places.

        Those that the metadata say; where it says none of any output, all text files.
        """
        attached = self.interpreter.model.associated_files
        facts = self.output_facts[output]
        declared = [(name, False) for name in facts.axis_labels] + [(name, True) for name in facts.value_labels]
        if not any(entry.axis_labels or entry.value_labels for entry in self.output_facts):
            declared = [(name, False) for name in attached if name.lower().endswith(".txt")]
        for name, of_values in declared:
            if name in attached:
                yield name, attached[name], of_values


def labels_of(content: bytes) -> list[str]:
    """Class names, a line each. An empty line is a class without a name, except at the end. Raises FileError if it is not text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"it is not text in UTF-8: byte {error.start} is not part of a character", _LABELS) from None
    if "\0" in text:
        raise FileError("it is not text: it holds zero bytes", _LABELS)
    return [line.strip() for line in text.rstrip().splitlines()]


def _literal(text: str) -> np.ndarray | None:
    """The numbers that a text writes out, as JSON does (3.5, true, [[1, 2], [3, 4]]), or None if it is something else."""
    if not text.strip()[:1] or text.strip()[0] not in _NUMBERS:
        return None
    try:
        found = json.loads(text.strip().removeprefix("+"))
        values = np.asarray(found)
    except (ValueError, RecursionError):  # no JSON, or rows of different lengths
        if text.strip().startswith("["):
            raise TensorError(f"{quoted(text)} is not an array of numbers", "Give rows of one length, as in [[1, 2], [3, 4]]") from None
        return None
    if values.dtype.kind not in "biuf":
        if isinstance(found, list):
            raise TensorError(f"{quoted(text)} is not an array of numbers", "Give numbers, as in [1, 2.5, 3]")
        return None
    return values


def _open_axes(details: dict[str, Any]) -> list[int]:
    """The dimensions that may vary, without the batch, where 1 is as good as any number."""
    signature = details["shape_signature"]
    return [axis for axis, size in enumerate(signature) if size == -1 and (axis or len(signature) == 1)]


def _count(things: Sequence[Any], name: str) -> str:
    return name if len(things) == 1 else f"{len(things)} {name}s"
