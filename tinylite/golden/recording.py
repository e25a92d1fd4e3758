"""Recording a golden: run a model on cases and keep what it computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import __version__
from ..arithmetic import REFERENCE, Arithmetic, find
from ..errors import ModelError, SettingError, TensorError, nearest, quoted
from ..inputs.random_values import random_inputs
from ..limits import Account
from ..model import Model
from .cpu import cpu_name
from .golden import Golden, GoldenTensor, Record, stored_bytes
from .model_file import ModelFile
from .running import GraphRun, random_ops

__all__ = ["record", "same_inputs"]

_END = 1 << 63  # of seeds and counts, as golden.json has them
_LESS = "Record fewer cases, without layers, or only hashes"


def record(
    model: Any, inputs: Any = None, *, cases: int = 8, seed: int = 0, layers: bool = False, arithmetic: Arithmetic | str = REFERENCE,
    hashes_only: bool = False, graph: int = 0, signature: str | None = None, shapes: Mapping[Any, Sequence[int]] | None = None,
) -> Golden:  # fmt: skip
    """Run a model and keep what it computes.

    `model` is a path, the bytes of a file, or a Model. `inputs` is a case or a list of cases; a case is a list of arrays in the order
    of the inputs, or a dict of arrays by an input's name (its tensor's, or that in a signature), or for a model with one input the
    array itself. Arrays must have the inputs' dtypes; inputs take their shapes. Without `inputs`, `cases` cases are drawn by
    `tinylite.random_inputs`, case c with the seed `seed + c`, in the inputs' own shapes or those of `shapes`, by name.

    `layers` keeps every tensor with numbers that an op of the graph computes, not only outputs. Constants, handles of variables and
    what graphs compute that the graph calls are not kept. With `hashes_only`, values of inputs are kept, and of all else CRC32 and
    SHA-256 only. `graph` is the number of the graph that runs, or `signature` the key of a signature of it.

    Every case runs as in a new interpreter: variables and the state of recurrent ops begin at zero. Ops that draw random numbers without
    seeds return others each time; the golden's `notes` name them. Raises what an Interpreter raises, and TensorError for inputs that do
    not fit.
    """
    file, chosen = ModelFile.of(model), find(arithmetic)
    run = GraphRun(file.given, _graph_number(file.model, graph, signature), chosen, layers)
    fed = _cases(run, inputs) if inputs is not None else _drawn(run, cases, seed, shapes or {})
    account = Account(remedy=_LESS)
    tensors: list[GoldenTensor] = []
    found: list[tuple[Record, ...]] = []
    for values in fed:
        run.run(values)
        reached = [(golden, view) for golden, tensor in run.tensors(layers) if (view := run.view(tensor)) is not None]
        if found and [golden for golden, _ in reached] != tensors:
            raise ModelError("not all cases compute the same tensors", "Record each case by itself, or record without layers")
        tensors = [golden for golden, _ in reached]
        kept = [golden.role == "input" or not hashes_only for golden in tensors]
        account.take(sum(view.nbytes for (_, view), keep in zip(reached, kept, strict=True) if keep), "what is kept of a case")
        found.append(tuple(Record.of(view, keep) for (_, view), keep in zip(reached, kept, strict=True)))
    return Golden(
        model=file.name,
        model_sha256=file.sha256,
        arithmetic=chosen.name,
        arithmetic_version=chosen.version,
        tinylite=__version__,
        seed=None if inputs is not None else int(seed),
        cpu=cpu_name(),
        layers=layers,
        tensors=tuple(tensors),
        cases=tuple(found),
        graph=run.number,
        notes=_notes(file.model),
    )


def same_inputs(golden: Golden, model: ModelFile, inputs: Any) -> str:
    """In which way a golden was recorded with other inputs than these, as `record` takes them, in words; "" if it was with these."""
    cases = _cases(GraphRun(model.model, golden.graph, REFERENCE, False), inputs)
    if len(cases) != len(golden.cases):
        return f"the golden was recorded with {len(golden.cases)} cases, and {len(cases)} are given"
    names = [key for key, tensor in zip(golden.keys, golden.tensors, strict=True) if tensor.role == "input"]
    for case, values in enumerate(cases):
        for name, value, kept in zip(names, values, golden.inputs(case), strict=False):
            if value.dtype.kind in "SU":
                value = value.astype(object)
            if value.dtype != kept.dtype or value.shape != kept.shape or bytes(stored_bytes(value)) != bytes(stored_bytes(kept)):
                return f"the golden was recorded with another {name!r} in case {case} than is given"
    return ""


def _notes(model: Model) -> tuple[str, ...]:
    unseeded = [name for name, seeded in random_ops(model) if not seeded]
    return (f"{', '.join(unseeded)}: random numbers without seeds, so what depends on them differs in every run",) if unseeded else ()


def _graph_number(model: Model, graph: int, signature: str | None) -> int:
    if signature is not None:
        keys = {each.key: each for each in model.signatures}
        if signature not in keys:
            known = ", ".join(map(repr, keys)) or "none"
            raise ModelError(f"there is no signature {quoted(signature)}", nearest(signature, keys) or f"There are: {known}")
        number = next(number for number, each in enumerate(model.graphs) if each is keys[signature].graph)
        if graph not in (0, number):
            raise TensorError(f"signature {signature!r} is of graph {number}, not {graph}", "Give one of the two")
        return number
    return graph


def _drawn(run: GraphRun, cases: int, seed: int, shapes: Mapping[Any, Sequence[int]]) -> list[list[np.ndarray]]:
    for name, number, least in (("cases", cases, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or not least <= number < _END:
            raise SettingError(f"{name} is {quoted(number)}", f"Give a whole number from {least} to 2^63 - 1")
    run.shape(shapes)
    details = run.details()
    return [random_inputs(details, int(seed) + case) for case in range(cases)]


def _cases(run: GraphRun, given: Any) -> list[list[np.ndarray]]:
    """The cases that somebody has given, each as a list of arrays in the order of the inputs."""
    count = len(run.graph.inputs)
    if isinstance(given, (Mapping, np.ndarray)):
        given = [given]
    elif isinstance(given, (list, tuple)) and given and all(isinstance(each, np.ndarray) for each in given):
        # Arrays alone: those of one case, or for a model with one input a case each.
        given = [[each] for each in given] if count == 1 else [given]
    if not isinstance(given, (list, tuple)) or not given:
        raise TensorError(f"the inputs are {quoted(given)}", "Give a case or a list of cases, each a list or a dict of arrays")
    return [_case(run, each, f"case {number}") for number, each in enumerate(given)]


def _case(run: GraphRun, given: Any, place: str) -> list[np.ndarray]:
    inputs = run.graph.inputs
    if isinstance(given, np.ndarray):
        given = [given]
    if isinstance(given, Mapping):
        found = {run.position(name): np.asarray(value) for name, value in given.items()}
        missing = [repr(tensor.name) for position, tensor in enumerate(inputs) if position not in found]
        if missing:
            raise TensorError(f"{place} has nothing for input {', '.join(missing)}", "Give one array for each")
        if len(found) < len(given):
            raise TensorError(f"{place} has an input twice", "Give one array for each")
        return [found[position] for position in range(len(inputs))]
    if not isinstance(given, (list, tuple)):
        raise TensorError(f"{place} is {quoted(given)}", "Give a list or a dict of arrays")
    if len(given) != len(inputs):
        raise TensorError(f"{place} has {len(given)} arrays, and the model {len(inputs)} inputs", "Give one array for each input")
    return [np.asarray(value) for value in given]
