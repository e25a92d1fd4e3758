"""What pytest's fixture `tflite_golden` does with models, goldens and tolerances; files and options are tinylite/pytest_plugin.py's."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ..arithmetic import Arithmetic, find
from ..errors import GoldenError, SettingError, TensorError, quoted
from .checking import check
from .file import load
from .golden import Golden
from .model_file import ModelFile
from .recording import record, same_inputs
from .report import Report
from .sources import Source
from .tolerance import Tolerance

__all__ = ["Wanted", "checked", "compared", "recorded", "same_golden", "settings", "stored"]


class Wanted:
    """What a test asks for.

    `inputs` are as `record` takes them; they, `seed` and `cases` are None where any will do that a golden has. `run` computes what is
    compared, or is None for tinylite. `tolerance` holds Tolerance's numbers, and `tensors` those that are others, by tensors' names.
    """

    def __init__(
        self, model: Any, inputs: Any, seed: int | None, cases: int | None, layers: bool, arithmetic: Arithmetic | str | None,
        run: Callable[..., Any] | None, tolerance: Mapping[str, Any], tensors: Mapping[str, Any] | None, changed_model: bool,
    ) -> None:  # fmt: skip
        if inputs is not None and (seed is not None or cases is not None):
            raise SettingError("inputs are given, and seed or cases, which are for random ones", "Give the inputs, or seed and cases")
        if run is not None and not callable(run):
            raise SettingError(f"run is {quoted(run)}", "Give a function of the model and a list of inputs that returns the outputs")
        self.file, self.given, self.inputs, self.seed, self.cases, self.layers = ModelFile.of(model), model, inputs, seed, cases, layers
        self.arithmetic, self.run = arithmetic, run
        self.settings = settings(tolerance, tensors, changed_model)


def settings(tolerance: Mapping[str, Any], tensors: Mapping[str, Any] | None, changed_model: bool) -> dict[str, Any]:
    """Arguments of `check`. Tensors that have numbers of their own keep of the common ones what those do not say."""
    base, found = Tolerance(**tolerance), {}
    for name, given in (tensors or {}).items():
        if isinstance(given, Tolerance):
            found[name] = given
        elif isinstance(given, Mapping) and given.keys() <= asdict(base).keys():
            found[name] = replace(base, **given)
        else:
            raise SettingError(f"the tolerance of {quoted(name)} is {quoted(given)}", f"Give a dict with some of {', '.join(asdict(base))}")
    return {"tolerance": base, "tolerances": found, "changed_model": changed_model}


def recorded(wanted: Wanted, old: Golden | None) -> Golden:
    """A new golden, by tinylite. What the test does not say is as in the old one, such as that it holds hashes only."""
    more: dict[str, Any] = {} if old is None else {"hashes_only": old.hashes_only, "graph": old.graph}
    inputs = wanted.inputs
    if old is not None and inputs is None and wanted.seed is None and wanted.cases is None and old.seed is None:
        inputs = [old.inputs(case) for case in range(len(old.cases))]  # those that it was given
    elif inputs is None:
        more["seed"] = wanted.seed if wanted.seed is not None else old.seed if old is not None and old.seed is not None else 0
        more["cases"] = wanted.cases if wanted.cases is not None else len(old.cases) if old is not None else 8
    arithmetic = wanted.arithmetic or (old.arithmetic if old is not None else "litert-reference")
    return record(wanted.file, inputs, layers=wanted.layers, arithmetic=arithmetic, **more)


def stored(path: str) -> Golden | None:
    """The golden that is there, if there is one that can be read; what cannot be read may be replaced."""
    try:
        return load(path) if os.path.exists(path) else None
    except ValueError:  # FileError is one
        return None


def same_golden(a: Golden | None, b: Golden) -> bool:
    """Whether two goldens hold the same, whichever tinylite and CPU have made them."""
    return a is not None and replace(a, tinylite=b.tinylite, cpu=b.cpu) == b


def checked(wanted: Wanted, golden: Golden, folder: str) -> Report:
    """Compare with a golden what the test asks for. `folder` gets what reproduces a difference.

    Raises GoldenError where the golden is of other inputs, arithmetic or layers than the test's.
    """
    stale = _stale(wanted, golden)
    if stale:
        raise GoldenError(stale, "Record it again")
    other = _other_arithmetic(wanted, golden)
    if wanted.run is not None:
        more = _using(wanted, golden)
    else:  # the golden's own is left to `check`, which knows its version
        more = {"arithmetic": wanted.arithmetic} if other else {}
    report = check(golden, wanted.file, reproduce_in=folder, **wanted.settings, **more)
    if other and report.passes:  # a difference says more: which op it is that rounds in another way
        raise GoldenError(other, "Record it again")
    return report


def compared(dump: Any, golden: Golden, model: Any, arguments: dict[str, Any], folder: str) -> Report:
    """Compare a dump with a golden: the text or path that says where it is, or arrays. See TfliteGolden.compare."""
    if isinstance(dump, (str, os.PathLike)):
        using: Source | str = os.fspath(dump)
    else:
        several = isinstance(dump, (list, tuple)) and bool(dump) and all(isinstance(each, Mapping) for each in dump)
        using = Dump("the dump", [named_outputs(each, golden, "the dump") for each in (dump if several else [dump])])
    return check(golden, model, using=using, reproduce_in=folder, **arguments)


def _stale(wanted: Wanted, golden: Golden) -> str:
    """In which way a golden is not the one that a test asks for; "" if it is."""
    if wanted.layers and not golden.layers:
        return "the golden has no layers, and the test asks for them"
    for name, asked, kept in (("seed", wanted.seed, golden.seed), ("cases", wanted.cases, len(golden.cases))):
        if asked is not None and asked != kept:
            return f"the golden was recorded with {name}={kept}, and the test asks for {name}={asked}"
    if wanted.run is not None and (other := _other_arithmetic(wanted, golden)):
        return other
    if wanted.inputs is not None:
        return same_inputs(golden, wanted.file, wanted.inputs)
    return ""


def _other_arithmetic(wanted: Wanted, golden: Golden) -> str:
    """That a golden was recorded with another arithmetic than a test asks for; "" if it was not."""
    asked = golden.arithmetic if wanted.arithmetic is None else find(wanted.arithmetic).name
    if asked == golden.arithmetic:
        return ""
    return f"the golden was recorded with the arithmetic {golden.arithmetic!r}, and the test asks for {asked!r}"


def _using(wanted: Wanted, golden: Golden) -> dict[str, Any]:
    """What the test's function computes in all cases."""
    __tracebackhide__ = True
    assert wanted.run is not None
    name = getattr(wanted.run, "__qualname__", type(wanted.run).__name__)
    cases = []
    for case in range(len(golden.cases)):
        found = wanted.run(wanted.given, [value.copy() for value in golden.inputs(case)])
        cases.append(named_outputs(found, golden, f"what {name} returned"))
    return {"using": Dump(name, cases)}


class Dump:
    """A Source of values that are there: for each case a dict by the golden's keys."""

    def __init__(self, name: str, cases: Sequence[Mapping[str, np.ndarray | int]]) -> None:
        self.name, self._cases = name, cases

    def values(self, golden: Golden, case: int) -> Mapping[str, np.ndarray | int]:
        if case >= len(self._cases):
            raise TensorError(f"{self.name} has {len(self._cases)} cases, and the golden {len(golden.cases)}", "Give all cases")
        return self._cases[case]


def named_outputs(found: Any, golden: Golden, place: str) -> dict[str, np.ndarray | int]:
    """Values by the golden's keys. `found` is a dict of them, an array for a model with one output, or a list in the outputs' order."""
    outputs = [key for key, tensor in zip(golden.keys, golden.tensors, strict=True) if tensor.role == "output"]
    if isinstance(found, Mapping):
        return {str(key): _value(value) for key, value in found.items()}
    if not isinstance(found, (list, tuple)):
        found = [found]
    if len(found) != len(outputs):
        raise TensorError(f"{place} is {len(found)} outputs, and the golden has {len(outputs)}", f"Return {', '.join(map(repr, outputs))}")
    return {key: _value(value) for key, value in zip(outputs, found, strict=True)}


def _value(given: Any) -> np.ndarray | int:
    """A value to compare: an array, whose text is objects as in goldens, or a CRC32."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    value = np.asarray(given)
    if value.dtype.kind in "SU":
        return np.array([text.encode() if isinstance(text, str) else text for text in value.ravel().tolist()], object).reshape(value.shape)
    return value
