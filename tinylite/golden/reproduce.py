"""A difference as small as it gets: a model of one op, and a golden of that op alone."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from ..errors import FileError, at
from .file import save
from .findings import CaseDifference
from .golden import Record
from .model_file import ModelFile
from .verdict import Judge

__all__ = ["reproduce"]


def reproduce(judge: Judge, op: int, found: CaseDifference, folder: str) -> str | None:
    """Write `op.tflite`, the op alone, and `op.golden.npz`, what the golden holds of it in that case, into a new folder in `folder`.

    Where a dump has other inputs than the golden, the golden's are written all the same. Returns the new folder, or None where the op
    cannot run alone or the golden lacks its values. Raises FileError.
    """
    part, golden, case = judge.part(op), judge.golden, found.case
    known = judge.known(case, {})
    if part is None or not all(index in known for index in (*part.inputs, *part.outputs)):
        return None
    made = _new_folder(folder, f"op{op}_{re.sub(r'[^A-Za-z0-9_]', '_', judge.graph.ops[op].name)}")
    path = os.path.join(made, "op.tflite")
    part.model.save(path)
    file = ModelFile.of(path)
    numbers = {id(tensor): index for index, tensor in enumerate(file.model.graph.tensors)}
    ends = [("input", tensor) for tensor in file.model.graph.inputs] + [("output", tensor) for tensor in file.model.graph.outputs]
    places = {index: place for place, index in judge.places.items()}
    tensors, records = [], []
    for (role, tensor), index in zip(ends, (*part.inputs, *part.outputs), strict=True):
        kept = golden.tensors[places[index]]
        tensors.append(replace(kept, index=numbers[id(tensor)], role=role, op=0 if role == "output" else None,
                               operator=judge.graph.ops[op].name if role == "output" else ""))  # fmt: skip
        records.append(Record.of(known[index]))
    alone = replace(
        golden, model="op.tflite", model_sha256=file.sha256, seed=None, layers=False, tensors=tuple(tensors), cases=(tuple(records),),
        graph=0, notes=(f"op {op} of {golden.model}, case {case}",), path=None,
    )  # fmt: skip
    save(alone, os.path.join(made, "op.golden.npz"))
    return made


def _new_folder(folder: str, name: str) -> str:
    """A folder that is not there yet, in one that is made if it is not."""
    with at(folder):
        for number in range(1, 10_000):
            path = os.path.join(folder, name if number == 1 else f"{name}_{number}")
            try:
                os.makedirs(path)
                return path
            except FileExistsError:
                if not os.path.isdir(folder):
                    raise FileError("it is not a folder", "Give a folder, which is made if there is none") from None
            except OSError as error:
                raise FileError(f"it cannot be made: {error.strerror}", "Give another folder") from None
        raise FileError(f"it has 10000 folders {name!r}", "Give another folder")
