"""Checking a golden: compare it with what tinylite, another runtime or a device computes."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arithmetic import ARITHMETICS, Arithmetic, find
from ..errors import FileError, GoldenError, SettingError, TensorError, nearest, quoted
from .compare import Difference, compare_arrays
from .file import load
from .golden import Golden, GoldenTensor, Record, native, stored_bytes
from .model_file import ModelFile, beside
from .report import CaseDifference, Report
from .sources import Source, TinyliteSource, source
from .tolerance import EXACT, Tolerance

__all__ = ["check"]


def check(
    golden: Golden | str | os.PathLike[str], model: Any = None, *, using: Source | str | None = None,
    arithmetic: Arithmetic | str | None = None, tolerance: Tolerance = EXACT, tolerances: Mapping[str, Tolerance] | None = None,
    changed_model: bool = False,
) -> Report:  # fmt: skip
    """Compare a golden with what is computed now.

    `golden` is one, or the path of its file; `model` a path, a file's bytes or a Model; without it, the file of the golden's name beside
    the golden. `using` says where the values come from: tinylite itself, with the golden's arithmetic or with `arithmetic`; the name
    of a runtime or the path of a dump (see `sources.source`); or any Source.

    Everything must be equal unless a `tolerance` says otherwise; `tolerances` has others by tensors' names. The model must be the one
    that the golden was recorded of, unless `changed_model` says that it was meant to change; tensors are matched by name then.

    Raises GoldenError for a golden of another model or of an arithmetic that has changed since, FileError, and what running raises.
    Differences are no error: `Report.passes` says whether there are any, and `Report.raise_if_failed()` makes an error of them.
    """
    golden = golden if isinstance(golden, Golden) else load(golden)
    allowed = _allowed(golden, tolerance, tolerances or {})
    file = _model(golden, model, needed=using is None)
    if file is not None and file.sha256 != golden.model_sha256 and not changed_model:
        raise GoldenError(
            f"the golden is of another model: of {golden.model!r} with the SHA-256 {golden.model_sha256[:16]}..., and "
            f"{file.path or 'the model'} has {file.sha256[:16]}...",
            "Give the model that it was recorded of; record a new golden; or, if the model was changed on purpose, allow it: "
            "changed_model=True, --changed-model",
        )
    if using is None:
        assert file is not None
        chosen = find(arithmetic) if arithmetic is not None else _recorded_arithmetic(golden)
        using, now = TinyliteSource(file, chosen), f"{chosen.name} {chosen.version}"
    elif arithmetic is not None:
        raise SettingError("arithmetic says how tinylite rounds, and using says that others compute", "Give one of the two")
    else:
        using, now = (source(using, file) if isinstance(using, str) else using), ""
    return _compared(golden, using, now, file, allowed)


def _allowed(golden: Golden, tolerance: Tolerance, tolerances: Mapping[str, Tolerance]) -> list[Tolerance]:
    """The tolerance of each tensor."""
    named = {name for pair in zip(golden.keys, (tensor.name for tensor in golden.tensors), strict=True) for name in pair}
    for name in tolerances:
        if name not in named:
            raise TensorError(f"the golden has no tensor {quoted(name)}", nearest(name, named) or "tinylite golden check lists them")
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


def _compared(golden: Golden, using: Source, now: str, file: ModelFile | None, allowed: list[Tolerance]) -> Report:
    found: list[CaseDifference] = []
    notes = list(golden.notes)
    compared = 0
    order = _order(golden)
    unknown: set[str] = set()
    lacking: set[str] = set()
    for case, records in enumerate(golden.cases):
        values = using.values(golden, case)
        unknown |= values.keys() - set(golden.keys)
        keeps = not found
        count = 0
        for place in order:
            tensor, key, record = golden.tensors[place], golden.keys[place], records[place]
            value = values.get(key)
            if value is None:
                if tensor.role == "output":
                    found.append(CaseDifference(case, key, record, Difference(tensor, "it is missing", _size(record))))
                elif tensor.role == "layer":
                    lacking.add(key)
                continue
            count += 1
            difference = _difference(value, record, tensor, allowed[place])
            if difference is not None:
                kept = native(np.array(value)) if keeps and isinstance(value, np.ndarray) else None
                found.append(CaseDifference(case, key, record, difference, kept))
        compared += count
        if not count:
            raise TensorError(
                f"{using.name} has none of the golden's tensors in case {case}",
                _near(sorted(unknown), golden.keys) or f"The golden has {', '.join(map(repr, golden.keys[:5]))}",
            )
    notes += _names_that_differ(unknown, lacking, golden)
    failed = [each for each in found if not each.difference.passes]
    places = {key: number for number, key in enumerate(golden.keys[place] for place in order)}
    first = min(failed, key=lambda each: (places[each.key], each.case), default=None)
    return Report(
        golden, using.name, now, file.path if file is not None else None, not failed, len(golden.cases), compared, tuple(found), first,
        notes=tuple(notes),
    )  # fmt: skip


def _size(record: Record) -> int:
    return int(np.prod(record.shape, dtype=np.int64))


def _order(golden: Golden) -> list[int]:
    """The places of tensors in the order in which ops run; inputs come first."""
    tensors = golden.tensors
    return sorted(range(len(tensors)), key=lambda place: (-1 if tensors[place].op is None else tensors[place].op, place))


def _difference(value: np.ndarray | int, record: Record, tensor: GoldenTensor, tolerance: Tolerance) -> Difference | None:
    """How a value differs from what the golden holds; None if it does not."""
    if not isinstance(value, np.ndarray):
        if int(value) == record.crc32:
            return None
        return Difference(tensor, f"its CRC32 is {int(value):08x}, and the golden's {record.crc32:08x}", _size(record))
    if record.value is not None:
        if _same_bits(value, record.value):
            return None
        difference = compare_arrays(native(value), record.value, tensor, tolerance)
        return difference if difference.count or difference.problem else None
    if tensor.dtype != _dtype_name(value):
        return Difference(tensor, f"it is {_dtype_name(value)}, and the golden {tensor.dtype}", _size(record))
    if value.shape != record.shape:
        return Difference(tensor, f"its shape is {list(value.shape)}, and the golden's {list(record.shape)}", _size(record))
    crc32 = zlib.crc32(stored_bytes(value))
    if crc32 == record.crc32:
        return None
    return Difference(tensor, f"its CRC32 is {crc32:08x}, and the golden, which holds hashes only, has {record.crc32:08x}", _size(record))


def _dtype_name(value: np.ndarray) -> str:
    return "str" if value.dtype.kind in "OSU" else value.dtype.name


def _same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays are the same type, shape and bytes: 8 bytes at a time, a tenth of what comparing values takes."""
    if a.dtype != b.dtype or a.shape != b.shape or a.dtype.hasobject:
        return False
    if not (a.flags.c_contiguous and b.flags.c_contiguous):
        return bool(np.array_equal(a, b))
    x, y = (each.reshape(-1).view(np.uint8) for each in (a, b))
    whole = x.size // 8 * 8
    return np.array_equal(x[:whole].view(np.uint64), y[:whole].view(np.uint64)) and np.array_equal(x[whole:], y[whole:])


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


def _near(names: list[str], known: tuple[str, ...]) -> str | None:
    return next((remedy for name in names if (remedy := nearest(name, known))), None)
