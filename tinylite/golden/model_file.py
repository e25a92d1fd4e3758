"""A model as goldens refer to it: by its file's name and SHA-256."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..errors import FileError, at
from ..files.io import content_of
from ..model import Model
from ..model.source import model_from

__all__ = ["ModelFile", "beside"]


@dataclass(frozen=True)
class ModelFile:
    """A model and what its file is.

    given   what an Interpreter takes: a path, a file's bytes or a Model
    path    of the file, or None if it has none, as a Model that may have been edited
    sha256  of its bytes
    source  the path that the model was loaded from, if it was
    """

    given: Any = field(repr=False)
    path: str | None
    sha256: str
    source: str | None = None

    @classmethod
    def of(cls, given: Any) -> ModelFile:
        """The model of a path, of a file's bytes, or a Model, whose SHA-256 is that of the file it would be saved as."""
        if isinstance(given, ModelFile):
            return given
        if isinstance(given, (str, os.PathLike)) and os.path.isfile(given):
            path = os.fsdecode(given)
            with at(path):
                return cls(path, path, hashlib.sha256(content_of(path)).hexdigest())
        model = model_from(given, None)  # of a Model a copy, as it would be saved
        if isinstance(given, Model):
            return cls(model, None, hashlib.sha256(model.to_bytes()).hexdigest(), model.source)
        return cls(model, model.source, hashlib.sha256(given if model.source is None else content_of(model.source)).hexdigest())

    @cached_property
    def model(self) -> Model:
        """The model, which is loaded when it is first asked for. Raises what loading raises."""
        return self.given if isinstance(self.given, Model) else model_from(self.given, None)

    @property
    def name(self) -> str:
        """The file's name, without its folder; "" if there is none."""
        return os.path.basename(self.path or self.source or "")

    def content(self) -> bytes:
        """The bytes of a .tflite file of it, for other runtimes."""
        return self.model.to_bytes()


def beside(golden_path: str | None, name: str, sha256: str) -> ModelFile:
    """The model of a golden, which lies beside it or in the current directory: of two, that with its SHA-256.
    Raises FileError with a remedy if it does not."""
    folders = [os.path.dirname(golden_path)] if golden_path is not None else []
    tried = [os.path.join(folder, name) for folder in (*folders, "")] if name and name == os.path.basename(name) else []
    found = [ModelFile.of(path) for path in tried if os.path.isfile(path)]
    for file in sorted(found, key=lambda file: file.sha256 != sha256):  # the right one first
        return file
    raise FileError(
        f"the model {name!r} is neither beside the golden nor in the current directory"
        if name
        else "the golden was recorded of a model without a file",
        f"Give its path, as in tinylite golden check g.npz MODEL; its SHA-256 is {sha256}",
    )
