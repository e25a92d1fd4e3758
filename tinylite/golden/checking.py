"""Checking a golden: compare it with what tinylite, another runtime or a device computes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import __version__
from ..arithmetic import ARITHMETICS, Arithmetic, find
from ..errors import FileError, GoldenError, SettingError, TensorError, nearest, quoted
from .commands import commands
from .compare import Difference, compare_record
from .cpu import cpu_name
from .diagnosis import diagnose
from .file import load, verify_record
from .findings import CaseDifference, Verdict
from .golden import Golden, GoldenTensor, Record, execution_order, native, tensor_keys
from .model_file import ModelFile, beside
from .report import Report
from .reproduce import reproduce
from .runtimes import names as runtimes
from .sources import OpSource, Source, TinyliteSource, source
from .tolerance import EXACT, Tolerance
from .verdict import Judge, with_layers

__all__ = ["check"]

_ONLY_HASHES = (
    "what differs is within the tolerance, but the golden holds hashes only, of which nothing but equality can be said: record it without "
    "hash mode"
)
_NO_MODEL = "which op is to blame cannot be said without the model: give its path"


def check(
    golden: Golden | str | os.PathLike[str], model: Any = None, *, using: Source | str | None = None,
    arithmetic: Arithmetic | str | None = None, tolerance: Tolerance = EXACT, tolerances: Mapping[str, Tolerance] | None = None,
    each: bool = False, changed_model: bool = False, reproduce_in: str | os.PathLike[str] | None = None,
) -> Report:  # fmt: skip
    """Compare a golden with what is computed now, and say of what differs which op is to blame.

    `golden` is one, or the path of its file; `model` a path, a file's bytes or a Model; without it, the file of the golden's name beside
    the golden. `using` says where the values come from: tinylite itself, with the golden's arithmetic or with `arithmetic`; the name
    of a runtime or the path of a dump (see `sources.source`); or any Source.

    Everything must be equal unless a `tolerance` says otherwise; `tolerances` has others by tensors' names. The model must be the one
    that the golden was recorded of, unless `changed_model` says that it was meant to change; tensors are matched by name then.

    The whole model runs, and differences flow on; with `each`, every op runs alone on what the golden holds, so that all ops are found
    that are to blame. That takes layers: where the golden lacks them they are computed again, if its outputs come out the same.

    `reproduce_in` is a folder that gets a model of the first op that differs, alone, with a golden of it.

    Raises GoldenError for a golden of another model or of an arithmetic that has changed since, FileError, and what running raises.
    Differences are no error: `Report.passes` says whether there are any, and `Report.raise_if_failed()` makes an error of them.
    """
    golden = golden if isinstance(golden, Golden) else load(golden, verify=False)
    if not golden.cases:
        raise GoldenError("the golden has no cases, so there is nothing to check", "Record it again")
    allowed = _allowed(golden, tolerance, tolerances or {})
    file = _model(golden, model, needed=using is None or each or (isinstance(using, str) and using in runtimes()))
    if file is not None and golden.graph and golden.graph >= len(file.model.graphs):
        raise GoldenError(
            f"the golden is of graph {golden.graph}, and the model has {len(file.model.graphs)}", "Give the model that it is of"
        )
    if file is not None and file.sha256 != golden.model_sha256 and not changed_model:
        _ = file.model  # what is not a model at all says so
        raise GoldenError(
            f"the golden is of another model: of {golden.model!r} with the SHA-256 {golden.model_sha256[:16]}..., and "
            f"{file.path or 'the model'} has {file.sha256[:16]}...",
            "Give the model that it was recorded of; record a new golden; or, if the model was changed on purpose, allow it: "
            "changed_model=True, --changed-model",
        )
    if file is not None and file.sha256 != golden.model_sha256:
        _check_inputs(golden, file)
    if using is None:
        assert file is not None
        chosen = find(arithmetic) if arithmetic is not None else _recorded_arithmetic(golden)
        using, now = TinyliteSource(file, chosen), f"{chosen.name} {chosen.version}"
    elif arithmetic is not None:
        raise SettingError("arithmetic says how tinylite rounds, and using says that others compute", "Give one of the two")
    else:
        using, now = (source(using, file) if isinstance(using, str) else using), ""
        if not callable(getattr(using, "values", None)):
            raise SettingError(
                f"using is {quoted(using)}", "Give the name of a runtime, the path of a dump, or an object with Source's methods"
            )
    report = Report(golden, using.name, now, file.path if file is not None else None, notes=golden.notes, allowed=tuple(allowed))
    tolerances = tolerances or {}
    if each:
        return _checked_each(report, using, file, tolerance, tolerances, reproduce_in)
    report = _compared(report, using, allowed, file)
    return report if report.passes else _explained(report, using, file, tolerance, tolerances, reproduce_in)


def _allowed(golden: Golden, tolerance: Tolerance, tolerances: Mapping[str, Tolerance]) -> list[Tolerance]:
    """The tolerance of each tensor."""
    named = {name for pair in zip(golden.keys, (tensor.name for tensor in golden.tensors), strict=True) for name in pair}
    for name in tolerances:
        if name not in named:
            raise TensorError(f"the golden has no tensor {quoted(name)}", nearest(name, named) or _has(golden))
    pairs = zip(golden.keys, golden.tensors, strict=True)
    return [tolerances.get(key, tolerances.get(tensor.name, tolerance)) for key, tensor in pairs]


def _model(golden: Golden, model: Any, needed: bool) -> ModelFile | None:
    if model is not None:
        return ModelFile.of(model)
    try:
        return beside(golden.path, golden.model, golden.model_sha256)
    except FileError:
        if needed:
            raise
        return None


def _check_inputs(golden: Golden, file: ModelFile) -> None:
    """Raise GoldenError unless a model that has changed takes inputs such as the golden has."""
    kept = [(tensor, record) for tensor, record in zip(golden.tensors, golden.cases[0], strict=True) if tensor.role == "input"]
    inputs = file.model.graphs[golden.graph].inputs
    problem = ""
    if len(kept) != len(inputs):
        problem = f"the golden has {len(kept)} input{'' if len(kept) == 1 else 's'}, and the model {len(inputs)}"
    else:
        names = {tensor.name or "": tensor for tensor in inputs}
        by_name = names.keys() == {tensor.name for tensor, _ in kept}
        for (tensor, record), taken in zip(kept, inputs, strict=True):
            taken = names[tensor.name] if by_name else taken
            wanted = GoldenTensor.of(taken, 0).dtype
            # A shape of no dimensions may be one that is unknown.
            if tensor.dtype != wanted or (taken.shape and len(record.shape) != len(taken.shape)):
                problem = (
                    f"the golden's input {quoted(tensor.name)} is {tensor.dtype} {list(record.shape)}, and the model's "
                    f"{quoted(taken.name)} {wanted} {list(taken.shape)}"
                )
    if problem:
        raise GoldenError(problem, "The model cannot be fed with it: record a golden of this model")


def _recorded_arithmetic(golden: Golden) -> Arithmetic:
    """The golden's arithmetic. Raises GoldenError if this tinylite does not have it, or has another version of it."""
    if golden.arithmetic not in ARITHMETICS:
        raise GoldenError(
            f"the golden's arithmetic {golden.arithmetic!r} is not one of this tinylite: {', '.join(ARITHMETICS)}",
            f"Install tinylite {golden.tinylite}, which recorded it; or check it with another: arithmetic=NAME, --arithmetic NAME",
        )
    found = ARITHMETICS[golden.arithmetic]
    if found.version != golden.arithmetic_version:
        raise GoldenError(
            f"the golden was recorded with version {golden.arithmetic_version} of the arithmetic {found.name!r}, and this tinylite has "
            f"version {found.version}, whose results differ",
            f"Record it again, or install tinylite {golden.tinylite}. To see what differs, ask for this version: "
            f"arithmetic={found.name!r}, --arithmetic {found.name}",
        )
    return found


# ---- comparing


def _compared(
    report: Report, using: Source, allowed: list[Tolerance], file: ModelFile | None, without: frozenset[str] = frozenset()
) -> Report:
    """The report with all tensors compared that the source has, but those of the keys in `without`."""
    golden = report.golden
    found: list[CaseDifference] = []
    compared = 0
    order = execution_order(golden)
    known, unknown = set(golden.keys), set[str]()
    lacking: set[str] = set()
    missing: set[str] = set()
    for case, records in enumerate(golden.cases):
        values = using.values(golden, case)
        unknown |= values.keys() - known
        count = 0
        for place in order:
            tensor, key, record = golden.tensors[place], golden.keys[place], records[place]
            if key in without:
                continue
            value = values.get(key)
            if value is None:
                if tensor.role == "output":
                    missing.add(key)
                    found.append(CaseDifference(case, key, record, Difference(tensor, "it is missing", record.size)))
                elif tensor.role == "layer":
                    lacking.add(key)
                continue
            count += tensor.role != "input"
            difference = _difference(value, record, tensor, allowed[place], f"{golden.path or 'the golden'}: {key!r} of case {case}")
            if difference is not None:
                found.append(CaseDifference(case, key, record, difference))
        compared += count
        if not count and not without:
            near = _near(sorted(unknown), golden.keys)
            raise TensorError(
                f"{using.name} has none of the golden's outputs and layers in case {case}",
                near or _has(golden),
            )
    if unknown:
        unknown -= _names(file, golden)
    notes = tuple(dict.fromkeys((*report.notes, *_names_that_differ(unknown, lacking, golden), *_other_outputs(missing, file, golden))))
    lacks = tuple(key for key in golden.keys if key in lacking)
    return replace(report, compared=compared, differences=tuple(found), first=_first(golden, found), notes=notes, lacking=lacks)


def _names(file: ModelFile | None, golden: Golden) -> set[str]:
    """What the tensors of the golden's graph are called, those too that it does not hold."""
    if file is None or golden.graph >= len(file.model.graphs):
        return set()
    named = [(tensor.name or "", index) for index, tensor in enumerate(file.model.graphs[golden.graph].tensors)]
    return {name for name, _ in named} | set(tensor_keys(named))


def _first(golden: Golden, found: Sequence[CaseDifference]) -> CaseDifference | None:
    """What differs beyond its tolerance where the model runs first, in the first case in which it does."""
    places = {golden.keys[place]: number for number, place in enumerate(execution_order(golden))}
    failed = [each for each in found if not each.difference.passes]
    return min(failed, key=lambda each: (places[each.key], each.case), default=None)


def _explained(
    report: Report, using: Source, file: ModelFile | None, tolerance: Tolerance, tolerances: Mapping[str, Tolerance], folder: Any
) -> Report:
    """The report with a verdict, hints, and what shows more. Layers that the golden lacks are computed again if they can be."""
    assert report.first is not None
    if file is None:
        report = _with_values(report, using.values(report.golden, report.first.case))
        return replace(report, notes=(*report.notes, _NO_MODEL))
    report = replace(report, notes=(*report.notes, *_made_elsewhere(report.golden)))
    golden = with_layers(report.golden, file)
    if isinstance(golden, str):
        report, golden = replace(report, notes=(*report.notes, golden)), report.golden
    allowed = _allowed(golden, tolerance, tolerances)
    if golden is not report.golden:
        deeper = _compared(replace(report, golden=golden), using, allowed, file)
        if deeper.passes and report.golden.hashes_only:
            allowed = [EXACT] * len(allowed)  # as the hashes were compared, or the verdict would be on another question
            deeper = _compared(replace(report, golden=golden, notes=(*report.notes, _ONLY_HASHES)), using, allowed, file)
        if not deeper.passes:
            report = replace(deeper, golden=report.golden)
    assert report.first is not None
    values = using.values(golden, report.first.case)
    report = _with_values(report, values)
    assert report.first is not None
    judge = Judge(golden, file, using, allowed)
    verdict = judge.verdict(report.first, values)
    if verdict is not None and verdict.kind == "victim":
        verdict = _with_origin(verdict, judge, report, values)
    report = replace(report, verdict=verdict, hints=tuple(diagnose(judge, report.first, verdict, values)))
    return _shown(report, judge, folder)


def _made_elsewhere(golden: Golden) -> list[str]:
    """Where else it was recorded, which may be why something differs."""
    notes = []
    if golden.tinylite != __version__:
        notes.append(f"the golden was recorded by tinylite {golden.tinylite}, and this is {__version__}")
    if golden.cpu and golden.cpu != cpu_name():
        notes.append(f"the golden was recorded on another CPU, {golden.cpu}; this is {cpu_name()}")
    return notes


def _with_values(report: Report, values: Mapping[str, np.ndarray | int]) -> Report:
    """The report with what was found in the first case that differs."""

    def kept(each: CaseDifference) -> CaseDifference:
        value = values.get(each.key)
        if first is None or each.case != first.case or not isinstance(value, np.ndarray):
            return each
        return replace(each, found=native(np.array(value)))

    first = report.first
    return replace(report, differences=tuple(map(kept, report.differences)), first=kept(first) if first is not None else None)


def _with_origin(verdict: Verdict, judge: Judge, report: Report, values: Mapping[str, np.ndarray | int]) -> Verdict:
    """The verdict with the first op before that is guilty, though what it computes differs by no more than is allowed."""
    for each in report.differences:
        if report.first is not None and each.case == report.first.case and each.key != verdict.tensor:
            before = replace(judge, allowed=[EXACT] * len(judge.allowed)).verdict(each, values)
            if before is not None and before.op < verdict.op and before.kind == "guilty":
                what = f"op {before.op} {before.operator}, whose {before.tensor!r} differs by {each.difference.steps}, which is allowed"
                return replace(verdict, reason=f"{verdict.reason}: from {what}")
    return verdict


def _checked_each(
    report: Report, using: Source, file: ModelFile | None, tolerance: Tolerance, tolerances: Mapping[str, Tolerance], folder: Any
) -> Report:
    """Every op alone: on the golden's values, or for a dump on its own."""
    if file is None:
        raise FileError("each op is run alone, and the model is not there", "Give its path")
    golden = with_layers(report.golden, file)
    if isinstance(golden, str):
        raise GoldenError(f"the ops cannot be checked one by one: {golden}", "Record the golden with layers")
    allowed = _allowed(golden, tolerance, tolerances)
    judge = Judge(golden, file, using, allowed)
    values: Mapping[str, np.ndarray | int]
    if isinstance(using, OpSource):
        found, guilty, asked, notes = judge.each()
        compared = len(golden.cases) * len(asked)
        if any(tensor.role != "input" and key not in asked for key, tensor in zip(golden.keys, golden.tensors, strict=True)):
            whole = _compared(replace(report, golden=golden), using, allowed, file, frozenset(asked))
            found, compared = sorted([*found, *whole.differences], key=lambda each: each.case), compared + whole.compared
            notes = [*notes, *whole.notes]
        first, values = _first(golden, found), {each.key: each.found for each in found if each.found is not None}
        notes = list(dict.fromkeys((*report.notes, *notes)))
        report = replace(report, compared=compared, differences=tuple(found), first=first, notes=tuple(notes))
    else:
        report = replace(_compared(replace(report, golden=golden), using, allowed, file), golden=report.golden)
        guilty, values = [], {}
        for case in sorted({each.case for each in report.differences}):
            values = using.values(golden, case)
            verdicts = [
                judge.verdict(each, values) for each in report.differences if each.case == case and not each.difference.passes
            ]  # fmt: skip
            known = {each.op for each in guilty}
            guilty += [each for each in verdicts if each is not None and each.kind == "guilty" and each.op not in known]
        guilty.sort(key=lambda each: each.op)
        if report.first is not None:
            values = using.values(golden, report.first.case)
            report = _with_values(report, values)
    if report.first is None:
        return report
    verdict = next((each for each in guilty if each.tensor == report.first.key), None) or judge.verdict(report.first, values)
    report = replace(report, verdict=verdict, guilty=tuple(guilty), hints=tuple(diagnose(judge, report.first, verdict, values)))
    return _shown(report, judge, folder)


def _shown(report: Report, judge: Judge, folder: Any) -> Report:
    """The report with command lines that show more, and with the op alone in a folder, if one is wanted."""
    first, verdict = report.first, report.verdict
    if first is None or verdict is None:
        return report
    alone = verdict.kind == "guilty" and len(verdict.ops) == 1
    made = reproduce(judge, verdict.op, first, os.fsdecode(folder)) if folder is not None and alone else None
    return replace(report, commands=tuple(commands(report, judge, made)), reproduction=made)


def _difference(value: np.ndarray | int, record: Record, tensor: GoldenTensor, tolerance: Tolerance, place: str) -> Difference | None:
    """What `compare_record` returns. Raises FileError if it is the golden's file that has been changed."""
    difference = compare_record(value, record, tensor, tolerance)
    if difference is not None:
        verify_record(record, place)
    return difference


def _names_that_differ(unknown: set[str], lacking: set[str], golden: Golden) -> list[str]:
    notes = []
    if unknown:
        near = _near(sorted(unknown), golden.keys)
        notes.append(f"the golden has no tensor {', '.join(map(repr, sorted(unknown)[:5]))}{f'. {near}' if near else ''}")
    if lacking:
        layers = sum(tensor.role == "layer" for tensor in golden.tensors)
        if len(lacking) < layers:
            notes.append(f"{len(lacking)} of {layers} layers were not compared, which the source does not have")
    return notes


def _other_outputs(missing: set[str], file: ModelFile | None, golden: Golden) -> list[str]:
    """What the outputs of a changed model are called now, if those of the golden are missing."""
    if not missing or file is None:
        return []
    names = [tensor.name or "" for tensor in file.model.graphs[golden.graph].outputs]
    others = [quoted(name) for name in names if name not in golden.keys]
    return [f"the golden has no output {', '.join(others[:5])} of the model: tensors are matched by their names"] if others else []


def _has(golden: Golden) -> str:
    """What the golden has to compare, or the first of it, in the order in which ops run."""
    names = [repr(golden.keys[place]) for place in execution_order(golden) if golden.tensors[place].role != "input"]
    return f"The golden has {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"


def _near(names: list[str], known: tuple[str, ...]) -> str | None:
    return next((remedy for name in names if (remedy := nearest(name, known))), None)
